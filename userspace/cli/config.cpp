#include <nlohmann/json.hpp>

#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

std::string ConfigText(const nlohmann::ordered_json& answer) {
  return "# " + answer.at("file").get<std::string>() + "\n" + answer.at("toml").get<std::string>();
}

Verb ConfigVerb() {
  return {"config",
          "Shows the configuration in effect as TOML, and where each value comes from",
          {{Argument::Kind::kFlag, "--all", "Defaults, too"}},
          [](const Invocation& invocation) {
            const CallParams params{{"all", invocation.Has("all") ? "true" : "false"}};
            return Show(invocation, "config", ConfigText, params);
          }};
}

}  // namespace bpfcast
