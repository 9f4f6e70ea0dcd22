// F-12 in the programs: which sources a port accepts, in both directions.
#include <gtest/gtest.h>

#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv4Address kOfU = MakeIpv4(198, 51, 100, 10);
const Ipv4Address kOfD1 = MakeIpv4(192, 0, 2, 10);
const Ipv4Address kOfD2 = MakeIpv4(203, 0, 113, 10);
const Ipv4Address kAltnet = MakeIpv4(10, 9, 9, 9);
const Ipv4Address kFar = MakeIpv4(8, 8, 8, 8);

class SourceCheckTest : public testing::TestWithParam<Hook> {
 protected:
  void SetUp() override {
    lab_.MakeBed(GetParam());
    lab_.Route(kAny, kGroup, {kD1, kD2});
  }
  void Altnets(PortId id, const std::vector<Prefix<Ipv4Address>>& altnets) {
    lab_.port(id).ipv4.other_sources = altnets;
    lab_.Set(lab_.port(id));
  }
  void Check(PortId id, SourceCheck check) {
    lab_.port(id).source_check = check;
    lab_.Set(lab_.port(id));
  }
  // What becomes of it, by the one counter that moved.
  std::string Verdict(PortId arrival, const Ipv4Address& source) {
    Frame frame;
    frame.source = source;
    const auto before = lab_.datapath().Counters();
    const PortOutcome got = RunPort(lab_, GetParam(), frame.Build(), lab_.port(arrival).ifindex);
    const auto after = lab_.datapath().Counters();
    std::string moved;
    if (after->forwarded == before->forwarded + 1) moved += "forwarded";
    for (std::size_t i = 0; i < after->drops.size(); ++i) {
      if (after->drops[i].packets == before->drops[i].packets) continue;
      if (after->drops[i].packets != before->drops[i].packets + 1) moved += "several of ";
      moved += after->drops[i].reason;
    }
    EXPECT_EQ(got.fate, moved == "forwarded" ? Fate::kForward : Fate::kDrop);
    return moved;
  }

  Lab lab_;
};

TEST_P(SourceCheckTest, TF_11_ADownstreamAcceptsItsSubnetsAndAltnets) {
  EXPECT_EQ(Verdict(kD1, kOfD1), "forwarded");
  EXPECT_EQ(Verdict(kD1, kAltnet), "rpf");
  Altnets(kD1, {{MakeIpv4(10, 9, 0, 0), 16}});
  EXPECT_EQ(Verdict(kD1, kAltnet), "forwarded");
  EXPECT_EQ(Verdict(kD1, kOfD2), "rpf");
  EXPECT_EQ(Verdict(kD2, kAltnet), "rpf");
  EXPECT_EQ(Verdict(kU, kFar), "forwarded");
  Altnets(kD1, {});
  EXPECT_EQ(Verdict(kD1, kAltnet), "rpf");
}

TEST_P(SourceCheckTest, TF_11_AnUpstreamWithoutAltnetsAcceptsAllButTheSubnetsOfDownstreams) {
  EXPECT_EQ(Verdict(kU, kOfU), "forwarded");
  EXPECT_EQ(Verdict(kU, kFar), "forwarded");
  EXPECT_EQ(Verdict(kU, kOfD2), "rpf");
}

TEST_P(SourceCheckTest, TF_11_AnUpstreamWithAltnetsAcceptsItsSubnetsAndTheseAlone) {
  Altnets(kU, {{MakeIpv4(10, 9, 0, 0), 16}});
  EXPECT_EQ(Verdict(kU, kOfU), "forwarded");
  EXPECT_EQ(Verdict(kU, kAltnet), "forwarded");
  EXPECT_EQ(Verdict(kU, kFar), "rpf");
  EXPECT_EQ(Verdict(kU, kOfD2), "rpf");
  EXPECT_EQ(Verdict(kD1, kOfD1), "forwarded");
  EXPECT_EQ(Verdict(kD1, kAltnet), "rpf");
  Altnets(kU, {{MakeIpv4(0, 0, 0, 0), 0}});
  EXPECT_EQ(Verdict(kU, kFar), "forwarded");
  EXPECT_EQ(Verdict(kU, kOfD2), "rpf");
  Altnets(kU, {});
  EXPECT_EQ(Verdict(kU, kFar), "forwarded");
}

TEST_P(SourceCheckTest, TF_11_OffPassesAllButOwnAndMartian) {
  Altnets(kU, {{MakeIpv4(10, 9, 0, 0), 16}});
  for (const PortId id : {kU, kD1}) {
    SCOPED_TRACE(static_cast<int>(id));
    Check(id, SourceCheck::kOff);
    for (const Ipv4Address& source : {kOfU, kOfD1, kOfD2, kAltnet, kFar}) {
      EXPECT_EQ(Verdict(id, source), "forwarded") << source.ToString();
    }
    EXPECT_EQ(Verdict(id, MakeIpv4(127, 0, 0, 1)), "mart");
    EXPECT_EQ(Verdict(id, MakeIpv4(203, 0, 113, 255)), "mart");
    EXPECT_EQ(Verdict(id, MakeIpv4(203, 0, 113, 1)), "own");
    Check(id, SourceCheck::kSubnet);
    EXPECT_EQ(Verdict(id, kFar), "rpf");
  }
}

INSTANTIATE_TEST_SUITE_P(Hooks, SourceCheckTest, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& info) { return info.param == Hook::kXdp ? "Xdp" : "Tc"; });

}  // namespace
}  // namespace bpfcast::bpftest
