// The router side, octet by octet: which query leaves at which time, in which version, and to whom (C-30,
// C-36, C-60..C-69).
#include <string_view>

#include "packet_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class DownstreamPackets : public PacketBed<F> {
 protected:
  using typename PacketBed<F>::Sent;
  using typename PacketBed<F>::Bytes;

  /// The link is up for long; what it sent is forgotten.
  void StartLongAgo() {
    this->Start(-200);
    this->RunTo(-40);
    this->down.clear();
    this->up.clear();
  }
  std::vector<double> Times() const {
    std::vector<double> times;
    for (const Sent& sent : this->down) times.push_back(sent.at);
    return times;
  }
  void ExpectAll(const Bytes& message, const typename F::Address& destination) {
    for (const Sent& sent : this->down) {
      EXPECT_EQ(sent.message, message) << "at " << sent.at;
      EXPECT_EQ(sent.destination, destination);
    }
  }
};
TYPED_TEST_SUITE(DownstreamPackets, BothFamilies);

class IgmpDownstreamPackets : public DownstreamPackets<Igmp> {
 protected:
  static Bytes V(std::string_view hex) { return test::Hex(hex); }
  static Bytes FromHost(std::string_view hex, const Ipv4Address& destination) {
    return test::igmp::Wrap(hex, {.source = P::kHost, .destination = destination});
  }
  static Bytes FromRouter(std::string_view hex, unsigned router, const Ipv4Address& destination) {
    return test::igmp::Wrap(hex, {.source = Bed<Igmp>::Router(router), .destination = destination});
  }
};
class MldDownstreamPackets : public DownstreamPackets<Mld> {};

TYPED_TEST(DownstreamPackets, TC_30_TheGroupIsAskedTwiceAndLeftUpstreamAfterTwoSeconds) {
  using P = typename TestFixture::P;
  this->StartLongAgo();
  this->HearDown(-30, this->Record(RecordType::kToEx, P::kGroup));
  this->RunTo(-1);
  this->up.clear();
  this->HearDown(0, this->Record(RecordType::kToIn, P::kGroup));
  this->RunTo(1.999);
  EXPECT_THAT(this->Times(), ElementsAre(0, 1));
  this->ExpectAll(this->SpecificQuery(this->kQrv2), P::kGroup);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_THAT(this->up, IsEmpty());
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
  ASSERT_EQ(this->up.size(), 1U);
  EXPECT_EQ(this->up[0].at, 2);
  EXPECT_EQ(this->up[0].message, this->UpReport(RecordType::kToIn, P::kGroup));
  this->RunTo(50);
  EXPECT_EQ(this->up.size(), 2U);
}

TEST_F(IgmpDownstreamPackets, TC_30_TheQueriesAreV05) {
  StartLongAgo();
  HearDown(-30, FromHost(test::igmp::kV11, P::kReports));
  HearDown(0, FromHost(test::igmp::kV12, P::kReports));
  RunTo(10);
  EXPECT_THAT(Times(), ElementsAre(0, 1));
  ExpectAll(V(test::igmp::kV05), P::kGroup);
}

TYPED_TEST(DownstreamPackets, TC_33_AnAnswerSetsTheSFlagOfTheQueryThatIsLeft) {
  using P = typename TestFixture::P;
  this->StartLongAgo();
  this->HearDown(-30, this->Record(RecordType::kToEx, P::kGroup));
  this->HearDown(0, this->Record(RecordType::kToIn, P::kGroup));
  this->HearDown(0.7, this->Record(RecordType::kIsEx, P::kGroup));
  this->RunTo(1);
  ASSERT_EQ(this->down.size(), 2U);
  EXPECT_EQ(this->down[1].at, 1);
  EXPECT_EQ(this->down[1].message, this->SpecificQuery(this->kSuppressQrv2));
  for (double at = 1; at < 270.7; at += 0.5) {
    this->RunTo(at);
    EXPECT_TRUE(this->Wants(1)) << at;
  }
}

