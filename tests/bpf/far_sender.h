// A sender at the far end of U whose packets have unfinished checksums, many in one buffer.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/lab.h"

namespace bpfcast::bpftest {

inline constexpr int kFarTtl = 5;
inline constexpr std::uint16_t kFarPort = 5000;

/// A socket at the far end of U that sends to the group of the matrix, and where the hop count of a copy is.
template <class F>
struct FarSender;
template <>
struct FarSender<Igmp> {
  static constexpr std::size_t kTtlAt = 22;

  static void Prepare() { Shell("ip addr add 198.51.100.10/24 dev u-far"); }
  static int Open() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ip_mreqn interface {};
    interface.imr_address.s_addr = ::inet_addr("198.51.100.10");
    interface.imr_ifindex = static_cast<int>(::if_nametoindex("u-far"));
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface), 0);
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &kFarTtl, sizeof kFarTtl), 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(kFarPort);
    to.sin_addr.s_addr = ::inet_addr("239.1.2.3");
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
};
template <>
struct FarSender<Mld> {
  static constexpr std::size_t kTtlAt = 21;

  static void Prepare() {
    Shell("sysctl -qw net.ipv6.conf.u-far.disable_ipv6=0");
    Shell("ip addr add 2001:db8:f000::10/64 dev u-far nodad");
  }
  static int Open() {
    const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const unsigned interface = ::if_nametoindex("u-far");
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof interface), 0);
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &kFarTtl, sizeof kFarTtl), 0);
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(kFarPort);
    ::inet_pton(AF_INET6, "ff0e::1234", &to.sin6_addr);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
};

/// Twelve thousand octets in segments of this size.
template <class F>
void SendSuperPacket(int segment) {
  const int fd = FarSender<F>::Open();
  ASSERT_EQ(::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
  const Bytes data(12000, 1);
  ASSERT_EQ(::send(fd, data.data(), data.size(), 0), 12000);
  ::close(fd);
}

}  // namespace bpfcast::bpftest
