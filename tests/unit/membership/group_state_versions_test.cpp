// Hosts of older versions: C-64..C-66, C-68. kV2 stands for IGMPv2 and MLDv1.
#include "router_group_state.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class GroupStateVersions : public GroupStateBed<F> {};
TYPED_TEST_SUITE(GroupStateVersions, BothFamilies);

/// There is no MLD for IGMPv1.
class GroupStateV1 : public GroupStateBed<Igmp> {};

TYPED_TEST(GroupStateVersions, TC_75_AV2ReportSetsTheModeForOlderHostPresentInterval) {
  this->OldReport(0, Version::kV2);
  EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
  EXPECT_EQ(this->state.HostVersion(), Version::kV2);
  this->Record(10, RecordType::kBlock, {1});
  EXPECT_TRUE(this->state.Requested().empty());
  EXPECT_THAT(this->asked, IsEmpty());
  this->Record(20, RecordType::kToEx, {1});
  EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
  EXPECT_TRUE(this->state.Requested().empty());
  EXPECT_EQ(this->state.GroupTimer(), At(290));
  EXPECT_THAT(this->asked, IsEmpty());
  this->RunTo(259.999);
  EXPECT_EQ(this->state.HostVersion(), Version::kV2);
  this->RunTo(260);
  EXPECT_EQ(this->state.HostVersion(), Version::kV3);
}

TYPED_TEST(GroupStateVersions, TC_76_BackInV3ModeABlockIsHonoured) {
  this->OldReport(0, Version::kV2);
  this->Record(261, RecordType::kBlock, {1});
  this->RunTo(262.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{261, 0, {1}}, Asked{262, 0, {1}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(263);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  this->RunTo(269.999);
  EXPECT_TRUE(this->Wants(2));
  this->RunTo(270);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateVersions, TC_77_AV2LeaveIsAskedAboutInTheFormatOfTheLink) {
  this->OldReport(-10, Version::kV2);
  this->OldLeave(0);
  this->RunTo(1.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}));
  for (const auto& query : this->queries) EXPECT_EQ(query.version, Version::kV3);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateVersions, C_64_ALeaveStartsNoOlderHostTimer) {
  this->Record(-10, RecordType::kToEx, {});
  this->OldLeave(0);
  EXPECT_EQ(this->state.HostVersion(), Version::kV3);
}

TYPED_TEST(GroupStateVersions, TC_80_AV3HostCannotBlockForAV2Host) {
  this->OldReport(0, Version::kV2);
  this->Record(10, RecordType::kIsEx, {1});
  EXPECT_EQ(this->state.Requested(), Set<TypeParam>({1}));
  EXPECT_TRUE(this->Wants(1));
  this->OldReport(125, Version::kV2);
  EXPECT_TRUE(this->state.Requested().empty());
  for (double at = 126; at < 394; ++at) {
    this->RunTo(at);
    EXPECT_TRUE(this->Wants(1)) << at;
  }
}

TYPED_TEST(GroupStateVersions, TC_81_AV2ReportOpensAnIncludeGroupForAllSources) {
  this->Record(0, RecordType::kAllow, {1, 2});
  this->OldReport(1, Version::kV2);
  EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
  EXPECT_TRUE(this->state.Requested().empty());
  EXPECT_FALSE(this->state.SourceTimer(Bed<TypeParam>::Source(1)).has_value());
  EXPECT_TRUE(this->Wants(1));
  EXPECT_TRUE(this->Wants(3));
}

TYPED_TEST(GroupStateVersions, C_66_OtherRecordsKeepTheirMeaningInV2Mode) {
  this->OldReport(0, Version::kV2);
  this->Record(10, RecordType::kAllow, {1});
  this->Record(20, RecordType::kIsIn, {2});
  EXPECT_EQ(this->state.Requested(), Set<TypeParam>({1, 2}));
  this->Record(30, RecordType::kToIn, {3});
  EXPECT_EQ(this->state.Requested(), Set<TypeParam>({1, 2, 3}));
  EXPECT_THAT(this->asked, ElementsAre(Asked{30, 0, {}}, Asked{30, 0, {1, 2}}));
}

TYPED_TEST(GroupStateVersions, C_68_ABlockedSourceIsBlockedAgainOnlyAfterItWasLearnt) {
  this->Record(0, RecordType::kIsEx, {1});
  EXPECT_FALSE(this->Wants(1));
  this->OldReport(10, Version::kV2);
  EXPECT_TRUE(this->Wants(1));
  this->Record(200, RecordType::kIsEx, {1});  // v2 mode
  this->Record(280, RecordType::kIsEx, {1});  // v3 mode again, the timer of source 1 still runs
  EXPECT_EQ(this->state.HostVersion(), Version::kV3);
  this->RunTo(469.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(470);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
}

TEST_F(GroupStateV1, TC_78_LeavesAreIgnoredWhileAV1HostIsPresent) {
  OldReport(0, Version::kV1);
  EXPECT_EQ(state.HostVersion(), Version::kV1);
  OldLeave(5);
  Record(6, RecordType::kToIn, {});
  EXPECT_THAT(asked, IsEmpty());
  RunTo(269.999);
  EXPECT_TRUE(Wants(1));
  RunTo(270);
  EXPECT_TRUE(IsGone());
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(GroupStateV1, TC_79_TheOldestVersionPresentIsTheMode) {
  OldReport(0, Version::kV1);
  OldReport(100, Version::kV2);
  RunTo(259.999);
  EXPECT_EQ(state.HostVersion(), Version::kV1);
  RunTo(260);
  EXPECT_EQ(state.HostVersion(), Version::kV2);
  RunTo(359.999);
  EXPECT_EQ(state.HostVersion(), Version::kV2);
  RunTo(360);
  EXPECT_EQ(state.HostVersion(), Version::kV3);
}

TEST_F(GroupStateV1, C_66_V1ModeIgnoresBlockAndTheListOfToEx) {
  OldReport(0, Version::kV1);
  Record(1, RecordType::kBlock, {1});
  Record(2, RecordType::kToEx, {1});
  EXPECT_EQ(state.Membership(), Exclude<Igmp>({}));
  EXPECT_TRUE(state.Requested().empty());
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(GroupStateV1, C_60_ARouterInV1ModeNeverAsksForGroups) {
  rules.version = Version::kV1;
  Record(0, RecordType::kToEx, {});
  Record(1, RecordType::kToIn, {});
  RunTo(100);
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_TRUE(Wants(1));
}

}  // namespace
}  // namespace bpfcast
