#include "datapath/source_rules.h"

#include <gtest/gtest.h>

#include <array>

#include "bpfcast/abi.h"

namespace bpfcast {
namespace {

// The bed of the conformance matrix, and of IPv6 what stands for it.
template <class F>
struct Bed;
template <>
struct Bed<Igmp> {
  using Address = Ipv4Address;
  static constexpr unsigned kSubnet = 24;
  static FamilyPort<Igmp>& Of(DatapathPort& port) { return port.ipv4; }
  static Address OfU(std::uint8_t n) { return MakeIpv4(198, 51, 100, n); }
  static Address OfD1(std::uint8_t n) { return MakeIpv4(192, 0, 2, n); }
  static Address OfD2(std::uint8_t n) { return MakeIpv4(203, 0, 113, n); }
  static Address Far() { return MakeIpv4(8, 8, 8, 8); }
  static Address Alternate() { return MakeIpv4(10, 9, 9, 9); }
  static Prefix<Address> Altnet() { return {MakeIpv4(10, 9, 77, 77), 16}; }  // host bits are ignored
};
template <>
struct Bed<Mld> {
  using Address = Ipv6Address;
  static constexpr unsigned kSubnet = 64;
  static FamilyPort<Mld>& Of(DatapathPort& port) { return port.ipv6; }
  static Address Make(std::uint8_t net, std::uint8_t n) {
    return Address(std::array<std::uint8_t, 16>{0x20, 1, 0xd, 0xb8, 0, net, 0, 0, 0, 0, 0, 0, 0, 0, 0, n});
  }
  static Address OfU(std::uint8_t n) { return Make(0, n); }
  static Address OfD1(std::uint8_t n) { return Make(1, n); }
  static Address OfD2(std::uint8_t n) { return Make(2, n); }
  static Address Far() { return *Address::Parse("2a00::8"); }
  static Address Alternate() { return *Address::Parse("2001:db9:7::9"); }
  static Prefix<Address> Altnet() { return {*Address::Parse("2001:db9:77::77"), 32}; }
};

template <class F>
class SourceRulesTest : public testing::Test {
 protected:
  using B = Bed<F>;
  using Address = typename F::Address;

  static DatapathPort Port(std::uint16_t id, PortRole role, const Address& own) {
    DatapathPort port;
    port.id = PortId{id};
    port.role = role;
    B::Of(port).own_addresses = {own};
    B::Of(port).subnets = {{own, B::kSubnet}};
    return port;
  }
  FamilyPort<F>& Of(std::size_t port) { return B::Of(ports_[port]); }

  // The verdict of the programs: what holds on all ports first, then the longest prefix of the port.
  std::uint32_t Judge(std::size_t arrival, const Address& source) const {
    const PrefixRules<F> rules = MakeSourceRules<F>(ports_);
    const auto longest = [&](std::uint32_t scope, std::uint32_t unknown) {
      int best = -1;
      for (const auto& [rule, verdict] : rules) {
        if (rule.scope != scope || static_cast<int>(rule.length) <= best) continue;
        if (!Prefix<Address>{rule.address, rule.length}.Contains(source)) continue;
        best = static_cast<int>(rule.length);
        unknown = verdict;
      }
      return unknown;
    };
    const std::uint32_t all = longest(BPFCAST_SCOPE_ALL, BPFCAST_FORWARDED);
    if (all != BPFCAST_FORWARDED) return all;
    return longest(static_cast<std::uint32_t>(ports_[arrival].id), UnknownSourceVerdict<F>(ports_[arrival]));
  }

  std::vector<DatapathPort> ports_ = {Port(0, PortRole::kUpstream, B::OfU(2)),
                                      Port(1, PortRole::kDownstream, B::OfD1(1)),
                                      Port(2, PortRole::kDownstream, B::OfD2(1))};
};
using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(SourceRulesTest, Families);

TYPED_TEST(SourceRulesTest, TF_11_ADownstreamAcceptsItsSubnetsAndAltnets) {
  EXPECT_EQ(this->Judge(1, TestFixture::B::OfD1(10)), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(1, TestFixture::B::Alternate()), BPFCAST_RPF);
  this->Of(1).other_sources = {TestFixture::B::Altnet()};
  EXPECT_EQ(this->Judge(1, TestFixture::B::Alternate()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(2, TestFixture::B::Alternate()), BPFCAST_RPF);
}

TYPED_TEST(SourceRulesTest, TF_11_TheUpstreamAcceptsAllButTheSubnetsOfDownstreams) {
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_RPF);
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_FORWARDED);
  this->Of(1).other_sources = {{typename TestFixture::Address(), 0}};
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_FORWARDED)
      << "an altnet of a downstream does not close the upstream";
}

TYPED_TEST(SourceRulesTest, TF_11_AnUpstreamWithAltnetsAcceptsItsSubnetsAndTheseAlone) {
  this->Of(0).other_sources = {TestFixture::B::Altnet()};
  EXPECT_EQ(this->Judge(0, TestFixture::B::Alternate()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfU(10)), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_RPF);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_RPF);
  EXPECT_EQ(this->Judge(1, TestFixture::B::Alternate()), BPFCAST_RPF) << "they are not those of a downstream";
  EXPECT_EQ(this->Judge(1, TestFixture::B::OfD1(10)), BPFCAST_FORWARDED);
}

