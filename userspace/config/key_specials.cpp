#include "config/key_specials.h"

#include <string>
#include <utility>

#include "config/key_kinds.h"
#include "config/toml_value.h"
#include "config/values.h"
#include "config/words.h"

namespace bpfcast {

void ReadHook(const TomlValue& value, InterfaceDraft& draft) {
  if (value.IsText("kernel")) {
    return value.Problem(value.at(),
                         " cannot be \"kernel\": the kernel forwards between all interfaces or none; "
                         "write datapath = \"kernel\" at the top of the file");
  }
  if (const auto read = value.ReadWord<HookSetting>()) draft.config.hook = *read;
}
std::optional<PrintedValue> PrintHook(const InterfaceConfig& config) {
  return PrintWord(config.hook);
}

void ReadThreshold(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto read = value.ReadInteger(1, 255)) {
    draft.config.ttl_threshold = static_cast<std::uint8_t>(*read);
  }
}
std::optional<PrintedValue> PrintThreshold(const InterfaceConfig& config) {
  return PrintedValue{PrintedValue::Kind::kNumber, {std::to_string(config.ttl_threshold)}, {}};
}

namespace {

template <class F>
constexpr int kOldest = static_cast<int>(F::kOldestVersion);

/// As the family counts its versions.
template <class F>
std::optional<Version> ReadVersion(const TomlValue& value) {
  const auto read = value.ReadInteger(1, static_cast<int>(Version::kV3) - kOldest<F> + 1);
  if (!read) return std::nullopt;
  return static_cast<Version>(*read + kOldest<F> - 1);
}
}  // namespace

void ReadIgmpVersion(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto version = ReadVersion<Igmp>(value)) draft.config.ipv4.SetVersion(*version);
}
void ReadMldVersion(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto version = ReadVersion<Mld>(value)) draft.config.ipv6.SetVersion(*version);
}
template <class F>
std::optional<PrintedValue> PrintVersion(const InterfaceConfig& config) {
  if (!config.Of<F>().served) return std::nullopt;
  const int number = static_cast<int>(config.Of<F>().version()) - kOldest<F> + 1;
  return PrintedValue{PrintedValue::Kind::kNumber, {std::to_string(number)}, {}};
}

void ReadRouterAlert(const TomlValue& value, InterfaceDraft& draft) {
  const auto needed = value.ReadWord<RouterAlertNeeded>();
  if (!needed) return;
  auto& rules = draft.config.ipv4.receive;
  rules.require_router_alert_in_queries =
      *needed == RouterAlertNeeded::kQueries || *needed == RouterAlertNeeded::kAll;
  rules.require_router_alert_in_reports =
      *needed == RouterAlertNeeded::kReports || *needed == RouterAlertNeeded::kAll;
}
std::optional<PrintedValue> PrintRouterAlert(const InterfaceConfig& config) {
  const auto& rules = config.ipv4.receive;
  if (rules.require_router_alert_in_queries && rules.require_router_alert_in_reports) {
    return PrintWord(RouterAlertNeeded::kAll);
  }
  if (rules.require_router_alert_in_queries) return PrintWord(RouterAlertNeeded::kQueries);
  return PrintWord(rules.require_router_alert_in_reports ? RouterAlertNeeded::kReports
                                                         : RouterAlertNeeded::kNone);
}

void ReadStrictTtl(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto read = value.ReadWord<bool>()) draft.config.ipv4.receive.strict_ttl = *read;
}
std::optional<PrintedValue> PrintStrictTtl(const InterfaceConfig& config) {
  return PrintWord(config.ipv4.receive.strict_ttl);
}

void ReadCheckSubnet(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto read = value.ReadWord<bool>()) draft.config.ipv4.receive.check_subnet = *read;
}
std::optional<PrintedValue> PrintCheckSubnet(const InterfaceConfig& config) {
  return PrintWord(config.ipv4.receive.check_subnet);
}

