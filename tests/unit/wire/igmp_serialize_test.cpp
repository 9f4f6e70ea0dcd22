#include <gtest/gtest.h>

#include <random>

#include "unit/wire/packet_builder.h"

namespace bpfcast::test {
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

/// Messages whose every field can be put on the wire.
class Generator {
 public:
  explicit Generator(unsigned seed) : engine_(seed) {}

  Message<Igmp> Next() {
    const auto version = static_cast<Version>(Below(3) + 1);
    if (Below(2) == 0) return NextQuery(version);
    return NextReport(version);
  }

 private:
  unsigned Below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(engine_); }
  std::uint8_t Octet() { return static_cast<std::uint8_t>(Below(256)); }
  Ipv4Address Group() {
    return MakeIpv4(static_cast<std::uint8_t>(225 + Below(15)), Octet(), Octet(), Octet());
  }
  std::vector<Ipv4Address> Sources() {
    std::vector<Ipv4Address> sources(Below(3) == 0 ? Below(300) : Below(4));
    for (auto& source : sources)
      source = MakeIpv4(static_cast<std::uint8_t>(1 + Below(126)), Octet(), Octet(), Octet());
    return sources;
  }
  Query<Igmp> NextQuery(Version version) {
    Query<Igmp> query;
    query.version = version;
    if (version != Version::kV1 && Below(2) == 0) query.group = Group();
    if (version == Version::kV1) query.max_response_time = seconds(10);
    if (version == Version::kV2) query.max_response_time = (1 + Below(255)) * milliseconds(100);
    if (version != Version::kV3) return query;
    query.max_response_time =
        (Below(2) == 0 ? Below(128) : (16 + Below(16)) << (3 + Below(8))) * milliseconds(100);
    query.query_interval = seconds(Below(2) == 0 ? Below(128) : (16 + Below(16)) << (3 + Below(8)));
    query.robustness = Below(8);
    query.suppress_router_processing = Below(2) == 0;
    if (!query.IsGeneral()) query.sources = Sources();
    return query;
  }
  Report<Igmp> NextReport(Version version) {
    Report<Igmp> report{version, {}};
    if (version != Version::kV3) {
      const bool leave = version == Version::kV2 && Below(2) == 0;
      report.records.push_back(Record(leave ? RecordType::kToIn : RecordType::kIsEx, Group()));
      return report;
    }
    for (unsigned n = Below(20); n > 0; --n)
      report.records.push_back(Record(static_cast<RecordType>(1 + Below(6)), Group(), Sources()));
    return report;
  }

  std::mt19937 engine_;
};

TEST(IgmpSerialize, EveryMessageIsParsedAsItWas) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordProperty("seed", std::to_string(seed));
  Generator generator(seed);
  for (int i = 0; i < 5000; ++i) {
    const Message<Igmp> message = generator.Next();
    const auto packet = std::visit([](const auto& m) { return Codec<Igmp>::Serialize(m, kHost); }, message);
    const Parsing parsing(packet.bytes);
    ASSERT_EQ(parsing.Outcome(), "accepted") << "message " << i;
    ASSERT_EQ(parsing.result->message, message) << "message " << i;
    ASSERT_EQ(parsing.result->source, kHost);
    ASSERT_EQ(parsing.result->destination, packet.destination);
    ASSERT_EQ(parsing.LeftOut(), 0u);
  }
}

}  // namespace
}  // namespace bpfcast::test
