// Where packets may go by their group, whatever routes say (E-33, F-50), and the families that a port leaves
// alone.
#include <gtest/gtest.h>

#include "bpf/links.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

// A scope that ends at the upstream, with two groups inside and one outside.
template <class F>
struct Scope;
template <>
struct Scope<Igmp> {
  static Prefix<Ipv4Address> Groups() { return {V4("239.255.0.0"), 16}; }
  static Ipv4Address Inside() { return V4("239.255.1.1"); }
  static Ipv4Address InsideToo() { return V4("239.255.255.250"); }
  static Ipv4Address Outside() { return V4("239.254.1.1"); }
};
template <>
struct Scope<Mld> {
  static Prefix<Ipv6Address> Groups() { return {V6("ff05::"), 16}; }
  static Ipv6Address Inside() { return V6("ff05::1"); }
  static Ipv6Address InsideToo() { return V6("ff05::c"); }
  static Ipv6Address Outside() { return V6("ff08::1"); }
};

template <class Case>
class PassagesTest : public OnLinks<Case> {
 protected:
  using Base = OnLinks<Case>;
  using Base::lab_;
  using typename Base::Address;
  using typename Base::F;
  using typename Base::Frame;
  using typename Base::M;
  using S = Scope<F>;

  void Set(PortId id, const Passages<F>& passages) {
    this->Of(id).passages = passages;
    lab_.Set(lab_.port(id));
  }
  // As a boundary on the upstream is told to the ports.
  void BoundOnUpstream(const Prefix<Address>& groups) {
    Set(kU, {{{groups, Passage::kNowhere}}, Passage::kAnywhere});
    for (const PortId id : {kD1, kD2, kD3}) Set(id, {{{groups, Passage::kNotUpstream}}, Passage::kAnywhere});
  }
  Bytes FromU(const Address& group) const { return this->To(group).Build(); }
  Bytes FromD1(const Address& group) const {
    Frame frame = this->To(group);
    frame.source = M::OfD1(10);
    return frame.Build();
  }
  std::string Verdict(const Bytes& frame, PortId arrival) {
    return MovedCounter(lab_, this->kHook, frame, arrival);
  }
};
TYPED_TEST_SUITE(PassagesTest, EveryCase, CaseName);

TYPED_TEST(PassagesTest, TF_31_TF_32_AGroupThatIsBoundedOnTheUpstreamDoesNotCrossIt) {
  using S = typename TestFixture::S;
  this->BoundOnUpstream(S::Groups());
  for (const auto& group : {S::Inside(), S::Outside()}) this->lab_.Route(this->any_, group, {kD1, kD2});
  this->Expect(this->FromU(S::Inside()), kU, {});
  EXPECT_EQ(this->lab_.Counter("bound"), 1U);
  this->Expect(this->FromD1(S::Inside()), kD1, {kD2});
  this->Expect(this->FromU(S::Outside()), kU, {kD1, kD2});
  this->Expect(this->FromD1(S::Outside()), kD1, {kD2, kU});
  EXPECT_EQ(this->lab_.Counter("bound"), 1U);
  EXPECT_EQ(this->lab_.Counter("forwarded"), 3U);
  EXPECT_EQ(this->lab_.Verdicts(), 4U);  // F-56
}

TYPED_TEST(PassagesTest, TF_31_OneGroupAloneMayBeBounded) {
  using S = typename TestFixture::S;
  this->BoundOnUpstream({S::InsideToo(), TestFixture::Address::kBits});
  for (const auto& group : {S::Inside(), S::InsideToo()}) this->lab_.Route(this->any_, group, {kD1, kD2});
  EXPECT_EQ(this->Verdict(this->FromU(S::InsideToo()), kU), "bound");
  this->Expect(this->FromU(S::Inside()), kU, {kD1, kD2});
  this->Expect(this->FromD1(S::InsideToo()), kD1, {kD2});
  this->Expect(this->FromD1(S::Inside()), kD1, {kD2, kU});
}

// TF-33: a search from D1 that nobody asked for does not leave by the default route.
TYPED_TEST(PassagesTest, TF_31_ABoundedGroupWithoutARouteGoesNowhere) {
  using S = typename TestFixture::S;
  this->BoundOnUpstream(S::Groups());
  EXPECT_EQ(this->Verdict(this->FromD1(S::Inside()), kD1), "bound");
  EXPECT_EQ(this->Verdict(this->FromD1(S::Outside()), kD1), "forwarded");
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "noroute");
}

TYPED_TEST(PassagesTest, F_50_ABoundaryOfADownstreamEndsTheGroupThereAlone) {
  using S = typename TestFixture::S;
  this->Set(kD1, {{{S::Groups(), Passage::kNowhere}}, Passage::kAnywhere});
  this->lab_.Route(this->any_, S::Inside(), {kD1, kD2});
  this->Expect(this->FromD1(S::Inside()), kD1, {});
  EXPECT_EQ(this->lab_.Counter("bound"), 1U);
  auto from_d2 = this->To(S::Inside());
  from_d2.source = TestFixture::M::OfD2(10);
  EXPECT_EQ(this->Verdict(from_d2.Build(), kD2), "forwarded");
  EXPECT_EQ(this->Verdict(this->FromD1(S::Outside()), kD1), "forwarded");
}

TYPED_TEST(PassagesTest, E_33_OnlyGroupsOfAListGoUp) {
  using S = typename TestFixture::S;
  this->Set(kD1, {{{S::Groups(), Passage::kAnywhere}}, Passage::kNotUpstream});
  for (const auto& group : {S::Inside(), S::Outside()}) this->lab_.Route(this->any_, group, {kD1, kD2});
  this->Expect(this->FromD1(S::Inside()), kD1, {kD2, kU});
  this->Expect(this->FromD1(S::Outside()), kD1, {kD2});
  this->Expect(this->FromU(S::Outside()), kU, {kD1, kD2});
  EXPECT_EQ(this->Verdict(this->FromD1(TestFixture::M::OtherGroup()), kD1), "bound") << "no route";
  EXPECT_EQ(this->Verdict(this->FromD1(S::InsideToo()), kD1), "forwarded") << "no route, but in the list";
}