TEST_F(IgmpDownstreamPackets, TC_33_ThatQueryIsV06) {
  StartLongAgo();
  HearDown(-30, FromHost(test::igmp::kV11, P::kReports));
  HearDown(0, FromHost(test::igmp::kV12, P::kReports));
  HearDown(0.7, Record(RecordType::kIsEx, P::kGroup));
  RunTo(5);
  ASSERT_EQ(down.size(), 2U);
  EXPECT_EQ(down[0].message, V(test::igmp::kV05));
  EXPECT_EQ(down[1].message, V(test::igmp::kV06));
}

TEST_F(IgmpDownstreamPackets, TC_50_OnlyTheQueriersV05LowersTheTimer) {
  Start(-200);
  HearDown(-190, FromRouter(test::igmp::kV04, 0, P::kAllNodes));  // 192.0.2.0: lower than .1
  HearDown(-70, FromHost(test::igmp::kV11, P::kReports));
  down.clear();
  HearDown(0, FromHost(test::igmp::kV12, P::kReports));
  EXPECT_EQ(querier->Find(P::kGroup)->GroupTimer(), At(200));
  HearDown(0, FromRouter(test::igmp::kV05, 0, P::kGroup));
  RunTo(1.999);
  EXPECT_TRUE(Wants(1));
  RunTo(2);
  EXPECT_FALSE(Wants(1));
  EXPECT_THAT(down, IsEmpty());
}

TEST_F(IgmpDownstreamPackets, TC_55_InV2TheMaxRespTimeOfTheQueryIsTheInterval) {
  config.version = Version::kV2;
  Start(-200);
  HearDown(-190, FromRouter(test::igmp::kV02, 0, P::kAllNodes));
  HearDown(-10, FromHost(test::igmp::kV09, P::kGroup));
  HearDown(0, test::igmp::Wrap(test::igmp::Summed("11140000ef010203"),
                               {.source = Bed<Igmp>::Router(0), .destination = P::kGroup}));
  EXPECT_EQ(querier->Find(P::kGroup)->GroupTimer(), At(4));
}

TYPED_TEST(DownstreamPackets, TC_75_AnOlderReportSetsTheMode) {
  using P = typename TestFixture::P;
  this->StartLongAgo();
  this->HearDown(0, this->OldReport(P::kGroup));
  EXPECT_EQ(this->querier->Membership(P::kGroup), Exclude<TypeParam>({}));
  EXPECT_EQ(this->querier->Find(P::kGroup)->HostVersion(), Version::kV2);
  this->HearDown(10, this->Record(RecordType::kBlock, P::kGroup, {P::S(1)}));
  this->HearDown(20, this->Record(RecordType::kToEx, P::kGroup, {P::S(1)}));
  EXPECT_EQ(this->querier->Membership(P::kGroup), Exclude<TypeParam>({}));
  EXPECT_EQ(this->querier->Find(P::kGroup)->GroupTimer(), At(290));
  this->RunTo(259.999);
  EXPECT_EQ(this->querier->Find(P::kGroup)->HostVersion(), Version::kV2);
  this->RunTo(260);
  EXPECT_EQ(this->querier->Find(P::kGroup)->HostVersion(), Version::kV3);
}

TYPED_TEST(DownstreamPackets, TC_77_AnOlderLeaveIsAskedAboutInOurVersion) {
  using P = typename TestFixture::P;
  this->StartLongAgo();
  this->HearDown(-10, this->OldReport(P::kGroup));
  this->HearDown(0, this->OldLeave(P::kGroup));
  this->RunTo(1.999);
  EXPECT_THAT(this->Times(), ElementsAre(0, 1));
  this->ExpectAll(this->SpecificQuery(this->kQrv2), P::kGroup);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
}

TEST_F(IgmpDownstreamPackets, TC_77_V10IsAnsweredWithV05) {
  StartLongAgo();
  HearDown(-10, FromHost(test::igmp::kV09, P::kGroup));
  HearDown(0, FromHost(test::igmp::kV10, P::kAllRouters));
  RunTo(5);
  EXPECT_THAT(Times(), ElementsAre(0, 1));
  ExpectAll(V(test::igmp::kV05), P::kGroup);
}

