// What segmentation offload hands to a port: many packets in one buffer.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/lab.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);

// The MTU is that of the packets inside (F-43).
TEST(SuperPackets, AreMeasuredAndCountedByTheirSegments) {
  Lab lab;
  lab.MakeBed(Hook::kTc);
  Shell("ip addr add 198.51.100.10/24 dev u-far && ethtool -K u-far tx on tx-udp-segmentation on >/dev/null");
  Shell("ip link set d2 mtu 1000");
  lab.port(kD2).mtu = 1000;
  lab.Set(lab.port(kD2));
  lab.Route(kAny, kGroup, {kD1, kD2});
  const Far d1 = lab.FarEnd(kD1);
  const Far d2 = lab.FarEnd(kD2);

  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ip_mreqn interface {};
  interface.imr_address.s_addr = ::inet_addr("198.51.100.10");
  interface.imr_ifindex = static_cast<int>(::if_nametoindex("u-far"));
  ASSERT_EQ(::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface), 0);
  const int ttl = 5;
  ASSERT_EQ(::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl), 0);
  const int segment = 1200;
  ASSERT_EQ(::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(5000);
  to.sin_addr.s_addr = ::inet_addr("239.1.2.3");
  const Bytes data(12000, 1);
  ASSERT_EQ(::sendto(fd, data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 12000);
  ::close(fd);

  std::size_t received = 0;
  for (const Bytes& frame : d1.Drain(300)) {
    EXPECT_EQ(frame[22], 4);
    received += frame.size() - 42;
  }
  EXPECT_EQ(received, 12000U);
  EXPECT_TRUE(d2.Drain().empty());
  EXPECT_EQ(lab.Counter("forwarded"), 10U);
  EXPECT_EQ(lab.Counter("mtu"), 10U);
  EXPECT_EQ(lab.PortCounter(kD1).transmitted.packets, 10U);
}

}  // namespace
}  // namespace bpfcast::bpftest
