// The querier of a link: startup and general queries, life cycle, changes.
#include "router_querier.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

template <class F>
class QuerierTest : public QuerierBed<F> {};
TYPED_TEST_SUITE(QuerierTest, BothFamilies);

TYPED_TEST(QuerierTest, TC_60_StartupQueriesThenOneEveryQueryInterval) {
  this->Start(0);
  EXPECT_TRUE(this->querier->running());
  this->RunTo(300);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 31.25, 156.25, 281.25));
}

TYPED_TEST(QuerierTest, TC_61_ThreeStartupQueriesWithRobustnessThree) {
  this->config.timing.robustness = 3;
  this->config.timing.startup_query_count = 3;
  this->Start(0);
  this->RunTo(200);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 31.25, 62.5, 187.5));
}

TYPED_TEST(QuerierTest, C_50_OneStartupQuery) {
  this->config.timing.startup_query_count = 1;
  this->Start(0);
  this->RunTo(260);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 125, 250));
}

TYPED_TEST(QuerierTest, B_24_FieldsOfGeneralQueries) {
  this->Start(0);
  ASSERT_EQ(this->sent.size(), 1U);
  const Query<TypeParam>& query = this->sent[0].query;
  EXPECT_EQ(query.version, Version::kV3);
  EXPECT_TRUE(query.IsGeneral());
  EXPECT_TRUE(query.sources.empty());
  EXPECT_EQ(query.max_response_time, Seconds(10));
  EXPECT_FALSE(query.suppress_router_processing);
  EXPECT_EQ(query.robustness, 2U);
  EXPECT_EQ(query.query_interval, Seconds(125));
}

TYPED_TEST(QuerierTest, TB_04_GeneralQueriesAreSpacedAsTheySay) {
  this->config.timing.query_interval = Seconds(288);
  this->config.timing.startup_query_interval = Seconds(72);
  this->Start(0);
  this->RunTo(700);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 72, 360, 648));
  for (const auto& sent : this->sent) EXPECT_EQ(sent.query.query_interval, Seconds(288));
}

TYPED_TEST(QuerierTest, C_50_LatenessDoesNotAddUpAndWhatWasMissedIsNoBurst) {
  this->Start(0);
  QuerierEffects<TypeParam> late;
  this->querier->Expire(At(31.5), late);
  EXPECT_EQ(late.queries.size(), 1U);
  EXPECT_EQ(this->querier->NextExpiry(), At(156.25));
  QuerierEffects<TypeParam> much_later;
  this->querier->Expire(At(1000), much_later);
  EXPECT_EQ(much_later.queries.size(), 1U);
  EXPECT_EQ(this->querier->NextExpiry(), At(1031.25));
}

TYPED_TEST(QuerierTest, X_01_StopForgetsAllGroupsAndIsSilent) {
  const auto first = Bed<TypeParam>::Group(0);
  const auto second = Bed<TypeParam>::Group(1);
  this->Start(0);
  this->Hear(1, RecordType::kToEx, first);
  this->Hear(1, RecordType::kAllow, second, {1});
  this->Stop(2);
  EXPECT_FALSE(this->querier->running());
  EXPECT_THAT(this->changed, UnorderedElementsAre(first, second));
  EXPECT_THAT(this->querier->groups(), IsEmpty());
  EXPECT_TRUE(this->querier->Membership(first).IsEmpty());
  EXPECT_EQ(this->querier->NextExpiry(), kNever);
}

TYPED_TEST(QuerierTest, X_01_AfterAStopTheStartupQueriesComeAgain) {
  this->Start(0);
  this->RunTo(200);
  this->Stop(201);
  this->sent.clear();
  QuerierEffects<TypeParam> out;
  this->querier->Start(At(300), out);
  EXPECT_EQ(out.queries.size(), 1U);
  this->RunTo(500);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(331.25, 456.25));
}

TYPED_TEST(QuerierTest, TA_29_RecordsApplyInWireOrder) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(0);
  this->Hear(10, {Version::kV3, {{RecordType::kToEx, group, {}}, {RecordType::kToIn, group, {}}}});
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{10, 0, {}}));
  EXPECT_THAT(this->changed, ElementsAre(group));
  this->RunTo(11.999);
  EXPECT_EQ(this->querier->Membership(group), Exclude<TypeParam>({}));
  this->RunTo(12);
  EXPECT_THAT(this->changed, ElementsAre(group));
  EXPECT_EQ(this->querier->Find(group), nullptr);

  this->sent.clear();
  this->Hear(20, {Version::kV3, {{RecordType::kToIn, group, {}}, {RecordType::kToEx, group, {}}}});
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
  EXPECT_EQ(this->querier->Membership(group), Exclude<TypeParam>({}));
}

