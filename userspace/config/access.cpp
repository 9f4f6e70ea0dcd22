#include "config/access.h"

#include <algorithm>
#include <vector>

namespace bpfcast {
namespace {

template <class F>
void AddSourcesTo(AccessSetting& setting, const AccessList<F>& list) {
  if (!list.only_sources.IsListed()) return;
  if (!setting.allowed_sources) setting.allowed_sources.emplace();
  for (const auto& source : list.only_sources.networks()) setting.allowed_sources->Of<F>().push_back(source);
}

/// Sorts the rules by what they do. The order among those of one kind decides nothing.
template <class F>
void AddTo(AccessSetting& setting, const AccessList<F>& list) {
  AddSourcesTo(setting, list);
  if (list.otherwise == Access::kDeny && !setting.allowed_groups) setting.allowed_groups.emplace();
  for (const AccessRule<F>& rule : list.rules) {
    if (rule.access == Access::kPermit) {
      if (setting.allowed_groups) setting.allowed_groups->Of<F>().push_back(rule.group);
    } else if (rule.source.length > 0) {
      setting.denied_sources.Of<F>().push_back(rule.source);
    } else {
      setting.denied_groups.Of<F>().push_back(rule.group);
    }
  }
}

/// What AddTo() cannot sort: the order decides.
template <class F>
void AddRulesTo(AccessSetting& setting, const AccessList<F>& list) {
  AddSourcesTo(setting, list);
  for (const AccessRule<F>& rule : list.rules) {
    if (rule.access == Access::kDeny && rule.group.length == 0 && rule.source.length > 0) {
      setting.denied_sources.Of<F>().push_back(rule.source);
      continue;
    }
    GroupRule written{rule.access, {}, {}};
    written.group.Of<F>().push_back(rule.group);
    if (rule.source.length > 0) written.source.Of<F>().push_back(rule.source);
    setting.group_rules.push_back(std::move(written));
  }
}

bool AreSources(const Networks& networks) {
  return std::none_of(networks.ipv4.begin(), networks.ipv4.end(), IsGroupRange<Ipv4Address>) &&
         std::none_of(networks.ipv6.begin(), networks.ipv6.end(), IsGroupRange<Ipv6Address>);
}

template <class Address>
bool AreGroups(const std::vector<Prefix<Address>>& networks) {
  return std::all_of(networks.begin(), networks.end(), IsGroupRange<Address>);
}

}  // namespace

/// The last rule that matches decides, so what is denied comes last.
template <class F>
AccessList<F> MakeAccessList(const AccessSetting& setting) {
  constexpr Prefix<typename F::Address> kAny{typename F::Address(), 0};
  AccessList<F> list;
  if (const auto& allowed = setting.allowed_groups) {
    if (allowed->empty() || !allowed->Of<F>().empty()) list.otherwise = Access::kDeny;
    for (const auto& group : allowed->Of<F>()) list.rules.push_back({Access::kPermit, group, kAny});
  }
  for (const auto& group : setting.denied_groups.Of<F>()) {
    list.rules.push_back({Access::kDeny, group, kAny});
  }
  for (const GroupRule& rule : setting.group_rules) {
    for (const auto& group : rule.group.Of<F>()) {
      if (rule.access == Access::kPermit) list.otherwise = Access::kDeny;
      const auto& source = rule.source.Of<F>();
      list.rules.push_back({rule.access, group, source.empty() ? kAny : source.front()});
    }
  }
  for (const auto& source : setting.denied_sources.Of<F>()) {
    list.rules.push_back({Access::kDeny, kAny, source});
  }
  if (const auto& allowed = setting.allowed_sources) {
    if (allowed->empty() || !allowed->Of<F>().empty()) {
      list.only_sources = Allowed<typename F::Address>(allowed->Of<F>());
    }
  }
  return list;
}

AccessSetting ServedAccess(const InterfaceConfig& config) {
  const auto ipv4 = config.ipv4.served ? config.ipv4.access() : AccessList<Igmp>();
  const auto ipv6 = config.ipv6.served ? config.ipv6.access() : AccessList<Mld>();
  AccessSetting setting;
  AddTo(setting, ipv4);
  AddTo(setting, ipv6);
  const Networks allowed = setting.allowed_groups.value_or(Networks());
  const bool are_groups = AreGroups(allowed.ipv4) && AreGroups(allowed.ipv6) &&
                          AreGroups(setting.denied_groups.ipv4) && AreGroups(setting.denied_groups.ipv6);
  if (are_groups && MakeAccessList<Igmp>(setting) == ipv4 && MakeAccessList<Mld>(setting) == ipv6) {
    return setting;
  }
  AccessSetting in_order;
  AddRulesTo(in_order, ipv4);
  AddRulesTo(in_order, ipv6);
  return in_order;
}

Result<GroupRule> ParseGroupRule(std::string_view text) {
  constexpr const char* kLooksLike =
      R"(is no rule; write "permit 239.0.0.0/8", "deny 239.1.0.0/16" or "deny 10.0.0.1@239.1.0.0/16")";
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  if (space == std::string_view::npos || (word != "permit" && word != "deny")) return Fail(kLooksLike);
  std::string_view group_text = text.substr(space + 1);
  Networks source;
  if (const std::size_t at = group_text.find('@'); at != std::string_view::npos) {
    const auto read = ParseNetworks(group_text.substr(0, at));
    if (!read || !AreSources(*read)) return Fail(kLooksLike);
    source = *read;
    group_text.remove_prefix(at + 1);
  }
  const auto group = ParseNetworks(group_text);
  if (!group || (!source.empty() && source.ipv4.empty() != group->ipv4.empty())) return Fail(kLooksLike);
  return GroupRule{word == "permit" ? Access::kPermit : Access::kDeny, *group, std::move(source)};
}

std::vector<std::string> ToTexts(const std::vector<GroupRule>& rules) {
  std::vector<std::string> texts;
  for (const GroupRule& rule : rules) {
    const std::string source = rule.source.empty() ? "" : rule.source.ToTexts().front() + "@";
    for (const std::string& group : rule.group.ToTexts()) {
      texts.push_back((rule.access == Access::kPermit ? "permit " : "deny ") + source + group);
    }
  }
  return texts;
}

template AccessList<Igmp> MakeAccessList(const AccessSetting&);
template AccessList<Mld> MakeAccessList(const AccessSetting&);

}  // namespace bpfcast
