#include "agent/recent_count.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEpisode = 10s;
constexpr Time At(Duration since_start) {
  return Time(since_start);
}

TEST(RecentCount, TellsHowManyThereWereAndWhenTheLastOneWas) {
  RecentCount count;
  count.See(0, At(1s), kEpisode);
  EXPECT_EQ(count.At(At(1s), kEpisode).count, 0U);
  count.See(3, At(2s), kEpisode);
  count.See(4, At(8s), kEpisode);
  count.See(4, At(9s), kEpisode);
  EXPECT_EQ(count.At(At(11s), kEpisode).count, 4U);
  EXPECT_EQ(count.At(At(11s), kEpisode).ago_s, 3U);
}

TEST(RecentCount, IsOverWhenNothingWasCountedForAnEpisode) {
  RecentCount count;
  count.See(3, At(2s), kEpisode);
  EXPECT_EQ(count.At(At(12s), kEpisode).count, 3U);
  EXPECT_EQ(count.At(At(13s), kEpisode).count, 0U);
  count.See(5, At(20s), kEpisode);
  EXPECT_EQ(count.At(At(20s), kEpisode).count, 2U) << "of the second episode alone";
}

TEST(RecentCount, ForgetsWhatWasCountedUntilNow) {
  RecentCount count;
  count.See(3, At(2s), kEpisode);
  count.Forget();
  EXPECT_EQ(count.At(At(3s), kEpisode).count, 0U);
  count.See(3, At(3s), kEpisode);
  EXPECT_EQ(count.At(At(3s), kEpisode).count, 0U);
  count.See(4, At(4s), kEpisode);
  EXPECT_EQ(count.At(At(4s), kEpisode).count, 1U);
}

TEST(RecentCount, ACounterThatBeginsAnewCountsFromZero) {
  RecentCount count;
  count.See(100, At(2s), kEpisode);
  count.See(2, At(3s), kEpisode);
  EXPECT_EQ(count.At(At(3s), kEpisode).count, 2U);
}

}  // namespace
}  // namespace bpfcast
