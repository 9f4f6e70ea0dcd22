// The version of our queries, configured or forced by an older router: C-60..C-63.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class QuerierVersions : public QuerierBed<F> {
 protected:
  std::vector<Version> VersionsSent() const {
    std::vector<Version> versions;
    for (const auto& sent : this->sent) versions.push_back(sent.query.version);
    return versions;
  }
  static Query<F> OlderSpecific(const typename F::Address& group) {
    Query<F> query;
    query.version = Version::kV2;
    query.max_response_time = Seconds(1);
    query.group = group;
    return query;
  }

  const typename F::Address kGroup = Bed<F>::Group();
  const typename F::Address kLower = Bed<F>::Router(2);
  const typename F::Address kHigher = Bed<F>::Router(9);
};
TYPED_TEST_SUITE(QuerierVersions, BothFamilies);

class IgmpVersions : public QuerierVersions<Igmp> {};
class MldVersions : public QuerierVersions<Mld> {};

TYPED_TEST(QuerierVersions, TC_83_V2ModeAsksInV2AndForGroupsOnly) {
  this->config.version = Version::kV2;
  this->Start(-100);
  this->HearOld(-50, Version::kV2, RecordType::kIsEx, this->kGroup);
  this->HearOld(0, Version::kV2, RecordType::kToIn, this->kGroup);
  this->RunTo(1.999);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}));
  EXPECT_THAT(this->VersionsSent(), Each(Version::kV2));
  for (const auto& sent : this->sent) {
    EXPECT_EQ(sent.query.robustness, 0U);
    EXPECT_EQ(sent.query.query_interval, Duration::zero());
    EXPECT_EQ(sent.query.max_response_time, Seconds(sent.query.IsGeneral() ? 10 : 1));
  }
  this->RunTo(2);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);

  this->sent.clear();
  this->Hear(3, RecordType::kAllow, this->kGroup, {1});
  this->Hear(4, RecordType::kBlock, this->kGroup, {1});
  this->RunTo(10);
  EXPECT_THAT(this->sent, IsEmpty());
}

TEST_F(IgmpVersions, TC_83_V1ModeIgnoresLeavesAndSendsNoSpecificQuery) {
  config.version = Version::kV1;
  Start(-100);
  HearOld(-50, Version::kV1, RecordType::kIsEx, kGroup);
  HearOld(0, Version::kV2, RecordType::kToIn, kGroup);
  RunTo(219.999);
  EXPECT_NE(querier->Find(kGroup), nullptr);
  EXPECT_THAT(SpecificQueries(), IsEmpty());
  EXPECT_THAT(VersionsSent(), Each(Version::kV1));
}

TEST_F(IgmpVersions, TB_16_V1ModeQueriesAtTheQueryIntervalAndGroupsLastOneMembershipInterval) {
  config.version = Version::kV1;
  Start(0);
  Hear(50, RecordType::kToEx, kGroup);  // a newer host that nobody told about IGMPv1
  Hear(60, RecordType::kToIn, kGroup);
  RunTo(319.999);
  EXPECT_NE(querier->Find(kGroup), nullptr);
  RunTo(320);
  EXPECT_EQ(querier->Find(kGroup), nullptr);
  EXPECT_THAT(GeneralQueryTimes(), ElementsAre(0, 31.25, 156.25, 281.25));
  EXPECT_THAT(SpecificQueries(), IsEmpty());
  EXPECT_THAT(VersionsSent(), Each(Version::kV1));
}

TEST_F(MldVersions, TC_82_AnMldV1HostIsServedWithQueriesOfTheLink) {
  Start(-100);
  HearOld(0, Version::kV2, RecordType::kIsEx, kGroup);
  EXPECT_EQ(querier->Find(kGroup)->HostVersion(), Version::kV2);
  RunTo(259.999);
  EXPECT_EQ(querier->Find(kGroup)->HostVersion(), Version::kV2);
  RunTo(260);
  EXPECT_EQ(querier->Find(kGroup)->HostVersion(), Version::kV3);
  HearOld(261, Version::kV2, RecordType::kIsEx, kGroup);
  HearOld(300, Version::kV2, RecordType::kToIn, kGroup);
  RunTo(301.999);
  EXPECT_THAT(SpecificQueries(), ElementsAre(Asked{300, 0, {}}, Asked{301, 0, {}}));
  EXPECT_THAT(VersionsSent(), Each(Version::kV3));
  EXPECT_NE(querier->Find(kGroup), nullptr);
  RunTo(302);
  EXPECT_EQ(querier->Find(kGroup), nullptr);
}

