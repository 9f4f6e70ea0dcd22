// The command line on a terminal: a pseudo terminal, and an agent that answers always the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "answers.h"
#include "cli/command_line.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";

Json AnswerTo(const std::string& method) {
  if (method == "flows") return Json::array({FlowAnswer()});
  Json status = StatusAnswer();
  status["downstreams"][1]["state"] = "waiting";
  status["downstreams"][1]["reason"] = "no such interface";
  return status;
}

/// `bpfcast WORDS...` in a process of its own on a terminal of 100 by 12.
class OnTerminal {
 public:
  explicit OnTerminal(std::vector<const char*> words, const char* no_color = "") {
    words.insert(words.begin(), "bpfcast");
    winsize size{};
    size.ws_row = 12;
    size.ws_col = 100;
    int line = -1;
    if (openpty(&terminal_, &line, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal");
    tcgetattr(terminal_, &before_);
    pid_ = fork();
    if (pid_ == 0) {
      login_tty(line);
      setenv("TERM", "xterm", 1);
      setenv("NO_COLOR", no_color, 1);
      const auto call = [](const std::string&, const std::string& method, const CallParams&) {
        return CallResult(AnswerTo(method));
      };
      const auto call_for_text = [](const std::string&, const std::string& method,
                                    const CallParams&) -> CallText {
        return std::vector<std::string>{AnswerTo(method).dump()};
      };
      _exit(RunCommandLine(static_cast<int>(words.size()), words.data(), call, call_for_text,
                           [] { return std::vector<std::string>(); }));
    }
    close(line);
  }
  ~OnTerminal() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(terminal_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  /// Reads until `text` was written, since the last call.
  bool Shows(const std::string& text) {
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (seen_.find(text) == std::string::npos) {
      if (Clock::now() > deadline || !ReadMore()) return false;
    }
    seen_.erase(0, seen_.find(text) + text.size());
    return true;
  }
  /// Everything until it ends.
  std::string Rest() {
    while (ReadMore()) {
    }
    return seen_;
  }
  void Type(const char* key) const { EXPECT_EQ(write(terminal_, key, 1), 1); }
  void Resize(unsigned short rows, unsigned short columns) const {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    EXPECT_EQ(ioctl(terminal_, TIOCSWINSZ, &size), 0);
  }
  void Signal(int signal) const { kill(pid_, signal); }
  bool IsRaw() const {
    termios now{};
    tcgetattr(terminal_, &now);
    return (now.c_lflag & (ICANON | ECHO)) == 0;
  }
  bool IsAsBefore() const {
    termios now{};
    tcgetattr(terminal_, &now);
    return now.c_lflag == before_.c_lflag && now.c_cc[VMIN] == before_.c_cc[VMIN];
  }
  /// Waits until it is stopped; false when it ends instead, or goes on.
  bool Stops() {
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    int status = 0;
    pid_t changed = 0;
    while ((changed = waitpid(pid_, &status, WUNTRACED | WNOHANG)) == 0 && Clock::now() < deadline) {
      poll(nullptr, 0, 10);
    }
    if (changed == pid_ && WIFSTOPPED(status)) return true;
    if (changed == pid_) pid_ = -1;
    return false;
  }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  bool ReadMore() {
    std::array<char, 4096> buffer{};
    pollfd waiting{terminal_, POLLIN, 0};
    if (poll(&waiting, 1, 20000) <= 0) return false;
    const ssize_t got = read(terminal_, buffer.data(), buffer.size());
    if (got <= 0) return false;  // EIO: nobody has the terminal any more
    seen_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

  int terminal_ = -1;
  pid_t pid_ = -1;
  termios before_{};
  std::string seen_;
};

TEST(Terminal, TopDrawsSortsFollowsTheSizeAndLeavesEverythingAsItWas) {
  OnTerminal top({"top"});
  ASSERT_TRUE(top.Shows(kEnter));
  ASSERT_TRUE(top.Shows("by bit/s"));
  ASSERT_TRUE(top.Shows("239.1.2.3"));
  EXPECT_TRUE(top.IsRaw());
  top.Type("p");
  EXPECT_TRUE(top.Shows("by packets/s"));
  top.Type("d");
  EXPECT_TRUE(top.Shows("by drops/s"));
  top.Type("b");
  EXPECT_TRUE(top.Shows("by bit/s"));
  EXPECT_TRUE(top.Shows("p: packets"));
  top.Resize(12, 9);
  EXPECT_TRUE(top.Shows("\nby bit/s \x1b[K"));  // nine columns
  top.Type("q");
  EXPECT_THAT(top.Rest(), HasSubstr(kLeave));
  EXPECT_EQ(top.Wait(), 0);
}

TEST(Terminal, TopGivesTheTerminalBackOnASignal) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    OnTerminal top({"top"});
    ASSERT_TRUE(top.Shows("239.1.2.3"));
    ASSERT_TRUE(top.IsRaw());
    top.Signal(signal);
    EXPECT_TRUE(top.Shows(kLeave)) << signal;
    EXPECT_EQ(top.Wait(), 0);
    EXPECT_TRUE(top.IsAsBefore()) << signal;
  }
}

TEST(Terminal, TopGivesTheTerminalBackWhileItIsStoppedAndDrawsAgainAfterwards) {
  OnTerminal top({"top"});
  ASSERT_TRUE(top.Shows("239.1.2.3"));
  top.Type("p");
  ASSERT_TRUE(top.Shows("by packets/s"));
  top.Type("\x1a");  // Ctrl-Z
  ASSERT_TRUE(top.Shows(kLeave));
  ASSERT_TRUE(top.Stops());
  EXPECT_TRUE(top.IsAsBefore());
  top.Signal(SIGCONT);
  EXPECT_TRUE(top.Shows(kEnter));
  EXPECT_TRUE(top.Shows("by packets/s")) << "as it was sorted before";
  EXPECT_TRUE(top.Shows("239.1.2.3"));
  EXPECT_TRUE(top.IsRaw());
  top.Type("q");
  EXPECT_TRUE(top.Shows(kLeave));
  EXPECT_EQ(top.Wait(), 0);
  EXPECT_TRUE(top.IsAsBefore());
}

TEST(Terminal, StatesHaveColoursUnlessTheUserWantsNone) {
  OnTerminal coloured({"status"});
  const std::string text = coloured.Rest();
  EXPECT_THAT(text, HasSubstr("  \x1b[32mup\x1b[0m  "));
  EXPECT_THAT(text, HasSubstr("  \x1b[33mwaiting (no such interface)\x1b[0m  "));
  EXPECT_THAT(text, HasSubstr("\x1b[33mworth a look:\x1b[0m"));
  EXPECT_EQ(coloured.Wait(), 0);
  OnTerminal plain({"status"}, "1");
  EXPECT_THAT(plain.Rest(), Not(HasSubstr("\x1b")));
  OnTerminal json({"status", "-j"});
  EXPECT_THAT(json.Rest(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace bpfcast
