#include "agent/views_debug.h"

#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "log/log.h"

namespace bpfcast {
namespace {

template <std::size_t N>
std::string List(const std::array<std::string_view, N>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

Result<std::string> Debug(const RpcParams& params) {
  const auto subsystem = params.find("subsystem");
  const auto level = params.find("level");
  if ((subsystem == params.end()) != (level == params.end())) {
    return Fail("a subsystem and a level go together, as in `bpfcast debug igmp debug`");
  }
  if (subsystem != params.end()) {
    const auto wanted = LogLevelOf(level->second);
    if (!wanted) return Fail("there is no level '" + level->second + "'; there are " + List(kLogLevelNames));
    const auto named = SubsystemOf(subsystem->second);
    if (!named && subsystem->second != "all") {
      return Fail("there is no subsystem '" + subsystem->second + "'; there are all, " +
                  List(kSubsystemNames));
    }
    for (const std::string_view name : kSubsystemNames) {
      if (const auto each = *SubsystemOf(name); !named || each == *named) SetLogLevel(each, *wanted);
    }
  }
  ViewJson json = ViewJson::object();
  for (const std::string_view name : kSubsystemNames) {
    json[std::string(name)] = NameOf(LogLevelOf(*SubsystemOf(name)));
  }
  return Text(json);
}

}  // namespace bpfcast
