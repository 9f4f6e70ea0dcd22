#include "cli/stream_sockets.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "cli/socket_address.h"
#include "os/os_error.h"

namespace bpfcast {
namespace {

#ifndef IPV6_MULTICAST_ALL
constexpr int IPV6_MULTICAST_ALL = 29;  // linux/in6.h
#endif

constexpr int kReceiveBuffer = 8 << 20;  // half a second of 100 Mbit/s at the least

template <class Value>
bool Set(const UniqueFd& fd, int level, int option, const Value& value) {
  return setsockopt(fd.get(), level, option, &value, sizeof(value)) == 0;
}

/// Of IPv4 or of IPv6, which have the same options under other names.
bool SetIp(const UniqueFd& fd, const AnyIp& address, int ipv4_option, int ipv6_option, int value) {
  return IsIpv6(address) ? Set(fd, IPPROTO_IPV6, ipv6_option, value)
                         : Set(fd, IPPROTO_IP, ipv4_option, value);
}

Result<UniqueFd> UdpSocket(const AnyIp& address) {
  UniqueFd fd(socket(IsIpv6(address) ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return FailWithErrno(fmt::format("open a socket for {}", TextOf(address)), errno);
  return fd;
}

std::string Setting(const std::string& name) {
  std::string path = "/proc/sys/" + name;
  for (std::size_t i = 10; i < path.size(); ++i) {
    if (path[i] == '.') path[i] = '/';
  }
  std::string value;
  std::ifstream(path) >> value;
  return fmt::format("{} ({} now)", name, value.empty() ? "unknown" : value);
}

std::string JoinTrouble(const Membership& membership, int error) {
  const bool ipv6 = IsIpv6(membership.group);
  const std::string what = fmt::format("cannot join {}: ", TextOf(membership.group));
  switch (error) {
    case ENOBUFS:
      if (!membership.sources.empty()) {
        return what + fmt::format("{} sources are more than the kernel takes for one group; raise {}",
                                  membership.sources.size(),
                                  Setting(ipv6 ? "net.ipv6.mld_max_msf" : "net.ipv4.igmp_max_msf"));
      }
      return what + "the kernel takes no more memberships; raise " +
             Setting(ipv6 ? "net.core.optmem_max" : "net.ipv4.igmp_max_memberships");
    case ENOMEM:
      return what + "the kernel takes no more memberships; raise " + Setting("net.core.optmem_max");
    case ENODEV:
      if (membership.interface == 0) {
        return what + "no route leads to the group; name the interface with --interface";
      }
      return what + fmt::format("the interface has no {}; give it an address", ipv6 ? "IPv6" : "IPv4");
    default:
      return what + ErrorText(error);
  }
}

Result<void> Join(const UniqueFd& fd, const Membership& membership) {
  const int level = IsIpv6(membership.group) ? IPPROTO_IPV6 : IPPROTO_IP;
  const SocketAddress group = MakeSocketAddress(membership.group, 0, membership.interface);
  bool done = true;
  if (membership.mode == Membership::Mode::kExclude) {
    group_req request{};
    request.gr_interface = membership.interface;
    request.gr_group = group.storage;
    done = Set(fd, level, MCAST_JOIN_GROUP, request);
  }
  const int option =
      membership.mode == Membership::Mode::kExclude ? MCAST_BLOCK_SOURCE : MCAST_JOIN_SOURCE_GROUP;
  for (const AnyIp& source : membership.sources) {
    if (!done) break;
    group_source_req request{};
    request.gsr_interface = membership.interface;
    request.gsr_group = group.storage;
    request.gsr_source = MakeSocketAddress(source).storage;
    done = Set(fd, level, option, request);
  }
  if (!done) return Fail(JoinTrouble(membership, errno));
  return {};
}

}  // namespace

Result<UniqueFd> OpenSender(const SenderOptions& options) {
  auto opened = UdpSocket(options.group);
  if (!opened) return opened;
  const UniqueFd& fd = *opened;
  if (options.source) {
    const SocketAddress source = MakeSocketAddress(*options.source, 0, options.interface);
    if (bind(fd.get(), source.get(), source.length) < 0) {
      const int error = errno;
      const std::string what = fmt::format("--source {}: ", TextOf(*options.source));
      if (error == EADDRNOTAVAIL) {
        return Fail(what + "no interface here has this address; `ip address` shows those that there are");
      }
      if (error == EINVAL) return Fail(what + "this address belongs to a link; name it with --interface");
      return Fail(what + ErrorText(error));
    }
  }
  ip_mreqn interface {};
  interface.imr_ifindex = static_cast<int>(options.interface);
  const bool done =
      SetIp(fd, options.group, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, static_cast<int>(options.ttl)) &&
      SetIp(fd, options.group, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP,
            options.loop == SenderOptions::Loop::kOn ? 1 : 0) &&
      (options.interface == 0 ||
       (IsIpv6(options.group) ? Set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface.imr_ifindex)
                              : Set(fd, IPPROTO_IP, IP_MULTICAST_IF, interface)));
  if (!done) return FailWithErrno(fmt::format("prepare to send to {}", TextOf(options.group)), errno);
  const SocketAddress group = MakeSocketAddress(options.group, options.port, options.interface);
  if (connect(fd.get(), group.get(), group.length) < 0) return Fail(SendTrouble(options.group, errno));
  return opened;
}

std::string SendTrouble(const AnyIp& group, int error) {
  const std::string what = fmt::format("cannot send to {}: ", TextOf(group));
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENODEV:
      return what + "no route leads to the group; name the interface with --interface";
    case EADDRNOTAVAIL:
      return what +
             fmt::format("the interface has no {} address that packets could be sent from; give it one",
                         IsIpv6(group) ? "IPv6" : "IPv4");
    case ENETDOWN:
      return what + "the interface is down; `ip link set IF up` brings it up";
    case EMSGSIZE:
      return what + "the packet is too large; choose a smaller --size";
    case EPERM:
      return what + "a firewall of this machine forbids it (its OUTPUT chain)";
    default:
      return what + ErrorText(error);
  }
}

Result<StreamReceiver> StreamReceiver::Open(const Membership& membership) {
  auto opened = UdpSocket(membership.group);
  if (!opened) return tl::unexpected(opened.error());
  UniqueFd& fd = *opened;
  // Others may listen to the same group; what they joined does not reach this socket.
  bool done = Set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
              SetIp(fd, membership.group, IP_MULTICAST_ALL, IPV6_MULTICAST_ALL, 0) &&
              SetIp(fd, membership.group, IP_RECVTTL, IPV6_RECVHOPLIMIT, 1) &&
              Set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (!done) return FailWithErrno(fmt::format("prepare to receive {}", TextOf(membership.group)), errno);
  // Without the privilege as much as net.core.rmem_max allows.
  if (!Set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer)) Set(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  const SocketAddress group = MakeSocketAddress(membership.group, membership.port, membership.interface);
  if (bind(fd.get(), group.get(), group.length) < 0) {
    const int error = errno;
    const std::string what =
        fmt::format("cannot listen to {} port {}: ", TextOf(membership.group), membership.port);
    if (error == EADDRINUSE) {
      return Fail(what + "another program has it for itself; stop it, or choose another --port");
    }
    if (error == EACCES) return Fail(what + "ports below 1024 take root; choose another --port");
    if (error == EINVAL) return Fail(what + "this group belongs to a link; name it with --interface");
    return Fail(what + ErrorText(error));
  }
  if (auto joined = Join(fd, membership); !joined) return tl::unexpected(joined.error());
  return StreamReceiver(std::move(fd), membership.group);
}

std::optional<Arrival> StreamReceiver::Receive(std::span<std::uint8_t> buffer) {
  sockaddr_storage from{};
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec data{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof(from);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0) return std::nullopt;
  Arrival arrival{AddressOf(from), static_cast<std::size_t>(size)};
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec when{};
      std::memcpy(&when, CMSG_DATA(part), sizeof(when));
      arrival.arrived_ns = static_cast<std::int64_t>(when.tv_sec) * 1'000'000'000 + when.tv_nsec;
    } else if ((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TTL) ||
               (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT)) {
      std::memcpy(&arrival.ttl, CMSG_DATA(part), sizeof(arrival.ttl));
    }
  }
  return arrival;
}

std::uint64_t StreamReceiver::Drops() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof(info);
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) < 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

}  // namespace bpfcast
