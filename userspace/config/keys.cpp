#include "config/keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "config/key_kinds.h"
#include "config/key_specials.h"
#include "config/toml_value.h"

namespace bpfcast {
namespace {

constexpr auto kGroups = TomlValue::Content::kGroups;
constexpr std::int64_t kMostPackets = 10'000'000;  // 0: any number
constexpr auto kSources = TomlValue::Content::kSources;
constexpr auto kHosts = TomlValue::Content::kHosts;

constexpr std::array kKeys = {
    InterfaceKey{"hook",
                 "where packets that arrive here are taken: in the driver, in TC, or where it works best",
                 WordValues<HookSetting>, KeySide::kBoth, KeyFamily::kBoth, ReadHook, PrintHook},
    InterfaceWord(
        "source-check",
        "which senders are believed; subnet: on a downstream those in a subnet of it, on the upstream all "
        "but "
        "those in a subnet of a downstream, once it has an altnet only those in its own subnets and altnet; "
        "fib: those to which the kernel's unicast routes lead out of it; off: all",
        [](auto& config) -> auto& { return config.source_check; }),
    FamilyNetworks<kSources>(
        "altnet",
        "senders that are believed beside those of source-check; on an upstream with source-check subnet "
        "they "
        "end that all others are believed, too, in the family that the list names",
        KeySide::kBoth, [](auto& family) -> auto& { return family.other_sources; }),
    InterfaceKey{"ttl-threshold", "only packets with a higher TTL (hop limit) leave here; 255: none",
                 NumberValues<1, 255>, KeySide::kBoth, KeyFamily::kBoth, ReadThreshold, PrintThreshold},

    InterfaceKey{"version", "version of IGMP: of queries on a downstream, of reports on the upstream",
                 NumberValues<1, 3>, KeySide::kBoth, KeyFamily::kIgmp, ReadIgmpVersion, PrintVersion<Igmp>},
    InterfaceKey{"mld-version", "version of MLD: of queries on a downstream, of reports on the upstream",
                 NumberValues<1, 2>, KeySide::kBoth, KeyFamily::kMld, ReadMldVersion, PrintVersion<Mld>},
    FamilyWord(
        "compat-querier", "an older querier on the link is followed, or only warned about", KeySide::kBoth,
        KeyFamily::kBoth, [](auto& family) -> auto& { return family.downstream.querier.older_queriers; },
        [](auto& family) -> auto& { return family.upstream.host.older_queriers; }),
    FamilyWord(
        "membership", "who speaks upstream: bpfcastd with reports of its own, or the kernel through sockets",
        KeySide::kUpstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.upstream.membership; }),
    FamilyWord(
        "report-ssm-to-older-querier",
        "true: source-specific groups are asked for in IGMPv2 and MLDv1, with all sources",
        KeySide::kUpstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.upstream.host.older_ssm; }),
    InterfaceKey{"ssm-only", "true: messages older than IGMPv3 and MLDv2 are ignored", WordValues<bool>,
                 KeySide::kDownstream, KeyFamily::kBoth, ReadSsmOnly, PrintSsmOnly},
    InterfaceKey{"ignore-v1", "true: IGMPv1 reports are ignored", WordValues<bool>, KeySide::kDownstream,
                 KeyFamily::kIgmp, ReadIgnoreV1, PrintIgnoreV1},
    FamilyNetworks<kGroups>(
        "ssm-ranges", "groups that are source-specific: a join without sources counts for nothing there",
        KeySide::kBoth, [](auto& family) -> auto& { return family.downstream.querier.ssm_ranges; },
        [](auto& family) -> auto& { return family.upstream.host.ssm_ranges; }),

