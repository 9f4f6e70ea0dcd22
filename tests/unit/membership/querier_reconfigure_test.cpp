// Settings that change while the link is up: X-04.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class QuerierReconfigure : public QuerierBed<F> {
 protected:
  const typename F::Address kGroup = Bed<F>::Group();
};
TYPED_TEST_SUITE(QuerierReconfigure, BothFamilies);

TYPED_TEST(QuerierReconfigure, X_04_GroupsAndRunningTimersStay) {
  this->Start(0);
  this->Hear(10, RecordType::kIsEx, this->kGroup, {1});
  this->Hear(10, RecordType::kAllow, this->kGroup, {2});
  this->config.timing.query_interval = Seconds(60);
  this->config.timing.last_member_query_interval = Seconds(0.5);
  this->Reconfigure(20);
  EXPECT_THAT(this->changed, IsEmpty());
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({1}));
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 260);
  EXPECT_EQ(this->SourceTimerLeft(this->kGroup, 2), 260);
  this->Hear(30, RecordType::kIsEx, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 140);
  this->Hear(40, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 1);
}

TYPED_TEST(QuerierReconfigure, X_04_AShorterIntervalHoldsFromNowOn) {
  this->Start(0);
  this->RunTo(40);
  this->sent.clear();
  this->config.timing.query_interval = Seconds(60);
  this->Reconfigure(50);
  this->RunTo(200);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(110, 170));
  for (const auto& sent : this->sent) EXPECT_EQ(sent.query.query_interval, Seconds(60));
}

TYPED_TEST(QuerierReconfigure, X_04_ALongerIntervalHoldsAfterTheNextQuery) {
  this->Start(0);
  this->RunTo(40);
  this->sent.clear();
  this->config.timing.query_interval = Seconds(300);
  this->Reconfigure(50);
  this->RunTo(500);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(156.25, 456.25));
}

TYPED_TEST(QuerierReconfigure, X_04_SameSettingsChangeNothing) {
  this->Start(0);
  for (double at = 5; at < 160; at += 10) this->Reconfigure(at);
  this->RunTo(160);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 31.25, 156.25));
}

TYPED_TEST(QuerierReconfigure, X_04_TheMtuIsTheLinksAndStays) {
  this->Start(0);
  this->querier->SetMtu(576);
  this->Reconfigure(10);
  EXPECT_EQ(this->querier->config().mtu, 576U);
}

TYPED_TEST(QuerierReconfigure, X_04_TheElectionStays) {
  this->Start(0);
  auto query = this->General();
  query.query_interval = Seconds(60);
  this->HearQuery(Bed<TypeParam>::Router(2), 10, query);
  this->config.timing.robustness = 5;
  this->config.timing.query_interval = Seconds(20);
  this->Reconfigure(20);
  EXPECT_EQ(this->querier->role(), RouterRole::kNonQuerier);
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(135));
  EXPECT_EQ(this->querier->rules().timing.query_interval, Seconds(60));  // still adopted
  this->sent.clear();
  this->RunTo(160);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(135, 155));
}

TYPED_TEST(QuerierReconfigure, C_60_TheNewVersionIsUsedForTheNextQuery) {
  this->Start(0);
  this->config.version = Version::kV2;
  this->Reconfigure(10);
  this->RunTo(40);
  ASSERT_EQ(this->sent.size(), 2U);
  EXPECT_EQ(this->sent[1].query.version, Version::kV2);
}

TYPED_TEST(QuerierReconfigure, C_62_WhetherOlderQueriersAreFollowedIsDecidedAnew) {
  this->Start(0);
  this->HearQuery(Bed<TypeParam>::Router(9), 10, this->General(Version::kV2));
  this->config.older_queriers = OlderQueriers::kWarn;
  this->Reconfigure(20);
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  this->config.older_queriers = OlderQueriers::kFollow;
  this->Reconfigure(30);
  EXPECT_EQ(this->querier->rules().version, Version::kV2);
}

TYPED_TEST(QuerierReconfigure, X_10_ALowerLimitHarmsNoStateThatIsThere) {
  this->Start(0);
  for (unsigned n = 0; n < 3; ++n) this->Hear(1, RecordType::kToEx, Bed<TypeParam>::Group(n));
  this->config.max_groups = 1;
  this->Reconfigure(2);
  EXPECT_EQ(this->querier->groups().size(), 3U);
  this->Hear(3, RecordType::kToEx, Bed<TypeParam>::Group(3));
  EXPECT_EQ(this->querier->groups().size(), 3U);
  EXPECT_EQ(this->drops[DropReason::kLimit], 1U);
  this->Hear(4, RecordType::kIsEx, Bed<TypeParam>::Group(2));
  EXPECT_EQ(this->GroupTimerLeft(Bed<TypeParam>::Group(2)), 270);
}

TYPED_TEST(QuerierReconfigure, X_04_BeforeTheLinkIsUpTheSettingsAreKeptForIt) {
  this->querier.emplace(this->config);
  this->config.timing.startup_query_interval = Seconds(5);
  QuerierEffects<TypeParam> out;
  this->querier->Reconfigure(this->config, At(0));
  EXPECT_EQ(this->querier->NextExpiry(), kNever);
  this->querier->Start(At(1), out);
  EXPECT_EQ(this->querier->NextExpiry(), At(6));
}

}  // namespace
}  // namespace bpfcast