void ReadSsmOnly(const TomlValue& value, InterfaceDraft& draft) {
  if (!value.ReadWord<bool>().value_or(false)) return;
  draft.config.ipv4.downstream.querier.older_messages = OlderMessages::kIgnoreAll;
  draft.config.ipv6.downstream.querier.older_messages = OlderMessages::kIgnoreAll;
}
std::optional<PrintedValue> PrintSsmOnly(const InterfaceConfig& config) {
  return PrintFamilies(config, PrintedValue::Kind::kWord, [](const auto& each) {
    return WordOf(each.downstream.querier.older_messages == OlderMessages::kIgnoreAll);
  });
}

void ReadIgnoreV1(const TomlValue& value, InterfaceDraft& draft) {
  auto& older = draft.config.ipv4.downstream.querier.older_messages;
  if (!value.ReadWord<bool>().value_or(false) || older == OlderMessages::kIgnoreAll) return;
  older = OlderMessages::kIgnoreV1Reports;
}
std::optional<PrintedValue> PrintIgnoreV1(const InterfaceConfig& config) {
  return PrintWord(config.ipv4.downstream.querier.older_messages == OlderMessages::kIgnoreV1Reports);
}

void ReadMembershipInterval(const TomlValue& value, InterfaceDraft& draft) {
  if (const auto read = value.ReadWord<MembershipInterval>()) draft.timing.membership_interval = *read;
}
std::optional<PrintedValue> PrintMembershipInterval(const InterfaceConfig& config) {
  return PrintFamilies(config, PrintedValue::Kind::kWord,
                       [](const auto& each) { return WordOf(each.timing().membership_interval); });
}

/// A list that names groups of one family alone restricts that family alone.
void ReadForwardUp(const TomlValue& value, InterfaceDraft& draft) {
  ForwardUp<Igmp>& ipv4 = draft.config.ipv4.downstream.forward_up;
  ForwardUp<Mld>& ipv6 = draft.config.ipv6.downstream.forward_up;
  if (!value.IsNetworks()) {
    const auto mode = value.ReadWord<ForwardUpMode>("an array of groups");
    if (mode) ipv4.mode = ipv6.mode = *mode;
    return;
  }
  const Networks groups = value.ReadNetworks(TomlValue::Content::kGroups);
  if (groups.empty()) {
    ipv4.mode = ipv6.mode = ForwardUpMode::kNever;
    return;
  }
  if (!groups.ipv4.empty()) ipv4 = {ForwardUpMode::kListed, groups.ipv4};
  if (!groups.ipv6.empty()) ipv6 = {ForwardUpMode::kListed, groups.ipv6};
}
std::optional<PrintedValue> PrintForwardUp(const InterfaceConfig& config) {
  const Networks groups =
      ServedNetworks(config, [](const auto& each) { return each.downstream.forward_up.groups; });
  if (!groups.empty()) return PrintNetworks(groups);
  return PrintFamilies(config, PrintedValue::Kind::kWord,
                       [](const auto& each) { return WordOf(each.downstream.forward_up.mode); });
}

namespace {

template <class Family>
auto& Boundaries(Family& family, PortRole role) {
  return role == PortRole::kUpstream ? family.upstream.boundaries : family.downstream.boundaries;
}

}  // namespace

void ReadBoundaries(const TomlValue& value, InterfaceDraft& draft) {
  const Networks groups = value.ReadNetworks(TomlValue::Content::kGroups);
  const PortRole role = draft.config.role;
  if (groups.empty() || !groups.ipv4.empty()) Boundaries(draft.config.ipv4, role) = groups.ipv4;
  if (groups.empty() || !groups.ipv6.empty()) Boundaries(draft.config.ipv6, role) = groups.ipv6;
}
std::optional<PrintedValue> PrintBoundaries(const InterfaceConfig& config) {
  return PrintNetworks(
      ServedNetworks(config, [&](const auto& each) { return Boundaries(each, config.role); }));
}

