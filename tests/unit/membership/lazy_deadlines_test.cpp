#include "membership/lazy_deadlines.h"

#include <algorithm>
#include <map>
#include <random>

#include "router_support.h"

namespace bpfcast {
namespace {

TEST(LazyDeadlinesTest, EmptyIsNeverDue) {
  LazyDeadlines<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Next(), kNever);
  Time place = kNever;
  queue.Set(1, kNever, place);
  EXPECT_TRUE(queue.empty());
}

TEST(LazyDeadlinesTest, ADeadlineThatMovesAwayLeavesThePlace) {
  LazyDeadlines<int> queue;
  Time place = kNever;
  queue.Set(1, At(10), place);
  queue.Set(1, At(20), place);
  EXPECT_EQ(place, At(10));
  EXPECT_EQ(queue.Next(), At(10));
  queue.Postpone(At(20), place);
  EXPECT_EQ(place, At(20));
  EXPECT_EQ(queue.Next(), At(20));
  EXPECT_EQ(queue.NextKey(), 1);
}

TEST(LazyDeadlinesTest, AnEarlierDeadlineMovesThePlace) {
  LazyDeadlines<int> queue;
  Time first = kNever, second = kNever;
  queue.Set(1, At(10), first);
  queue.Set(2, At(20), second);
  queue.Set(2, At(5), second);
  EXPECT_EQ(queue.Next(), At(5));
  EXPECT_EQ(queue.NextKey(), 2);
}

TEST(LazyDeadlinesTest, NeverRemoves) {
  LazyDeadlines<int> queue;
  Time first = kNever, second = kNever;
  queue.Set(1, At(10), first);
  queue.Set(2, At(10), second);
  queue.Set(1, kNever, first);
  EXPECT_EQ(first, kNever);
  EXPECT_EQ(queue.NextKey(), 2);
  queue.Set(2, kNever, second);
  EXPECT_TRUE(queue.empty());
}

// Whatever the owner does, each key is found when its deadline comes and not later.
TEST(LazyDeadlinesTest, NoDeadlineIsMissed) {
  struct Timer {
    Time deadline = kNever;
    Time place = kNever;
  };
  std::mt19937 random(7);
  std::map<int, Timer> timers;
  LazyDeadlines<int> queue;
  Time now = At(0);
  unsigned fired = 0;
  for (int step = 0; step < 100000; ++step) {
    now += Duration(random() % 100);
    while (queue.Next() <= now) {
      Timer& timer = timers.at(queue.NextKey());
      ASSERT_EQ(timer.place, queue.Next());
      if (timer.deadline > now) {
        queue.Postpone(timer.deadline, timer.place);
        continue;
      }
      ++fired;
      timer.deadline = kNever;
      queue.Set(queue.NextKey(), kNever, timer.place);
    }
    for (const auto& [key, timer] : timers) ASSERT_GT(timer.deadline, now);
    const int key = static_cast<int>(random() % 20);
    Timer& timer = timers[key];
    timer.deadline = random() % 10 == 0 ? kNever : now + Duration(1 + random() % 3000);
    queue.Set(key, timer.deadline, timer.place);
  }
  EXPECT_GT(fired, 1000U);
}

}  // namespace
}  // namespace bpfcast
