#include "cli/stream_account.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace bpfcast {
namespace {

constexpr std::uint64_t kLastNumber = std::numeric_limits<std::uint64_t>::max();

NumberAccount Of(std::initializer_list<std::uint64_t> numbers) {
  NumberAccount account;
  for (const std::uint64_t number : numbers) account.Add(number);
  return account;
}

TEST(NumberAccount, NothingIsLostBeforeTheFirst) {
  EXPECT_EQ(NumberAccount().Lost(), 0U);
  EXPECT_EQ(NumberAccount().received(), 0U);
}

TEST(NumberAccount, AWholeStreamFromAnyNumberOnLosesNothing) {
  const NumberAccount account = Of({7, 8, 9, 10});
  EXPECT_EQ(account.received(), 4U);
  EXPECT_EQ(account.Lost(), 0U);
  EXPECT_EQ(account.duplicated(), 0U);
  EXPECT_EQ(account.reordered(), 0U);
  EXPECT_EQ(account.first(), 7U);
  EXPECT_EQ(account.last(), 10U);
}

TEST(NumberAccount, AGapIsLostUntilItIsFilled) {
  NumberAccount account = Of({0, 1, 4});
  EXPECT_EQ(account.Lost(), 2U);
  account.Add(2);
  EXPECT_EQ(account.Lost(), 1U);
  EXPECT_EQ(account.reordered(), 1U);
  EXPECT_EQ(account.received(), 4U);
}

TEST(NumberAccount, ACopyIsNeitherReceivedNorReordered) {
  const NumberAccount account = Of({0, 1, 1, 2, 0, 1});
  EXPECT_EQ(account.received(), 3U);
  EXPECT_EQ(account.duplicated(), 3U);
  EXPECT_EQ(account.reordered(), 0U);
  EXPECT_EQ(account.Lost(), 0U);
}

TEST(NumberAccount, WhatOvertookTheFirstIsCountedFromThere) {
  const NumberAccount account = Of({5, 3, 6});
  EXPECT_EQ(account.first(), 3U);
  EXPECT_EQ(account.received(), 3U);
  EXPECT_EQ(account.Lost(), 1U);
  EXPECT_EQ(account.reordered(), 1U);
}

TEST(NumberAccount, CountsOnBehindTheLastNumber) {
  const NumberAccount account = Of({kLastNumber - 1, kLastNumber, 1, 0, 3, kLastNumber});
  EXPECT_EQ(account.received(), 5U);
  EXPECT_EQ(account.Lost(), 1U);  // 2
  EXPECT_EQ(account.reordered(), 1U);
  EXPECT_EQ(account.duplicated(), 1U);
}

TEST(NumberAccount, APlaceInTheWindowIsForgottenWhenItIsUsedAgain) {
  // The numbers of one window, then the same places with other numbers.
  NumberAccount account;
  for (std::uint64_t number = 0; number < 2 * NumberAccount::kWindow; ++number) account.Add(number);
  EXPECT_EQ(account.received(), 2 * NumberAccount::kWindow);
  EXPECT_EQ(account.duplicated(), 0U);
  EXPECT_EQ(account.Lost(), 0U);
  // Behind a gap of a part of the window, and of more than all of it.
  account.Add(2 * NumberAccount::kWindow + 10);
  EXPECT_EQ(account.Lost(), 10U);
  account.Add(2 * NumberAccount::kWindow + 9);
  EXPECT_EQ(account.duplicated(), 0U);
  EXPECT_EQ(account.Lost(), 9U);
  account.Add(9 * NumberAccount::kWindow);
  account.Add(9 * NumberAccount::kWindow - 1);
  EXPECT_EQ(account.duplicated(), 0U);
  EXPECT_EQ(account.reordered(), 2U);
}

TEST(NumberAccount, BeyondTheWindowACopyCannotBeToldFromALatecomer) {
  NumberAccount account = Of({1, NumberAccount::kWindow});
  account.Add(1);
  EXPECT_EQ(account.duplicated(), 1U) << "the oldest of the window";
  account.Add(NumberAccount::kWindow + 1);
  account.Add(1);
  EXPECT_EQ(account.duplicated(), 1U);
  EXPECT_EQ(account.too_late(), 1U);
  EXPECT_EQ(account.received(), 3U);
}

TEST(DelayAccount, KnowsNothingBeforeTheFirst) {
  EXPECT_FALSE(DelayAccount().Least());
  EXPECT_FALSE(DelayAccount().Most());
  EXPECT_FALSE(DelayAccount().Average());
  EXPECT_EQ(DelayAccount().Jitter(), 0);
}

TEST(DelayAccount, HasLeastAverageAndMost) {
  DelayAccount account;
  for (const std::int64_t delay : {300, 100, 200}) account.Add(delay);
  EXPECT_EQ(account.Least(), 100);
  EXPECT_EQ(account.Most(), 300);
  EXPECT_EQ(account.Average(), 200);
}

TEST(DelayAccount, JitterIsThatOfRfc3550AndKnowsNoClockDifference) {
  // J(i) = J(i-1) + (|D(i-1,i)| - J(i-1)) / 16: 1600 / 16 = 100, then 100 + (1600 - 100) / 16 = 193.75.
  for (const std::int64_t difference : {0LL, -5'000'000'000LL, 3'600'000'000'000LL}) {
    DelayAccount account;
    account.Add(difference + 1000);
    EXPECT_EQ(account.Jitter(), 0);
    account.Add(difference + 2600);
    EXPECT_EQ(account.Jitter(), 100);
    account.Add(difference + 1000);
    EXPECT_EQ(account.Jitter(), 193);
  }
}

}  // namespace
}  // namespace bpfcast
