// Timers running out, and what is forwarded meanwhile: C-03..C-06.
#include "router_group_state.h"

namespace bpfcast {
namespace {

template <class F>
class GroupStateExpiry : public GroupStateBed<F> {};
TYPED_TEST_SUITE(GroupStateExpiry, BothFamilies);

TYPED_TEST(GroupStateExpiry, TC_20_AnIncludedSourceLastsOneGroupMembershipInterval) {
  this->Record(0, RecordType::kAllow, {1});
  this->RunTo(269.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(270);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateExpiry, TC_21_EachSourceHasItsOwnTimer) {
  this->Record(0, RecordType::kAllow, {1});
  this->Record(100, RecordType::kAllow, {2});
  this->RunTo(269.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(270);
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({2}));
  this->RunTo(369.999);
  EXPECT_TRUE(this->Wants(2));
  this->RunTo(370);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateExpiry, TC_22_ASourceOfXBecomesBlockedWhenItsTimerEnds) {
  this->Record(0, RecordType::kIsEx, {});
  this->Record(10, RecordType::kIsEx, {1});
  this->Record(125, RecordType::kIsEx, {1});
  EXPECT_EQ(this->state.SourceTimer(Bed<TypeParam>::Source(1)), At(280));
  this->RunTo(279.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(280);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  EXPECT_EQ(this->state.Excluded(), Set<TypeParam>({1}));
  EXPECT_EQ(this->state.GroupTimer(), At(395));
}

TYPED_TEST(GroupStateExpiry, TC_23_AtTheEndOfTheGroupTimerTheRequestedSourcesStay) {
  this->Record(0, RecordType::kIsEx, {});
  this->Record(100, RecordType::kIsIn, {1});
  this->RunTo(269.999);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  this->RunTo(270);
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({1}));
  EXPECT_EQ(this->state.SourceTimer(Bed<TypeParam>::Source(1)), At(370));
  this->RunTo(369.999);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_FALSE(this->Wants(2));
  this->RunTo(370);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateExpiry, TC_24_BlockedSourcesDoNotOutliveTheGroupTimer) {
  this->Record(0, RecordType::kIsEx, {2});
  this->RunTo(269.999);
  EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({2}));
  this->RunTo(270);
  EXPECT_TRUE(this->IsGone());
  EXPECT_TRUE(this->state.Membership().IsEmpty());
}

TYPED_TEST(GroupStateExpiry, TC_25_WhatIsForwarded) {
  EXPECT_FALSE(this->Wants(1));  // no record

  this->Record(0, RecordType::kAllow, {1});
  EXPECT_TRUE(this->Wants(1));
  EXPECT_FALSE(this->Wants(2));

  this->Record(1, RecordType::kIsEx, {1, 2});
  ASSERT_EQ(this->state.Requested(), Set<TypeParam>({1}));
  ASSERT_EQ(this->state.Excluded(), Set<TypeParam>({2}));
  EXPECT_TRUE(this->Wants(1));
  EXPECT_FALSE(this->Wants(2));
  EXPECT_TRUE(this->Wants(3));
}

TYPED_TEST(GroupStateExpiry, TC_26_ARefreshSetsTheGroupTimerAgain) {
  this->Record(0, RecordType::kIsEx, {});
  this->Record(130, RecordType::kIsEx, {});
  EXPECT_EQ(this->state.GroupTimer(), At(400));
  this->RunTo(399.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(400);
  EXPECT_FALSE(this->Wants(1));
}

TYPED_TEST(GroupStateExpiry, TC_27_AnIncludeHostUnblocksItsSourceAsLongAsItAnswers) {
  this->Record(0, RecordType::kIsEx, {1});
  EXPECT_FALSE(this->Wants(1));
  this->Record(10, RecordType::kIsIn, {1});
  EXPECT_TRUE(this->Wants(1));
  // The include host is silent from now on, the exclude host keeps answering.
  this->Record(130, RecordType::kIsEx, {1});
  this->Record(255, RecordType::kIsEx, {1});
  this->RunTo(279.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(280);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
}

TYPED_TEST(GroupStateExpiry, TB_13_ARefreshAtTheInstantOfExpiryKeepsTheMember) {
  this->Record(0, RecordType::kIsEx, {});
  this->Record(270, RecordType::kIsEx, {});
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(270);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_EQ(this->state.GroupTimer(), At(540));

  this->state = GroupState<TypeParam>(Bed<TypeParam>::Group());
  this->Record(1000, RecordType::kAllow, {1});
  this->Record(1270, RecordType::kIsIn, {1});
  this->RunTo(1270);
  EXPECT_EQ(this->SourceTimerLeft(1), 270);
}

TYPED_TEST(GroupStateExpiry, TB_03_GroupMembershipIntervalFollowsRobustness) {
  this->rules.timing.robustness = 9;
  this->Record(0, RecordType::kIsEx, {});
  EXPECT_EQ(this->state.GroupTimer(), At(1145));
}

TYPED_TEST(GroupStateExpiry, LateTimersFireInOrderOfTheirDeadlines) {
  this->Record(0, RecordType::kIsEx, {});
  this->Record(100, RecordType::kIsIn, {1});
  std::vector<Query<TypeParam>> out;
  this->state.Expire(At(5000), this->rules, out);  // one call for 270 and 370
  EXPECT_TRUE(this->state.IsEmpty());
  EXPECT_EQ(this->state.NextExpiry(), kNever);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace bpfcast
