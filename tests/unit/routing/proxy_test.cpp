#include "routing/proxy.h"

#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Type = RecordType;

using ProxyTest = ProxyBed;

TEST_F(ProxyTest, TD_01_AJoinIsReportedAtOnceAndOnceMoreWithinTheUnsolicitedReportInterval) {
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  std::vector<double> times;
  for (const Sent& packet : sent) {
    if (packet.port != kU) continue;
    times.push_back(packet.at);
    EXPECT_EQ(packet.message.source, MakeIpv4(198, 51, 100, 2));
    EXPECT_EQ(packet.message.destination, MakeIpv4(224, 0, 0, 22));
    EXPECT_THAT(std::get<Report<Igmp>>(packet.message.message).records, ElementsAre(Record(Type::kToEx)));
  }
  ASSERT_EQ(times.size(), 2u);
  EXPECT_LE(times[0], 0.01);
  EXPECT_GT(times[1], times[0]);
  EXPECT_LE(times[1] - times[0], 1.0);
}

TEST_F(ProxyTest, TC_30_TheLastLeaveStopsAfterTwoSecondsAndIsReportedUpstream) {
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(10);
  UpstreamRecords();
  sent.clear();
  Reports(kD1, {Record(Type::kToIn)});
  AdvanceTo(11.999);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  AdvanceTo(12.05);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
  const auto queries = QueriesOn(kD1);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_DOUBLE_EQ(queries[0].first, 10);
  EXPECT_DOUBLE_EQ(queries[1].first, 11);
}

TEST_F(ProxyTest, TC_20_AnSsmSourceEndsAfterTheGroupMembershipIntervalWithBlock) {
  Reports(kD1, {Record(Type::kAllow, {S(1)}, kSsmGroup)});
  AdvanceTo(269.999);
  EXPECT_TRUE(Forwards(kD1, S(1), kSsmGroup));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kAllow, {S(1)}, kSsmGroup)));
  AdvanceTo(270.05);
  EXPECT_FALSE(Forwards(kD1, S(1), kSsmGroup));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kBlock, {S(1)}, kSsmGroup)));
}

TEST_F(ProxyTest, TC_22_ASourceThatBecomesBlockedStopsWhileTheOthersGoOn) {
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(10);
  Reports(kD1, {Record(Type::kIsEx, {S(1)})});
  AdvanceTo(125);
  Reports(kD1, {Record(Type::kIsEx, {S(1)})});
  AdvanceTo(279.999);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  AdvanceTo(280);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_TRUE(Forwards(kD1, S(2)));
  AdvanceTo(394.999);
  EXPECT_TRUE(Forwards(kD1, S(2)));
  AdvanceTo(395);
  EXPECT_FALSE(Forwards(kD1, S(2)));
}

TEST_F(ProxyTest, TC_23_ExcludeModeThatEndsKeepsTheRunningSources) {
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(100);
  Reports(kD1, {Record(Type::kIsIn, {S(1)})});
  AdvanceTo(269.999);
  EXPECT_TRUE(Forwards(kD1, S(7)));
  UpstreamRecords();
  AdvanceTo(271);
  EXPECT_FALSE(Forwards(kD1, S(7)));
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn, {S(1)})));
  AdvanceTo(371.1);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), testing::Contains(Record(Type::kBlock, {S(1)})));
}

TEST_F(ProxyTest, TC_24_ExcludeModeWithOnlyBlockedSourcesEndsWithToIn) {
  Reports(kD1, {Record(Type::kIsEx, {S(2)})});
  AdvanceTo(269);
  UpstreamRecords();
  AdvanceTo(270.05);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
  EXPECT_TRUE(routes.empty());
}

TEST_F(ProxyTest, TC_28_ForwardingAndDatabaseChangeInTheTurnOfTheReport) {
  ProxyEffects<Igmp> effects;
  const auto packet = Codec<Igmp>::Serialize(
      Report<Igmp>{Version::kV3, {Record(Type::kAllow, {S(1)}), Record(Type::kToEx)}}, kHost1);
  proxy.OnPacket(kD1, packet.bytes, now, effects);
  ASSERT_FALSE(effects.update.empty());
  EXPECT_EQ(proxy.database().Merged(kGroup), proxy.querier(kD1)->Membership(kGroup));
}

TEST_F(ProxyTest, TC_33_ARefreshWhileTheLeaveIsAskedForKeepsTheStream) {
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(10);
  UpstreamRecords();
  sent.clear();
  Reports(kD1, {Record(Type::kToIn)});
  AdvanceTo(10.7);
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(60);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  const auto queries = QueriesOn(kD1);
  ASSERT_GE(queries.size(), 2u);
  EXPECT_FALSE(queries[0].second.suppress_router_processing);
  EXPECT_DOUBLE_EQ(queries[1].first, 11);
  EXPECT_TRUE(queries[1].second.suppress_router_processing);
}

