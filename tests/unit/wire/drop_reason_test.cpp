#include "wire/drop_reason.h"

#include <gtest/gtest.h>

#include <set>

#include "unit/wire/drop_packets.h"

namespace bpfcast::test {
namespace {

TEST(DropReason, EveryReasonHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const std::string_view name = ToString(static_cast<DropReason>(i));
    EXPECT_FALSE(name.empty()) << i;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(DropReason, CountersAreSeparate) {
  DropCounters counters;
  counters.Add(DropReason::kTtl);
  counters.Add(DropReason::kTtl, 4);
  counters.Add(DropReason::kPolicy);
  EXPECT_EQ(counters[DropReason::kTtl], 5u);
  EXPECT_EQ(counters[DropReason::kPolicy], 1u);
  EXPECT_EQ(counters[DropReason::kIpHeader], 0u);
}

template <class F>
class DropReasons : public testing::Test {};
using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(DropReasons, BothFamilies);

TYPED_TEST(DropReasons, EveryReasonOfTheCodecHasItsPacket) {
  std::size_t tried = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const auto reason = static_cast<DropReason>(i);
    const auto entry = DropPacketFor<TypeParam>(reason);
    if (!entry) continue;
    ++tried;
    const ParsingOf<TypeParam> parsing(entry->packet, entry->rules);
    if (parsing.result) {
      EXPECT_EQ(parsing.left_out[reason], 1u) << ToString(reason);
      EXPECT_EQ(parsing.LeftOut(), 1u) << ToString(reason);
    } else {
      EXPECT_EQ(parsing.Outcome(), ToString(reason));
      EXPECT_EQ(parsing.LeftOut(), 0u) << ToString(reason) << " is for the caller to count";
    }
  }
  EXPECT_EQ(tried, static_cast<std::size_t>(DropReason::kCount) - 3) << "SSM, LIMIT and POLICY come later";
}

}  // namespace
}  // namespace bpfcast::test
