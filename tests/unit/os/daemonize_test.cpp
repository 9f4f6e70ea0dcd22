#include "os/daemonize.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

namespace bpfcast {
namespace {

/// How the process that goes to the background ends for its starter: what `child` does runs behind the fork.
int StatusOf(const std::function<void(Background&)>& child) {
  const pid_t starter = fork();
  if (starter == 0) {
    auto background = Background::Enter();
    if (!background) _exit(99);
    child(*background);
    _exit(98);
  }
  int status = 0;
  EXPECT_EQ(waitpid(starter, &status, 0), starter);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Background, TheStarterGetsTheExitCodeOfAChildThatCannotStart) {
  EXPECT_EQ(StatusOf([](Background&) { _exit(42); }), 42);
}

TEST(Background, TheStarterLearnsOfAChildThatWasKilled) {
  EXPECT_EQ(StatusOf([](Background&) { raise(SIGKILL); }), 128 + SIGKILL);
}

TEST(Background, TheStarterEndsWithZeroWhileTheChildServesInASessionOfItsOwn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const int status = StatusOf([&](Background& background) {
    const bool serving = background.Serving().has_value();
    const std::array<pid_t, 2> said = {serving ? getpid() : 0, getsid(0)};
    if (write(ends[1], said.data(), sizeof said) != sizeof said) _exit(97);
    pause();
  });
  EXPECT_EQ(status, 0);
  std::array<pid_t, 2> said{};
  ASSERT_EQ(read(ends[0], said.data(), sizeof said), static_cast<ssize_t>(sizeof said));
  ASSERT_GT(said[0], 0);
  EXPECT_EQ(kill(said[0], SIGKILL), 0) << "the child does not live any more";
  EXPECT_EQ(said[1], said[0]);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace bpfcast
