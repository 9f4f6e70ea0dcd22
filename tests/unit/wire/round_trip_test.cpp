// Parse(Serialize(m)) == m for every message that can be put on the wire, both families.
#include <gtest/gtest.h>

#include <random>

#include "unit/wire/family_packets.h"

namespace bpfcast::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Messages whose every field can be put on the wire.
template <class F>
class Generator {
 public:
  using Address = typename F::Address;

  explicit Generator(unsigned seed) : engine_(seed) {}

  Message<F> Next() {
    const unsigned oldest = static_cast<unsigned>(F::kOldestVersion);
    const auto version = static_cast<Version>(oldest + Below(4 - oldest));
    if (Below(2) == 0) return NextQuery(version);
    return NextReport(version);
  }

 private:
  unsigned Below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(engine_); }
  Address Any(const std::vector<std::uint8_t>& first) {
    std::array<std::uint8_t, Address::kBytes> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(Below(256));
    std::copy(first.begin(), first.end(), bytes.begin());
    return Address(bytes);
  }
  Address Group() {
    if constexpr (std::is_same_v<F, Igmp>) return Any({static_cast<std::uint8_t>(225 + Below(15))});
    return Any({0xff, static_cast<std::uint8_t>(Below(16) << 4 | (3 + Below(13)))});
  }
  std::vector<Address> Sources() {
    std::vector<Address> sources(Below(3) == 0 ? Below(80) : Below(4));
    for (auto& source : sources) source = Any({static_cast<std::uint8_t>(1 + Below(126))});
    return sources;
  }
  Duration FloatTime() {
    if constexpr (std::is_same_v<F, Igmp>)
      return (Below(2) == 0 ? Below(128) : (16 + Below(16)) << (3 + Below(8))) * milliseconds(100);
    return (Below(2) == 0 ? Below(32768) : (4096 + Below(4096)) << (3 + Below(8))) * milliseconds(1);
  }
  Duration LinearTime() {
    if constexpr (std::is_same_v<F, Igmp>) return (1 + Below(255)) * milliseconds(100);
    return Below(65536) * milliseconds(1);
  }
  Query<F> NextQuery(Version version) {
    Query<F> query;
    query.version = version;
    if (version != Version::kV1 && Below(2) == 0) query.group = Group();
    if (version == Version::kV1) query.max_response_time = seconds(10);
    if (version == Version::kV2) query.max_response_time = LinearTime();
    if (version != Version::kV3) return query;
    query.max_response_time = FloatTime();
    query.query_interval = seconds(Below(2) == 0 ? Below(128) : (16 + Below(16)) << (3 + Below(8)));
    query.robustness = Below(8);
    query.suppress_router_processing = Below(2) == 0;
    if (!query.IsGeneral()) query.sources = Sources();
    return query;
  }
  Report<F> NextReport(Version version) {
    Report<F> report{version, {}};
    if (version != Version::kV3) {
      const bool leave = version == Version::kV2 && Below(2) == 0;
      report.records.push_back({leave ? RecordType::kToIn : RecordType::kIsEx, Group(), {}});
      return report;
    }
    for (unsigned n = Below(20); n > 0; --n)
      report.records.push_back({static_cast<RecordType>(1 + Below(6)), Group(), Sources()});
    return report;
  }

  std::mt19937 engine_;
};

template <class F>
class RoundTrip : public testing::Test {};
using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(RoundTrip, BothFamilies);

TYPED_TEST(RoundTrip, EveryMessageIsParsedAsItWas) {
  using P = Packets<TypeParam>;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  this->RecordProperty("seed", std::to_string(seed));
  Generator<TypeParam> generator(seed);
  for (int i = 0; i < 5000; ++i) {
    const Message<TypeParam> message = generator.Next();
    const auto packet =
        std::visit([](const auto& m) { return Codec<TypeParam>::Serialize(m, P::kHost); }, message);
    const ParsingOf<TypeParam> parsing(packet.bytes, P::Rules());
    ASSERT_EQ(parsing.Outcome(), "accepted") << "message " << i;
    ASSERT_EQ(parsing.result->message, message) << "message " << i;
    ASSERT_EQ(parsing.result->source, P::kHost);
    ASSERT_EQ(parsing.result->destination, packet.destination);
    ASSERT_EQ(parsing.LeftOut(), 0u);
  }
}

}  // namespace
}  // namespace bpfcast::test
