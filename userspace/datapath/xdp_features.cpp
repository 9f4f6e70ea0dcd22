#include "datapath/xdp_features.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bpfcast {
namespace {

// linux/netdev.h
constexpr std::uint8_t kDevGet = 1;           // NETDEV_CMD_DEV_GET
constexpr std::uint16_t kDevIfindex = 1;      // NETDEV_A_DEV_IFINDEX
constexpr std::uint16_t kDevXdpFeatures = 3;  // NETDEV_A_DEV_XDP_FEATURES

using Socket = std::unique_ptr<mnl_socket, int (*)(mnl_socket*)>;

struct Request {
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

// The attribute `type` of the answer; nothing when the kernel says no, with errno set.
std::optional<std::vector<std::uint8_t>> Ask(mnl_socket* socket, const Request& request, std::uint16_t type) {
  if (mnl_socket_sendto(socket, request.header, request.header->nlmsg_len) < 0) return std::nullopt;
  struct Answer {
    std::uint16_t type;
    std::optional<std::vector<std::uint8_t>> payload;
  } answer{type, std::nullopt};
  const mnl_cb_t read = [](const nlmsghdr* reply, void* data) {
    auto& wanted = *static_cast<Answer*>(data);
    const auto* attribute =
        static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(reply, sizeof(genlmsghdr)));
    for (; mnl_attr_ok(attribute, static_cast<const char*>(mnl_nlmsg_get_payload_tail(reply)) -
                                      reinterpret_cast<const char*>(attribute));
         attribute = mnl_attr_next(attribute)) {
      if (mnl_attr_get_type(attribute) != wanted.type) continue;
      const auto* bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
      wanted.payload.emplace(bytes, bytes + mnl_attr_get_payload_len(attribute));
    }
    return MNL_CB_OK;
  };
  std::vector<char> buffer(static_cast<std::size_t>(MNL_SOCKET_BUFFER_SIZE));
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (size < 0) return std::nullopt;
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 1,
                                mnl_socket_get_portid(socket), read, &answer);
    if (more < 0) return std::nullopt;
    if (more == MNL_CB_STOP) return answer.payload;
  }
}

template <class Integer>
std::optional<Integer> AsInteger(const std::optional<std::vector<std::uint8_t>>& payload) {
  if (!payload || payload->size() < sizeof(Integer)) return std::nullopt;
  Integer value = 0;
  std::memcpy(&value, payload->data(), sizeof value);
  return value;
}

}  // namespace

Result<std::uint64_t> XdpFeatures(std::uint32_t ifindex) {
  const Socket socket(mnl_socket_open(NETLINK_GENERIC), mnl_socket_close);
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Fail(std::string("open a generic netlink socket: ") + std::strerror(errno));
  }
  Request family(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
  mnl_attr_put_strz(family.header, CTRL_ATTR_FAMILY_NAME, "netdev");
  const auto id = AsInteger<std::uint16_t>(Ask(socket.get(), family, CTRL_ATTR_FAMILY_ID));
  if (!id) return Fail("this kernel does not tell the XDP features of interfaces (Linux 6.3 does)");

  Request device(*id, kDevGet);
  mnl_attr_put_u32(device.header, kDevIfindex, ifindex);
  const auto features = AsInteger<std::uint64_t>(Ask(socket.get(), device, kDevXdpFeatures));
  if (!features) {
    return Fail("ask for the XDP features of ifindex " + std::to_string(ifindex) + ": " +
                std::strerror(errno));
  }
  return *features;
}

}  // namespace bpfcast
