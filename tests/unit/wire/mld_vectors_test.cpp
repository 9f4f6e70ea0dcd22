#include <gtest/gtest.h>

#include "unit/wire/packet_builder.h"
#include "wire/mld.h"

namespace bpfcast::test {
namespace {

using std::chrono::seconds;

constexpr std::string_view kV20 = "820059172710000000000000000000000000000000000000";
constexpr std::string_view kV21 = "820056962710000000000000000000000000000000000000027d0000";
constexpr std::string_view kV22 = "8200563c03e80000ff0e0000000000000000000000001234027d0000";
constexpr std::string_view kV23 = "83005b9c00000000ff0e0000000000000000000000001234";
constexpr std::string_view kV24 = "84006cda00000000ff0e0000000000000000000000001234";
constexpr std::string_view kV25 = "8f005dc10000000104000000ff0e0000000000000000000000001234";
constexpr std::string_view kV26 =
    "8f0040f90000000105000001ff3e000000000000000000000000000120010db8000000000000000000000001";
constexpr std::string_view kV27 =
    "6000000000240001fe800000000000000000000000000001ff020000000000000000000000000001"
    "3a00050200000100"
    "820056962710000000000000000000000000000000000000027d0000";
constexpr std::string_view kV28 =
    "6000000000240001fe80000000000000000000000000000aff020000000000000000000000000016"
    "3a00050200000100"
    "8f005dc10000000104000000ff0e0000000000000000000000001234";

Ipv6Address V6(std::string_view text) {
  return Ipv6Address::Parse(text).value();
}

const Ipv6Address kMldRouter = V6("fe80::1");
const Ipv6Address kMldHost = V6("fe80::a");
const Ipv6Address kMldGroup = V6("ff0e::1234");

struct Vector {
  std::string_view name;
  std::string_view hex;
  Ipv6Address source;
  Ipv6Address destination;
  Message<Mld> message;
};

std::vector<Vector> Vectors() {
  const auto report = [](Version version, RecordType type, const Ipv6Address& group,
                         std::vector<Ipv6Address> sources = {}) {
    return Report<Mld>{version, {{type, group, std::move(sources)}}};
  };
  return {
      {"V20", kV20, kMldRouter, V6("ff02::1"), Query<Mld>{Version::kV2, {}, {}, seconds(10), false, 0, {}}},
      {"V21", kV21, kMldRouter, V6("ff02::1"),
       Query<Mld>{Version::kV3, {}, {}, seconds(10), false, 2, seconds(125)}},
      {"V22", kV22, kMldRouter, kMldGroup,
       Query<Mld>{Version::kV3, kMldGroup, {}, seconds(1), false, 2, seconds(125)}},
      {"V23", kV23, kMldHost, kMldGroup, report(Version::kV2, RecordType::kIsEx, kMldGroup)},
      {"V24", kV24, kMldHost, V6("ff02::2"), report(Version::kV2, RecordType::kToIn, kMldGroup)},
      {"V25", kV25, kMldHost, V6("ff02::16"), report(Version::kV3, RecordType::kToEx, kMldGroup)},
      {"V26", kV26, kMldHost, V6("ff02::16"),
       report(Version::kV3, RecordType::kAllow, V6("ff3e::1"), {V6("2001:db8::1")})},
  };
}

Bytes WrapVector(const Vector& vector) {
  const Bytes message = Hex(vector.hex);
  Bytes packet = Hex("60000000");
  packet.push_back(0);
  packet.push_back(static_cast<std::uint8_t>(8 + message.size()));
  packet.push_back(0);
  packet.push_back(1);
  packet.insert(packet.end(), vector.source.bytes().begin(), vector.source.bytes().end());
  packet.insert(packet.end(), vector.destination.bytes().begin(), vector.destination.bytes().end());
  const Bytes options = Hex("3a00050200000100");
  packet.insert(packet.end(), options.begin(), options.end());
  packet.insert(packet.end(), message.begin(), message.end());
  return packet;
}

TEST(MldVectors, TA_09_AreParsed) {
  for (const Vector& vector : Vectors()) {
    DropCounters left_out;
    const auto parsed = Codec<Mld>::Parse(WrapVector(vector), {}, left_out);
    ASSERT_TRUE(parsed.has_value()) << vector.name << " " << ToString(parsed.error());
    EXPECT_EQ(parsed->message, vector.message) << vector.name;
    EXPECT_EQ(parsed->source, vector.source) << vector.name;
    EXPECT_EQ(parsed->destination, vector.destination) << vector.name;
  }
}

TEST(MldVectors, TA_09_AreBuiltOctetByOctet) {
  for (const Vector& vector : Vectors()) {
    const auto packet =
        std::visit([&](const auto& m) { return Codec<Mld>::Serialize(m, vector.source); }, vector.message);
    EXPECT_EQ(packet.bytes, WrapVector(vector)) << vector.name;
    EXPECT_EQ(packet.destination, vector.destination) << vector.name;
  }
}

TEST(MldVectors, TA_09_TheWholePackets) {
  const auto vectors = Vectors();
  EXPECT_EQ(WrapVector(vectors[1]), Hex(kV27));
  EXPECT_EQ(WrapVector(vectors[5]), Hex(kV28));
}

}  // namespace
}  // namespace bpfcast::test
