#include <gtest/gtest.h>

#include "unit/wire/igmp_packets.h"

namespace bpfcast::test::igmp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class M>
Bytes Payload(const M& message) {
  const auto packet = Codec<Igmp>::Serialize(message, kOwn).bytes;
  return Bytes(packet.begin() + 24, packet.end());
}

Query<Igmp> QueryOf(Version version, const Ipv4Address& group, Duration time) {
  return {version, group, {}, time, false, 2, seconds(125)};
}

TEST(IgmpSerialize, TA_06_QueriesMatchTheVectors) {
  EXPECT_EQ(Payload(QueryOf(Version::kV1, {}, seconds(10))), Hex(kV01));
  EXPECT_EQ(Payload(QueryOf(Version::kV2, {}, seconds(10))), Hex(kV02));
  EXPECT_EQ(Payload(QueryOf(Version::kV2, kGroup, seconds(1))), Hex(kV03));
  EXPECT_EQ(Payload(QueryOf(Version::kV3, {}, seconds(10))), Hex(kV04));
  auto query = QueryOf(Version::kV3, kGroup, seconds(1));
  EXPECT_EQ(Payload(query), Hex(kV05));
  query.suppress_router_processing = true;
  EXPECT_EQ(Payload(query), Hex(kV06));
  query = QueryOf(Version::kV3, kSsmGroup, seconds(1));
  query.sources = {MakeIpv4(10, 0, 0, 1), MakeIpv4(10, 0, 0, 2)};
  EXPECT_EQ(Payload(query), Hex(kV07));
}

TEST(IgmpSerialize, TA_07_ReportsMatchTheVectors) {
  const Ipv4Address s1 = MakeIpv4(10, 0, 0, 1);
  const Ipv4Address s2 = MakeIpv4(10, 0, 0, 2);
  const auto report = [](Version version, std::vector<GroupRecord<Igmp>> records) {
    return Payload(Report<Igmp>{version, std::move(records)});
  };
  EXPECT_EQ(report(Version::kV1, {Record(RecordType::kIsEx, kGroup)}), Hex(kV08));
  EXPECT_EQ(report(Version::kV2, {Record(RecordType::kIsEx, kGroup)}), Hex(kV09));
  EXPECT_EQ(report(Version::kV2, {Record(RecordType::kToIn, kGroup)}), Hex(kV10));
  EXPECT_EQ(report(Version::kV3, {Record(RecordType::kToEx, kGroup)}), Hex(kV11));
  EXPECT_EQ(report(Version::kV3, {Record(RecordType::kToIn, kGroup)}), Hex(kV12));
  EXPECT_EQ(report(Version::kV3, {Record(RecordType::kAllow, kSsmGroup, {s1})}), Hex(kV13));
  EXPECT_EQ(report(Version::kV3, {Record(RecordType::kBlock, kSsmGroup, {s1})}), Hex(kV14));
  EXPECT_EQ(report(Version::kV3,
                   {Record(RecordType::kIsIn, kSsmGroup, {s1, s2}), Record(RecordType::kIsEx, kGroup)}),
            Hex(kV15));
}

TEST(IgmpSerialize, TA_08_WholePacketsMatchTheVectors) {
  const auto general = Codec<Igmp>::Serialize(QueryOf(Version::kV3, {}, seconds(10)), kOwn);
  EXPECT_EQ(general.bytes, Hex(kV16));
  EXPECT_EQ(general.destination, kAllHosts);
  const auto report =
      Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {Record(RecordType::kToEx, kGroup)}}, kHost);
  EXPECT_EQ(report.bytes, Hex(kV17));
  EXPECT_EQ(report.destination, kReports);
  const auto leave =
      Codec<Igmp>::Serialize(Report<Igmp>{Version::kV2, {Record(RecordType::kToIn, kGroup)}}, kHost);
  EXPECT_EQ(leave.bytes, Hex(kV18));
  EXPECT_EQ(leave.destination, kAllRouters);
}

TEST(IgmpSerialize, B_24_RobustnessAboveSevenIsZeroOnTheWire) {
  auto query = QueryOf(Version::kV3, {}, seconds(10));
  query.robustness = 7;
  EXPECT_EQ(Payload(query)[8], 7);
  query.robustness = 8;
  EXPECT_EQ(Payload(query)[8], 0);
}

TEST(IgmpSerialize, A_63_V2CodesStayBetweenOneAnd255) {
  EXPECT_EQ(Payload(QueryOf(Version::kV2, {}, milliseconds(10)))[1], 1);
  EXPECT_EQ(Payload(QueryOf(Version::kV2, {}, milliseconds(20050)))[1], 200);
  EXPECT_EQ(Payload(QueryOf(Version::kV2, {}, seconds(60)))[1], 255);
}

TEST(IgmpSerialize, A_62_EffectiveTimesAreThoseOfTheWire) {
  using C = Codec<Igmp>;
  EXPECT_EQ(C::EffectiveMaxResponseTime(seconds(15), Version::kV3), milliseconds(14400));
  EXPECT_EQ(C::EffectiveMaxResponseTime(seconds(15), Version::kV2), seconds(15));
  EXPECT_EQ(C::EffectiveMaxResponseTime(seconds(15), Version::kV1), seconds(10));
  EXPECT_EQ(C::EffectiveQueryInterval(seconds(300)), seconds(288));
  EXPECT_EQ(C::LongestMaxResponseTime(Version::kV1), seconds(10));
  EXPECT_EQ(C::LongestMaxResponseTime(Version::kV2), milliseconds(25500));
  EXPECT_EQ(C::LongestMaxResponseTime(Version::kV3), milliseconds(3174400));
}

}  // namespace
}  // namespace bpfcast::test::igmp
