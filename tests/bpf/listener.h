// A socket of this machine that is a member, and packets that it takes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "bpf/frame.h"

namespace bpfcast::bpftest {

/// The calls of a socket that listens.
template <class F>
struct Listening;
template <>
struct Listening<Igmp> {
  static constexpr int kFamily = AF_INET;
  static constexpr int kLevel = IPPROTO_IP;
  static constexpr int kTtl = IP_TTL;
  static constexpr int kReceiveTtl = IP_RECVTTL;
  static sockaddr_in Any(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    return address;
  }
  static int Join(int fd, const Ipv4Address& group, unsigned interface) {
    ip_mreqn membership{};
    std::memcpy(&membership.imr_multiaddr, group.bytes().data(), group.bytes().size());
    membership.imr_ifindex = static_cast<int>(interface);
    return ::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership);
  }
};
template <>
struct Listening<Mld> {
  static constexpr int kFamily = AF_INET6;
  static constexpr int kLevel = IPPROTO_IPV6;
  static constexpr int kTtl = IPV6_HOPLIMIT;
  static constexpr int kReceiveTtl = IPV6_RECVHOPLIMIT;
  static sockaddr_in6 Any(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    return address;
  }
  static int Join(int fd, const Ipv6Address& group, unsigned interface) {
    ipv6_mreq membership{};
    std::memcpy(&membership.ipv6mr_multiaddr, group.bytes().data(), group.bytes().size());
    membership.ipv6mr_interface = interface;
    return ::setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership);
  }
};

/// A socket of this machine that listens on an interface.
template <class F>
class Listener {
 public:
  Listener(const typename F::Address& group, const std::string& interface)
      : fd_(::socket(Kind::kFamily, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto address = Kind::Any(kPort);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(Kind::Join(fd_, group, ::if_nametoindex(interface.c_str())), 0);
    const int on = 1;
    ::setsockopt(fd_, Kind::kLevel, Kind::kReceiveTtl, &on, sizeof on);
  }
  ~Listener() { ::close(fd_); }

  static constexpr std::uint16_t kPort = 0x5a5a;

  /// The TTLs of what arrived.
  std::vector<int> Ttls() const {
    std::vector<int> ttls;
    pollfd poll{fd_, POLLIN, 0};
    while (::poll(&poll, 1, ttls.empty() ? 2000 : 100) == 1) {
      char data[2048];
      char control[256];
      iovec vector{data, sizeof data};
      msghdr message{};
      message.msg_iov = &vector;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      if (::recvmsg(fd_, &message, 0) < 0) break;
      for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == Kind::kLevel && c->cmsg_type == Kind::kTtl) {
          ttls.push_back(*reinterpret_cast<int*>(CMSG_DATA(c)));
        }
      }
    }
    return ttls;
  }

 private:
  using Kind = Listening<F>;
  int fd_;
};

/// 64 octets from and to kPort, with a checksum (RFC 8200 8.1; IPv4's is the same).
template <class Frame>
Bytes Udp(const Frame& frame) {
  Bytes udp(64, 0);
  const Bytes ports_and_length = {0x5a, 0x5a, 0x5a, 0x5a, 0, 64};
  std::copy(ports_and_length.begin(), ports_and_length.end(), udp.begin());
  Bytes sum = udp;
  for (const auto& address : {frame.source, frame.group}) {
    sum.insert(sum.end(), address.bytes().begin(), address.bytes().end());
  }
  for (const std::uint8_t octet : {0, 17, 0, 64}) sum.push_back(octet);
  const std::uint16_t checksum = InternetChecksum(sum);
  udp[6] = static_cast<std::uint8_t>(checksum >> 8);
  udp[7] = static_cast<std::uint8_t>(checksum);
  return udp;
}

}  // namespace bpfcast::bpftest