    InterfaceKey{"strict-ttl", "false: IGMP with a TTL other than 1 is taken, too", WordValues<bool>,
                 KeySide::kBoth, KeyFamily::kIgmp, ReadStrictTtl, PrintStrictTtl},
    InterfaceKey{"require-router-alert", "which IGMP messages are refused without the Router Alert option",
                 WordValues<RouterAlertNeeded>, KeySide::kBoth, KeyFamily::kIgmp, ReadRouterAlert,
                 PrintRouterAlert},
    InterfaceKey{"check-subnet", "true: IGMP must come from a subnet of the interface", WordValues<bool>,
                 KeySide::kBoth, KeyFamily::kIgmp, ReadCheckSubnet, PrintCheckSubnet},
    FamilyWord(
        "specific-queries",
        "whose specific queries shorten memberships: the elected querier's, or any router's",
        KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.lowered_by; }),

    FamilyWord(
        "fast-leave",
        "true: when the last known host leaves, the stream ends at once; always: at every leave",
        KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.fast_leave; }),
    FamilyWord(
        "lightweight", "true: no lists of excluded sources are kept (RFC 5790)", KeySide::kDownstream,
        KeyFamily::kBoth, [](auto& family) -> auto& { return family.downstream.querier.exclude_lists; }),

    FamilyWord(
        "forward-if-not-querier", "true: forwards here also while another router is the querier",
        KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.foreign_querier; }),

    FamilyWord(
        "merge-non-querier",
        "false: where another router is the querier, its members are not asked for upstream",
        KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.non_querier_members; }),
    InterfaceKey{"forward-up",
                 "what senders here send upstream: everything, that while this router is the querier, "
                 "nothing, or these groups",
                 ForwardUpValues, KeySide::kDownstream, KeyFamily::kBoth, ReadForwardUp, PrintForwardUp},
    InterfaceKey{"boundaries", "groups that do not pass the interface", GroupRanges, KeySide::kBoth,
                 KeyFamily::kBoth, ReadBoundaries, PrintBoundaries},
    InterfaceKey{"static-groups",
                 "members that never leave; on the upstream: asked for there, forwarded to nobody by that",
                 StaticMemberships, KeySide::kBoth, KeyFamily::kBoth, ReadStaticGroups, PrintStaticGroups},

    AccessKey(
        "allow-groups", "only these groups may be joined (on the upstream: are asked for); without it all",
        GroupRanges, [](const TomlValue& value, AccessSetting& access) { ReadAllowedGroups(value, access); },
        [](const AccessSetting& access) -> std::optional<PrintedValue> {
          if (!access.allowed_groups) return std::nullopt;
          return PrintNetworks(*access.allowed_groups);
        }),
    AccessKey(
        "deny-groups", "not these, whatever is allowed", GroupRanges,
        [](const TomlValue& value, AccessSetting& access) {
          access.denied_groups = value.ReadNetworks(kGroups);
        },
        [](const AccessSetting& access) { return PrintNetworks(access.denied_groups); }),
    AccessKey(
        "allow-sources",
        "joins may name these senders alone, so that a join of the whole group, which asks for all, is "
        "refused (on the upstream: is not asked for); without it all",
        SenderNetworks,
        [](const TomlValue& value, AccessSetting& access) { ReadAllowedSources(value, access); },
        [](const AccessSetting& access) -> std::optional<PrintedValue> {
          if (!access.allowed_sources) return std::nullopt;
          return PrintNetworks(*access.allowed_sources);
        }),
    AccessKey(
        "deny-sources", "no join may name these senders; a join of the whole group still gets them",
        SenderNetworks,
        [](const TomlValue& value, AccessSetting& access) {
          access.denied_sources = value.ReadNetworks(kSources);
        },
        [](const AccessSetting& access) { return PrintNetworks(access.denied_sources); }),

    AccessKey(
        "group-rules", "instead of allow-groups and deny-groups: the last entry that matches decides",
        GroupRules, [](const TomlValue& value, AccessSetting& access) { ReadGroupRules(value, access); },
        [](const AccessSetting& access) -> std::optional<PrintedValue> {
          if (access.group_rules.empty()) return std::nullopt;
          return PrintedValue{PrintedValue::Kind::kList, ToTexts(access.group_rules), {}};
        }),

    InterfaceKey{"allow-hosts", "reports of these hosts alone count, and none from 0.0.0.0; without it all",
                 HostNetworks, KeySide::kDownstream, KeyFamily::kBoth, ReadAllowedHosts, PrintAllowedHosts},
    FamilyNetworks<kHosts>(
        "deny-hosts", "reports of these hosts do not count, whatever is allowed", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.hosts.denied; }),

    FamilyNumber<1, 1'000'000>(
        "max-groups", "groups on the link", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_groups; }),
    FamilyNumber<1, 65535>(
        "max-sources-per-group", "sources of one group on the link", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_sources_per_group; }),
    FamilyNumber<1, 10'000'000>(
        "max-sources", "sources of all groups on the link", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_sources; }),
    FamilyWord(
        "over-limit",
        "what becomes of sources that have no room: they are ignored, or the group is widened to all sources",
        KeySide::kDownstream, KeyFamily::kBoth,
        [](auto& family) -> auto& { return family.downstream.querier.source_overflow; }),
    FamilyNumber<1, 65535>(
        "max-hosts-per-group", "hosts of one group that are known one by one", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_hosts_per_group; }),
    FamilyNumber<1, 10'000'000>(
        "max-hosts", "hosts of all groups on the link that are known one by one", KeySide::kDownstream,
        [](auto& family) -> auto& { return family.downstream.querier.max_hosts; }),
    FamilyNumber<0, kMostPackets>(
        "max-packets-per-second", "IGMP and MLD packets that are taken; 0: any number", KeySide::kBoth,
        [](auto& family) -> auto& { return family.downstream.policing.packets_per_s; },
        [](auto& family) -> auto& { return family.upstream.policing.packets_per_s; }),
    FamilyNumber<0, kMostPackets>(
        "max-packets-per-second-of-one-source",
        "IGMP and MLD packets of one sender that are taken; 0: any number", KeySide::kBoth,
        [](auto& family) -> auto& { return family.downstream.policing.packets_per_s_of_one_source; },
        [](auto& family) -> auto& { return family.upstream.policing.packets_per_s_of_one_source; }),

    TimingKey<&TimingConfig::robustness, &Timing::robustness>(
        "robustness", "how many times in a row a message may be lost without harm: the Robustness Variable",
        KeySide::kBoth),
    TimingKey<&TimingConfig::query_interval, &Timing::query_interval>(
        "query-interval", "between general queries", KeySide::kBoth),
    TimingKey<&TimingConfig::query_response_interval, &Timing::query_response_interval>(
        "query-response-interval", "how long hosts may wait with their answer to a general query",
        KeySide::kDownstream),
    TimingKey<&TimingConfig::last_member_query_interval, &Timing::last_member_query_interval>(
        "last-member-query-interval", "how long hosts may wait with their answer to a query after a leave",
        KeySide::kDownstream),
    TimingKey<&TimingConfig::last_member_query_count, &Timing::last_member_query_count, UsualCount>(
        "last-member-query-count", "queries after a leave", KeySide::kDownstream),
    TimingKey<&TimingConfig::startup_query_interval, &Timing::startup_query_interval, UsualStartupInterval>(
        "startup-query-interval", "between the first general queries", KeySide::kDownstream),
    TimingKey<&TimingConfig::startup_query_count, &Timing::startup_query_count, UsualCount>(
        "startup-query-count", "the first general queries", KeySide::kDownstream),
    InterfaceKey{"group-membership-interval",
                 "how long a membership lasts without a report: robustness * query-interval + 2 * "
                 "query-response-interval, or one response interval less, as older routers count",
                 WordValues<MembershipInterval>, KeySide::kDownstream, KeyFamily::kBoth,
                 ReadMembershipInterval, PrintMembershipInterval},
    TimingKey<&TimingConfig::unsolicited_report_interval, &Timing::unsolicited_report_interval>(
        "unsolicited-report-interval", "between the repeated reports of a change", KeySide::kUpstream),
};

constexpr std::array kSections = {
    KeySection{"packets", "hook"},
    KeySection{"versions", "version"},
    KeySection{"which messages count", "strict-ttl"},
    KeySection{"leaving and lists of sources", "fast-leave"},
    KeySection{"forwarding", "forward-if-not-querier"},
    KeySection{"access", "allow-groups"},
    KeySection{"limits, of each family", "max-groups"},
    KeySection{"timing", "robustness"},
};

}  // namespace

std::span<const InterfaceKey> InterfaceKeys() {
  return kKeys;
}

const InterfaceKey* FindInterfaceKey(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const InterfaceKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::span<const KeySection> InterfaceKeySections() {
  return kSections;
}

}  // namespace bpfcast