TYPED_TEST(SourceRulesTest, TF_11_AnAltnetOfTheUpstreamAroundADownstreamSubnetDoesNotOpenIt) {
  this->Of(0).other_sources = {{typename TestFixture::Address(), 0}};
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_RPF);
  this->Of(0).other_sources = {
      {TestFixture::B::OfD2(128), TestFixture::B::kSubnet + 1}};  // unless it names a part of it
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(200)), BPFCAST_FORWARDED);
}

TYPED_TEST(SourceRulesTest, TF_12_FibAsksTheKernelAboutAllButAltnetsAndOurs) {
  for (DatapathPort& port : this->ports_) port.source_check = SourceCheck::kFib;
  this->Of(1).other_sources = {TestFixture::B::Altnet()};
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfU(10)), BPFCAST_ASK_FIB);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_ASK_FIB);
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_ASK_FIB);
  EXPECT_EQ(this->Judge(1, TestFixture::B::OfD1(10)), BPFCAST_ASK_FIB);
  EXPECT_EQ(this->Judge(1, TestFixture::B::Alternate()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(2, TestFixture::B::Alternate()), BPFCAST_ASK_FIB);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD1(1)), BPFCAST_OWN);
}

TYPED_TEST(SourceRulesTest, TF_11_OffIsOffWithAltnetsToo) {
  this->ports_[0].source_check = SourceCheck::kOff;
  this->Of(0).other_sources = {TestFixture::B::Altnet()};
  EXPECT_EQ(this->Judge(0, TestFixture::B::Far()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_FORWARDED);
}

TYPED_TEST(SourceRulesTest, TheSubnetOfTheUpstreamItselfWinsOverAnEqualOneOfADownstream) {
  this->Of(2).subnets = {{TestFixture::B::OfU(0), TestFixture::B::kSubnet}};
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfU(9)), BPFCAST_FORWARDED);
}

TYPED_TEST(SourceRulesTest, TF_11_OffAcceptsAllButOwn) {
  this->ports_[0].source_check = SourceCheck::kOff;
  this->ports_[1].source_check = SourceCheck::kOff;
  EXPECT_EQ(this->Judge(1, TestFixture::B::Alternate()), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(0, TestFixture::B::OfD2(10)), BPFCAST_FORWARDED);
  EXPECT_EQ(this->Judge(1, TestFixture::B::OfD1(1)), BPFCAST_OWN);
}

TYPED_TEST(SourceRulesTest, TF_10_OurAddressesAreOwnOnEveryPort) {
  for (std::size_t arrival = 0; arrival < this->ports_.size(); ++arrival) {
    EXPECT_EQ(this->Judge(arrival, TestFixture::B::OfD1(1)), BPFCAST_OWN);
  }
}

using Ipv4SourceRulesTest = SourceRulesTest<Igmp>;
using Ipv6SourceRulesTest = SourceRulesTest<Mld>;

TEST_F(Ipv4SourceRulesTest, TF_09_DirectedBroadcastsAreMartianButPointToPointLinksHaveNone) {
  EXPECT_EQ(Judge(1, MakeIpv4(192, 0, 2, 255)), BPFCAST_MART);
  Of(1).own_addresses = {MakeIpv4(192, 0, 2, 4)};
  Of(1).subnets = {{MakeIpv4(192, 0, 2, 4), 31}};
  EXPECT_EQ(Judge(1, MakeIpv4(192, 0, 2, 5)), BPFCAST_FORWARDED);
  Of(1).subnets = {{MakeIpv4(192, 0, 2, 4), 30}};
  EXPECT_EQ(Judge(1, MakeIpv4(192, 0, 2, 7)), BPFCAST_MART);
}

TEST_F(Ipv4SourceRulesTest, TF_09_DirectedBroadcastsAreMartianWithoutSourceCheckToo) {
  ports_[1].source_check = SourceCheck::kOff;
  EXPECT_EQ(Judge(1, MakeIpv4(203, 0, 113, 255)), BPFCAST_MART);
}

TEST_F(Ipv6SourceRulesTest, TheLastAddressOfASubnetIsOneLikeAnyOther) {
  EXPECT_EQ(Judge(1, *Ipv6Address::Parse("2001:db8:1:0:ffff:ffff:ffff:ffff")), BPFCAST_FORWARDED);
}

// A host that is reached by IPv6 alone must not change what IPv4 accepts.
TEST_F(Ipv4SourceRulesTest, TheOtherFamilyHasRulesOfItsOwn) {
  const PrefixRules<Igmp> before = MakeSourceRules<Igmp>(ports_);
  ports_[1].ipv6.subnets = {{Ipv6Address(), 0}};
  ports_[1].ipv6.own_addresses = {*Ipv6Address::Parse("2001:db8::1")};
  EXPECT_EQ(MakeSourceRules<Igmp>(ports_), before);
}

}  // namespace
}  // namespace bpfcast