TEST_F(MldDownstreamPackets, TC_82_V23SetsTheModeAndV24IsAnsweredWithV22) {
  StartLongAgo();
  HearDown(-10, test::mld::Wrap(test::mld::kV23, {.source = P::kHost, .destination = P::kGroup}));
  EXPECT_EQ(querier->Find(P::kGroup)->HostVersion(), Version::kV2);
  HearDown(0, test::mld::Wrap(test::mld::kV24, {.source = P::kHost, .destination = P::kAllRouters}));
  RunTo(1.999);
  EXPECT_THAT(Times(), ElementsAre(0, 1));
  ExpectAll(test::Hex(test::mld::kV22), P::kGroup);
  EXPECT_TRUE(Wants(1));
  RunTo(2);
  EXPECT_FALSE(Wants(1));
  HearDown(3, test::mld::Wrap(test::mld::kV23, {.source = P::kHost, .destination = P::kGroup}));
  RunTo(262.999);
  EXPECT_EQ(querier->Find(P::kGroup)->HostVersion(), Version::kV2);
  RunTo(263);
  EXPECT_EQ(querier->Find(P::kGroup)->HostVersion(), Version::kV3);
}

// V02 and V03 of IGMP; 24 octets in MLDv1.
TYPED_TEST(DownstreamPackets, TC_83_InV2AllQueriesAreOfV2) {
  using P = typename TestFixture::P;
  this->config.version = Version::kV2;
  this->Start(-200);
  this->HearDown(-10, this->OldReport(P::kGroup));
  ASSERT_GT(this->down.size(), 1U);
  this->ExpectAll(this->OldQuery(this->kTenSeconds, {}), P::kAllNodes);
  this->down.clear();
  this->HearDown(0, this->OldLeave(P::kGroup));
  this->RunTo(2);
  EXPECT_THAT(this->Times(), ElementsAre(0, 1));
  this->ExpectAll(this->OldQuery(this->kOneSecond, P::kGroup), P::kGroup);
  EXPECT_FALSE(this->Wants(1));
}

TEST_F(IgmpDownstreamPackets, TC_83_TheyAreV02AndV03) {
  EXPECT_EQ(OldQuery(kTenSeconds, {}), V(test::igmp::kV02));
  EXPECT_EQ(OldQuery(kOneSecond, P::kGroup), V(test::igmp::kV03));
}

TEST_F(MldDownstreamPackets, TC_83_TheGeneralQueryIsV20) {
  EXPECT_EQ(OldQuery(kTenSeconds, {}), test::Hex(test::mld::kV20));
}

TEST_F(IgmpDownstreamPackets, TC_83_InV1TheGeneralQueryIsV01AndNothingElseIsAsked) {
  config.version = Version::kV1;
  Start(-200);
  HearDown(-10, FromHost(test::igmp::kV08, P::kGroup));
  HearDown(0, FromHost(test::igmp::kV10, P::kAllRouters));
  RunTo(259);
  ASSERT_GT(down.size(), 3U);
  ExpectAll(V(test::igmp::kV01), P::kAllNodes);
  EXPECT_TRUE(Wants(1));
}

// A sequence that is under way when a v1 router appears has no form in that version.
TEST_F(IgmpDownstreamPackets, C_60_NoSpecificQueryIsSentInV1) {
  Start(-20);
  HearDown(-10, FromHost(test::igmp::kV11, P::kReports));
  HearDown(0, FromHost(test::igmp::kV12, P::kReports));
  down.clear();
  HearDown(0.5, FromRouter(test::igmp::kV01, 9, P::kAllNodes));
  RunTo(10);
  EXPECT_THAT(down, IsEmpty());
}

TYPED_TEST(DownstreamPackets, TC_84_OurGeneralQueriesFollowAnOlderRouter) {
  using P = typename TestFixture::P;
  this->Start(-100);
  this->RunTo(-1);
  this->down.clear();
  this->HearDown(0, this->OldGeneralQuery(Bed<TypeParam>::Router(9)));
  this->RunTo(259);
  EXPECT_THAT(this->Times(), ElementsAre(56.25, 181.25));
  this->ExpectAll(this->OldQuery(this->kTenSeconds, {}), P::kAllNodes);
  EXPECT_EQ(this->down[0].message.size(), (std::is_same_v<TypeParam, Igmp> ? 8U : 24U));
  this->down.clear();
  this->RunTo(400);
  ASSERT_EQ(this->down.size(), 1U);
  EXPECT_EQ(this->down[0].message.size(), (std::is_same_v<TypeParam, Igmp> ? 12U : 28U));
}

