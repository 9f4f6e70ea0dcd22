#include "config/print.h"

#include <string_view>

#include "config/access.h"
#include "config/keys.h"
#include "config/printed.h"
#include "config/top_keys.h"

namespace bpfcast {
namespace {

std::string Line(std::string_view key, const PrintedValue& value) {
  return std::string(key) + " = " + ToToml(value) + "\n";
}

std::string Comment(const std::string& text) {
  return "# " + text + "\n";
}

std::string Table(const InterfaceConfig& interface) {
  std::string text = "\n[interface." + ToToml({PrintedValue::Kind::kText, {interface.name}, {}}) + "]\n";
  const InterfaceConfig usual =
      DefaultInterface(interface.role, {interface.ipv4.served, interface.ipv6.served});
  const bool upstream = interface.role == PortRole::kUpstream;
  for (const InterfaceKey& key : InterfaceKeys()) {
    if (key.family == KeyFamily::kIgmp && !interface.ipv4.served) continue;
    if (key.family == KeyFamily::kMld && !interface.ipv6.served) continue;
    const auto printed = key.print(interface);
    const bool no_effect = key.side == (upstream ? KeySide::kDownstream : KeySide::kUpstream);
    if (no_effect && printed == key.print(usual)) continue;
    if (!printed) continue;
    const bool follows = printed->origin == PrintedValue::Origin::kFollows;
    text += follows ? Comment("follows: " + std::string(key.name) + " = " + ToProse(printed))
                    : Line(key.name, *printed);
  }
  if (!ServedAccess(interface)) {
    text +=
        Comment("TOML cannot say: access " +
                ToProse(PrintedValue{PrintedValue::Kind::kList, AccessRules(interface.ipv4.access()), {}}));
  }
  return text;
}

}  // namespace

std::string PrintToml(const Config& config) {
  std::string text;
  for (const TopKey& key : TopKeys()) {
    if (const auto printed = key.print(config)) text += Line(key.name, *printed);
  }
  if (config.default_downstream) text += Comment("TOML cannot say: every other interface is a downstream");
  text += Table(config.upstream);
  for (const InterfaceConfig& downstream : config.downstreams) text += Table(downstream);
  return text;
}

}  // namespace bpfcast
