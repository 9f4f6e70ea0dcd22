#include "routing/proxy.h"

#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Type = RecordType;

template <class F>
class ProxyTest : public ProxyBed<F> {};
TYPED_TEST_SUITE(ProxyTest, BothFamilies);

TYPED_TEST(ProxyTest, TD_01_AJoinIsReportedAtOnceAndOnceMoreWithinTheUnsolicitedReportInterval) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  std::vector<double> times;
  for (const auto& packet : this->sent) {
    if (packet.port != this->kU) continue;
    times.push_back(packet.at);
    EXPECT_EQ(packet.message.source, this->Own(this->kU));
    EXPECT_EQ(packet.message.destination, TypeParam::kReportDestination);
    EXPECT_THAT(std::get<Report<TypeParam>>(packet.message.message).records,
                ElementsAre(this->Record(Type::kToEx)));
  }
  ASSERT_EQ(times.size(), 2u);
  EXPECT_LE(times[0], 0.01);
  EXPECT_GT(times[1], times[0]);
  EXPECT_LE(times[1] - times[0], 1.0);
}

TYPED_TEST(ProxyTest, TC_30_TheLastLeaveStopsAfterTwoSecondsAndIsReportedUpstream) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(10);
  this->UpstreamRecords();
  this->sent.clear();
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(11.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->AdvanceTo(12.05);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  const auto queries = this->QueriesOn(this->kD1);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_DOUBLE_EQ(queries[0].first, 10);
  EXPECT_DOUBLE_EQ(queries[1].first, 11);
}

TYPED_TEST(ProxyTest, TC_20_AnSsmSourceEndsAfterTheGroupMembershipIntervalWithBlock) {
  this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(269.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1), this->kSsmGroup));
  EXPECT_THAT(this->UpstreamRecords(),
              ElementsAre(this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)));
  this->AdvanceTo(270.05);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1), this->kSsmGroup));
  EXPECT_THAT(this->UpstreamRecords(),
              ElementsAre(this->Record(Type::kBlock, {this->S(1)}, this->kSsmGroup)));
}

TYPED_TEST(ProxyTest, TC_22_ASourceThatBecomesBlockedStopsWhileTheOthersGoOn) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(10);
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1)})});
  this->AdvanceTo(125);
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1)})});
  this->AdvanceTo(279.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(280);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(2)));
  this->AdvanceTo(394.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(2)));
  this->AdvanceTo(395);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(2)));
}

TYPED_TEST(ProxyTest, TC_23_ExcludeModeThatEndsKeepsTheRunningSources) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(100);
  this->Reports(this->kD1, {this->Record(Type::kIsIn, {this->S(1)})});
  this->AdvanceTo(269.999);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(7)));
  this->UpstreamRecords();
  this->AdvanceTo(271);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(7)));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn, {this->S(1)})));
  this->AdvanceTo(371.1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), testing::Contains(this->Record(Type::kBlock, {this->S(1)})));
}

TYPED_TEST(ProxyTest, TC_24_ExcludeModeWithOnlyBlockedSourcesEndsWithToIn) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(2)})});
  this->AdvanceTo(269);
  this->UpstreamRecords();
  this->AdvanceTo(270.05);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  EXPECT_TRUE(this->routes.empty());
}

TYPED_TEST(ProxyTest, TC_28_ForwardingAndDatabaseChangeInTheTurnOfTheReport) {
  ProxyEffects<TypeParam> effects;
  const auto packet = Codec<TypeParam>::Serialize(
      Report<TypeParam>{Version::kV3, {this->Record(Type::kAllow, {this->S(1)}), this->Record(Type::kToEx)}},
      this->kHost1);
  this->proxy.OnPacket(this->kD1, packet.bytes, this->now, effects);
  ASSERT_FALSE(effects.update.empty());
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup),
            this->proxy.querier(this->kD1)->Membership(this->kGroup));
}

TYPED_TEST(ProxyTest, TC_33_ARefreshWhileTheLeaveIsAskedForKeepsTheStream) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(10);
  this->UpstreamRecords();
  this->sent.clear();
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(10.7);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(60);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  const auto queries = this->QueriesOn(this->kD1);
  ASSERT_GE(queries.size(), 2u);
  EXPECT_FALSE(queries[0].second.suppress_router_processing);
  EXPECT_DOUBLE_EQ(queries[1].first, 11);
  EXPECT_TRUE(queries[1].second.suppress_router_processing);
}

TYPED_TEST(ProxyTest, TE_09_OnlyTheFirstJoinAndTheLastLeaveAreReportedUpstream) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->Reports(this->kD2, {this->Record(Type::kToEx)});
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(20);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->Reports(this->kD2, {this->Record(Type::kToIn)});
  this->AdvanceTo(21.999);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->AdvanceTo(25);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
}

