#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace bpfcast {
namespace {

TEST(Random, StaysAboveZeroAndReachesTheLimit) {
  Random random(1);
  std::set<Duration> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.UpTo(Duration(4)));
  EXPECT_EQ(seen, (std::set<Duration>{Duration(1), Duration(2), Duration(3), Duration(4)}));
}

TEST(Random, SpreadsOverTheWholeInterval) {
  Random random(2);
  constexpr Duration kMax = std::chrono::seconds(10);
  Duration sum{};
  for (int i = 0; i < 10000; ++i) {
    const Duration value = random.UpTo(kMax);
    ASSERT_GT(value, Duration::zero());
    ASSERT_LE(value, kMax);
    sum += value;
  }
  // The mean of 10000 has a standard deviation of 29 ms.
  EXPECT_NEAR(std::chrono::duration<double>(sum / 10000).count(), 5.0, 0.2);
}

TEST(Random, NothingToChooseFromIsReturnedAsItIs) {
  Random random(3);
  EXPECT_EQ(random.UpTo(Duration::zero()), Duration::zero());
  EXPECT_EQ(random.UpTo(Duration(-5)), Duration(-5));
}

TEST(Random, ASeedIsReplayed) {
  Random a(42);
  Random b(42);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.UpTo(Duration(1000000)), b.UpTo(Duration(1000000)));
}

}  // namespace
}  // namespace bpfcast
