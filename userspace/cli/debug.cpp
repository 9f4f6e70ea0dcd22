#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

std::string DebugText(const nlohmann::ordered_json& levels) {
  Table table({{"SUBSYSTEM"}, {"LEVEL"}});
  for (const auto& [subsystem, level] : levels.items()) table.Add({subsystem, level.get<std::string>()});
  return table.ToString();
}

Verb DebugVerb() {
  return {
      "debug",
      "What each part of bpfcastd logs, or makes one of them (or all) log more or less until its next start",
      {{Argument::Kind::kOptional, "SUBSYSTEM", "all, agent, igmp, mld, datapath, links"},
       {Argument::Kind::kOptional, "LEVEL", "debug, info, warning, error"}},
      [](const Invocation& invocation) {
        CallParams params;
        if (invocation.Has("SUBSYSTEM")) params["subsystem"] = invocation.Get("SUBSYSTEM");
        if (invocation.Has("LEVEL")) params["level"] = invocation.Get("LEVEL");
        return Show(invocation, "debug", DebugText, params);
      }};
}

}  // namespace bpfcast
