#include "config/summary.h"

#include <optional>
#include <string>
#include <vector>

#include "config/access.h"
#include "config/keys.h"
#include "config/printed.h"
#include "config/top_keys.h"

namespace bpfcast {
namespace {

std::vector<std::string> OfFamily(const std::vector<std::string>& networks, bool ipv6) {
  std::vector<std::string> some;
  for (const std::string& each : networks) {
    if ((each.find(':') != std::string::npos) == ipv6) some.push_back(each);
  }
  return some;
}

/// A family that has what it has by default needs no word while the other one has something else: a list that
/// names networks of one family leaves the other as it is.
PrintedValue WithoutDefaults(PrintedValue printed, const std::optional<PrintedValue>& usual) {
  if (printed.kind != PrintedValue::Kind::kList || !usual || usual->kind != printed.kind) return printed;
  for (const bool ipv6 : {false, true}) {
    const auto other = OfFamily(printed.items, !ipv6);
    if (other.empty() || other == OfFamily(usual->items, !ipv6)) continue;
    if (OfFamily(printed.items, ipv6) == OfFamily(usual->items, ipv6)) printed.items = other;
  }
  return printed;
}

std::string Describe(const std::string& begin, const InterfaceConfig& interface) {
  const InterfaceConfig usual =
      DefaultInterface(interface.role, {interface.ipv4.served, interface.ipv6.served});
  std::string line = begin;
  for (const InterfaceKey& key : InterfaceKeys()) {
    if (key.family == KeyFamily::kIgmp && !interface.ipv4.served) continue;
    if (key.family == KeyFamily::kMld && !interface.ipv6.served) continue;
    const auto printed = key.print(interface);
    const auto as_usual = key.print(usual);
    if (!printed || printed->origin == PrintedValue::Origin::kFollows || printed == as_usual) continue;
    line.append(" ").append(key.name).append("=").append(ToWords(WithoutDefaults(*printed, as_usual)));
  }
  // Only igmpproxy.conf can say it, which knows no IPv6.
  if (!ServedAccess(interface)) {
    line += " access=" + ToWords({PrintedValue::Kind::kList, AccessRules(interface.ipv4.access()), {}});
  }
  return line;
}

}  // namespace

std::vector<std::string> Summary(const Config& config) {
  std::vector<std::string> lines;
  const Config usual;
  for (const TopKey& key : TopKeys()) {
    if (key.read == nullptr || key.name == "user") continue;
    const auto printed = key.print(config);
    if (printed && printed != key.print(usual)) {
      lines.push_back(std::string(key.name) + "=" + ToWords(*printed));
    }
  }
  lines.push_back(Describe("upstream " + config.upstream.name, config.upstream));
  for (const InterfaceConfig& downstream : config.downstreams) {
    lines.push_back(Describe("downstream " + downstream.name, downstream));
  }
  if (config.default_downstream) {
    lines.push_back(Describe("downstream (every other interface)", *config.default_downstream));
  }
  for (const std::string& name : config.disabled) lines.push_back("disabled " + name);
  if (!config.user.empty()) lines.push_back("user " + config.user);
  return lines;
}

}  // namespace bpfcast
