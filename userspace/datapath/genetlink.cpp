#include "datapath/genetlink.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace bpfcast {
namespace {

constexpr std::size_t kBufferSize = 32768;

template <class Integer>
Integer To(std::span<const std::uint8_t> payload) {
  Integer value = 0;
  if (payload.size() >= sizeof value) std::memcpy(&value, payload.data(), sizeof value);
  return value;
}

/// Visits attributes that lie one after the other; what does not add up ends them.
void VisitAttributes(std::span<const std::uint8_t> attributes, const Genetlink::Visit& visit) {
  const auto* end = attributes.data() + attributes.size();
  const auto* attribute = reinterpret_cast<const nlattr*>(attributes.data());
  while (mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const std::uint8_t*>(attribute)))) {
    visit(mnl_attr_get_type(attribute), {static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
                                         mnl_attr_get_payload_len(attribute)});
    attribute = mnl_attr_next(attribute);
  }
}

int VisitMessage(const nlmsghdr* message, void* data) {
  const auto* first =
      static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload_offset(message, sizeof(genlmsghdr)));
  const auto* end = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload_tail(message));
  if (first < end) {
    VisitAttributes({first, static_cast<std::size_t>(end - first)},
                    *static_cast<const Genetlink::Visit*>(data));
  }
  return MNL_CB_OK;
}

}  // namespace

struct Genetlink::Request {
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* header = nullptr;

  Request(std::uint16_t family, std::uint8_t command) {
    header = mnl_nlmsg_put_header(buffer.data());
    header->nlmsg_type = family;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    header->nlmsg_seq = 1;
    auto* generic = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(header, sizeof(genlmsghdr)));
    generic->cmd = command;
    generic->version = 1;
  }
};

void Genetlink::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

Result<std::optional<Genetlink>> Genetlink::Open(const std::string& family) {
  Genetlink netlink(mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC));
  if (!netlink.socket_ || mnl_socket_bind(netlink.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Fail(std::string("open a generic netlink socket: ") + std::strerror(errno));
  }
  Request request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
  mnl_attr_put_strz(request.header, CTRL_ATTR_FAMILY_NAME, family.c_str());
  const auto asked = netlink.Exchange(request, [&](std::uint16_t type, auto payload) {
    if (type == CTRL_ATTR_FAMILY_ID) netlink.family_ = To<std::uint16_t>(payload);
    if (type == CTRL_ATTR_MCAST_GROUPS) netlink.AddGroups(payload);
  });
  if (!asked && errno == ENOENT) return std::nullopt;
  if (!asked) return Fail("ask the kernel for its netlink family " + family + ": " + asked.error().message);
  return netlink;
}

/// A list of attributes, each of which holds the name and the number of one group.
void Genetlink::AddGroups(std::span<const std::uint8_t> groups) {
  VisitAttributes(groups, [&](std::uint16_t, std::span<const std::uint8_t> group) {
    std::string name;
    std::uint32_t id = 0;
    VisitAttributes(group, [&](std::uint16_t type, std::span<const std::uint8_t> payload) {
      if (type == CTRL_ATTR_MCAST_GRP_ID) id = To<std::uint32_t>(payload);
      if (type == CTRL_ATTR_MCAST_GRP_NAME && !payload.empty()) {
        name.assign(reinterpret_cast<const char*>(payload.data()), payload.size() - 1);
      }
    });
    groups_[name] = id;
  });
}

int Genetlink::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

Result<void> Genetlink::Exchange(const Request& request, const Visit& visit) {
  const auto failed = [] { return Fail(std::strerror(errno)); };
  if (mnl_socket_sendto(socket_.get(), request.header, request.header->nlmsg_len) < 0) return failed();
  alignas(nlmsghdr) std::array<char, kBufferSize> buffer;
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0) return failed();
    const int more =
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 1, mnl_socket_get_portid(socket_.get()),
                   VisitMessage, const_cast<Visit*>(&visit));
    if (more < 0) return failed();
    if (more == MNL_CB_STOP) return {};
  }
}

Result<void> Genetlink::Ask(std::uint8_t command, std::uint16_t attribute, std::uint32_t value,
                            const Visit& visit) {
  Request request(family_, command);
  mnl_attr_put_u32(request.header, attribute, value);
  return Exchange(request, visit);
}

Result<void> Genetlink::Subscribe(const std::string& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return Fail("the kernel sends no notifications of the group " + group);
  int id = static_cast<int>(found->second);
  if (mnl_socket_setsockopt(socket_.get(), NETLINK_ADD_MEMBERSHIP, &id, sizeof id) < 0) {
    return Fail("subscribe to the netlink group " + group + ": " + std::strerror(errno));
  }
  return {};
}

void Genetlink::TakeNotifications() {
  std::array<char, kBufferSize> buffer;
  while (recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) >= 0 || errno == EINTR || errno == ENOBUFS) {
  }
}

}  // namespace bpfcast
