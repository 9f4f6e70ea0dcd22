// The host side, octet by octet: what the upstream router sees of us, and what we take from it (D-01..D-25).
#include <map>
#include <string_view>

#include "packet_bed.h"

namespace bpfcast {
namespace {

using testing::IsEmpty;

template <class F>
class UpstreamPackets : public PacketBed<F> {
 protected:
  using typename PacketBed<F>::P;
  using typename PacketBed<F>::Sent;
  using typename PacketBed<F>::Bytes;
  using Address = typename F::Address;

  /// G is wanted downstream as `type` says, and that was told upstream long ago.
  void StartWith(RecordType type, const std::vector<Address>& sources = {}) {
    this->Start(-200);
    this->HearDown(-100, this->Record(type, P::kGroup, sources));
    this->RunTo(-1);
    this->up.clear();
  }
  static Bytes QueryPacket(const test::Octets& message, const Address& destination) {
    return P::Send(message, {.source = UpstreamBed<F>::kRouter, .destination = destination});
  }
  static Bytes GeneralQuery(const Address& destination = P::kAllNodes) {
    return QueryPacket(P::QueryHead(TestBed::kTenSeconds, Address()).Add(test::QueryRest<Address>()),
                       destination);
  }
  static Bytes OldGroupQuery() {
    return QueryPacket(P::QueryHead(TestBed::kOneSecond, P::kGroup), P::kGroup);
  }

