// What another router on a downstream link does to forwarding (E-30, E-34, C-57).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

/// Below our own address on D1, so that it wins.
template <class F>
constexpr const char* kOtherRouterText = nullptr;
template <>
constexpr const char* kOtherRouterText<Igmp> = "192.0.2.2";
template <>
constexpr const char* kOtherRouterText<Mld> = "fe80::3";
template <class F>
constexpr const char* kOwnText = nullptr;
template <>
constexpr const char* kOwnText<Igmp> = "192.0.2.5";
template <>
constexpr const char* kOwnText<Mld> = "fe80::5";

template <class F>
class ProxyElection : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  static inline const typename F::Address kOtherRouter = Bed::A(kOtherRouterText<F>);

  ProxyElection() {
    UpOnD1();
    this->AdvanceTo(0);
  }

  void UpOnD1() { this->Up(Bed::kD1, Bed::A(kOwnText<F>)); }
  void KeepForwarding() {
    auto config = Bed::MakeDownstream(Bed::kD1);
    config.foreign_querier = ForeignQuerier::kKeepForwarding;
    this->Configure(config);
  }
  void LeaveOutNonQuerierMembers() {
    auto config = Bed::MakeDownstream(Bed::kD1);
    config.non_querier_members = NonQuerierMembers::kLeaveOut;
    this->Configure(config);
  }
};
TYPED_TEST_SUITE(ProxyElection, BothFamilies);

TYPED_TEST(ProxyElection, TE_23_ALinkWithAnotherQuerierIsNotForwardedToUntilThatIsSilent) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Reports(this->kD2, {this->Record(Type::kIsEx)});
  ASSERT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(10);
  this->Hear(this->kD1, this->kOtherRouter);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1))) << "another link, another querier";
  ASSERT_EQ(this->notices.size(), 1u);
  EXPECT_EQ(this->notices[0].port, this->kD1);
  EXPECT_EQ(this->notices[0].notice.event, LinkEvent::kYielded);
  EXPECT_EQ(this->notices[0].notice.router, this->kOtherRouter);
  // The group lives on by the answers to the other's queries.
  this->AdvanceTo(200);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Reports(this->kD2, {this->Record(Type::kIsEx)});
  this->AdvanceTo(264.9);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(265);  // the Other Querier Present Interval of 255 s is over
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  ASSERT_EQ(this->notices.size(), 2u);
  EXPECT_EQ(this->notices[1].notice.event, LinkEvent::kTookOver);
}

TYPED_TEST(ProxyElection, TE_23_ForwardIfNotQuerierKeepsTheStreamGoing) {
  this->KeepForwarding();
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Hear(this->kD1, this->kOtherRouter);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kNonQuerier);
}

TYPED_TEST(ProxyElection, E_34_TheKnobWorksAtOnceWhenItIsTurned) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Hear(this->kD1, this->kOtherRouter);
  ASSERT_FALSE(this->Forwards(this->kD1, this->S(1)));
  this->KeepForwarding();
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyElection, TE_14_ALinkThatAnotherRouterServesStillCountsUpstream) {
  this->Hear(this->kD1, this->kOtherRouter);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(5);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
}

TYPED_TEST(ProxyElection, E_32_SendersOnALinkThatAnotherRouterServesAreStillForwardedUpstream) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Reports(this->kD2, {this->Record(Type::kIsEx)});
  this->Hear(this->kD1, this->kOtherRouter);
  const auto route = this->routes.find({typename TypeParam::Address(), this->kGroup});
  ASSERT_NE(route, this->routes.end());
  EXPECT_EQ(route->second.from_downstream, (PortSet{this->kU, this->kD2}));
}

TYPED_TEST(ProxyElection, TC_50_ALeaveWaitsForTheQueriesOfTheOtherQuerier) {
  this->Hear(this->kD1, this->kOtherRouter);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(70);
  this->sent.clear();
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(75);
  EXPECT_THAT(this->QueriesOn(this->kD1), IsEmpty());
  EXPECT_FALSE(this->proxy.database().Merged(this->kGroup).IsEmpty());
  this->Hear(this->kD1, this->kOtherRouter, this->kGroup);
  this->AdvanceTo(77);
  EXPECT_TRUE(this->proxy.database().Merged(this->kGroup).IsEmpty());
}

