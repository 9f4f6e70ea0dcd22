#include "wire/drop_reason.h"

#include <gtest/gtest.h>

#include <set>

namespace bpfcast {
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

}  // namespace
}  // namespace bpfcast