TYPED_TEST(DownstreamPackets, TC_84_FixedQueriesStayAsTheyAre) {
  this->config.older_queriers = OlderQueriers::kWarn;
  this->Start(-100);
  this->HearDown(0, this->OldGeneralQuery(Bed<TypeParam>::Router(9)));
  this->RunTo(200);
  ASSERT_EQ(this->down.size(), 4U);
  for (const auto& sent : this->down) {
    EXPECT_EQ(sent.message.size(), (std::is_same_v<TypeParam, Igmp> ? 12U : 28U));
  }
}

TYPED_TEST(DownstreamPackets, TC_89_ALinkForSourceSpecificGroupsIgnoresOlderMessages) {
  using P = typename TestFixture::P;
  this->config.older_messages = OlderMessages::kIgnoreAll;
  this->StartLongAgo();
  this->HearDown(0, this->OldGeneralQuery(Bed<TypeParam>::Router(0)));
  this->HearDown(1, this->OldReport(P::kGroup));
  this->HearDown(2, this->OldLeave(P::kGroup));
  EXPECT_EQ(this->querier->Find(P::kGroup), nullptr);
  EXPECT_EQ(this->drops[DropReason::kPolicy], 3U);

  this->HearDown(3, this->Record(RecordType::kToEx, P::kGroup));
  this->HearDown(4, this->OldReport(P::kGroup));
  EXPECT_EQ(this->querier->Find(P::kGroup)->HostVersion(), Version::kV3);
  this->HearDown(5, this->OldLeave(P::kGroup));
  this->RunTo(270);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  EXPECT_TRUE(this->Wants(1));
  for (const auto& sent : this->down) EXPECT_EQ(sent.destination, P::kAllNodes);
  EXPECT_EQ(this->drops[DropReason::kPolicy], 5U);
}

TEST_F(IgmpDownstreamPackets, TC_89_SsmOnlyIgnoresV01V02V08V09V10) {
  config.older_messages = OlderMessages::kIgnoreAll;
  StartLongAgo();
  HearDown(0, FromRouter(test::igmp::kV01, 0, P::kAllNodes));
  HearDown(1, FromRouter(test::igmp::kV02, 0, P::kAllNodes));
  HearDown(2, FromHost(test::igmp::kV08, P::kGroup));
  HearDown(3, FromHost(test::igmp::kV09, P::kGroup));
  HearDown(4, FromHost(test::igmp::kV10, P::kAllRouters));
  EXPECT_EQ(drops[DropReason::kPolicy], 5U);
  EXPECT_EQ(querier->role(), RouterRole::kQuerier);
  EXPECT_EQ(querier->rules().version, Version::kV3);
  EXPECT_THAT(querier->groups(), IsEmpty());
}

TEST_F(IgmpDownstreamPackets, TC_89_IgnoreV1RefusesV08AndTakesV09) {
  config.older_messages = OlderMessages::kIgnoreV1Reports;
  StartLongAgo();
  HearDown(0, FromHost(test::igmp::kV08, P::kGroup));
  EXPECT_EQ(querier->Find(P::kGroup), nullptr);
  EXPECT_EQ(drops[DropReason::kPolicy], 1U);
  HearDown(1, FromHost(test::igmp::kV09, P::kGroup));
  HearDown(2, FromHost(test::igmp::kV08, P::kGroup));
  ASSERT_NE(querier->Find(P::kGroup), nullptr);
  EXPECT_EQ(querier->Find(P::kGroup)->HostVersion(), Version::kV2);
  HearDown(3, FromHost(test::igmp::kV10, P::kAllRouters));
  RunTo(5);
  EXPECT_EQ(querier->Find(P::kGroup), nullptr);
  EXPECT_EQ(drops[DropReason::kPolicy], 2U);
}

}  // namespace
}  // namespace bpfcast