TEST_F(ProxyTest, TE_09_OnlyTheFirstJoinAndTheLastLeaveAreReportedUpstream) {
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
  Reports(kD2, {Record(Type::kToEx)});
  AdvanceTo(10);
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  Reports(kD1, {Record(Type::kToIn)});
  AdvanceTo(20);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_TRUE(Forwards(kD2, S(1)));
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  Reports(kD2, {Record(Type::kToIn)});
  AdvanceTo(21.999);
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  AdvanceTo(25);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
}

TEST_F(ProxyTest, TE_10_AListChangeIsReportedAsAllowAndBlock) {
  Reports(kD1, {Record(Type::kIsEx, {S(1), S(2)})});
  AdvanceTo(5);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx, {S(1), S(2)})));
  Reports(kD2, {Record(Type::kAllow, {S(2), S(3)})});
  AdvanceTo(10);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kAllow, {S(2)})));
  Reports(kD1, {Record(Type::kIsEx, {S(1), S(2)})});
  AdvanceTo(276);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kBlock, {S(2)})));
}

TEST_F(ProxyTest, TE_11_TheEndOfExcludeModeLeavesTheIncludedSources) {
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(100);
  Reports(kD2, {Record(Type::kAllow, {S(1)})});
  AdvanceTo(269);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
  AdvanceTo(273);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn, {S(1)})));
}

TEST_F(ProxyTest, TE_12_OneReportIsMergedOnceAndABlockedSourceFollowsAfterItsQueries) {
  Reports(kD1, {Record(Type::kAllow, {S(1)})});
  AdvanceTo(100);
  UpstreamRecords();
  Reports(kD1, {Record(Type::kBlock, {S(1)}), Record(Type::kAllow, {S(2)})});
  AdvanceTo(101.9);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kAllow, {S(2)})));
  AdvanceTo(105);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kBlock, {S(1)})));
}

TEST_F(ProxyTest, TE_13_ASourceTimerInExcludeModeBlocksTheSourceUpstream) {
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(10);
  Reports(kD1, {Record(Type::kIsIn, {S(1)})});
  AdvanceTo(200);
  Reports(kD1, {Record(Type::kIsEx, {S(1)})});
  AdvanceTo(279);
  UpstreamRecords();
  AdvanceTo(285);
  EXPECT_EQ(proxy.database().Merged(kGroup), Exclude({S(1)}));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kBlock, {S(1)})));
}

TEST_F(ProxyTest, TE_07_AVersion2MemberBesideASourceListGivesExcludeNothing) {
  Reports(kD1, {Record(Type::kIsEx)}, Version::kV2);
  Reports(kD2, {Record(Type::kAllow, {S(1), S(2)})});
  EXPECT_EQ(proxy.database().Merged(kGroup), Exclude({}));
}

TEST_F(ProxyTest, TA_26_LinkLocalGroupsAreNeitherForwardedNorReported) {
  for (const Ipv4Address group : {MakeIpv4(224, 0, 0, 1), MakeIpv4(224, 0, 0, 251), MakeIpv4(224, 0, 0, 5)}) {
    Reports(kD1, {Record(Type::kToEx, {}, group)});
    Reports(kD1, {Record(Type::kIsEx, {}, group)}, Version::kV2);
  }
  AdvanceTo(20);
  EXPECT_TRUE(routes.empty());
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kScope], 6u);
}

TEST_F(ProxyTest, TA_29_RecordsOfOneReportApplyInOrderAndTheUpstreamSeesTheirOutcomeOnce) {
  Reports(kD1, {Record(Type::kToEx), Record(Type::kToIn)});
  EXPECT_EQ(QueriesOn(kD1).size(), 1u);
  AdvanceTo(1.9);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
  AdvanceTo(2);
  EXPECT_FALSE(Forwards(kD1, S(1)));

  AdvanceTo(20);
  UpstreamRecords();
  sent.clear();
  Reports(kD1, {Record(Type::kToIn), Record(Type::kToEx)});
  EXPECT_THAT(QueriesOn(kD1), IsEmpty());
  AdvanceTo(25);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

TEST_F(ProxyTest, TA_32_AReportFromTheUnspecifiedAddressCounts) {
  Receive(kD1,
          Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {Record(Type::kToEx)}}, Ipv4Address()).bytes);
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

TEST_F(ProxyTest, TD_30_ReportsHeardUpstreamMakeNoStateAndQueriesNeverLeaveThere) {
  Receive(kU,
          Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {Record(Type::kToEx)}}, MakeIpv4(198, 51, 100, 9))
              .bytes);
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(600);
  EXPECT_TRUE(proxy.database().groups().empty());
  for (const Sent& packet : sent) {
    EXPECT_EQ(packet.port == kU, std::holds_alternative<Report<Igmp>>(packet.message.message));
  }
}