TYPED_TEST(ProxyTest, TE_10_AListChangeIsReportedAsAllowAndBlock) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1), this->S(2)})});
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx, {this->S(1), this->S(2)})));
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->S(2), this->S(3)})});
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kAllow, {this->S(2)})));
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1), this->S(2)})});
  this->AdvanceTo(276);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kBlock, {this->S(2)})));
}

TYPED_TEST(ProxyTest, TE_11_TheEndOfExcludeModeLeavesTheIncludedSources) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(100);
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->S(1)})});
  this->AdvanceTo(269);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->AdvanceTo(273);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn, {this->S(1)})));
}

TYPED_TEST(ProxyTest, TE_12_OneReportIsMergedOnceAndABlockedSourceFollowsAfterItsQueries) {
  this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(1)})});
  this->AdvanceTo(100);
  this->UpstreamRecords();
  this->Reports(this->kD1,
                {this->Record(Type::kBlock, {this->S(1)}), this->Record(Type::kAllow, {this->S(2)})});
  this->AdvanceTo(101.9);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kAllow, {this->S(2)})));
  this->AdvanceTo(105);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kBlock, {this->S(1)})));
}

TYPED_TEST(ProxyTest, TE_13_ASourceTimerInExcludeModeBlocksTheSourceUpstream) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(10);
  this->Reports(this->kD1, {this->Record(Type::kIsIn, {this->S(1)})});
  this->AdvanceTo(200);
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1)})});
  this->AdvanceTo(279);
  this->UpstreamRecords();
  this->AdvanceTo(285);
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Exclude({this->S(1)}));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kBlock, {this->S(1)})));
}

TYPED_TEST(ProxyTest, TE_07_AVersion2MemberBesideASourceListGivesExcludeNothing) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)}, Version::kV2);
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->S(1), this->S(2)})});
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Exclude({}));
}

TYPED_TEST(ProxyTest, TA_26_LinkLocalGroupsAreNeitherForwardedNorReported) {
  for (const char* text : TestFixture::Text::kLinkLocal) {
    const auto group = this->A(text);
    this->Reports(this->kD1, {this->Record(Type::kToEx, {}, group)});
    this->Reports(this->kD1, {this->Record(Type::kIsEx, {}, group)}, Version::kV2);
  }
  this->AdvanceTo(20);
  EXPECT_TRUE(this->routes.empty());
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  EXPECT_EQ(this->proxy.counters(this->kD1).drops[DropReason::kScope], 6u);
}

TYPED_TEST(ProxyTest, TA_29_RecordsOfOneReportApplyInOrderAndTheUpstreamSeesTheirOutcomeOnce) {
  this->Reports(this->kD1, {this->Record(Type::kToEx), this->Record(Type::kToIn)});
  EXPECT_EQ(this->QueriesOn(this->kD1).size(), 1u);
  this->AdvanceTo(1.9);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->AdvanceTo(2);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));

  this->AdvanceTo(20);
  this->UpstreamRecords();
  this->sent.clear();
  this->Reports(this->kD1, {this->Record(Type::kToIn), this->Record(Type::kToEx)});
  EXPECT_THAT(this->QueriesOn(this->kD1), IsEmpty());
  this->AdvanceTo(25);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

using ProxyTestOfIgmp = ProxyBed<Igmp>;
using ProxyTestOfMld = ProxyBed<Mld>;

TEST_F(ProxyTestOfIgmp, TA_32_AReportFromTheUnspecifiedAddressCounts) {
  ReportFrom(Ipv4Address(), kD1, {Record(Type::kToEx)});
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

TEST_F(ProxyTestOfMld, A_09_AReportFromTheUnspecifiedAddressOrOneThatIsNotLinkLocalDoesNotCount) {
  ReportFrom(Ipv6Address(), kD1, {Record(Type::kToEx)});
  ReportFrom(S(9), kD1, {Record(Type::kToEx)});
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kSource], 2u);
}

TYPED_TEST(ProxyTest, TD_30_D_36_ReportsHeardUpstreamMakeNoStateAndQueriesNeverLeaveThere) {
  this->ReportFrom(this->kUpstreamHost, this->kU, {this->Record(Type::kToEx)});
  EXPECT_TRUE(this->routes.empty());
  EXPECT_TRUE(this->proxy.database().groups().empty());
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(600);
  EXPECT_TRUE(this->proxy.database().groups().empty());
  for (const auto& packet : this->sent) {
    EXPECT_EQ(packet.port == this->kU, std::holds_alternative<Report<TypeParam>>(packet.message.message));
  }
}

