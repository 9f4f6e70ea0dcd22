#include "config/effective.h"

#include <array>
#include <optional>
#include <utility>

#include "config/keys.h"
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

bool Follows(const PrintedValue& value) {
  return value.origin == PrintedValue::Origin::kFollows;
}

/// The lists of an igmpproxy.conf are one: what its words became is where they stand.
std::string OriginOf(const ConfigOrigins& origins, std::string_view interface, std::string_view key) {
  constexpr std::array<std::string_view, 3> kAccess = {"allow-groups", "deny-groups", "group-rules"};
  if (origins.Find(interface, key) == nullptr) {
    for (const std::string_view one : kAccess) {
      if (one != key) continue;
      for (const std::string_view other : kAccess) {
        if (origins.Find(interface, other) != nullptr) return origins.ToText(interface, other);
      }
    }
  }
  return origins.ToText(interface, key);
}

/// The keys of `scope`, or all of them at the top of a file without names.
EffectiveTable Top(const Config& config, KeyScope scope, Settings which) {
  const Config usual;
  EffectiveTable table;
  if (scope == KeyScope::kProxy) table.proxy = config.proxy;
  for (const TopKey& key : TopKeys()) {
    if (!config.proxy.empty() && key.scope != scope) continue;
    auto printed = key.print(config);
    if (!printed) continue;
    const bool is_role = key.read == nullptr;
    if (which == Settings::kNotDefault && !is_role && printed == key.print(usual)) continue;
    table.settings.push_back({key.name, std::move(*printed), config.origins.ToText("", key.name)});
  }
  return table;
}

EffectiveTable Table(const Config& config, const InterfaceConfig& interface, const std::string& name,
                     Settings which) {
  const ConfigOrigins& origins = config.origins;
  const InterfaceConfig usual =
      DefaultInterface(interface.role, {interface.ipv4.served, interface.ipv6.served});
  const KeySide other_side =
      interface.role == PortRole::kUpstream ? KeySide::kDownstream : KeySide::kUpstream;
  EffectiveTable table{config.proxy, name, interface.role, {}};
  for (const InterfaceKey& key : InterfaceKeys()) {
    if (key.family == KeyFamily::kIgmp && !interface.ipv4.served) continue;
    if (key.family == KeyFamily::kMld && !interface.ipv6.served) continue;
    auto printed = key.print(interface);
    if (!printed) continue;
    const auto as_usual = key.print(usual);
    const bool is_default = printed == as_usual;
    // What has no effect here is told where it was asked for.
    if (is_default && (which == Settings::kNotDefault || key.side == other_side)) continue;
    if (which == Settings::kNotDefault) {
      if (Follows(*printed)) continue;
      printed = WithoutDefaults(*printed, as_usual);
    }
    std::string origin = Follows(*printed) && origins.Find(name, key.name) == nullptr
                             ? "follows " + std::string(key.follows)
                         : is_default ? origins.ToText(name, key.name)
                                      : OriginOf(origins, name, key.name);
    table.settings.push_back({key.name, std::move(*printed), std::move(origin)});
  }
  return table;
}

}  // namespace

std::vector<EffectiveTable> EffectiveSettings(std::span<const Config> proxies, Settings which) {
  std::vector<EffectiveTable> tables;
  tables.push_back(Top(proxies.front(), KeyScope::kFile, which));
  for (const Config& config : proxies) {
    if (!config.proxy.empty()) tables.push_back(Top(config, KeyScope::kProxy, which));
    tables.push_back(Table(config, config.upstream, config.upstream.name, which));
    for (const InterfaceConfig& downstream : config.downstreams) {
      tables.push_back(Table(config, downstream, downstream.name, which));
    }
    if (config.default_downstream) {
      tables.push_back(Table(config, *config.default_downstream, std::string(kOtherInterfaces), which));
    }
  }
  return tables;
}

std::vector<EffectiveTable> EffectiveSettings(const Config& config, Settings which) {
  return EffectiveSettings(std::span(&config, 1), which);
}

}  // namespace bpfcast