TEST_F(ProxyTest, D_10_AGeneralQueryUpstreamIsAnsweredForTheWholeDatabase) {
  Reports(kD1, {Record(Type::kToEx), Record(Type::kAllow, {S(1)}, kSsmGroup)});
  AdvanceTo(20);
  UpstreamRecords();
  Query<Igmp> query;
  query.max_response_time = std::chrono::seconds(10);
  query.robustness = 2;
  query.query_interval = std::chrono::seconds(125);
  Receive(kU, Codec<Igmp>::Serialize(query, kUpstreamRouter).bytes);
  AdvanceTo(30);
  EXPECT_THAT(UpstreamRecords(),
              UnorderedElementsAre(Record(Type::kIsEx), Record(Type::kIsIn, {S(1)}, kSsmGroup)));
}

TEST_F(ProxyTest, TX_01_ADownstreamThatGoesDownIsFlushedAndLeftUpstream) {
  Reports(kD1, {Record(Type::kToEx)});
  Reports(kD2, {Record(Type::kAllow, {S(1)}, kSsmGroup)});
  AdvanceTo(20);
  UpstreamRecords();
  sent.clear();
  Link(kD1, {});
  EXPECT_FALSE(Forwards(kD1, S(1)));
  AdvanceTo(20.01);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
  EXPECT_TRUE(Forwards(kD2, S(1), kSsmGroup));

  Up(kD1, MakeIpv4(192, 0, 2, 1));
  const auto queries = QueriesOn(kD1);
  ASSERT_EQ(queries.size(), 1u) << "C-50: a General Query at once";
  EXPECT_TRUE(queries[0].second.IsGeneral());
}

TEST_F(ProxyTest, A_04_ADownstreamWithoutAnAddressSendsNoQueriesAndTakesNoReports) {
  Link(kD1, {});
  sent.clear();
  LinkState<Igmp> state;
  state.up = true;
  Link(kD1, state);
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(400);
  EXPECT_THAT(QueriesOn(kD1), IsEmpty());
  EXPECT_TRUE(routes.empty());
}

TEST_F(ProxyTest, X_02_AnUpstreamThatComesBackGetsTheWholeDatabaseAsAJoin) {
  Reports(kD1, {Record(Type::kToEx), Record(Type::kAllow, {S(1)}, kSsmGroup)});
  AdvanceTo(20);
  Link(kU, {});
  UpstreamRecords();
  Reports(kD2, {Record(Type::kToEx, {}, MakeIpv4(239, 9, 9, 9))});
  AdvanceTo(30);
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  Up(kU, MakeIpv4(198, 51, 100, 2));
  AdvanceTo(30.5);
  EXPECT_THAT(UpstreamRecords(),
              UnorderedElementsAre(Record(Type::kToEx), Record(Type::kAllow, {S(1)}, kSsmGroup),
                                   Record(Type::kToEx, {}, MakeIpv4(239, 9, 9, 9))));
}

TEST_F(ProxyTest, TD_33_WithoutAnAddressReportsLeaveFromTheUnspecifiedOneAndAreRepeatedFromTheNewOne) {
  LinkState<Igmp> state;
  state.up = true;
  Link(kU, state);
  sent.clear();
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent.front().message.source.IsUnspecified());
  sent.clear();
  Up(kU, MakeIpv4(198, 51, 100, 77));
  AdvanceTo(5.01);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.front().message.source, MakeIpv4(198, 51, 100, 77));
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
}

TEST_F(ProxyTest, TD_32_ACleanStopLeavesEveryGroupOnce) {
  Reports(kD1, {Record(Type::kToEx), Record(Type::kAllow, {S(1), S(2)}, kSsmGroup)});
  AdvanceTo(20);
  UpstreamRecords();
  ProxyEffects<Igmp> effects;
  proxy.Leave(effects);
  Take(effects);
  EXPECT_THAT(UpstreamRecords(),
              UnorderedElementsAre(Record(Type::kToIn), Record(Type::kBlock, {S(1), S(2)}, kSsmGroup)));
}

TEST_F(ProxyTest, E_09_AGroupThatALocalSocketLeavesIsAnnouncedAgainWhileAMemberWantsIt) {
  Reports(kD1, {Record(Type::kToEx), Record(Type::kAllow, {S(1)}, kSsmGroup)});
  AdvanceTo(20);
  UpstreamRecords();
  for (const Ipv4Address group : {kGroup, kSsmGroup, MakeIpv4(239, 9, 9, 9)})
    proxy.OnLocalLeaveUpstream(group, now);
  AdvanceTo(20.01);
  EXPECT_THAT(UpstreamRecords(),
              UnorderedElementsAre(Record(Type::kToEx), Record(Type::kAllow, {S(1)}, kSsmGroup)));
}

TEST_F(ProxyTest, BrokenPacketsAreCountedByReasonAndChangeNothing) {
  auto packet = Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {Record(Type::kToEx)}}, kHost1).bytes;
  packet.back() ^= 1;
  Receive(kD1, packet);
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kChecksum], 1u);
  EXPECT_EQ(proxy.counters(kD1).reports_received, 0u);
  EXPECT_TRUE(routes.empty());
}

}  // namespace
}  // namespace bpfcast
