// The line that `send` and `recv` keep up to date, on a pseudo terminal.
#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>

namespace bpfcast {
namespace {

using testing::EndsWith;
using testing::StartsWith;

/// What a process writes whose stderr is `fd`; `reader` is its other end.
std::string Written(int fd, int reader, const std::function<void()>& write) {
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(fd, STDERR_FILENO);
    write();
    _exit(0);
  }
  close(fd);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = read(reader, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(reader);
  waitpid(pid, nullptr, 0);
  return text;
}

TEST(Progress, IsOneLineThatIsWrittenSeldomAndTakenAwayAtTheEnd) {
  int terminal = -1;
  int line = -1;
  ASSERT_EQ(openpty(&terminal, &line, nullptr, nullptr, nullptr), 0);
  const std::string text = Written(line, terminal, [] {
    Progress progress;
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
      progress.Show([&] { return "packet " + std::to_string(++made); });
    }
    poll(nullptr, 0, 150);
    progress.Show([&] { return std::string("the last"); });
  });
  EXPECT_THAT(text, StartsWith("\rpacket 1\x1b[K"));
  EXPECT_THAT(text, EndsWith("\rthe last\x1b[K\r\x1b[K"));
  EXPECT_EQ(text.find("packet 1000"), std::string::npos) << "a text is made when it is shown alone";
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Progress, IsNotWrittenWhereNobodyWatches) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(Written(ends[1], ends[0],
                    [] {
                      Progress progress;
                      progress.Show([] { return std::string("packet 1"); });
                    }),
            "");
}

}  // namespace
}  // namespace bpfcast
