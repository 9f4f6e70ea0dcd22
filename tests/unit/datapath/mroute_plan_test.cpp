#include "datapath/mroute_plan.h"

#include <gtest/gtest.h>

#include "unit/datapath/mroute_bed.h"

namespace bpfcast {
namespace {

template <class F>
class MroutePlanTest : public testing::Test {
 protected:
  using B = MrouteBed<F>;

  MroutePlanTest() {
    for (const DatapathPort& port : {B::Upstream(), B::Downstream(kD1), B::Downstream(kD2)})
      plan_.SetPort(port);
  }
  StreamPlan<F> Decide(const typename F::Address& source, PortId arrival) const {
    return plan_.Decide({source, B::Group()}, arrival);
  }
  void Route(const typename F::Address& source, PortSet members, bool local = false) {
    plan_.Apply({{{source, B::Group()}, RouteTo(members, local)}});
  }
  void ExpectForwarded(const StreamPlan<F>& plan, PortSet to) const {
    EXPECT_EQ(plan.verdict, BPFCAST_FORWARDED);
    EXPECT_EQ(plan.outgoing, to);
  }

  bool reverse_path_ = false;
  MroutePlan<F> plan_{[this](const auto&, std::uint32_t) { return reverse_path_; }};
};
using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(MroutePlanTest, Families);

TYPED_TEST(MroutePlanTest, TF_41_TE_18_FromUpstreamToMembersAlone) {
  this->Route({}, {kD1});
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kU), {kD1});
}

TYPED_TEST(MroutePlanTest, TF_41_TE_19_FromADownstreamUpstreamAndToOtherMembersNeverBack) {
  this->Route({}, {kD1, kD2});
  this->ExpectForwarded(this->Decide(TestFixture::B::Of(kD1, 10), kD1), {kU, kD2});
}

TYPED_TEST(MroutePlanTest, TF_41_TE_20_WithoutMembersADownstreamSourceGoesUpstream) {
  const auto plan = this->Decide(TestFixture::B::Of(kD1, 10), kD1);
  this->ExpectForwarded(plan, {kU});
  EXPECT_EQ(plan.route, std::nullopt);
}

TYPED_TEST(MroutePlanTest, TF_41_TE_21_FromUpstreamWithoutMembersNowhere) {
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kU).verdict, BPFCAST_NOROUTE);
}

TYPED_TEST(MroutePlanTest, TF_41_TE_22_ASourceWithARouteOfItsOwnGoesByThatAlone) {
  this->Route({}, {kD2});
  this->Route(TestFixture::B::Far(1), {kD1});
  this->Route(TestFixture::B::Far(2), {});
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kU), {kD1});
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(3), kU), {kD2});
  const auto blocked = this->Decide(TestFixture::B::Far(2), kU);
  EXPECT_EQ(blocked.verdict, BPFCAST_NOOIF);
  EXPECT_EQ(blocked.route, (RouteKey<TypeParam>{TestFixture::B::Far(2), TestFixture::B::Group()}));
}

TYPED_TEST(MroutePlanTest, TF_10_TF_11_SourcesAreCheckedByPort) {
  this->Route({}, {kD1, kD2});
  EXPECT_EQ(this->Decide(TestFixture::B::Of(kD2, 10), kU).verdict, BPFCAST_RPF);
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kD1).verdict, BPFCAST_RPF);
  EXPECT_EQ(this->Decide(TestFixture::B::Of(kD1, 1), kU).verdict, BPFCAST_OWN);
  auto open = TestFixture::B::Downstream(kD1);
  open.source_check = SourceCheck::kOff;
  this->plan_.SetPort(open);
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kD1), {kU, kD2});
}

TYPED_TEST(MroutePlanTest, TF_12_TheReversePathDecidesAndAltnetsAreAcceptedBeside) {
  this->Route({}, {kD2});
  auto port = TestFixture::B::Downstream(kD1);
  port.source_check = SourceCheck::kFib;
  this->plan_.SetPort(port);
  EXPECT_TRUE(this->plan_.AsksReversePath());
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kD1).verdict, BPFCAST_RPF);
  EXPECT_EQ(this->Decide(TestFixture::B::Of(kD1, 10), kD1).verdict, BPFCAST_RPF)
      << "a subnet is accepted by its route, not by itself";
  this->reverse_path_ = true;
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kD1), {kU, kD2});
  this->reverse_path_ = false;
  TestFixture::B::Half(port).other_sources = {{TestFixture::B::Far(1), TypeParam::Address::kBits}};
  this->plan_.SetPort(port);
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kD1), {kU, kD2});
}