TYPED_TEST(QuerierVersions, TC_84_AnOlderQuerierIsFollowedUntilItIsSilent) {
  this->Start(-100);
  this->RunTo(-0.001);
  this->sent.clear();
  this->HearQuery(this->kHigher, 0, this->General(Version::kV2));
  EXPECT_EQ(this->querier->rules().version, Version::kV2);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  this->RunTo(255);
  EXPECT_EQ(this->querier->rules().version, Version::kV2);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(56.25, 181.25));
  EXPECT_THAT(this->VersionsSent(), Each(Version::kV2));
  this->sent.clear();
  this->RunTo(400);
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(306.25));
  EXPECT_THAT(this->VersionsSent(), Each(Version::kV3));
}

TYPED_TEST(QuerierVersions, TC_84_SpecificQueriesFollowToo) {
  this->Start(-100);
  this->HearQuery(this->kHigher, 0, this->General(Version::kV2));
  this->Hear(1, RecordType::kToEx, this->kGroup);
  this->sent.clear();
  this->Hear(2, RecordType::kToIn, this->kGroup);
  ASSERT_EQ(this->sent.size(), 1U);
  EXPECT_EQ(this->sent[0].query.version, Version::kV2);
  EXPECT_EQ(this->sent[0].query.group, this->kGroup);
}

TYPED_TEST(QuerierVersions, TC_84_FixedOnlyWarnsAtMostOnceAMinute) {
  this->config.older_queriers = OlderQueriers::kWarn;
  this->Start(-100);
  this->RunTo(-0.001);
  this->sent.clear();
  for (double at = 0; at < 130; at += 10) {
    this->HearQuery(this->kHigher, at, this->General(Version::kV2));
  }
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  EXPECT_THAT(this->VersionsSent(), Each(Version::kV3));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kOlderQuery), ElementsAre(0, 60, 120));
  EXPECT_EQ(this->told[0].notice.router, this->kHigher);
  EXPECT_EQ(this->told[0].notice.version, Version::kV2);
}

TYPED_TEST(QuerierVersions, C_62_AnOlderElectedQuerierDecidesTheVersionAfterATakeoverToo) {
  this->Start(-100);
  this->RunTo(-0.001);
  this->sent.clear();
  this->HearQuery(this->kLower, 0, this->General(Version::kV2));
  this->RunTo(400);
  // It is given up at 255, its version at 260.
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(255, 380));
  EXPECT_THAT(this->VersionsSent(), ElementsAre(Version::kV2, Version::kV3));
}

TYPED_TEST(QuerierVersions, TC_85_OlderSpecificQueriesChangeNoVersion) {
  this->Start(0);
  this->HearQuery(this->kHigher, 10, this->OlderSpecific(this->kGroup));
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  EXPECT_THAT(this->told, IsEmpty());
}

TYPED_TEST(QuerierVersions, C_63_OlderSpecificQueriesSayNothingOfTheVariables) {
  this->Start(0);
  auto general = this->General();
  general.robustness = 3;
  general.query_interval = Seconds(60);
  this->HearQuery(this->kLower, 10, general);
  this->HearQuery(this->kLower, 20, this->OlderSpecific(this->kGroup));
  EXPECT_EQ(this->querier->rules().timing.robustness, 3U);
  EXPECT_EQ(this->querier->rules().timing.query_interval, Seconds(60));
}

TYPED_TEST(QuerierVersions, C_61_ANewerQueryIsToldOnceAMinute) {
  this->config.version = Version::kV2;
  this->Start(0);
  this->HearQuery(this->kHigher, 10, this->General());
  this->HearQuery(this->kHigher, 20, this->Specific(this->kGroup));
  this->HearQuery(this->kHigher, 70, this->Specific(this->kGroup));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kNewerQuery), ElementsAre(10, 70));
  EXPECT_EQ(this->told[0].notice.version, Version::kV3);
  EXPECT_EQ(this->querier->rules().version, Version::kV2);
}

TEST_F(IgmpVersions, C_62_TheOldestVersionOnTheLinkIsUsed) {
  Start(0);
  HearQuery(kHigher, 10, General(Version::kV1));
  HearQuery(kHigher, 100, General(Version::kV2));
  EXPECT_EQ(querier->rules().version, Version::kV1);
  RunTo(270);
  EXPECT_EQ(querier->rules().version, Version::kV2);
  RunTo(360);
  EXPECT_EQ(querier->rules().version, Version::kV3);
}

TEST_F(IgmpVersions, C_62_AV1RouterOnTheLinkOfAV2QuerierIsFollowed) {
  config.version = Version::kV2;
  Start(0);
  HearQuery(kHigher, 10, General(Version::kV1));
  EXPECT_EQ(querier->rules().version, Version::kV1);
  EXPECT_THAT(ToldTimes(LinkEvent::kOlderQuery), ElementsAre(10));
}

}  // namespace
}  // namespace bpfcast
