// `bpfcast events -f`: asks again and again, and prints what is new.
#include <poll.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kBetween = 1000;  // ms

/// Leaves out what was seen before: the agent numbers its events, across its restarts, too.
Json NewOnes(const Json& events, std::uint64_t& seen) {
  Json fresh = Json::array();
  for (const Json& event : events) {
    const auto number = NumberOf(event, "number");
    if (number <= seen) continue;
    seen = number;
    fresh.push_back(event);
  }
  return fresh;
}

}  // namespace

std::string EventLine(const Json& event, std::int64_t now) {
  const auto ago = static_cast<std::int64_t>(event.at("seconds_ago").get<double>());
  const std::time_t when = now - ago;
  std::tm local{};
  localtime_r(&when, &local);
  return fmt::format("{:%H:%M:%S}  {}  {}  {}  {}\n", local, TextOf(event, "port"), TextOf(event, "group"),
                     TextOf(event, "source"), EventWhat(event));
}

Exit FollowEvents(const Invocation& invocation) {
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  std::uint64_t seen = 0;
  bool answered = false;  // once: an agent that is restarted is waited for
  bool complained = false;
  for (;;) {
    const auto events = AskRows(invocation, "events");
    if (!events && (!answered || !complained)) {
      const Exit exit = Complain(events.error());
      if (!answered) return exit;
      complained = true;
    }
    if (events) {
      answered = true;
      complained = false;
      std::string text;
      for (const Json& event : NewOnes(*events, seen)) {
        text += invocation.form == Invocation::Form::kJson ? event.dump() + "\n"
                                                           : EventLine(event, std::time(nullptr));
      }
      if (!text.empty() && Print(text) != Exit::kOk) return Exit::kRuntime;
    }
    pollfd waiting{signals.fd(), POLLIN, 0};
    poll(&waiting, 1, kBetween);
    if (signals.Next()) return Exit::kOk;
  }
}

}  // namespace bpfcast