TYPED_TEST(ProxyTest, D_10_AGeneralQueryUpstreamIsAnsweredForTheWholeDatabase) {
  this->Reports(this->kD1,
                {this->Record(Type::kToEx), this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(20);
  this->UpstreamRecords();
  this->Hear(this->kU, this->kUpstreamRouter);
  this->AdvanceTo(30);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kIsEx),
                                   this->Record(Type::kIsIn, {this->S(1)}, this->kSsmGroup)));
}

TYPED_TEST(ProxyTest, TX_01_ADownstreamThatGoesDownIsFlushedAndLeftUpstream) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(20);
  this->UpstreamRecords();
  this->sent.clear();
  this->Down(this->kD1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(20.01);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1), this->kSsmGroup));

  this->Up(this->kD1);
  const auto queries = this->QueriesOn(this->kD1);
  ASSERT_EQ(queries.size(), 1u) << "C-50: a General Query at once";
  EXPECT_TRUE(queries[0].second.IsGeneral());
}

TYPED_TEST(ProxyTest, TC_73_ADownstreamWithoutAnAddressSendsNoQueriesAndTakesNoReportsUntilItHasOne) {
  this->Down(this->kD1);
  this->sent.clear();
  LinkState<TypeParam> state;
  state.up = true;
  this->Link(this->kD1, state);
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(400);
  EXPECT_THAT(this->QueriesOn(this->kD1), IsEmpty());
  EXPECT_TRUE(this->routes.empty());
  this->Up(this->kD1);
  EXPECT_EQ(this->QueriesOn(this->kD1).size(), 1u);
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyTest, X_02_AnUpstreamThatComesBackGetsTheWholeDatabaseAsAJoin) {
  this->Reports(this->kD1,
                {this->Record(Type::kToEx), this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(20);
  this->Down(this->kU);
  this->UpstreamRecords();
  this->Reports(this->kD2, {this->Record(Type::kToEx, {}, this->kOtherGroup)});
  this->AdvanceTo(30);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->Up(this->kU);
  this->AdvanceTo(30.5);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToEx),
                                   this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup),
                                   this->Record(Type::kToEx, {}, this->kOtherGroup)));
}

TYPED_TEST(ProxyTest, TD_33_WithoutAnAddressReportsLeaveFromTheUnspecifiedOneAndAreRepeatedFromTheNewOne) {
  const auto another = this->A(TestFixture::Text::kNewOnU);
  LinkState<TypeParam> state;
  state.up = true;
  this->Link(this->kU, state);
  this->sent.clear();
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  ASSERT_FALSE(this->sent.empty());
  EXPECT_TRUE(this->sent.front().message.source.IsUnspecified());
  this->sent.clear();
  this->Up(this->kU, another);
  this->AdvanceTo(5.01);
  ASSERT_FALSE(this->sent.empty());
  EXPECT_EQ(this->sent.front().message.source, another);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
}

TYPED_TEST(ProxyTest, TD_32_ACleanStopLeavesEveryGroupOnce) {
  this->Reports(this->kD1, {this->Record(Type::kToEx),
                            this->Record(Type::kAllow, {this->S(1), this->S(2)}, this->kSsmGroup)});
  this->AdvanceTo(20);
  this->UpstreamRecords();
  ProxyEffects<TypeParam> effects;
  this->proxy.Leave(effects);
  this->Take(effects);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToIn),
                                   this->Record(Type::kBlock, {this->S(1), this->S(2)}, this->kSsmGroup)));
}

TYPED_TEST(ProxyTest, E_09_AGroupThatALocalSocketLeavesIsAnnouncedAgainWhileAMemberWantsIt) {
  this->Reports(this->kD1,
                {this->Record(Type::kToEx), this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)});
  this->AdvanceTo(20);
  this->UpstreamRecords();
  for (const auto& group : {this->kGroup, this->kSsmGroup, this->kOtherGroup})
    this->proxy.OnLocalLeaveUpstream(group, this->now);
  this->AdvanceTo(20.01);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToEx),
                                   this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)));
}

TYPED_TEST(ProxyTest, BrokenPacketsAreCountedByReasonAndChangeNothing) {
  auto packet =
      Codec<TypeParam>::Serialize(Report<TypeParam>{Version::kV3, {this->Record(Type::kToEx)}}, this->kHost1)
          .bytes;
  packet.back() ^= 1;
  this->Receive(this->kD1, packet);
  EXPECT_EQ(this->proxy.counters(this->kD1).drops[DropReason::kChecksum], 1u);
  EXPECT_EQ(this->proxy.counters(this->kD1).reports_received.Total(), 0u);
  EXPECT_TRUE(this->routes.empty());
}