TYPED_TEST(MroutePlanTest, TF_31_BoundariesStopWhatRoutesWouldForward) {
  const auto bound = [&](PortId id, Passage passage) {
    auto port = id == kU ? TestFixture::B::Upstream() : TestFixture::B::Downstream(id);
    TestFixture::B::Half(port).passages.rules = {{{TestFixture::B::Group(), 32}, passage}};
    this->plan_.SetPort(port);
  };
  bound(kD1, Passage::kNotUpstream);
  EXPECT_EQ(this->Decide(TestFixture::B::Of(kD1, 10), kD1).verdict, BPFCAST_BOUND) << "no route but upstream";
  this->Route({}, {kD1, kD2});
  this->ExpectForwarded(this->Decide(TestFixture::B::Of(kD1, 10), kD1), {kD2});
  this->ExpectForwarded(this->Decide(TestFixture::B::Of(kD2, 10), kD2), {kU, kD1});
  bound(kU, Passage::kNotUpstream);
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kU), {kD1, kD2});
  bound(kU, Passage::kNowhere);
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kU).verdict, BPFCAST_BOUND);
}

TYPED_TEST(MroutePlanTest, TheLongestPrefixOfTheGroupIsItsPassage) {
  auto port = TestFixture::B::Downstream(kD1);
  TestFixture::B::Half(port).passages = {{{{TestFixture::B::Group(), 8}, Passage::kNowhere},
                                          {{TestFixture::B::Group(), 32}, Passage::kAnywhere}},
                                         Passage::kNowhere};
  this->plan_.SetPort(port);
  this->ExpectForwarded(this->Decide(TestFixture::B::Of(kD1, 10), kD1), {kU});
}

TYPED_TEST(MroutePlanTest, F_52_WhatOnlyThisMachineWantsIsTheStacks) {
  this->Route({}, {}, true);
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kU).verdict, BPFCAST_LOCAL);
}

TYPED_TEST(MroutePlanTest, TF_43_PortsThatAreDownOrDoNotServeTheFamilyAreSentNothing) {
  this->Route({}, {kD1, kD2});
  auto port = TestFixture::B::Downstream(kD1);
  port.up = false;
  this->plan_.SetPort(port);
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kU), {kD2});
  port.up = true;
  TestFixture::B::Half(port).served = false;
  this->plan_.SetPort(port);
  this->ExpectForwarded(this->Decide(TestFixture::B::Far(1), kU), {kD2});
  this->plan_.RemovePort(kD2);
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kU).verdict, BPFCAST_NOOIF);
  EXPECT_EQ(this->Decide(TestFixture::B::Of(kD2, 10), kD2).verdict, BPFCAST_IIF) << "E-38";
}

TYPED_TEST(MroutePlanTest, SyncForgetsWhatIsNotInTheTable) {
  this->Route({}, {kD1});
  this->plan_.Sync({});
  EXPECT_EQ(this->Decide(TestFixture::B::Far(1), kU).verdict, BPFCAST_NOROUTE);
}

using MroutePlan4 = MroutePlanTest<Igmp>;
using MroutePlan6 = MroutePlanTest<Mld>;

TEST_F(MroutePlan4, TF_09_MartiansAreRefused) {
  this->Route({}, {kD1});
  for (const char* text :
       {"0.0.0.0", "127.0.0.1", "169.254.1.1", "224.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.255"}) {
    EXPECT_EQ(this->Decide(*Ipv4Address::Parse(text), kU).verdict, BPFCAST_MART) << text;
  }
}

TEST_F(MroutePlan6, TF_09_MartiansAreRefused) {
  this->Route({}, {kD1});
  for (const char* text : {"::", "::1", "fe80::5", "ff0e::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(this->Decide(*Ipv6Address::Parse(text), kU).verdict, BPFCAST_MART) << text;
  }
}

TEST_F(MroutePlan6, TF_03_ScopesBelowThreeAreNotForwarded) {
  for (const auto& [group, verdict] :
       {std::pair("ff01::1", BPFCAST_SCOPE), std::pair("ff02::1234", BPFCAST_SCOPE),
        std::pair("ff00::1", BPFCAST_SCOPE0)}) {
    EXPECT_EQ(plan_.Decide({B::Of(kD1, 10), *Ipv6Address::Parse(group)}, kD1).verdict,
              static_cast<std::uint32_t>(verdict))
        << group;
  }
}

}  // namespace
}  // namespace bpfcast
