#include "membership/deadline_queue.h"

#include <map>
#include <random>
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

// Against a plain table: keys come and go, and move to and fro, far more often than there are keys.
TEST(DeadlineQueue, AfterRandomMovesTheEarliestIsNextAndTheLowestKeyOfThose) {
  std::mt19937_64 random(5);
  DeadlineQueue<int> queue;
  std::map<int, Time> table;
  for (int step = 0; step < 100000; ++step) {
    const int key = static_cast<int>(random() % 20);
    if (random() % 5 == 0) {
      queue.Set(key, kNever);
      table.erase(key);
    } else {
      const Time deadline = At(static_cast<double>(random() % 8));
      queue.Set(key, deadline);
      table[key] = deadline;
    }
    ASSERT_EQ(queue.empty(), table.empty());
    std::pair<Time, int> next{kNever, 0};
    for (const auto& [other, deadline] : table) next = std::min(next, std::pair(deadline, other));
    ASSERT_EQ(queue.Next(), next.first) << "step " << step;
    if (!table.empty()) {
      ASSERT_EQ(queue.NextKey(), next.second) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace bpfcast
