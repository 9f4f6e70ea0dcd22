#include "datapath/source_rules.h"

#include <gtest/gtest.h>

#include "bpfcast/abi.h"

namespace bpfcast {
namespace {

DatapathPort Port(std::uint16_t id, PortRole role, const Ipv4Address& own, unsigned length) {
  DatapathPort port;
  port.id = PortId{id};
  port.role = role;
  port.ipv4.own_addresses = {own};
  port.ipv4.subnets = {{own, length}};
  return port;
}

// The verdict of the programs: what holds on all ports first, then the longest prefix of the port.
std::uint32_t Judge(const std::vector<DatapathPort>& ports, std::size_t arrival, const Ipv4Address& source) {
  const SourceRules rules = MakeSourceRules(ports);
  const auto longest = [&](std::uint32_t scope, std::uint32_t unknown) {
    int best = -1;
    for (const auto& [rule, verdict] : rules) {
      if (rule.scope != scope || static_cast<int>(rule.length) <= best) continue;
      if (!Prefix<Ipv4Address>{rule.address, rule.length}.Contains(source)) continue;
      best = static_cast<int>(rule.length);
      unknown = verdict;
    }
    return unknown;
  };
  const std::uint32_t all = longest(BPFCAST_SCOPE_ALL, BPFCAST_FORWARDED);
  if (all != BPFCAST_FORWARDED) return all;
  return longest(static_cast<std::uint32_t>(ports[arrival].id), UnknownSourceVerdict(ports[arrival]));
}

class SourceRulesTest : public testing::Test {
 protected:
  std::vector<DatapathPort> ports_ = {Port(0, PortRole::kUpstream, MakeIpv4(198, 51, 100, 2), 24),
                                      Port(1, PortRole::kDownstream, MakeIpv4(192, 0, 2, 1), 24),
                                      Port(2, PortRole::kDownstream, MakeIpv4(203, 0, 113, 1), 24)};
};

TEST_F(SourceRulesTest, TF_11_ADownstreamAcceptsItsSubnetsAndAltnets) {
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 10)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(10, 9, 9, 9)), BPFCAST_RPF);
  ports_[1].ipv4.other_sources = {{MakeIpv4(10, 9, 77, 77), 16}};  // host bits are ignored
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(10, 9, 9, 9)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 2, MakeIpv4(10, 9, 9, 9)), BPFCAST_RPF);
}

TEST_F(SourceRulesTest, TF_11_TheUpstreamAcceptsAllButTheSubnetsOfDownstreams) {
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 10)), BPFCAST_RPF);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(8, 8, 8, 8)), BPFCAST_FORWARDED);
  ports_[1].ipv4.other_sources = {{MakeIpv4(0, 0, 0, 0), 0}};
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(8, 8, 8, 8)), BPFCAST_FORWARDED)
      << "an altnet of a downstream does not close the upstream";
}

TEST_F(SourceRulesTest, TF_11_AnUpstreamWithAltnetsAcceptsItsSubnetsAndTheseAlone) {
  ports_[0].ipv4.other_sources = {{MakeIpv4(10, 9, 77, 77), 16}};  // host bits are ignored
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(10, 9, 9, 9)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(198, 51, 100, 10)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(8, 8, 8, 8)), BPFCAST_RPF);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 10)), BPFCAST_RPF);
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(10, 9, 9, 9)), BPFCAST_RPF) << "they are not those of a downstream";
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 10)), BPFCAST_FORWARDED);
}

TEST_F(SourceRulesTest, TF_11_AnAltnetOfTheUpstreamAroundADownstreamSubnetDoesNotOpenIt) {
  ports_[0].ipv4.other_sources = {{MakeIpv4(0, 0, 0, 0), 0}};
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(8, 8, 8, 8)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 10)), BPFCAST_RPF);
  ports_[0].ipv4.other_sources = {{MakeIpv4(203, 0, 113, 128), 25}};  // unless it names a part of it
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 200)), BPFCAST_FORWARDED);
}

TEST_F(SourceRulesTest, TF_11_OffIsOffWithAltnetsToo) {
  ports_[0].source_check = SourceCheck::kOff;
  ports_[0].ipv4.other_sources = {{MakeIpv4(10, 9, 0, 0), 16}};
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(8, 8, 8, 8)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 10)), BPFCAST_FORWARDED);
}

TEST_F(SourceRulesTest, TheSubnetOfTheUpstreamItselfWinsOverAnEqualOneOfADownstream) {
  ports_[2].ipv4.subnets = {{MakeIpv4(198, 51, 100, 0), 24}};
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(198, 51, 100, 9)), BPFCAST_FORWARDED);
}

TEST_F(SourceRulesTest, TF_11_OffAcceptsAllButOwnAndMartian) {
  ports_[0].source_check = SourceCheck::kOff;
  ports_[1].source_check = SourceCheck::kOff;
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(10, 9, 9, 9)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 0, MakeIpv4(203, 0, 113, 10)), BPFCAST_FORWARDED);
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 1)), BPFCAST_OWN);
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(203, 0, 113, 255)), BPFCAST_MART);
}

TEST_F(SourceRulesTest, TF_10_OurAddressesAreOwnOnEveryPort) {
  for (std::size_t arrival = 0; arrival < ports_.size(); ++arrival) {
    EXPECT_EQ(Judge(ports_, arrival, MakeIpv4(192, 0, 2, 1)), BPFCAST_OWN);
  }
}

TEST_F(SourceRulesTest, TF_09_DirectedBroadcastsAreMartianButPointToPointLinksHaveNone) {
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 255)), BPFCAST_MART);
  ports_[1].ipv4.own_addresses = {MakeIpv4(192, 0, 2, 4)};
  ports_[1].ipv4.subnets = {{MakeIpv4(192, 0, 2, 4), 31}};
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 5)), BPFCAST_FORWARDED);
  ports_[1].ipv4.subnets = {{MakeIpv4(192, 0, 2, 4), 30}};
  EXPECT_EQ(Judge(ports_, 1, MakeIpv4(192, 0, 2, 7)), BPFCAST_MART);
}

}  // namespace
}  // namespace bpfcast
