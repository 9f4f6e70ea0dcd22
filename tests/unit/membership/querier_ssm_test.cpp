// Source-specific groups: C-70..C-73.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class QuerierSsm : public QuerierBed<F> {
 protected:
  const typename F::Address kGroup = Bed<F>::SsmGroup();
};
TYPED_TEST_SUITE(QuerierSsm, BothFamilies);

TYPED_TEST(QuerierSsm, TC_86_ExcludeModeAndOlderVersionsAreIgnored) {
  this->Start(0);
  this->Hear(1, RecordType::kToEx, this->kGroup);
  this->Hear(2, RecordType::kIsEx, this->kGroup);
  this->HearOld(3, Version::kV1, RecordType::kIsEx, this->kGroup);
  this->HearOld(4, Version::kV2, RecordType::kIsEx, this->kGroup);
  this->HearOld(5, Version::kV2, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->drops[DropReason::kSsm], 5U);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);

  this->Hear(6, RecordType::kAllow, this->kGroup, {1});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1}));
  EXPECT_EQ(this->querier->Find(this->kGroup)->HostVersion(), Version::kV3);
  EXPECT_EQ(this->drops[DropReason::kSsm], 5U);
}

TYPED_TEST(QuerierSsm, TC_86_AnExistingGroupIsNotTouchedEither) {
  this->Start(0);
  this->Hear(1, RecordType::kAllow, this->kGroup, {1});
  this->Hear(2, RecordType::kToEx, this->kGroup, {2});
  this->Hear(3, RecordType::kIsEx, this->kGroup);
  this->HearOld(4, Version::kV2, RecordType::kIsEx, this->kGroup);
  const GroupState<TypeParam>* state = this->querier->Find(this->kGroup);
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->mode(), FilterMode::kInclude);
  EXPECT_EQ(state->Requested(), Set<TypeParam>({1}));
  EXPECT_EQ(state->SourceTimer(Bed<TypeParam>::Source(1)), At(271));
  EXPECT_EQ(state->HostVersion(), Version::kV3);
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
  EXPECT_EQ(this->drops[DropReason::kSsm], 3U);
}

TYPED_TEST(QuerierSsm, TC_87_OnlySourcesAreAskedFor) {
  this->Start(0);
  this->Hear(1, RecordType::kAllow, this->kGroup, {1});
  this->HearOld(5, Version::kV2, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
  this->Hear(10, RecordType::kBlock, this->kGroup, {1});
  this->RunTo(11.999);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{10, 0, {1}}, Asked{11, 0, {1}}));
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1}));
  this->RunTo(12);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);
}

TYPED_TEST(QuerierSsm, C_72_ToInAsksForTheOtherSourcesOnly) {
  this->Start(0);
  this->Hear(1, RecordType::kAllow, this->kGroup, {1, 2});
  this->Hear(2, RecordType::kToIn, this->kGroup, {2, 3});
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{2, 0, {1}}));
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1, 2, 3}));
}

TYPED_TEST(QuerierSsm, TC_88_TheRangeIsConfigurable) {
  const auto group = Bed<TypeParam>::Group();
  this->config.ssm_ranges = {{group, 16}};
  this->Start(0);
  this->Hear(1, RecordType::kToEx, group);
  EXPECT_EQ(this->drops[DropReason::kSsm], 1U);
  EXPECT_EQ(this->querier->Find(group), nullptr);
  this->Hear(2, RecordType::kToEx, this->kGroup);  // any-source now
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({}));
  EXPECT_EQ(this->drops[DropReason::kSsm], 1U);
}

TYPED_TEST(QuerierSsm, C_73_AReservedGroupIsServedAndToldOnceAMinute) {
  const auto reserved = *TypeParam::Address::Parse(std::is_same_v<TypeParam, Igmp> ? "232.0.0.7" : "ff3e::7");
  const auto free =
      *TypeParam::Address::Parse(std::is_same_v<TypeParam, Igmp> ? "232.0.1.0" : "ff3e::4000:0");
  this->Start(0);
  for (double at = 10; at <= 70; at += 10) {
    this->Hear(at, RecordType::kAllow, reserved, {1});
    this->Hear(at, RecordType::kAllow, free, {1});
  }
  EXPECT_EQ(this->querier->Membership(reserved), Include<TypeParam>({1}));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kReservedGroup), ElementsAre(10, 70));
  for (const auto& told : this->told) {
    EXPECT_EQ(told.notice.group, reserved);
    EXPECT_EQ(told.notice.router, Bed<TypeParam>::Host());
  }
}

/// C-70: who joins all of it is refused, and a leave asks for nothing; neither is served.
TYPED_TEST(QuerierSsm, C_73_WhoAsksForNoSourceOfAReservedGroupIsNotToldToBeServed) {
  const auto reserved = *TypeParam::Address::Parse(std::is_same_v<TypeParam, Igmp> ? "232.0.0.7" : "ff3e::7");
  this->Start(0);
  this->Hear(1, RecordType::kIsEx, reserved, {});
  this->Hear(2, RecordType::kToEx, reserved, {});
  this->Hear(3, RecordType::kToIn, reserved, {});
  this->Hear(4, RecordType::kIsIn, reserved, {});
  this->Hear(5, RecordType::kBlock, reserved, {1});
  EXPECT_THAT(this->ToldTimes(LinkEvent::kReservedGroup), ElementsAre());
  this->Hear(6, RecordType::kToIn, reserved, {1});
  EXPECT_THAT(this->ToldTimes(LinkEvent::kReservedGroup), ElementsAre(6));
}

TYPED_TEST(QuerierSsm, C_70_OtherRecordsOfTheReportApply) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(0);
  this->Hear(1, {Version::kV3, {{RecordType::kToEx, this->kGroup, {}}, {RecordType::kToEx, group, {}}}});
  EXPECT_EQ(this->querier->Membership(group), Exclude<TypeParam>({}));
  EXPECT_EQ(this->querier->groups().size(), 1U);
}

}  // namespace
}  // namespace bpfcast