TYPED_TEST(PassagesTest, E_33_NeverUpMeansNotEvenWithoutOthersWhoWantIt) {
  this->Set(kD1, {{}, Passage::kNotUpstream});
  this->lab_.Route(this->any_, this->group_, {kD1});
  this->Expect(this->FromD1(this->group_), kD1, {});
  EXPECT_EQ(this->lab_.Counter("nooif"), 1U);
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  this->Expect(this->FromD1(this->group_), kD1, {kD2});
}

TYPED_TEST(PassagesTest, TheLongestPrefixDecides) {
  using S = typename TestFixture::S;
  this->Set(kU, {{{S::Groups(), Passage::kNowhere},
                  {{S::InsideToo(), TestFixture::Address::kBits}, Passage::kAnywhere}},
                 Passage::kAnywhere});
  for (const auto& group : {S::Inside(), S::InsideToo()}) this->lab_.Route(this->any_, group, {kD1});
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "bound");
  EXPECT_EQ(this->Verdict(this->FromU(S::InsideToo()), kU), "forwarded");
}

TYPED_TEST(PassagesTest, F_52_SocketsOfThisMachineAreNoBoundary) {
  using S = typename TestFixture::S;
  this->BoundOnUpstream(S::Groups());
  this->lab_.Route(this->any_, S::Inside(), {kD1}, true);
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "local");
}

TYPED_TEST(PassagesTest, AChangeHoldsForRoutesThatAreThereAndThatCome) {
  using S = typename TestFixture::S;
  this->lab_.Route(this->any_, S::Inside(), {kD1});
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "forwarded");
  this->BoundOnUpstream(S::Groups());
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "bound");
  this->lab_.Route(this->any_, S::InsideToo(), {kD1});
  EXPECT_EQ(this->Verdict(this->FromU(S::InsideToo()), kU), "bound");
  for (const PortId id : {kU, kD1, kD2, kD3}) this->Set(id, {});
  EXPECT_EQ(this->Verdict(this->FromU(S::Inside()), kU), "forwarded");
  EXPECT_EQ(this->Verdict(this->FromU(S::InsideToo()), kU), "forwarded");
  EXPECT_EQ(this->Verdict(this->FromD1(S::Outside()), kD1), "forwarded");
}

TYPED_TEST(PassagesTest, APortThatGoesTakesItsRulesAlong) {
  using S = typename TestFixture::S;
  this->Set(kD1, {{{S::Groups(), Passage::kNowhere}}, Passage::kNowhere});
  this->lab_.datapath().RemovePort(kD1);
  this->Of(kD1).passages = {};
  this->lab_.Set(this->lab_.port(kD1));
  EXPECT_EQ(this->Verdict(this->FromD1(S::Inside()), kD1), "forwarded");
}

// What a port says of one family does not reach the other.
TYPED_TEST(PassagesTest, EachFamilyHasItsPassages) {
  DatapathPort& d1 = this->lab_.port(kD1);
  d1.ipv4.passages.otherwise = d1.ipv6.passages.otherwise = Passage::kNowhere;
  this->Of(kD1).passages = {};
  this->lab_.Set(d1);
  EXPECT_EQ(this->Verdict(this->FromD1(this->group_), kD1), "forwarded");
}

TYPED_TEST(PassagesTest, AFamilyThatIsNotServedIsLeftToTheStackUncounted) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  for (const PortId id : {kU, kD1}) {
    this->Of(id).served = false;
    this->lab_.Set(this->lab_.port(id));
    const std::uint64_t received = this->lab_.PortCounter(id).received.packets;
    const Bytes frame = id == kU ? this->FromU(this->group_) : this->FromD1(this->group_);
    const PortOutcome got = RunPort(this->lab_, this->kHook, frame, this->lab_.port(id).ifindex);
    EXPECT_EQ(got.fate, Fate::kPass);
    EXPECT_EQ(Hex(got.frame), Hex(frame));
    EXPECT_EQ(this->Verdict(frame, id), "");
    EXPECT_EQ(this->lab_.PortCounter(id).received.packets, received);
  }
  this->Of(kU).served = true;
  this->lab_.Set(this->lab_.port(kU));
  EXPECT_EQ(this->Verdict(this->FromU(this->group_), kU), "forwarded");
}

TEST(Families, WhatIsNotServedOfOneDoesNotStopTheOther) {
  for (const Hook hook : {Hook::kXdp, Hook::kTc}) {
    Lab lab;
    lab.MakeBed(hook);
    lab.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1});
    lab.Route(Ipv6Address(), Matrix<Mld>::Group(), {kD1});
    lab.port(kU).ipv4.served = false;
    lab.Set(lab.port(kU));
    EXPECT_EQ(MovedCounter(lab, hook, Frame{}.Build(), kU), "");
    EXPECT_EQ(MovedCounter(lab, hook, Frame6{}.Build(), kU), "forwarded");
    lab.port(kU).ipv4.served = true;
    lab.port(kU).ipv6.served = false;
    lab.Set(lab.port(kU));
    EXPECT_EQ(MovedCounter(lab, hook, Frame{}.Build(), kU), "forwarded");
    EXPECT_EQ(MovedCounter(lab, hook, Frame6{}.Build(), kU), "");
  }
}

}  // namespace
}  // namespace bpfcast::bpftest
