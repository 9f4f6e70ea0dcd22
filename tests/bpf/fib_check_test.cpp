// F-12 `fib`: a port accepts what the kernel's unicast routes would send back through it.
#include <gtest/gtest.h>

#include <string>

#include "bpf/links.h"

namespace bpfcast::bpftest {
namespace {

constexpr int kPackets = 5;

// The kernel's side of the bed: addresses, routes, and what has to be set for them.
template <class F>
struct Kernel;
template <>
struct Kernel<Igmp> {
  static constexpr const char* kIp = "ip";
  static constexpr const char* kFamily = "ipv4";
  static Ipv4Address Far() { return V4("8.8.8.8"); }
  static Ipv4Address Unrouted() { return V4("9.9.9.9"); }
  static Prefix<Ipv4Address> Altnet() { return {V4("9.9.9.0"), 24}; }
  static Ipv4Address Loopback() { return V4("127.0.0.1"); }
  static void Prepare(Lab&) {}  // the bed has addresses
};
template <>
struct Kernel<Mld> {
  static constexpr const char* kIp = "ip -6";
  static constexpr const char* kFamily = "ipv6";
  static Ipv6Address Far() { return V6("2a00:8::8"); }
  static Ipv6Address Unrouted() { return V6("2a00:9::9"); }
  static Prefix<Ipv6Address> Altnet() { return {V6("2a00:9::"), 32}; }
  static Ipv6Address Loopback() { return V6("::1"); }
  static void Prepare(Lab& lab) {
    for (const PortId id : {kU, kD1, kD2, kD3}) {
      const DatapathPort& port = lab.port(id);
      Shell("sysctl -qw net.ipv6.conf." + port.name + ".disable_ipv6=0");
      Shell("ip addr add " + port.ipv6.own_addresses[0].ToString() + "/64 dev " + port.name + " nodad");
    }
  }
};

template <class Case>
class FibCheck : public OnLinks<Case> {
 protected:
  using Base = OnLinks<Case>;
  using Base::lab_;
  using typename Base::Address;
  using typename Base::F;
  using K = Kernel<F>;

