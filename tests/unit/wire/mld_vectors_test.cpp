// TA-09: the vectors of conformance A.7, both ways, and the sizes and codes around them.
#include <gtest/gtest.h>

#include "unit/wire/mld_packets.h"

namespace bpfcast::test::mld {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Vector {
  std::string_view name;
  Bytes packet;
  Ipv6Address source;
  Ipv6Address destination;
  Message<Mld> message;
};

Vector QueryVector(std::string_view name, std::string_view hex, const Ipv6Address& to, Query<Mld> query) {
  return {name, Wrap(hex, {.source = kOwn, .destination = to}), kOwn, to, std::move(query)};
}

Vector ReportVector(std::string_view name, std::string_view hex, const Ipv6Address& to, Version version,
                    GroupRecord<Mld> record) {
  return {name, Wrap(hex, To(to)), kHost, to, Report<Mld>{version, {std::move(record)}}};
}

std::vector<Vector> Vectors() {
  return {
      QueryVector("V20", kV20, kAllNodes, {Version::kV2, {}, {}, seconds(10), false, 0, {}}),
      QueryVector("V21", kV21, kAllNodes, {Version::kV3, {}, {}, seconds(10), false, 2, seconds(125)}),
      QueryVector("V22", kV22, kGroup, {Version::kV3, kGroup, {}, seconds(1), false, 2, seconds(125)}),
      ReportVector("V23", kV23, kGroup, Version::kV2, {RecordType::kIsEx, kGroup, {}}),
      ReportVector("V24", kV24, kAllRouters, Version::kV2, {RecordType::kToIn, kGroup, {}}),
      ReportVector("V25", kV25, kReports, Version::kV3, {RecordType::kToEx, kGroup, {}}),
      ReportVector("V26", kV26, kReports, Version::kV3, {RecordType::kAllow, kSsmGroup, {V6("2001:db8::1")}}),
  };
}

TEST(MldVectors, TA_09_AreParsed) {
  for (const Vector& vector : Vectors()) {
    const Parsing parsing(vector.packet, {});
    ASSERT_EQ(parsing.Outcome(), "accepted") << vector.name;
    EXPECT_EQ(parsing.result->message, vector.message) << vector.name;
    EXPECT_EQ(parsing.result->source, vector.source) << vector.name;
    EXPECT_EQ(parsing.result->destination, vector.destination) << vector.name;
  }
}

TEST(MldVectors, TA_09_AreBuiltOctetByOctet) {
  for (const Vector& vector : Vectors()) {
    const auto packet =
        std::visit([&](const auto& m) { return Codec<Mld>::Serialize(m, vector.source); }, vector.message);
    EXPECT_EQ(packet.bytes, vector.packet) << vector.name;
    EXPECT_EQ(packet.destination, vector.destination) << vector.name;
  }
}

TEST(MldVectors, TA_09_WholePackets) {
  EXPECT_EQ(Codec<Mld>::Serialize(Query<Mld>{Version::kV3, {}, {}, seconds(10), false, 2, seconds(125)}, kOwn)
                .bytes,
            Hex(kV27));
  EXPECT_EQ(Codec<Mld>::Serialize(Report<Mld>{Version::kV3, {{RecordType::kToEx, kGroup, {}}}}, kHost).bytes,
            Hex(kV28));
}

TEST(MldVectors, A_04_AReportLeavesFromTheUnspecifiedAddressWhileNoOtherIsValid) {
  const auto packet =
      Codec<Mld>::Serialize(Report<Mld>{Version::kV3, {{RecordType::kToEx, kGroup, {}}}}, Ipv6Address());
  EXPECT_EQ(packet.bytes, WrapSummed(kV25, From(Ipv6Address())));
  EXPECT_EQ(Outcome(packet.bytes), "SRC") << "routers have to drop it (A-09)";
}

std::uint16_t CodeOf(Duration time, Version version) {
  const auto packet = Codec<Mld>::Serialize(Query<Mld>{version, {}, {}, time, false, 2, seconds(125)}, kOwn);
  return static_cast<std::uint16_t>(packet.bytes[52] << 8 | packet.bytes[53]);
}

TEST(MldVectors, A_63_Mldv1CodesAreLinearAndSaturate) {
  EXPECT_EQ(CodeOf(seconds(40), Version::kV2), 40000);
  EXPECT_EQ(CodeOf(seconds(66), Version::kV2), 65535);
}

TEST(MldVectors, A_61_Mldv2CodesFloat) {
  EXPECT_EQ(CodeOf(milliseconds(32775), Version::kV3), 0x8000);
  EXPECT_EQ(CodeOf(seconds(40), Version::kV3), 0x8388);
  EXPECT_EQ(CodeOf(seconds(9000), Version::kV3), 0xffff);
  EXPECT_EQ(CodeOf(milliseconds(1), Version::kV3), 1);
}

TEST(MldVectors, A_62_EffectiveTimesAreThoseOfTheWire) {
  using C = Codec<Mld>;
  EXPECT_EQ(C::EffectiveMaxResponseTime(milliseconds(32775), Version::kV3), milliseconds(32768));
  EXPECT_EQ(C::EffectiveMaxResponseTime(seconds(600), Version::kV3), milliseconds(599936));
  EXPECT_EQ(C::EffectiveMaxResponseTime(milliseconds(32775), Version::kV2), milliseconds(32775));
  EXPECT_EQ(C::EffectiveQueryInterval(seconds(300)), seconds(288));
  EXPECT_EQ(C::LongestMaxResponseTime(Version::kV2), milliseconds(65535));
  EXPECT_EQ(C::LongestMaxResponseTime(Version::kV3), milliseconds(8387584));
}

}  // namespace
}  // namespace bpfcast::test::mld
