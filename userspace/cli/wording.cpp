#include "cli/wording.h"

#include <nlohmann/json.hpp>

#include "cli/human.h"

namespace bpfcast {

using Json = nlohmann::ordered_json;

std::string TextOf(const Json& json, const char* key) {
  return json.at(key).get<std::string>();
}

std::uint64_t NumberOf(const Json& json, const char* key) {
  return json.at(key).get<std::uint64_t>();
}

std::string SecondsOf(const Json& seconds) {
  return seconds.is_null() ? "-" : HumanSeconds(seconds.get<double>());
}

std::string StateOf(const Json& port) {
  return port.at("state") == "up" ? "up" : "waiting (" + TextOf(port, "reason") + ")";
}

std::string Wanted(const Json& record) {
  std::string sources;
  for (const Json& source : record.at("sources")) sources += " " + source.get<std::string>();
  if (record.at("mode") == "include") return sources.empty() ? "nothing" : "only" + sources;
  return sources.empty() ? "all" : "all but" + sources;
}

}  // namespace bpfcast
