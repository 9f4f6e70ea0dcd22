#include "datapath/slot_map.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(SlotMap, TakesTheLowestRunThatIsFree) {
  SlotMap map(10);
  EXPECT_EQ(map.Take(1), 0U);
  map.Reserve(2, 2);
  EXPECT_EQ(map.Take(2), 4U) << "1 alone is no run of two";
  EXPECT_EQ(map.Take(1), 1U);
  EXPECT_EQ(map.Take(4), 6U);
  EXPECT_EQ(map.taken(), 10U);
  EXPECT_EQ(map.Take(1), std::nullopt);
}

TEST(SlotMap, WhatIsFreedIsTakenAgain) {
  SlotMap map(4);
  ASSERT_EQ(map.Take(4), 0U);
  map.Free(1, 2);
  EXPECT_FALSE(map.IsTaken(1));
  EXPECT_EQ(map.Take(3), std::nullopt);
  EXPECT_EQ(map.Take(2), 1U);
}

TEST(SlotMap, ReservesWhatIsTakenAlreadyAndNothingOutside) {
  SlotMap map(4);
  ASSERT_EQ(map.Take(1), 0U);
  map.Reserve(0, 2);
  map.Reserve(3, 100);
  map.Reserve(70, 1);
  EXPECT_EQ(map.taken(), 3U);
  EXPECT_EQ(map.Take(1), 2U);
}

}  // namespace
}  // namespace bpfcast