  void SetUp() override {
    Base::SetUp();
    K::Prepare(lab_);
    Forwarding(1);
    Ip("route add " + K::Far().ToString() + " dev u");
    for (const PortId id : {kU, kD1, kD2}) {
      lab_.port(id).source_check = SourceCheck::kFib;
      lab_.Set(lab_.port(id));
    }
    lab_.Route(this->any_, this->group_, {kD1, kD2, kD3});
  }
  static void Ip(const std::string& command) { Shell(std::string(K::kIp) + " " + command); }
  void Forwarding(int on) {
    for (const char* const name : {"u", "d1", "d2"}) {
      Shell(std::string("sysctl -qw net.") + K::kFamily + ".conf." + name +
            ".forwarding=" + std::to_string(on));
    }
  }
  // How many of five packets come out at D3, which nobody sends from.
  std::size_t Passed(PortId arrival, const Address& source) {
    const Bytes frame = this->From(source).Build();
    for (int i = 0; i < kPackets; ++i) this->End(arrival).Send(frame);
    return this->End(kD3).Drain(100).size();
  }
};
TYPED_TEST_SUITE(FibCheck, EveryCase, CaseName);

TYPED_TEST(FibCheck, TF_12_TheRouteToTheSourceDecides) {
  using M = typename TestFixture::M;
  const auto far = TestFixture::K::Far();
  EXPECT_EQ(this->Passed(kU, M::OfU(10)), 5U);
  EXPECT_EQ(this->Passed(kU, far), 5U);
  EXPECT_EQ(this->Passed(kD1, M::OfD1(10)), 5U);
  EXPECT_EQ(this->Passed(kD2, M::OfD2(10)), 5U);
  EXPECT_EQ(this->lab_.Counter("forwarded"), 20U);
  EXPECT_EQ(this->lab_.Counter("rpf"), 0U);

  EXPECT_EQ(this->Passed(kD1, far), 0U);
  EXPECT_EQ(this->lab_.Counter("rpf"), 5U);
  EXPECT_EQ(this->Passed(kU, M::OfD1(10)), 0U);
  EXPECT_EQ(this->Passed(kD1, M::OfD2(10)), 0U);
  EXPECT_EQ(this->Passed(kD2, M::OfU(10)), 0U);
  EXPECT_EQ(this->Passed(kU, TestFixture::K::Unrouted()), 0U);
  EXPECT_EQ(this->lab_.Counter("rpf"), 25U);
  EXPECT_EQ(this->lab_.Counter("forwarded"), 20U);
  EXPECT_EQ(this->lab_.Verdicts(), 45U);
}

TYPED_TEST(FibCheck, TF_12_AChangeOfTheRoutesIsFollowedAtOnce) {
  const auto far = TestFixture::K::Far();
  EXPECT_EQ(this->Passed(kU, far), 5U);
  this->Ip("route replace " + far.ToString() + " dev d1");
  EXPECT_EQ(this->Passed(kU, far), 0U);
  EXPECT_EQ(this->Passed(kD1, far), 5U);
  this->Ip("route del " + far.ToString());
  EXPECT_EQ(this->Passed(kD1, far), 0U);
  this->Ip("route add default dev u");
  EXPECT_EQ(this->Passed(kU, far), 5U);
  this->Ip("route add blackhole " + far.ToString());
  EXPECT_EQ(this->Passed(kU, far), 0U);
}

TYPED_TEST(FibCheck, TF_12_AltnetsAreAcceptedBesideTheRoutes) {
  const auto source = TestFixture::K::Unrouted();
  EXPECT_EQ(this->Passed(kD1, source), 0U);
  this->Of(kD1).other_sources = {TestFixture::K::Altnet()};
  this->lab_.Set(this->lab_.port(kD1));
  EXPECT_EQ(this->Passed(kD1, source), 5U);
  EXPECT_EQ(this->Passed(kD1, TestFixture::M::OfD1(10)), 5U);
  EXPECT_EQ(this->Passed(kU, source), 0U) << "not those of the upstream";
}

TYPED_TEST(FibCheck, TF_12_OwnAddressesAndMartiansAreRefusedAsEver) {
  EXPECT_EQ(this->Passed(kU, TestFixture::M::OfD2(1)), 0U);
  EXPECT_EQ(this->lab_.Counter("own"), 5U);
  EXPECT_EQ(this->Passed(kU, TestFixture::K::Loopback()), 0U);
  EXPECT_EQ(this->lab_.Counter("mart"), 5U);
  EXPECT_EQ(this->lab_.Counter("rpf"), 0U);
}

// The kernel tells no route then; the port says what to do.
TYPED_TEST(FibCheck, TF_12_AnInterfaceThatDoesNotForwardAcceptsNothingAndSaysWhy) {
  this->Forwarding(0);
  EXPECT_EQ(this->Passed(kD1, TestFixture::M::OfD1(10)), 0U);
  EXPECT_EQ(this->lab_.Counter("rpf"), 5U);
  const auto without = this->lab_.datapath().SetPort(this->lab_.port(kD1));
  ASSERT_TRUE(without);
  const std::string setting = std::string("net.") + TestFixture::K::kFamily + ".conf.d1.forwarding=1";
  EXPECT_NE(without->obstacle.find(setting), std::string::npos) << without->obstacle;
  this->Forwarding(1);
  EXPECT_EQ(this->Passed(kD1, TestFixture::M::OfD1(10)), 5U);
  const auto with = this->lab_.datapath().SetPort(this->lab_.port(kD1));
  ASSERT_TRUE(with);
  EXPECT_EQ(with->obstacle.find(setting), std::string::npos) << with->obstacle;
}

}  // namespace
}  // namespace bpfcast::bpftest
