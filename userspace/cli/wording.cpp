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

std::string ColouredState(const Json& of, const std::string& text, Invocation::Colour colour) {
  const std::string state = TextOf(of, "state");
  if (state == "up") return Paint(Tone::kGood, text, colour);
  if (state == "off") return text;
  const bool down = TextOf(of, "reason").find("down") != std::string::npos;
  return Paint(down ? Tone::kBad : Tone::kWaiting, text, colour);
}

std::string ProtocolOf(const Json& row, std::uint64_t version) {
  return (row.at("family") == "ipv6" ? "MLDv" : "IGMPv") + std::to_string(version);
}

std::uint64_t NewestVersion(const Json& row) {
  return row.at("family") == "ipv6" ? 2 : 3;
}

std::vector<const Json*> FamiliesOf(const Json& port) {
  std::vector<const Json*> families;
  for (const char* family : {"ipv4", "ipv6"}) {
    if (const auto found = port.find(family); found != port.end()) families.push_back(&*found);
  }
  return families;
}

std::string Wanted(const Json& record) {
  std::string sources;
  for (const Json& source : record.at("sources")) sources += " " + source.get<std::string>();
  if (record.at("mode") == "include") return sources.empty() ? "nothing" : "only" + sources;
  return sources.empty() ? "all" : "all but" + sources;
}

}  // namespace bpfcast
