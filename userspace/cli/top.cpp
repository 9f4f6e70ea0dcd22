// `bpfcast top`: asks the agent once a second and draws.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/top_frame.h"
#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kBetween{1000};

/// The error of the agent that does not answer.
std::optional<CallError> Ask(const Invocation& invocation, Top& top) {
  const auto status = invocation.call(invocation.instance, "status", {});
  if (!status) return status.error();
  const auto flows = AskRows(invocation, "flows");
  if (!flows) return flows.error();
  top.Add(*status, *flows, std::chrono::duration<double>(Clock::now().time_since_epoch()).count());
  return std::nullopt;
}

/// What is pressed or signalled until `due`.
enum class Input { kNothing, kQuit, kStop, kResize, kPackets, kBits, kDrops };

Input Wait(Clock::time_point due, Signals& signals) {
  const auto left = std::chrono::ceil<milliseconds>(due - Clock::now());
  std::array<pollfd, 2> waiting{{{signals.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  poll(waiting.data(), waiting.size(), static_cast<int>(std::max<milliseconds::rep>(0, left.count())));
  if (const auto signal = signals.Next()) {
    if (*signal == SIGWINCH) return Input::kResize;
    return *signal == SIGTSTP ? Input::kStop : Input::kQuit;
  }
  if (waiting[1].revents == 0) return Input::kNothing;
  char key = 0;
  if (read(STDIN_FILENO, &key, 1) <= 0) return Input::kQuit;  // the terminal has gone
  switch (key) {
    case 'q':
    case 'Q':
      return Input::kQuit;
    case 'p':
      return Input::kPackets;
    case 'b':
      return Input::kBits;
    case 'd':
      return Input::kDrops;
    default:
      return Input::kNothing;
  }
}

Exit Live(const Invocation& invocation, Top& top) {
  Signals signals({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP});
  TopSort sort = TopSort::kBits;
  std::optional<CallError> error;
  {
    FullScreen screen;
    auto due = Clock::now() + kBetween;
    for (;;) {
      const auto [width, height] = screen.size();
      screen.Draw(top.Frame(sort, width, height, invocation.colour));
      const Input input = Wait(due, signals);
      if (input == Input::kQuit) break;
      if (input == Input::kStop) {
        screen.Leave();
        raise(SIGSTOP);
        screen.Enter();
      }
      if (input == Input::kPackets) sort = TopSort::kPackets;
      if (input == Input::kBits) sort = TopSort::kBits;
      if (input == Input::kDrops) sort = TopSort::kDrops;
      if (Clock::now() < due) continue;
      due = Clock::now() + kBetween;
      error = Ask(invocation, top);
      if (error) break;
    }
  }
  return error ? Complain(*error) : Exit::kOk;
}

Exit RunTop(const Invocation& invocation) {
  const bool json = invocation.form == Invocation::Form::kJson;
  const bool once = json || invocation.Has("once");
  if (!once && (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)) {
    return Complain(Error{"top needs a terminal; `bpfcast top --once` prints one frame anywhere"});
  }
  Top top;
  if (const auto error = Ask(invocation, top)) return Complain(*error);
  if (!once) return Live(invocation, top);
  poll(nullptr, 0, kBetween.count());  // what is dropped in a second takes two answers
  if (const auto error = Ask(invocation, top)) return Complain(*error);
  if (json) return Print(top.ToJson(TopSort::kBits).dump(2) + "\n");
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  std::string text;
  for (const std::string& line : top.Frame(TopSort::kBits, kAll, kAll, Invocation::Colour::kOff)) {
    text += line + "\n";
  }
  return Print(text);
}

}  // namespace

Verb TopVerb() {
  return {
      "top",
      "Streams as they flow, the fastest first, once a second until q",
      {{Argument::Kind::kFlag, "--once", "One frame as plain text; as JSON with -j"}, kIpv4Flag, kIpv6Flag},
      RunTop};
}

}  // namespace bpfcast
