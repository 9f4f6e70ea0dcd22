#include "os/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "os/os_error.h"

namespace bpfcast {
namespace {

/// The kernel fills dumps up to this size; one interface with its statistics fits easily.
constexpr std::size_t kBufferSize = 32768;
constexpr int kEventBuffer = 4 << 20;
/// An event during a dump makes it inconsistent (NLM_F_DUMP_INTR): ask again, but not for ever.
constexpr int kDumpAttempts = 5;

using Buffer = std::array<char, kBufferSize>;

}  // namespace

void Netlink::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

Result<Netlink> Netlink::Open(unsigned groups) {
  Netlink netlink(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!netlink.socket_) return FailWithErrno("open a netlink socket", errno);
  if (mnl_socket_bind(netlink.socket_.get(), groups, MNL_SOCKET_AUTOPID) < 0) {
    return FailWithErrno("bind a netlink socket", errno);
  }
  // Best effort: what does not fit is noticed (ENOBUFS) and made good by a dump.
  if (groups != 0) {
    static_cast<void>(
        setsockopt(netlink.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kEventBuffer, sizeof(kEventBuffer)));
  }
  return netlink;
}

int Netlink::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

Netlink::Events Netlink::ReadEvents(const Visit& visit) {
  alignas(nlmsghdr) Buffer buffer;
  Events events = Events::kDone;
  for (;;) {
    const ssize_t got = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      events = Events::kLost;
      continue;
    }
    if (got <= 0) return events;
    if (static_cast<std::size_t>(got) > buffer.size()) {
      events = Events::kLost;
      continue;
    }
    int left = static_cast<int>(got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      visit(message);
    }
  }
}

Result<void> Netlink::Send(nlmsghdr* request, const std::string& what) {
  request->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0) return FailWithErrno(what, errno);
  return {};
}

Result<Netlink::Answer> Netlink::ReadAnswer(const Visit& visit, const std::string& what) {
  alignas(nlmsghdr) Buffer buffer;
  Answer answer = Answer::kComplete;
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return FailWithErrno(what, errno);
    int left = static_cast<int>(got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;  // the rest of an answer that was given up
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) answer = Answer::kInterrupted;
      if (message->nlmsg_type == NLMSG_DONE) return answer;
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
        if (error->error != 0) return FailWithErrno(what, -error->error);
        return answer;
      }
      visit(message);
    }
  }
}

Result<void> Netlink::Dump(std::uint16_t type, unsigned char family, const Visit& visit) {
  const std::string what = "read the kernel's interfaces";
  alignas(nlmsghdr) Buffer buffer;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
    link->ifi_family = family;
    if (type == RTM_GETLINK) mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    if (const auto sent = Send(request, what); !sent) return sent;
    const auto answer = ReadAnswer(visit, what);
    if (!answer) return tl::unexpected(answer.error());
    if (*answer == Answer::kComplete) break;
  }
  return {};
}

Result<void> Netlink::ChangeFlags(std::uint32_t ifindex, unsigned flags, unsigned mask) {
  const std::string what = "change the flags of interface " + std::to_string(ifindex);
  alignas(nlmsghdr) Buffer buffer;
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_NEWLINK;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(ifindex);
  link->ifi_flags = flags;
  link->ifi_change = mask;
  if (const auto sent = Send(request, what); !sent) return sent;
  const auto answer = ReadAnswer([](const nlmsghdr*) {}, what);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

}  // namespace bpfcast
