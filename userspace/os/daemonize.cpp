#include "os/daemonize.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "os/os_error.h"

namespace bpfcast {
namespace {

/// Until the child serves or has ended.
[[noreturn]] void WaitAndExit(int child_serves, pid_t child) {
  char octet = 0;
  ssize_t got = 0;
  do {
    got = read(child_serves, &octet, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) _exit(0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

Result<Background> Background::Enter() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) < 0) return FailWithErrno("make a pipe", errno);
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = fork();
  if (child < 0) return FailWithErrno("go to the background", errno);
  if (child > 0) {
    writing = UniqueFd();
    WaitAndExit(reading.get(), child);
  }
  return Background(std::move(writing));
}

Result<void> Background::Serving() {
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return FailWithErrno("open /dev/null", errno);
  setsid();  // fails only for the leader of a group, which a forked child is not
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), stream);
  const char octet = 0;
  // A parent that was killed meanwhile does not matter.
  static_cast<void>(!write(parent_.get(), &octet, 1));
  parent_ = UniqueFd();
  return {};
}

}  // namespace bpfcast
