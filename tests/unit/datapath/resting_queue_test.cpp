#include "datapath/resting_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace bpfcast {
namespace {

using std::chrono::milliseconds;

std::vector<int> WokenAt(RestingQueue<int>& queue, int ms) {
  std::vector<int> woken;
  queue.Tick(Time{} + milliseconds(ms), [&](int item) { woken.push_back(item); });
  return woken;
}

TEST(RestingQueue, AnItemRestsOneSecondFromTheFirstTickThatSawIt) {
  RestingQueue<int> queue;
  queue.Add(1);
  EXPECT_TRUE(WokenAt(queue, 5000).empty());  // it may have been added just now
  EXPECT_TRUE(WokenAt(queue, 5999).empty());
  EXPECT_EQ(WokenAt(queue, 6000), std::vector<int>{1});
  EXPECT_TRUE(WokenAt(queue, 9000).empty());
}

TEST(RestingQueue, ItemsWakeInTheirOrderEachInItsTime) {
  RestingQueue<int> queue;
  queue.Add(1);
  queue.Add(2);
  WokenAt(queue, 0);
  queue.Add(3);
  WokenAt(queue, 500);
  EXPECT_EQ(WokenAt(queue, 1200), (std::vector<int>{1, 2}));
  EXPECT_EQ(WokenAt(queue, 1500), std::vector<int>{3});
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace bpfcast