void ReadStaticGroups(const TomlValue& value, InterfaceDraft& draft) {
  draft.static_groups = value.ReadTexts("groups", R"(["239.1.1.1", "10.0.0.1@232.1.1.1"])");
}
namespace {

template <class F>
void AddStatic(const InterfaceConfig& config, std::vector<std::string>& texts) {
  const FamilyConfig<F>& family = config.Of<F>();
  if (!family.served) return;
  const bool upstream = config.role == PortRole::kUpstream;
  for (const auto& each : upstream ? family.upstream.pull : family.downstream.static_memberships) {
    texts.push_back((each.source ? each.source->ToString() + "@" : std::string()) + each.group.ToString());
  }
}

}  // namespace

std::optional<PrintedValue> PrintStaticGroups(const InterfaceConfig& config) {
  PrintedValue printed{PrintedValue::Kind::kList, {}, {}};
  AddStatic<Igmp>(config, printed.items);
  AddStatic<Mld>(config, printed.items);
  return printed;
}

void ReadAllowedGroups(const TomlValue& value, AccessSetting& access) {
  access.allowed_groups = value.ReadNetworks(TomlValue::Content::kGroups);
  if (value.IsArray() && access.allowed_groups->empty()) {
    value.Warning(value.at(), " is empty, so no group is allowed");
  }
}

void ReadAllowedSources(const TomlValue& value, AccessSetting& access) {
  access.allowed_sources = value.ReadNetworks(TomlValue::Content::kSources);
  if (value.IsArray() && access.allowed_sources->empty()) {
    value.Warning(value.at(), " is empty, so nothing can be joined");
  }
}

void ReadAllowedHosts(const TomlValue& value, InterfaceDraft& draft) {
  const Networks hosts = value.ReadNetworks(TomlValue::Content::kHosts);
  if (value.IsArray() && hosts.empty()) value.Warning(value.at(), " is empty, so no host may join");
  if (hosts.empty() || !hosts.ipv4.empty()) {
    draft.config.ipv4.downstream.hosts.allowed = Allowed<Ipv4Address>(hosts.ipv4);
  }
  if (hosts.empty() || !hosts.ipv6.empty()) {
    draft.config.ipv6.downstream.hosts.allowed = Allowed<Ipv6Address>(hosts.ipv6);
  }
}
std::optional<PrintedValue> PrintAllowedHosts(const InterfaceConfig& config) {
  const auto listed = [](const auto& family) {
    return family.served && family.downstream.hosts.allowed.IsListed();
  };
  if (!listed(config.ipv4) && !listed(config.ipv6)) return std::nullopt;
  const Networks hosts =
      ServedNetworks(config, [](const auto& family) { return family.downstream.hosts.allowed.networks(); });
  return PrintNetworks(hosts);
}

void ReadGroupRules(const TomlValue& value, AccessSetting& access) {
  for (const auto& [text, at] : value.ReadTexts("rules", R"(["permit 239.0.0.0/8", "deny 239.1.0.0/16"])")) {
    const auto rule = ParseGroupRule(text);
    if (!rule) {
      value.Problem(at, ": " + Quoted(text) + " " + rule.error().message);
      continue;
    }
    GroupRule plain = *rule;
    for (auto& network : plain.group.ipv4) network = network.WithoutHostBits();
    for (auto& network : plain.group.ipv6) network = network.WithoutHostBits();
    for (auto& network : plain.source.ipv4) network = network.WithoutHostBits();
    for (auto& network : plain.source.ipv6) network = network.WithoutHostBits();
    if (plain != *rule) {
      value.Warning(at, ": " + Quoted(text) + " has bits behind its prefix length; it is taken as " +
                            ToTexts({plain}).front());
    }
    access.group_rules.push_back(std::move(plain));
  }
}

template std::optional<PrintedValue> PrintVersion<Igmp>(const InterfaceConfig& config);
template std::optional<PrintedValue> PrintVersion<Mld>(const InterfaceConfig& config);

}  // namespace bpfcast
