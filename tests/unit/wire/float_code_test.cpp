#include "wire/float_code.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(FloatCode, TA_36_EveryEightBitCodeFollowsTheFormulaAndSurvivesTheRoundTrip) {
  for (unsigned c = 0; c < 256; ++c) {
    const unsigned expected = c < 128 ? c : ((c & 15) + 16) << (((c >> 4) & 7) + 3);
    ASSERT_EQ(DecodeFloat8(static_cast<std::uint8_t>(c)), expected) << c;
    ASSERT_EQ(EncodeFloat8(expected), c);
    if (c > 0) {
      ASSERT_GT(expected, DecodeFloat8(static_cast<std::uint8_t>(c - 1)));
    }
  }
}

TEST(FloatCode, TA_37_EverySixteenBitCodeFollowsTheFormulaAndSurvivesTheRoundTrip) {
  for (unsigned c = 0; c < 65536; ++c) {
    const unsigned expected = c < 32768 ? c : ((c & 0xfff) + 0x1000) << (((c >> 12) & 7) + 3);
    ASSERT_EQ(DecodeFloat16(static_cast<std::uint16_t>(c)), expected) << c;
    ASSERT_EQ(EncodeFloat16(expected), c);
    if (c > 0) {
      ASSERT_GT(expected, DecodeFloat16(static_cast<std::uint16_t>(c - 1)));
    }
  }
}

TEST(FloatCode, TA_38_EncodingTakesTheExactOrTheNextLowerValueAndSaturates) {
  for (unsigned v = 0; v < 31744; ++v) {
    const std::uint8_t code = EncodeFloat8(v);
    ASSERT_LE(DecodeFloat8(code), v);
    ASSERT_LT(code, 0xff) << v;
    ASSERT_GT(DecodeFloat8(static_cast<std::uint8_t>(code + 1)), v);
  }
  for (const std::uint64_t v :
       {std::uint64_t{31744}, std::uint64_t{31745}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    EXPECT_EQ(EncodeFloat8(v), 0xff);
  }
  EXPECT_EQ(EncodeFloat16(8387584), 0xffff);
  EXPECT_EQ(EncodeFloat16(~std::uint64_t{0}), 0xffff);
}

TEST(FloatCode, TA_38_TheWorkedExamplesHold) {
  struct Example {
    unsigned value;
    unsigned code;
    unsigned decoded;
  };
  for (const auto& [value, code, decoded] : {Example{127, 0x7f, 127},
                                             {128, 0x80, 128},
                                             {135, 0x80, 128},
                                             {136, 0x81, 136},
                                             {150, 0x82, 144},
                                             {247, 0x8e, 240},
                                             {255, 0x8f, 248},
                                             {260, 0x90, 256},
                                             {300, 0x92, 288},
                                             {600, 0xa2, 576},
                                             {1000, 0xaf, 992},
                                             {1024, 0xb0, 1024},
                                             {3600, 0xcc, 3584},
                                             {10000, 0xe3, 9728},
                                             {30720, 0xfe, 30720}}) {
    EXPECT_EQ(EncodeFloat8(value), code) << value;
    EXPECT_EQ(DecodeFloat8(static_cast<std::uint8_t>(code)), decoded);
  }
  for (const auto& [value, code, decoded] : {Example{1000, 0x03e8, 1000},
                                             {10000, 0x2710, 10000},
                                             {32767, 0x7fff, 32767},
                                             {32775, 0x8000, 32768},
                                             {32776, 0x8001, 32776},
                                             {40000, 0x8388, 40000},
                                             {60000, 0x8d4c, 60000},
                                             {65528, 0x8fff, 65528},
                                             {65536, 0x9000, 65536},
                                             {100000, 0x986a, 100000},
                                             {600000, 0xc24f, 599936}}) {
    EXPECT_EQ(EncodeFloat16(value), code) << value;
    EXPECT_EQ(DecodeFloat16(static_cast<std::uint16_t>(code)), decoded);
  }
}

}  // namespace
}  // namespace bpfcast
