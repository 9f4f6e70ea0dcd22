// What segmentation offload hands to a port: many packets in one buffer.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf/lab.h"
#include "bpf/matrix.h"

namespace bpfcast::bpftest {
namespace {

constexpr int kTtl = 5;
constexpr std::uint16_t kPort = 5000;

// A socket at the far end of U that sends to the group of the matrix, and where the hop count of a copy is.
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
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &kTtl, sizeof kTtl), 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(kPort);
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
    EXPECT_EQ(::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &kTtl, sizeof kTtl), 0);
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(kPort);
    ::inet_pton(AF_INET6, "ff0e::1234", &to.sin6_addr);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
};

template <class Case>
class SuperPackets : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using typename Base::F;
  using typename Base::Frame;
  static constexpr std::size_t kHeaders = kEth + Frame::kHeader + 8;

  void SetUp() override {
    Base::SetUp();
    FarSender<F>::Prepare();
    Shell("ethtool -K u-far tx on tx-udp-segmentation on >/dev/null");
  }
  // Twelve thousand octets in segments of this size.
  static void Send(int segment) {
    const int fd = FarSender<F>::Open();
    ASSERT_EQ(::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    const Bytes data(12000, 1);
    ASSERT_EQ(::send(fd, data.data(), data.size(), 0), 12000);
    ::close(fd);
  }
};
using TcCases = testing::Types<On<Igmp, Hook::kTc>, On<Mld, Hook::kTc>>;
TYPED_TEST_SUITE(SuperPackets, TcCases, CaseName);

// The MTU is that of the packets inside (F-43).
TYPED_TEST(SuperPackets, AreMeasuredAndCountedByTheirSegments) {
  Lab& lab = this->lab_;
  Shell("ip link set d2 mtu 1000");
  lab.port(kD2).mtu = 1000;
  lab.Set(lab.port(kD2));
  lab.Route(this->any_, this->group_, {kD1, kD2});
  const Far d1 = lab.FarEnd(kD1);
  const Far d2 = lab.FarEnd(kD2);
  this->Send(1200);
  std::size_t received = 0;
  for (const Bytes& frame : d1.Drain(300)) {
    EXPECT_EQ(frame[FarSender<typename TestFixture::F>::kTtlAt], kTtl - 1);
    received += frame.size() - this->kHeaders;
  }
  EXPECT_EQ(received, 12000U);
  EXPECT_TRUE(d2.Drain().empty());
  EXPECT_EQ(lab.Counter("forwarded"), 10U);
  EXPECT_EQ(lab.Counter("mtu"), 10U);
  EXPECT_EQ(lab.PortCounter(kD1).transmitted.packets, 10U);
}

// A segment that is exactly as long as the MTU goes out, one octet more does not.
TYPED_TEST(SuperPackets, TF_30_TheHeadersOfASegmentCount) {
  Lab& lab = this->lab_;
  Shell("ip link set d1 mtu 1300");
  lab.port(kD1).mtu = 1300;
  lab.Set(lab.port(kD1));
  lab.Route(this->any_, this->group_, {kD1});
  const Far d1 = lab.FarEnd(kD1);
  const int fits = static_cast<int>(1300 - this->kHeaders + kEth);
  this->Send(fits);
  EXPECT_FALSE(d1.Drain(300).empty());
  EXPECT_EQ(lab.Counter("mtu"), 0U);
  this->Send(fits + 1);
  EXPECT_TRUE(d1.Drain(300).empty());
  EXPECT_GT(lab.Counter("mtu"), 0U);
}

}  // namespace
}  // namespace bpfcast::bpftest