TYPED_TEST(ProxyElection, TA_32_AQueryFromTheUnspecifiedAddressNeverWins) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Hear(this->kD1, typename TypeParam::Address());
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kQuerier);
}

/// "at most 10 ms after the event" is the same turn here: the update comes with the call.
TYPED_TEST(ProxyElection,
           TE_26_ExpiryQuerierLossPolicyAndAnInterfaceThatGoesDownChangeForwardingInTheirTurn) {
  const auto join = [&] {
    this->Reports(this->kD1, {this->Record(Type::kIsEx)});
    ASSERT_TRUE(this->Forwards(this->kD1, this->S(1)));
  };
  join();
  this->AdvanceTo(269.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(270);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1))) << "the group timer";

  join();
  this->Hear(this->kD1, this->kOtherRouter);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1))) << "the querier is another";
  this->AdvanceTo(525);
  ASSERT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kQuerier);

  join();
  auto config = this->MakeDownstream(this->kD1);
  config.access.otherwise = Access::kDeny;
  this->Configure(config);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1))) << "the policy";
  config.access = {};
  this->Configure(config);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));

  this->Down(this->kD1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1))) << "the interface";
}

TYPED_TEST(ProxyElection, ALinkThatWentDownAndCameBackIsServedAgain) {
  this->Hear(this->kD1, this->kOtherRouter);
  this->Down(this->kD1);
  this->UpOnD1();
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyElection, TE_14_WithTheKnobItDoesNotCountUntilWeAreItsQuerier) {
  this->LeaveOutNonQuerierMembers();
  this->Hear(this->kD1, this->kOtherRouter);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(5);
  EXPECT_TRUE(this->proxy.database().groups().empty());
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->AdvanceTo(200);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(256);  // the other was silent for 255 s
  ASSERT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kQuerier);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyElection, TE_14_E_07_WithTheKnobALinkThatIsDownDoesNotCountEither) {
  auto config = this->MakeDownstream(this->kD1);
  config.non_querier_members = NonQuerierMembers::kLeaveOut;
  config.static_memberships = {{this->kGroup, std::nullopt}};
  this->Configure(config);
  EXPECT_FALSE(this->proxy.database().Merged(this->kGroup).IsEmpty());
  this->Hear(this->kD1, this->kOtherRouter);
  EXPECT_TRUE(this->proxy.database().Merged(this->kGroup).IsEmpty());
  this->Down(this->kD1);
  EXPECT_TRUE(this->proxy.database().Merged(this->kGroup).IsEmpty()) << "there is nobody to be served";
  this->UpOnD1();
  EXPECT_FALSE(this->proxy.database().Merged(this->kGroup).IsEmpty()) << "the election begins anew";
}

TYPED_TEST(ProxyElection, TE_14_WhatWasAskedForIsLeftWhenAnotherBecomesTheQuerier) {
  this->LeaveOutNonQuerierMembers();
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->Hear(this->kD1, this->kOtherRouter);
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1), this->kSsmGroup)) << "another link";
  this->Configure(this->MakeDownstream(this->kD1));  // the knob is turned back
  this->AdvanceTo(15);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->ExpectNothingMissed();
}

/// What is forwarded to a link is asked for.
TYPED_TEST(ProxyElection, E_06_ALinkThatIsForwardedToCountsWhateverTheKnobSays) {
  auto config = this->MakeDownstream(this->kD1);
  config.foreign_querier = ForeignQuerier::kKeepForwarding;
  config.non_querier_members = NonQuerierMembers::kLeaveOut;
  this->Configure(config);
  this->Hear(this->kD1, this->kOtherRouter);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(5);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
}

TYPED_TEST(ProxyElection, E_34_EachTransitionIsToldOnce) {
  this->Hear(this->kD1, this->kOtherRouter);
  this->AdvanceTo(100);
  this->Hear(this->kD1, this->kOtherRouter);
  this->AdvanceTo(200);
  this->Hear(this->kD1, this->kOtherRouter);
  EXPECT_EQ(this->notices.size(), 1u);
  this->AdvanceTo(456);
  EXPECT_EQ(this->notices.size(), 2u) << "the other fell silent";
  this->Hear(this->kD1, this->kOtherRouter);
  ASSERT_EQ(this->notices.size(), 3u);
  EXPECT_EQ(this->notices.back().notice.event, LinkEvent::kYielded);
}

}  // namespace
}  // namespace bpfcast
