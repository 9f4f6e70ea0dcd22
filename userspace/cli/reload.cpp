#include <nlohmann/json.hpp>

#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

std::string ReloadText(const nlohmann::ordered_json& result) {
  const auto& changed = result.at("changed");
  if (changed.empty()) return "reloaded: nothing changed\n";
  std::string text = "reloaded:\n";
  for (const auto& change : changed) text += "  " + change.at("text").get<std::string>() + "\n";
  return text;
}

Verb ReloadVerb() {
  return {"reload",
          "Reads the configuration again; what it does not change goes on",
          {},
          [](const Invocation& invocation) { return Show(invocation, "reload", ReloadText); }};
}

}  // namespace bpfcast
