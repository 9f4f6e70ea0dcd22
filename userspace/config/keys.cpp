#include "config/keys.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "config/key_kinds.h"
#include "config/toml_value.h"
#include "config/values.h"
#include "config/words.h"

namespace bpfcast {
namespace {

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

template <class F>
constexpr int kOldest = static_cast<int>(F::kOldestVersion);

/// As the family counts its versions.
template <class F>
std::optional<Version> ReadVersion(const TomlValue& value) {
  const auto read = value.ReadInteger(1, static_cast<int>(Version::kV3) - kOldest<F> + 1);
  if (!read) return std::nullopt;
  return static_cast<Version>(*read + kOldest<F> - 1);
}
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

template <class Family>
auto& Boundaries(Family& family, PortRole role) {
  return role == PortRole::kUpstream ? family.upstream.boundaries : family.downstream.boundaries;
}
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
template <class F>
void AddStatic(const InterfaceConfig& config, std::vector<std::string>& texts) {
  const FamilyConfig<F>& family = config.Of<F>();
  if (!family.served) return;
  const bool upstream = config.role == PortRole::kUpstream;
  for (const auto& each : upstream ? family.upstream.pull : family.downstream.static_memberships) {
    texts.push_back((each.source ? each.source->ToString() + "@" : std::string()) + each.group.ToString());
  }
}
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

void ReadGroupRules(const TomlValue& value, AccessSetting& access) {
  for (const auto& [text, at] : value.ReadTexts("rules", R"(["permit 239.0.0.0/8", "deny 239.1.0.0/16"])")) {
    const auto rule = ParseGroupRule(text);
    if (!rule) {
      value.Problem(at, ": " + Quoted(text) + " " + rule.error().message);
      continue;
    }
    access.group_rules.push_back(*rule);
  }
}

constexpr auto kGroups = TomlValue::Content::kGroups;
constexpr std::int64_t kMostPackets = 10'000'000;  // 0: any number
constexpr auto kSources = TomlValue::Content::kSources;

constexpr std::array kKeys = {
    // where packets are taken, and which ones
    InterfaceKey{"hook", KeySide::kBoth, KeyFamily::kBoth, ReadHook, PrintHook},
    InterfaceWord(
        "source-check", [](auto& config) -> auto& { return config.source_check; }),
    FamilyNetworks<kSources>(
        "altnet", KeySide::kBoth, [](auto& family) -> auto& { return family.other_sources; }),
    InterfaceKey{"ttl-threshold", KeySide::kBoth, KeyFamily::kBoth, ReadThreshold, PrintThreshold},

    // versions
    InterfaceKey{"version", KeySide::kBoth, KeyFamily::kIgmp, ReadIgmpVersion, PrintVersion<Igmp>},
    InterfaceKey{"mld-version", KeySide::kBoth, KeyFamily::kMld, ReadMldVersion, PrintVersion<Mld>},
    FamilyWord(
        "compat-querier", KeySide::kBoth, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.older_queriers; },
        [](auto& family) -> auto& { return family.upstream.host.older_queriers; }),
    FamilyWord(
        "membership", KeySide::kUpstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.upstream.membership; }),
    FamilyWord(
        "report-ssm-to-older-querier", KeySide::kUpstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.upstream.host.older_ssm; }),
    InterfaceKey{"ssm-only", KeySide::kDownstream, KeyFamily::kBoth, ReadSsmOnly, PrintSsmOnly},
    InterfaceKey{"ignore-v1", KeySide::kDownstream, KeyFamily::kIgmp, ReadIgnoreV1, PrintIgnoreV1},
    FamilyNetworks<kGroups>(
        "ssm-ranges", KeySide::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.ssm_ranges; },
        [](auto& family) -> auto& { return family.upstream.host.ssm_ranges; }),

    // which messages are believed
    InterfaceKey{"strict-ttl", KeySide::kBoth, KeyFamily::kIgmp, ReadStrictTtl, PrintStrictTtl},
    InterfaceKey{"require-router-alert", KeySide::kBoth, KeyFamily::kIgmp, ReadRouterAlert, PrintRouterAlert},
    InterfaceKey{"check-subnet", KeySide::kBoth, KeyFamily::kIgmp, ReadCheckSubnet, PrintCheckSubnet},
    FamilyWord(
        "specific-queries", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.lowered_by; }),

    // leaving, source lists
    FamilyWord(
        "fast-leave", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.fast_leave; }),
    FamilyWord(
        "lightweight", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.exclude_lists; }),

    // forwarding
    FamilyWord(
        "forward-if-not-querier", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.foreign_querier; }),

    FamilyWord(
        "merge-non-querier", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.non_querier_members; }),
    InterfaceKey{"forward-up", KeySide::kDownstream, KeyFamily::kBoth, ReadForwardUp, PrintForwardUp},
    InterfaceKey{"boundaries", KeySide::kBoth, KeyFamily::kBoth, ReadBoundaries, PrintBoundaries},
    InterfaceKey{"static-groups", KeySide::kBoth, KeyFamily::kBoth, ReadStaticGroups, PrintStaticGroups},

    // access
    AccessKey(
        "allow-groups",
        [](const TomlValue& value, AccessSetting& access) { ReadAllowedGroups(value, access); },
        [](const AccessSetting& access) -> std::optional<PrintedValue> {
          if (!access.allowed_groups) return std::nullopt;
          return PrintNetworks(*access.allowed_groups);
        }),
    AccessKey(
        "deny-groups",
        [](const TomlValue& value, AccessSetting& access) {
          access.denied_groups = value.ReadNetworks(kGroups);
        },
        [](const AccessSetting& access) { return PrintNetworks(access.denied_groups); }),
    AccessKey(
        "deny-sources",
        [](const TomlValue& value, AccessSetting& access) {
          access.denied_sources = value.ReadNetworks(kSources);
        },
        [](const AccessSetting& access) { return PrintNetworks(access.denied_sources); }),

    AccessKey(
        "group-rules", [](const TomlValue& value, AccessSetting& access) { ReadGroupRules(value, access); },
        [](const AccessSetting& access) -> std::optional<PrintedValue> {
          if (access.group_rules.empty()) return std::nullopt;
          return PrintedValue{PrintedValue::Kind::kList, ToTexts(access.group_rules), {}};
        }),

    // limits
    FamilyNumber<1, 1'000'000>(
        "max-groups", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_groups; }),
    FamilyNumber<1, 65535>(
        "max-sources-per-group", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_sources_per_group; }),
    FamilyNumber<1, 10'000'000>(
        "max-sources", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_sources; }),
    FamilyWord(
        "over-limit", KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.source_overflow; }),
    FamilyNumber<1, 65535>(
        "max-hosts-per-group", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_hosts_per_group; }),
    FamilyNumber<1, 10'000'000>(
        "max-hosts", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_hosts; }),
    FamilyNumber<0, kMostPackets>(
        "max-packets-per-second", KeySide::kBoth,
        [](auto& family) -> auto& { return family.downstream.policing.packets_per_s; },
        [](auto& family) -> auto& { return family.upstream.policing.packets_per_s; }),
    FamilyNumber<0, kMostPackets>(
        "max-packets-per-second-of-one-source", KeySide::kBoth,
        [](auto& family) -> auto& { return family.downstream.policing.packets_per_s_of_one_source; },
        [](auto& family) -> auto& { return family.upstream.policing.packets_per_s_of_one_source; }),

    // timing
    TimingKey<&TimingConfig::robustness, &Timing::robustness>("robustness", KeySide::kBoth),
    TimingKey<&TimingConfig::query_interval, &Timing::query_interval>("query-interval", KeySide::kBoth),
    TimingKey<&TimingConfig::query_response_interval, &Timing::query_response_interval>(
        "query-response-interval", KeySide::kDownstream),
    TimingKey<&TimingConfig::last_member_query_interval, &Timing::last_member_query_interval>(
        "last-member-query-interval", KeySide::kDownstream),
    TimingKey<&TimingConfig::last_member_query_count, &Timing::last_member_query_count, UsualCount>(
        "last-member-query-count", KeySide::kDownstream),
    TimingKey<&TimingConfig::startup_query_interval, &Timing::startup_query_interval, UsualStartupInterval>(
        "startup-query-interval", KeySide::kDownstream),
    TimingKey<&TimingConfig::startup_query_count, &Timing::startup_query_count, UsualCount>(
        "startup-query-count", KeySide::kDownstream),
    InterfaceKey{"group-membership-interval", KeySide::kDownstream, KeyFamily::kBoth, ReadMembershipInterval,
                 PrintMembershipInterval},
    TimingKey<&TimingConfig::unsolicited_report_interval, &Timing::unsolicited_report_interval>(
        "unsolicited-report-interval", KeySide::kUpstream),
};

}  // namespace

std::span<const InterfaceKey> InterfaceKeys() {
  return kKeys;
}

}  // namespace bpfcast