/// One packet a millisecond.
TYPED_TEST(ProxyTest, TC_48_EveryPacketOfTheLastMemberQueryTimeIsForwarded) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(10);
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  int forwarded = 0;
  for (int packet = 0; packet < 2000; ++packet) {
    this->AdvanceTo(10 + packet * 0.001);
    forwarded += this->Forwards(this->kD1, this->S(1)) ? 1 : 0;
  }
  EXPECT_EQ(forwarded, 2000);
  this->AdvanceTo(12);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyTest, TD_26_GroupsOfTheLinkAreNotAnsweredForUpstream) {
  for (const char* text : TestFixture::Text::kLinkLocal) {
    this->Reports(this->kD1, {this->Record(Type::kToEx, {}, this->A(text)), this->Record(Type::kToEx)});
  }
  this->AdvanceTo(20);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->Hear(this->kU, this->kUpstreamRouter);
  this->AdvanceTo(40);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kIsEx)));
}

TEST_F(ProxyTestOfIgmp, TA_33_TheArrivalInterfaceDecidesUnlessTheSubnetIsChecked) {
  const auto stranger = MakeIpv4(10, 9, 9, 9);
  ReportFrom(stranger, kD1, {Record(Type::kToEx)});
  EXPECT_TRUE(Forwards(kD1, S(1)));
  LinkState<Igmp> checked = Working(Own(kD1));
  checked.rules.check_subnet = true;
  Link(kD1, checked);
  ReportFrom(stranger, kD1, {Record(Type::kToEx, {}, kOtherGroup)});
  EXPECT_FALSE(Forwards(kD1, S(1), kOtherGroup));
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kSource], 1u);
  ReportFrom(Own(kD1), kD1, {Record(Type::kToEx, {}, kOtherGroup)});
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kOwn], 1u);
  ReportFrom(MakeIpv4(224, 1, 1, 1), kD1, {Record(Type::kToEx, {}, kOtherGroup)});
  EXPECT_EQ(proxy.counters(kD1).drops[DropReason::kSource], 2u);
  EXPECT_FALSE(Forwards(kD1, S(1), kOtherGroup));
}

/// A packet with another destination in its IP header, whose checksum it keeps right.
std::vector<std::uint8_t> To(const Ipv4Address& destination, OutgoingPacket<Igmp> packet) {
  constexpr std::size_t kChecksum = 10;
  constexpr std::size_t kDestination = 16;
  auto& bytes = packet.bytes;
  std::copy(destination.bytes().begin(), destination.bytes().end(), bytes.begin() + kDestination);
  bytes[kChecksum] = bytes[kChecksum + 1] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < Igmp::kEnvelopeSize; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes[kChecksum] = static_cast<std::uint8_t>(~sum >> 8);
  bytes[kChecksum + 1] = static_cast<std::uint8_t>(~sum);
  return bytes;
}

TEST_F(ProxyTestOfIgmp, TA_35_OnlyWhatIsSentToTheRightDestinationCounts) {
  Query<Igmp> query;
  query.max_response_time = std::chrono::seconds(10);
  const auto heard = Codec<Igmp>::Serialize(query, MakeIpv4(192, 0, 2, 200));
  const auto refused = [&] { return proxy.counters(kD1).drops[DropReason::kDestination]; };
  Receive(kD1, To(MakeIpv4(224, 0, 0, 2), heard));
  EXPECT_EQ(refused(), 1u);
  Receive(kD1, To(Own(kD1), heard));
  EXPECT_EQ(proxy.counters(kD1).queries_received.Total(), 1u);

  const auto old_report = Codec<Igmp>::Serialize(Report<Igmp>{Version::kV2, {Record(Type::kIsEx)}}, kHost1);
  Receive(kD1, To(kOtherGroup, old_report));
  EXPECT_EQ(refused(), 2u);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  Receive(kD1, old_report.bytes);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  const auto leave = Codec<Igmp>::Serialize(Report<Igmp>{Version::kV2, {Record(Type::kToIn)}}, kHost1);
  Receive(kD1, To(kGroup, leave));
  AdvanceTo(3);
  EXPECT_FALSE(Forwards(kD1, S(1)));

  const auto report = Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {Record(Type::kToEx)}}, kHost1);
  Receive(kD1, To(MakeIpv4(239, 9, 9, 9), report));
  EXPECT_EQ(refused(), 3u);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  Receive(kD1, To(MakeIpv4(224, 0, 0, 1), report));
  EXPECT_TRUE(Forwards(kD1, S(1)));
  Receive(kD1, To(Own(kD1), report));
  EXPECT_EQ(refused(), 3u);
}

}  // namespace
}  // namespace bpfcast
