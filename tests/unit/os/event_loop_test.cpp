#include "os/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "os/clock.h"
#include "os/unique_fd.h"

namespace bpfcast {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) == 0) {
      reader = UniqueFd(ends[0]);
      writer = UniqueFd(ends[1]);
    }
  }
  void Write() const { ASSERT_EQ(write(writer.get(), "x", 1), 1); }
  UniqueFd reader;
  UniqueFd writer;
};

TEST(EventLoop, ADeadlineRunsOnceAndNotBeforeItsTime) {
  EventLoop loop;
  Deadline deadline(loop);
  const Time time = Now() + std::chrono::milliseconds(5);
  int calls = 0;
  deadline.Set(time, [&] {
    ++calls;
    EXPECT_GE(Now(), time);
    loop.Stop();
  });
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, ANewDeadlineReplacesTheOldOne) {
  EventLoop loop;
  Deadline deadline(loop);
  bool old = false;
  deadline.Set(Now(), [&] { old = true; });
  deadline.Set(Now() + std::chrono::milliseconds(1), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_FALSE(old);
}

TEST(EventLoop, EachDeadlineRunsAtItsOwnTime) {
  EventLoop loop;
  Deadline late(loop);
  Deadline early(loop);
  std::string order;
  late.Set(Now() + std::chrono::milliseconds(4), [&] {
    order += "late";
    loop.Stop();
  });
  early.Set(Now() + std::chrono::milliseconds(2), [&] { order += "early "; });
  loop.Run();
  EXPECT_EQ(order, "early late");
}

TEST(EventLoop, ADeadlineThatEndedIsSilentThoughItsTimeHasCome) {
  EventLoop loop;
  Deadline last(loop);
  std::optional<Deadline> first(std::in_place, loop);
  std::optional<Deadline> second(std::in_place, loop);
  // Both have passed before the loop looks; whichever comes first ends the other.
  int calls = 0;
  const auto end = [&](std::optional<Deadline>& other) {
    ++calls;
    other.reset();
  };
  first->Set(Now() - std::chrono::milliseconds(1), [&] { end(second); });
  second->Set(Now() - std::chrono::milliseconds(1), [&] { end(first); });
  last.Set(Now() + std::chrono::milliseconds(2), [&] { loop.Stop(); });
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, ReadableRunsUntilTheDescriptorIsEmpty) {
  EventLoop loop;
  const Pipe pipe;
  FdWatch watch(loop, pipe.reader.get());
  int calls = 0;
  watch.OnReadable([&] {
    char octet = 0;
    ASSERT_EQ(read(pipe.reader.get(), &octet, 1), 1);
    if (++calls == 3) loop.Stop();
  });
  for (int i = 0; i < 3; ++i) pipe.Write();
  loop.Run();
  EXPECT_EQ(calls, 3);
}

TEST(EventLoop, AHandlerMayDestroyItsOwnWatch) {
  EventLoop loop;
  Deadline deadline(loop);
  const Pipe pipe;
  std::optional<FdWatch> watch(std::in_place, loop, pipe.reader.get());
  int calls = 0;
  watch->OnReadable([&] {
    ++calls;
    watch.reset();
    deadline.Set(Now() + std::chrono::milliseconds(1), [&] { loop.Stop(); });
  });
  pipe.Write();
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, ADestroyedWatchIsSilentThoughItsEventIsPending) {
  EventLoop loop;
  Deadline deadline(loop);
  const Pipe first_pipe;
  const Pipe second_pipe;
  FdWatch first(loop, first_pipe.reader.get());
  FdWatch second(loop, second_pipe.reader.get());
  // Whichever comes first ends the other.
  int calls = 0;
  first.OnReadable([&] {
    ++calls;
    second = FdWatch();
    deadline.Set(Now() + std::chrono::milliseconds(1), [&] { loop.Stop(); });
    first = FdWatch();
  });
  second.OnReadable([&] {
    ++calls;
    first = FdWatch();
    deadline.Set(Now() + std::chrono::milliseconds(1), [&] { loop.Stop(); });
    second = FdWatch();
  });
  first_pipe.Write();
  second_pipe.Write();
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, AfterWakeUpRunsOnceForABurst) {
  EventLoop loop;
  const Pipe first_pipe;
  const Pipe second_pipe;
  FdWatch first(loop, first_pipe.reader.get());
  FdWatch second(loop, second_pipe.reader.get());
  int events = 0;
  int turns = 0;
  first.Wait(FdEvent::kReadable, [&] { ++events; });
  second.Wait(FdEvent::kReadable, [&] { ++events; });
  loop.AfterWakeUp([&] {
    ++turns;
    if (events == 2) loop.Stop();
  });
  first_pipe.Write();
  second_pipe.Write();
  loop.Run();
  EXPECT_EQ(events, 2);
  EXPECT_EQ(turns, 1);
}

TEST(EventLoop, SigtermCallsTheHandlerInsteadOfEndingTheProcess) {
  EventLoop loop;
  int calls = 0;
  loop.OnStopSignal([&] {
    ++calls;
    loop.Stop();
  });
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  loop.Run();
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, SigHupReloadsAndDoesNotStop) {
  EventLoop loop;
  int reloads = 0;
  loop.OnStopSignal([&] { FAIL() << "SIGHUP stopped it"; });
  loop.OnReloadSignal([&] {
    if (++reloads == 2) return loop.Stop();
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  });
  ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  loop.Run();
  EXPECT_EQ(reloads, 2);
}

}  // namespace
}  // namespace bpfcast
