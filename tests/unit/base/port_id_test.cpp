#include "base/port_id.h"

#include <gtest/gtest.h>

#include <vector>

namespace bpfcast {
namespace {

constexpr PortId kFirst{0};
constexpr PortId kMiddle{64};
constexpr PortId kLast{kMaxPorts - 1};

TEST(PortSet, HoldsWhatWasAddedAndNotRemoved) {
  PortSet set{kLast, kFirst};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Contains(kFirst));
  EXPECT_FALSE(set.Contains(kMiddle));
  set.Add(kFirst);
  EXPECT_EQ(set.size(), 2u);
  set.Remove(kFirst);
  set.Remove(kMiddle);
  EXPECT_EQ(set, PortSet{kLast});
  set.Remove(kLast);
  EXPECT_TRUE(set.empty());
}

TEST(PortSet, IsVisitedInRisingOrder) {
  std::vector<PortId> seen;
  PortSet{kLast, kMiddle, kFirst}.ForEach([&](PortId port) { seen.push_back(port); });
  EXPECT_EQ(seen, (std::vector<PortId>{kFirst, kMiddle, kLast}));
}

TEST(PortSet, IncludesItsSubsets) {
  const PortSet set{kFirst, kLast};
  EXPECT_TRUE(set.Includes({}));
  EXPECT_TRUE(set.Includes({kLast}));
  EXPECT_TRUE(set.Includes(set));
  EXPECT_FALSE(set.Includes({kFirst, kMiddle}));
}

TEST(PortSet, EqualSetsHashAlike) {
  PortSet grown{kMiddle, kLast};
  grown.Remove(kMiddle);
  EXPECT_EQ(grown.Hash(), PortSet{kLast}.Hash());
}

}  // namespace
}  // namespace bpfcast
