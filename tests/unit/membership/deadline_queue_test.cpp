#include "membership/deadline_queue.h"

#include <string>

#include "router_support.h"

namespace bpfcast {
namespace {

TEST(DeadlineQueue, EmptyIsNeverDue) {
  const DeadlineQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Next(), kNever);
}

TEST(DeadlineQueue, TheEarliestIsNext) {
  DeadlineQueue<std::string> queue;
  queue.Set("late", At(3));
  queue.Set("early", At(1));
  queue.Set("middle", At(2));
  EXPECT_EQ(queue.Next(), At(1));
  EXPECT_EQ(queue.NextKey(), "early");
}

TEST(DeadlineQueue, SettingAgainMovesTheDeadline) {
  DeadlineQueue<int> queue;
  queue.Set(1, At(1));
  queue.Set(2, At(2));
  queue.Set(1, At(3));
  EXPECT_EQ(queue.NextKey(), 2);
  queue.Set(1, At(1));
  EXPECT_EQ(queue.NextKey(), 1);
  queue.Set(1, At(1));
  EXPECT_EQ(queue.Next(), At(1));
}

TEST(DeadlineQueue, NeverRemoves) {
  DeadlineQueue<int> queue;
  queue.Set(1, At(1));
  queue.Set(2, At(2));
  queue.Set(1, kNever);
  EXPECT_EQ(queue.NextKey(), 2);
  queue.Set(7, kNever);
  queue.Set(2, kNever);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Next(), kNever);
}

TEST(DeadlineQueue, KeysWithTheSameDeadlineAreAllKept) {
  DeadlineQueue<int> queue;
  for (int key = 0; key < 3; ++key) queue.Set(key, At(1));
  for (int left = 3; left > 0; --left) {
    ASSERT_EQ(queue.Next(), At(1));
    queue.Set(queue.NextKey(), kNever);
  }
  EXPECT_TRUE(queue.empty());
}

TEST(DeadlineQueue, ClearForgetsAll) {
  DeadlineQueue<int> queue;
  queue.Set(1, At(1));
  queue.Clear();
  EXPECT_TRUE(queue.empty());
  queue.Set(1, At(1));
  EXPECT_EQ(queue.NextKey(), 1);
}

}  // namespace
}  // namespace bpfcast
