// What the queries of another router do to our timers, and what ours do not do meanwhile: C-40..C-43, C-56.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class ForeignQueries : public QuerierBed<F> {
 protected:
  /// Not the querier at time 0, group in EXCLUDE ({},{}) with 200 s left.
  void StartUnderOther() {
    this->Start(-100);
    this->HearQuery(kQuerier, -80, this->General());
    this->Hear(-70, RecordType::kIsEx, kGroup);
    this->RunTo(0);
    this->sent.clear();
  }

  const typename F::Address kGroup = Bed<F>::Group();
  const typename F::Address kQuerier = Bed<F>::Router(2);
};
TYPED_TEST_SUITE(ForeignQueries, BothFamilies);

class IgmpForeignQueries : public ForeignQueries<Igmp> {};

TYPED_TEST(ForeignQueries, TC_50_ALeaveWaitsForTheQueryOfTheQuerier) {
  this->StartUnderOther();
  this->Hear(0, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 200);
  this->HearQuery(this->kQuerier, 0.5, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 2);
  this->RunTo(2.499);
  EXPECT_NE(this->querier->Find(this->kGroup), nullptr);
  this->RunTo(2.5);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);
  EXPECT_THAT(this->changed, ElementsAre(this->kGroup));
  EXPECT_THAT(this->sent, IsEmpty());
}

TYPED_TEST(ForeignQueries, C_40_AReportAfterTheQueryKeepsTheGroup) {
  this->StartUnderOther();
  this->HearQuery(this->kQuerier, 0, this->Specific(this->kGroup));
  this->Hear(1, RecordType::kIsEx, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 270);
}

TYPED_TEST(ForeignQueries, TB_11_AQueryNeverRaisesATimer) {
  this->StartUnderOther();
  this->HearQuery(this->kQuerier, 0, this->Specific(this->kGroup));
  this->HearQuery(this->kQuerier, 1, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 1);
}

TYPED_TEST(ForeignQueries, TC_51_TheSFlagLeavesTheTimersAlone) {
  this->StartUnderOther();
  this->Hear(0, RecordType::kAllow, this->kGroup, {1});
  this->HearQuery(this->kQuerier, 0, this->Suppressed(this->Specific(this->kGroup)));
  this->HearQuery(this->kQuerier, 0, this->Suppressed(this->Specific(this->kGroup, {1})));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 200);
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 1), 270);
  this->HearQuery(this->kQuerier, 50, this->Suppressed(this->General()));
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(305));
  this->HearQuery(Bed<TypeParam>::Router(1), 60, this->Suppressed(this->General()));
  EXPECT_EQ(this->querier->other_querier(), Bed<TypeParam>::Router(1));
}

TYPED_TEST(ForeignQueries, TC_52_ASourceQueryLowersThatSourceOnly) {
  this->Start(-100);
  this->HearQuery(this->kQuerier, -80, this->General());
  this->Hear(0, RecordType::kAllow, this->kGroup, {1, 2});
  const auto other = Bed<TypeParam>::Group(1);
  this->Hear(0, RecordType::kIsEx, other, {4});
  this->Hear(0, RecordType::kAllow, other, {3});
  this->HearQuery(this->kQuerier, 0, this->Specific(this->kGroup, {1, 9}));
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 1), 2);
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 2), 270);
  this->HearQuery(this->kQuerier, 0, this->Specific(other, {3, 4}));
  EXPECT_EQ(this->SourceTimerLeft(other, 3), 2);
  EXPECT_EQ(this->SourceTimerLeft(other, 4), 0);  // stays blocked
  EXPECT_EQ(this->GroupTimerLeft(other), 270);
  const auto unknown = Bed<TypeParam>::Group(2);
  this->HearQuery(this->kQuerier, 0, this->Specific(unknown));
  this->HearQuery(this->kQuerier, 0, this->Specific(unknown, {1}));
  EXPECT_EQ(this->querier->Find(unknown), nullptr);
  this->RunTo(2);
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({2}));
  EXPECT_EQ(this->querier->Membership(other), Exclude<TypeParam>({3, 4}));
}

