// TA-51 without the fuzzer: some thousand changed packets of its corpus, in every build.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/packet_mutator.h"
#include "fuzz/parser_target.h"

namespace bpfcast::fuzz {
namespace {

template <class F>
struct Target;
template <>
struct Target<Igmp> {
  static constexpr auto kCorpus = BPFCAST_FUZZ_CORPUS "/fuzz_igmp";
  static constexpr const PacketFormat* kFormat = &kIgmpFormat;
};
template <>
struct Target<Mld> {
  static constexpr auto kCorpus = BPFCAST_FUZZ_CORPUS "/fuzz_mld";
  static constexpr const PacketFormat* kFormat = &kMldFormat;
};

template <class F>
class ReferenceParser : public testing::Test {
 protected:
  static std::vector<Packet> Corpus() {
    std::vector<Packet> corpus;
    for (const auto& entry : std::filesystem::directory_iterator(Target<F>::kCorpus)) {
      std::ifstream file(entry.path(), std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
  }
  static std::string Hex(const Packet& input) {
    std::string text;
    for (const std::uint8_t byte : input) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ReferenceParser, BothFamilies);

TYPED_TEST(ReferenceParser, TA_51_TheAcceptSetAndTheResultsAreThose) {
  const auto corpus = this->Corpus();
  ASSERT_GE(corpus.size(), 20u);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::minstd_rand random(seed);
  std::size_t accepted = 0;
  constexpr int kInputs = 20000;
  for (int i = 0; i < kInputs; ++i) {
    Packet input = corpus[random() % corpus.size()];
    Packet packet(input.begin() + 1, input.end());
    for (unsigned n = random() % 4; n > 0; --n) ChangeMeaning(packet, *Target<TypeParam>::kFormat, random);
    for (unsigned n = random() % 3; n > 0 && !packet.empty(); --n)
      packet[random() % packet.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    if (random() % 16 != 0) Target<TypeParam>::kFormat->repair(packet);
    input.resize(1);
    input.insert(input.end(), packet.begin(), packet.end());
    const Comparison<TypeParam> comparison(input);
    ASSERT_EQ(comparison.ours, comparison.reference) << this->Hex(input);
    if (comparison.ours) ++accepted;
  }
  EXPECT_GT(accepted, kInputs / 20) << "most inputs did not get past the first checks";
  EXPECT_LT(accepted, kInputs * 19 / 20);
}

}  // namespace
}  // namespace bpfcast::fuzz