TYPED_TEST(QuerierTest, OnlyRealChangesAreReported) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(0);
  this->Hear(1, RecordType::kIsEx, group);
  EXPECT_THAT(this->changed, ElementsAre(group));
  this->Hear(2, RecordType::kIsEx, group);
  EXPECT_THAT(this->changed, IsEmpty());
  this->Hear(3, RecordType::kIsEx, group, {1});  // 1 is in X: forwarded as before
  EXPECT_THAT(this->changed, IsEmpty());
  this->Hear(4, RecordType::kToIn, group);  // asked, nothing else yet
  EXPECT_THAT(this->changed, IsEmpty());
  this->RunTo(6);
  EXPECT_THAT(this->changed, ElementsAre(group));
}

TYPED_TEST(QuerierTest, GroupsExpireIndependently) {
  this->Start(0);
  for (unsigned n = 0; n < 100; ++n) this->Hear(n, RecordType::kIsEx, Bed<TypeParam>::Group(n));
  EXPECT_EQ(this->querier->groups().size(), 100U);
  this->RunTo(270 + 49.5);
  EXPECT_EQ(this->querier->groups().size(), 50U);
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(49)), nullptr);
  EXPECT_NE(this->querier->Find(Bed<TypeParam>::Group(50)), nullptr);
  this->RunTo(369);
  EXPECT_THAT(this->querier->groups(), IsEmpty());
}

TYPED_TEST(QuerierTest, TheLastReporterIsKeptForDisplay) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(0);
  this->Hear(1, RecordType::kIsEx, group);
  ASSERT_NE(this->querier->Find(group), nullptr);
  EXPECT_EQ(this->querier->Find(group)->last_reporter(), Bed<TypeParam>::Host());
  const auto other = Bed<TypeParam>::Source(9);
  QuerierEffects<TypeParam> out;
  this->querier->OnReport({Version::kV3, {{RecordType::kIsEx, group, {}}}}, other, At(2), this->drops, out);
  EXPECT_EQ(this->querier->Find(group)->last_reporter(), other);
}

TEST(QuerierMtu, TA_41_TC_45_QueriesAreSplitByTheMtuOfTheLink) {
  struct Case {
    std::size_t mtu;
    std::vector<std::size_t> parts;
  };
  for (const Case& c : {Case{1500, {366, 34}}, Case{576, {135, 135, 130}}}) {
    QuerierConfig<Igmp> config;
    config.timing = DefaultTiming();
    Querier<Igmp> querier(config);
    querier.SetMtu(c.mtu);
    EXPECT_EQ(querier.config().mtu, c.mtu);
    std::vector<Ipv4Address> sources;
    for (unsigned n = 1; n <= 400; ++n) sources.push_back(Bed<Igmp>::Source(n));
    DropCounters drops;
    QuerierEffects<Igmp> join;
    querier.Start(At(0), join);
    querier.OnReport({Version::kV3, {{RecordType::kAllow, Bed<Igmp>::Group(), sources}}}, Bed<Igmp>::Host(),
                     At(1), drops, join);
    QuerierEffects<Igmp> block;
    querier.OnReport({Version::kV3, {{RecordType::kBlock, Bed<Igmp>::Group(), sources}}}, Bed<Igmp>::Host(),
                     At(2), drops, block);
    std::vector<std::size_t> parts;
    for (const auto& query : block.queries) parts.push_back(query.sources.size());
    EXPECT_EQ(parts, c.parts) << c.mtu;
    for (const auto& query : block.queries)
      EXPECT_LE(Codec<Igmp>::Serialize(query, Bed<Igmp>::Host()).bytes.size(), c.mtu);
  }
}

TEST(QuerierMtu, TA_42_MldQueriesAreSplitByTheMtuOfTheLink) {
  struct Case {
    std::size_t mtu;
    std::vector<std::size_t> parts;
  };
  for (const Case& c : {Case{1500, {89, 89, 22}}, Case{1280, {75, 75, 50}}}) {
    QuerierConfig<Mld> config;
    config.timing = DefaultTiming();
    config.mtu = c.mtu;
    Querier<Mld> querier(config);
    std::vector<Ipv6Address> sources;
    for (unsigned n = 1; n <= 200; ++n) sources.push_back(Bed<Mld>::Source(n));
    DropCounters drops;
    QuerierEffects<Mld> out;
    querier.Start(At(0), out);
    querier.OnReport({Version::kV3, {{RecordType::kAllow, Bed<Mld>::Group(), sources}}}, Bed<Mld>::Host(),
                     At(1), drops, out);
    QuerierEffects<Mld> block;
    querier.OnReport({Version::kV3, {{RecordType::kBlock, Bed<Mld>::Group(), sources}}}, Bed<Mld>::Host(),
                     At(2), drops, block);
    std::vector<std::size_t> parts;
    for (const auto& query : block.queries) parts.push_back(query.sources.size());
    EXPECT_EQ(parts, c.parts) << c.mtu;
    for (const auto& query : block.queries)
      EXPECT_LE(Codec<Mld>::Serialize(query, Bed<Mld>::Host()).bytes.size(), c.mtu);
  }
}

}  // namespace
}  // namespace bpfcast