 private:
  using TestBed = PacketBed<F>;
};
TYPED_TEST_SUITE(UpstreamPackets, BothFamilies);

class IgmpUpstreamPackets : public UpstreamPackets<Igmp> {
 protected:
  static Bytes FromRouter(std::string_view hex, const Ipv4Address& destination) {
    return test::igmp::Wrap(hex, {.source = UpstreamBed<Igmp>::kRouter, .destination = destination});
  }
};

TYPED_TEST(UpstreamPackets, TD_01_AJoinIsReportedToAllV3RoutersTwice) {
  using P = typename TestFixture::P;
  this->Start(-200);
  this->HearDown(0, this->Record(RecordType::kToEx, P::kGroup));
  this->RunTo(20);
  ASSERT_EQ(this->up.size(), 2U);
  for (const auto& sent : this->up) {
    EXPECT_EQ(sent.destination, P::kReports);
    EXPECT_EQ(sent.message, this->UpReport(RecordType::kToEx, P::kGroup));
  }
  EXPECT_LE(this->up[0].at, 0.01);
  EXPECT_GT(this->up[1].at, this->up[0].at);
  EXPECT_LE(this->up[1].at, this->up[0].at + 1);
}

TEST_F(IgmpUpstreamPackets, TD_01_TheReportIsV11) {
  Start(-200);
  HearDown(0, Record(RecordType::kToEx, P::kGroup));
  RunTo(20);
  ASSERT_EQ(up.size(), 2U);
  EXPECT_EQ(up[0].message, test::Hex(test::igmp::kV11));
}

TYPED_TEST(UpstreamPackets, TD_16_AnOlderQueryIsAnsweredInItsVersionToTheGroup) {
  using P = typename TestFixture::P;
  this->Start(-200);
  this->HearDown(-0.001, this->Record(RecordType::kToEx, P::kGroup));
  this->RunTo(0);
  this->up.clear();
  ASSERT_TRUE(this->HearUp(0, this->OldGeneralQuery(UpstreamBed<TypeParam>::kRouter)));
  this->RunTo(30);
  ASSERT_EQ(this->up.size(), 1U) << "the retransmission is cancelled";
  EXPECT_GT(this->up[0].at, 0);
  EXPECT_LE(this->up[0].at, 10);
  EXPECT_EQ(this->up[0].destination, P::kGroup);
  EXPECT_EQ(this->up[0].message, this->UpOldReport(P::kGroup));
}

TYPED_TEST(UpstreamPackets, TD_17_JoinsAndLeavesOfAnOlderVersion) {
  using P = typename TestFixture::P;
  this->Start(-200);
  ASSERT_TRUE(this->HearUp(0, this->OldGeneralQuery(UpstreamBed<TypeParam>::kRouter)));
  this->HearDown(10, this->Record(RecordType::kAllow, P::kGroup, {P::S(1)}));
  this->RunTo(30);
  ASSERT_EQ(this->up.size(), 2U);
  for (const auto& sent : this->up) {
    EXPECT_EQ(sent.destination, P::kGroup);
    EXPECT_EQ(sent.message, this->UpOldReport(P::kGroup));
  }
  EXPECT_GT(this->up[1].at, this->up[0].at);
  EXPECT_LE(this->up[1].at, this->up[0].at + 10);
  this->up.clear();
  this->HearDown(40, this->Record(RecordType::kAllow, P::kGroup, {P::S(2)}));
  this->RunTo(60);
  EXPECT_THAT(this->up, IsEmpty());
  this->HearDown(60, this->Record(RecordType::kBlock, P::kGroup, {P::S(1), P::S(2)}));
  this->RunTo(100);
  ASSERT_EQ(this->up.size(), 1U);
  EXPECT_EQ(this->up[0].at, 62);
  EXPECT_EQ(this->up[0].destination, P::kAllRouters);
  EXPECT_EQ(this->up[0].message, this->UpOldLeave(P::kGroup));
}

TEST_F(IgmpUpstreamPackets, TD_16_TD_17_TheyAreV09AndV10) {
  EXPECT_EQ(UpOldReport(P::kGroup), test::Hex(test::igmp::kV09));
  EXPECT_EQ(UpOldLeave(P::kGroup), test::Hex(test::igmp::kV10));
}

TEST_F(IgmpUpstreamPackets, TD_18_V01MakesThemV08AndThereIsNoLeave) {
  StartWith(RecordType::kToEx);
  ASSERT_TRUE(HearUp(0, FromRouter(test::igmp::kV01, P::kAllNodes)));
  HearDown(30, Record(RecordType::kToIn, P::kGroup));
  RunTo(100);
  ASSERT_EQ(up.size(), 1U);
  EXPECT_LE(up[0].at, 10);
  EXPECT_EQ(up[0].destination, P::kGroup);
  EXPECT_EQ(up[0].message, test::Hex(test::igmp::kV08));
}

TYPED_TEST(UpstreamPackets, TD_19_AnOlderGroupQueryIsAnsweredWithANewRecord) {
  using P = typename TestFixture::P;
  this->StartWith(RecordType::kToEx);
  ASSERT_TRUE(this->HearUp(0, this->OldGroupQuery()));
  EXPECT_EQ(this->host->mode(), Version::kV3);
  this->RunTo(1);
  ASSERT_EQ(this->up.size(), 1U);
  EXPECT_EQ(this->up[0].message, this->UpReport(RecordType::kIsEx, P::kGroup));
}

class MldUpstreamPackets : public UpstreamPackets<Mld> {};

TEST_F(MldUpstreamPackets, TD_21_MldV1ForTwoHundredAndSixtySecondsThenMldV2) {
  StartWith(RecordType::kToEx);
  ASSERT_TRUE(HearUp(0, OldGeneralQuery(UpstreamBed<Mld>::kRouter)));
  RunTo(20);
  ASSERT_EQ(up.size(), 1U);
  EXPECT_EQ(up[0].destination, P::kGroup);
  EXPECT_EQ(up[0].message, UpOldReport(P::kGroup));
  EXPECT_EQ(up[0].message[0], 131);
  EXPECT_EQ(up[0].message.size(), 24U);
  up.clear();
  const auto other = P::kOtherGroup;
  HearDown(30, Record(RecordType::kToEx, other));
  HearDown(60, Record(RecordType::kToIn, other));
  RunTo(100);
  ASSERT_FALSE(up.empty());
  EXPECT_EQ(up.back().at, 62);
  EXPECT_EQ(up.back().destination, test::mld::V6("ff02::2"));
  EXPECT_EQ(up.back().message, UpOldLeave(other));
  EXPECT_EQ(up.back().message[0], 132);
  up.clear();
  HearDown(150, Record(RecordType::kIsEx, P::kGroup));
  RunTo(259.999);
  EXPECT_EQ(host->mode(), Version::kV2);
  EXPECT_THAT(up, IsEmpty());
  RunTo(261);
  EXPECT_EQ(host->mode(), Version::kV3);
  ASSERT_FALSE(up.empty());
  EXPECT_EQ(up[0].at, 260);
  EXPECT_EQ(up[0].message, UpReport(RecordType::kToEx, P::kGroup));  // D-26
}

TYPED_TEST(UpstreamPackets, TD_22_AReportOfAnotherHostSavesOursInTheOlderVersionOnly) {
  using P = typename TestFixture::P;
  const auto theirs = this->OldReport(P::kGroup, UpstreamBed<TypeParam>::kOtherHost);
  this->StartWith(RecordType::kToEx);
  ASSERT_TRUE(this->HearUp(0, this->GeneralQuery()));
  ASSERT_TRUE(this->HearUp(0, theirs));
  this->RunTo(11);
  EXPECT_EQ(this->up.size(), 1U) << "v3";
  this->up.clear();
  ASSERT_TRUE(this->HearUp(20, this->OldGeneralQuery(UpstreamBed<TypeParam>::kRouter)));
  ASSERT_TRUE(this->HearUp(20, theirs));
  this->RunTo(31);
  EXPECT_THAT(this->up, IsEmpty());
}

TEST_F(IgmpUpstreamPackets, TD_36_AQueryWithoutRouterAlertIsAnsweredUnlessItIsAskedFor) {
  const auto plain = test::igmp::Wrap(
      test::igmp::kV04, {.source = UpstreamBed<Igmp>::kRouter, .destination = P::kAllNodes, .options = {}});
  StartWith(RecordType::kToEx);
  EXPECT_TRUE(HearUp(0, plain));
  RunTo(10);
  EXPECT_EQ(up.size(), 1U);
  up.clear();
  up_rules.require_router_alert_in_queries = true;
  EXPECT_FALSE(HearUp(20, plain));
  RunTo(40);
  EXPECT_THAT(up, IsEmpty());
  EXPECT_TRUE(HearUp(40, FromRouter(test::igmp::kV04, P::kAllNodes)));
  RunTo(50);
  EXPECT_EQ(up.size(), 1U);
}

// there it is no knob.
TEST_F(MldUpstreamPackets, TD_36_AQueryWithoutRouterAlertIsIgnored) {
  StartWith(RecordType::kToEx);
  EXPECT_FALSE(HearUp(
      0,
      test::mld::Wrap(test::mld::kV21,
                      {.source = P::kOwn, .destination = P::kAllNodes, .headers = {}, .next_header = 58})));
  RunTo(20);
  EXPECT_THAT(up, IsEmpty());
}

TYPED_TEST(UpstreamPackets, TD_36_AGeneralQueryToAnotherGroupIsIgnored) {
  using P = typename TestFixture::P;
  const auto elsewhere = std::is_same_v<TypeParam, Igmp> ? "224.0.0.5" : "ff02::5";
  this->StartWith(RecordType::kToEx);
  EXPECT_FALSE(this->HearUp(0, this->GeneralQuery(*TypeParam::Address::Parse(elsewhere))));
  this->RunTo(20);
  EXPECT_THAT(this->up, IsEmpty());
  EXPECT_TRUE(this->HearUp(20, this->GeneralQuery(UpstreamBed<TypeParam>::kOwn)));  // to us alone
  this->RunTo(30);
  ASSERT_EQ(this->up.size(), 1U);
  EXPECT_EQ(this->up[0].message, this->UpReport(RecordType::kIsEx, P::kGroup));
}

}  // namespace
}  // namespace bpfcast
