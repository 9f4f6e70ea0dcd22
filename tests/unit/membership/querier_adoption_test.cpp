// The variables that a non-querier takes over from the querier: B-20..B-23, B-27.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class QuerierAdoption : public QuerierBed<F> {
 protected:
  static Query<F> Saying(unsigned robustness, double query_interval, double max_response_time = 10) {
    Query<F> query = QuerierBed<F>::General();
    query.robustness = robustness;
    query.query_interval = Seconds(query_interval);
    query.max_response_time = Seconds(max_response_time);
    return query;
  }
  /// What one more report gives the group, in seconds.
  double MembershipIntervalAt(double at) {
    this->Hear(at, RecordType::kIsEx, kGroup);
    return this->GroupTimerLeft(kGroup);
  }

  const typename F::Address kGroup = Bed<F>::Group();
  const typename F::Address kQuerier = Bed<F>::Router(2);
};
TYPED_TEST_SUITE(QuerierAdoption, BothFamilies);

TYPED_TEST(QuerierAdoption, TB_06_ANonQuerierUsesTheVariablesOfTheQuerier) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60));
  const Timing& timing = this->querier->rules().timing;
  EXPECT_EQ(timing.robustness, 3U);
  EXPECT_EQ(timing.query_interval, Seconds(60));
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(10 + 185));
  EXPECT_EQ(this->MembershipIntervalAt(20), 200);
}

TYPED_TEST(QuerierAdoption, TB_07_WhatTheQuerierLeavesOpenIsAsConfigured) {
  this->config.timing.robustness = 4;
  this->config.timing.query_interval = Seconds(100);
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60));
  this->HearQuery(this->kQuerier, 20, this->Saying(0, 0));
  EXPECT_EQ(this->querier->rules().timing, this->config.timing);
  EXPECT_EQ(this->MembershipIntervalAt(30), 420);
}

TYPED_TEST(QuerierAdoption, TB_08_RunningTimersAreNotRescaled) {
  this->Start(0);
  this->Hear(10, RecordType::kIsEx, this->kGroup);
  this->HearQuery(this->kQuerier, 80, this->Saying(3, 60));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 200);
}

TYPED_TEST(QuerierAdoption, TB_09_TheConfiguredValuesAreBackWhenWeAreTheQuerier) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60, 5));
  this->sent.clear();
  this->RunTo(10 + 182.5 + 125);
  EXPECT_EQ(this->querier->rules().timing, this->config.timing);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(192.5, 317.5));
  for (const auto& sent : this->sent) {
    EXPECT_EQ(sent.query.robustness, 2U);
    EXPECT_EQ(sent.query.query_interval, Seconds(125));
    EXPECT_EQ(sent.query.max_response_time, Seconds(10));
  }
}

TYPED_TEST(QuerierAdoption, TB_10_RoutersThatLoseChangeNothing) {
  this->own = Bed<TypeParam>::Router(1);
  this->Start(0);
  this->HearQuery(Bed<TypeParam>::Router(9), 10, this->Saying(7, 1000, 100));
  EXPECT_EQ(this->querier->rules().timing, this->config.timing);
}

TYPED_TEST(QuerierAdoption, C_53_TheLowestOfSeveralDecidesAndAfterItTheNext) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60));
  this->HearQuery(Bed<TypeParam>::Router(3), 100, this->Saying(4, 80));
  EXPECT_EQ(this->querier->rules().timing.query_interval, Seconds(60));
  this->RunTo(195);
  EXPECT_EQ(this->querier->other_querier(), Bed<TypeParam>::Router(3));
  EXPECT_EQ(this->querier->rules().timing.query_interval, Seconds(80));
  EXPECT_EQ(this->querier->rules().timing.robustness, 4U);
}

TYPED_TEST(QuerierAdoption, B_22_TheLastMemberQueryCountFollowsUnlessItIsSetApart) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60));
  EXPECT_EQ(this->querier->rules().timing.LastMemberQueryTime(), Seconds(3));
  this->config.timing.last_member_query_count = 5;
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 60));
  EXPECT_EQ(this->querier->rules().timing.LastMemberQueryTime(), Seconds(5));
}

TYPED_TEST(QuerierAdoption, TB_15_TheResponseTimeOfTheLastGeneralQueryIsTheResponseInterval) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(2, 125, 5));
  EXPECT_EQ(this->MembershipIntervalAt(20), 260);
}

TYPED_TEST(QuerierAdoption, B_23_ASpecificQueryTellsRobustnessAndIntervalButNoResponseInterval) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(2, 125, 5));
  auto specific = this->Saying(3, 60, 1);
  specific.group = Bed<TypeParam>::Group(7);
  this->HearQuery(this->kQuerier, 20, specific);
  EXPECT_EQ(this->MembershipIntervalAt(30), 3 * 60 + 2 * 5);
}

TYPED_TEST(QuerierAdoption, TB_14_OtherVariablesAreToldOnceAMinute) {
  this->Start(0);
  for (double at = 0; at <= 125; at += 2.5) this->HearQuery(this->kQuerier, at, this->Saying(2, 60));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kTimingDiffers), ElementsAre(0, 60, 120));
  for (const auto& told : this->told) {
    if (told.notice.event != LinkEvent::kTimingDiffers) continue;
    EXPECT_EQ(told.notice.router, this->kQuerier);
    EXPECT_EQ(told.notice.robustness, 2U);
    EXPECT_EQ(told.notice.query_interval, Seconds(60));
  }
}

TYPED_TEST(QuerierAdoption, B_27_EqualOrUnsaidVariablesAreNoNews) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(2, 125));
  this->HearQuery(this->kQuerier, 80, this->Saying(0, 0));
  this->HearQuery(this->kQuerier, 150, this->General(Version::kV2));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kTimingDiffers), IsEmpty());
  this->HearQuery(this->kQuerier, 220, this->Saying(3, 125));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kTimingDiffers), ElementsAre(220));
}

TYPED_TEST(QuerierAdoption, X_14_EachKindOfWarningHasItsOwnMinute) {
  this->Start(0);
  this->HearQuery(this->kQuerier, 10, this->Saying(3, 125));
  this->HearQuery(this->kQuerier, 11, this->General(Version::kV2));
  this->HearQuery(this->kQuerier, 12, this->Saying(3, 125));
  this->HearQuery(this->kQuerier, 13, this->General(Version::kV2));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kTimingDiffers), ElementsAre(10));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kOlderQuery), ElementsAre(11));
}

}  // namespace
}  // namespace bpfcast
