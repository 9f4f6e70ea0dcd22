#include "routing/passage_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "routing/passage_lookup.h"

namespace bpfcast {
namespace {

/// A group address with the given octets behind 239, or ff.
template <class F>
typename F::Address Group(std::uint8_t second, std::uint8_t third = 0, std::uint8_t last = 0) {
  std::array<std::uint8_t, F::Address::kBytes> bytes{};
  bytes[0] = F::Address::kBytes == 4 ? 239 : 0xff;
  bytes[1] = second;
  bytes[2] = third;
  bytes.back() = last;
  return typename F::Address(bytes);
}

/// As PassageLists is defined.
template <class F>
Passage Defined(const PassageLists<F>& lists, const typename F::Address& group) {
  const auto contains = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& prefix) { return prefix.Contains(group); });
  };
  if (contains(lists.nowhere)) return Passage::kNowhere;
  if (contains(lists.not_upstream)) return Passage::kNotUpstream;
  if (contains(lists.anywhere)) return Passage::kAnywhere;
  return lists.otherwise;
}

template <class F>
class PassageRulesTest : public testing::Test {};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(PassageRulesTest, BothFamilies);

TYPED_TEST(PassageRulesTest, WithoutListsThereAreNoRules) {
  EXPECT_EQ(ByLongestPrefix(PassageLists<TypeParam>()), Passages<TypeParam>());
}

TYPED_TEST(PassageRulesTest, ABoundaryInsideAListedRangeAndAroundOneWins) {
  PassageLists<TypeParam> lists;
  lists.nowhere = {{Group<TypeParam>(1, 2), 24}, {Group<TypeParam>(7), 16}};
  lists.anywhere = {{Group<TypeParam>(1), 16}, {Group<TypeParam>(7, 8), 24}};
  lists.otherwise = Passage::kNotUpstream;
  const auto passages = ByLongestPrefix(lists);
  EXPECT_EQ(PassageOf(passages, Group<TypeParam>(1, 2, 3)), Passage::kNowhere);
  EXPECT_EQ(PassageOf(passages, Group<TypeParam>(1, 3, 3)), Passage::kAnywhere);
  EXPECT_EQ(PassageOf(passages, Group<TypeParam>(7, 8, 3)), Passage::kNowhere);
  EXPECT_EQ(PassageOf(passages, Group<TypeParam>(9)), Passage::kNotUpstream);
  EXPECT_EQ(passages.rules.size(), 3u) << "the listed range inside a boundary changes nothing";
}

TYPED_TEST(PassageRulesTest, WhatChangesNothingIsLeftOut) {
  PassageLists<TypeParam> lists;
  lists.anywhere = {{Group<TypeParam>(1), 16}};
  EXPECT_TRUE(ByLongestPrefix(lists).rules.empty()) << "it is as all the rest";
  lists.not_upstream = {
      {Group<TypeParam>(2), 16}, {Group<TypeParam>(2), 16}, {Group<TypeParam>(2, 9, 9), 16}};
  const auto rules = ByLongestPrefix(lists).rules;
  ASSERT_EQ(rules.size(), 1u) << "the same network three times";
  EXPECT_EQ(rules[0].groups, (Prefix<typename TypeParam::Address>{Group<TypeParam>(2), 16}));
}

TYPED_TEST(PassageRulesTest, APrefixOfLengthZeroIsEverything) {
  PassageLists<TypeParam> lists;
  lists.nowhere = {{typename TypeParam::Address(), 0}};
  lists.anywhere = {{Group<TypeParam>(1), 16}};
  EXPECT_EQ(PassageOf(ByLongestPrefix(lists), Group<TypeParam>(1)), Passage::kNowhere);
  EXPECT_EQ(PassageOf(ByLongestPrefix(lists), Group<TypeParam>(2)), Passage::kNowhere);
}

/// Prefixes and groups out of few octets, so that many lie in each other.
TYPED_TEST(PassageRulesTest, F_50_E_33_ForAnyListsTheLongestPrefixDecidesAsTheyAreDefined) {
  const std::uint32_t seed = 20262;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint8_t>(random() % n); };
  const auto any_group = [&] { return Group<TypeParam>(below(4) << 6, below(3) << 7, below(4)); };
  const unsigned lengths[] = {
      0, 4, 8, 9, 10, 16, 17, 24, TypeParam::Address::kBits - 1, TypeParam::Address::kBits};
  const auto any_prefixes = [&] {
    typename PassageLists<TypeParam>::Prefixes prefixes;
    for (unsigned n = below(5); n > 0; --n) prefixes.push_back({any_group(), lengths[below(10)]});
    return prefixes;
  };
  for (int round = 0; round < 5000; ++round) {
    const PassageLists<TypeParam> lists{any_prefixes(), any_prefixes(), any_prefixes(),
                                        below(2) == 0 ? Passage::kAnywhere : Passage::kNotUpstream};
    const auto passages = ByLongestPrefix(lists);
    for (int packet = 0; packet < 20; ++packet) {
      const auto group = any_group();
      ASSERT_EQ(PassageOf(passages, group), Defined(lists, group))
          << "round " << round << ", " << group.ToString();
    }
    for (std::size_t i = 0; i < passages.rules.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) ASSERT_NE(passages.rules[i].groups, passages.rules[k].groups);
    }
  }
}

}  // namespace
}  // namespace bpfcast