TYPED_TEST(ForeignQueries, C_40_AGroupQueryLowersNoSourceTimer) {
  this->Start(-100);
  this->HearQuery(this->kQuerier, -80, this->General());
  this->Hear(0, RecordType::kAllow, this->kGroup, {1});
  this->HearQuery(this->kQuerier, 0, this->Specific(this->kGroup));
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 1), 270);
}

TYPED_TEST(ForeignQueries, TC_53_AGeneralQueryLowersNothing) {
  this->StartUnderOther();
  this->Hear(0, RecordType::kAllow, this->kGroup, {1});
  this->HearQuery(this->kQuerier, 0, this->General());
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 200);
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 1), 270);
}

TYPED_TEST(ForeignQueries, TC_54_TheQuerierIgnoresTheSpecificQueriesOfOthers) {
  this->own = Bed<TypeParam>::Router(1);
  this->Start(0);
  this->Hear(0, RecordType::kIsEx, this->kGroup);
  this->HearQuery(Bed<TypeParam>::Router(9), 10, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 260);
}

TYPED_TEST(ForeignQueries, TC_54_UnlessTheKnobLetsEveryRouterLowerTimers) {
  this->config.lowered_by = LoweredBy::kAnyRouter;
  this->own = Bed<TypeParam>::Router(1);
  this->Start(0);
  this->Hear(0, RecordType::kIsEx, this->kGroup);
  this->HearQuery(Bed<TypeParam>::Router(9), 10, this->Suppressed(this->Specific(this->kGroup)));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 260) << "C-41";
  this->HearQuery(Bed<TypeParam>::Router(9), 10, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 2);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  this->RunTo(12);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);
}

TYPED_TEST(ForeignQueries, C_43_RoutersThatLostLowerNothing) {
  this->StartUnderOther();
  this->HearQuery(Bed<TypeParam>::Router(3), 0, this->General());  // lower than we, not the lowest
  this->HearQuery(Bed<TypeParam>::Router(3), 0, this->Specific(this->kGroup));
  this->HearQuery(Bed<TypeParam>::Router(9), 0, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 200);
}

TYPED_TEST(ForeignQueries, C_43_WithTheKnobRoutersThatLostLowerToo) {
  this->config.lowered_by = LoweredBy::kAnyRouter;
  this->StartUnderOther();
  this->HearQuery(Bed<TypeParam>::Router(9), 0, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 2);
}

TYPED_TEST(ForeignQueries, C_43_ARouterThatJustWonLowers) {
  this->StartUnderOther();
  const auto winner = Bed<TypeParam>::Router(1);
  this->HearQuery(winner, 0, this->General());
  this->HearQuery(winner, 0, this->Specific(this->kGroup));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 2);
}

TYPED_TEST(ForeignQueries, C_56_LeavesAndBlocksAskNobody) {
  this->StartUnderOther();
  this->Hear(0, RecordType::kAllow, this->kGroup, {1});
  this->Hear(1, RecordType::kBlock, this->kGroup, {1});
  this->Hear(2, RecordType::kToEx, this->kGroup, {1});
  this->HearOld(3, Version::kV2, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 1), 267);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 269);
  this->RunTo(170);  // shortly before the takeover
  EXPECT_THAT(this->sent, IsEmpty());
}

TYPED_TEST(ForeignQueries, TC_55_AnOlderQuerySaysItselfHowLongItWaits) {
  this->config.version = Version::kV2;
  this->StartUnderOther();
  auto query = this->Specific(this->kGroup);
  query.version = Version::kV2;
  query.max_response_time = Seconds(2);
  query.robustness = 0;
  query.query_interval = Duration::zero();
  this->HearQuery(this->kQuerier, 0, query);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 4);
}

TEST_F(IgmpForeignQueries, C_43_AForgedQueryFromALowerAddressEndsNoStream) {
  Start(0);
  Hear(0, RecordType::kIsEx, kGroup);
  HearQuery(kQuerier, 10, Specific(kGroup));
  EXPECT_EQ(GroupTimerLeft(kGroup), 260);
}

}  // namespace
}  // namespace bpfcast
