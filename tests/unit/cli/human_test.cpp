#include "cli/human.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace bpfcast {
namespace {

TEST(Human, BytesHaveThreeDigitsAndAPrefix) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(1000), "1.0 kB");
  EXPECT_EQ(HumanBytes(12'345'678), "12.3 MB");
  EXPECT_EQ(HumanBytes(123'456'789), "123 MB");
  EXPECT_EQ(HumanBytes(999'949'999), "1.0 GB");
  EXPECT_EQ(HumanBytes(std::numeric_limits<std::uint64_t>::max()), "18447 PB");
}

TEST(Human, CountsAreGroupedByThousands) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1000), "1 000");
  EXPECT_EQ(HumanCount(1'234'567), "1 234 567");
}

TEST(Human, SecondsBecomeTheTwoLargestUnits) {
  EXPECT_EQ(HumanSeconds(0.04), "0.0s");
  EXPECT_EQ(HumanSeconds(1.5), "1.5s");
  EXPECT_EQ(HumanSeconds(59.99), "1m 0s");
  EXPECT_EQ(HumanSeconds(125), "2m 5s");
  EXPECT_EQ(HumanSeconds(3600 + 120), "1h 2m");
  EXPECT_EQ(HumanSeconds(3 * 86400 + 4 * 3600), "3d 4h");
}

TEST(Human, ARateIsInBitsAndPackets) {
  EXPECT_EQ(HumanRate(12'340'000, 1050.2), "12.3 Mbit/s, 1 050 pkt/s");
  EXPECT_EQ(HumanRate(416, 0.5), "416 bit/s, 0.5 pkt/s");
  EXPECT_EQ(HumanRate(9'876'543'210, 1'234'567), "9.9 Gbit/s, 1 234 567 pkt/s");
}

}  // namespace
}  // namespace bpfcast
