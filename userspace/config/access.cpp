#include "config/access.h"

#include <algorithm>
#include <vector>

namespace bpfcast {
namespace {

/// Sorts the rules by what they do. The order among those of one kind decides nothing.
template <class F>
void AddTo(AccessSetting& setting, const AccessList<F>& list) {
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
  for (const AccessRule<F>& rule : list.rules) {
    if (rule.source.length > 0) {
      setting.denied_sources.Of<F>().push_back(rule.source);
    } else {
      Networks group;
      group.Of<F>().push_back(rule.group);
      setting.group_rules.push_back({rule.access, std::move(group)});
    }
  }
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
      list.rules.push_back({rule.access, group, kAny});
    }
  }
  for (const auto& source : setting.denied_sources.Of<F>()) {
    list.rules.push_back({Access::kDeny, kAny, source});
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
  constexpr const char* kLooksLike = R"(is no rule; write "permit 239.0.0.0/8" or "deny 239.1.0.0/16")";
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  if (space == std::string_view::npos || (word != "permit" && word != "deny")) return Fail(kLooksLike);
  const auto group = ParseNetworks(text.substr(space + 1));
  if (!group) return Fail(kLooksLike);
  return GroupRule{word == "permit" ? Access::kPermit : Access::kDeny, *group};
}

std::vector<std::string> ToTexts(const std::vector<GroupRule>& rules) {
  std::vector<std::string> texts;
  for (const GroupRule& rule : rules) {
    for (const std::string& group : rule.group.ToTexts()) {
      texts.push_back((rule.access == Access::kPermit ? "permit " : "deny ") + group);
    }
  }
  return texts;
}

template AccessList<Igmp> MakeAccessList(const AccessSetting&);
template AccessList<Mld> MakeAccessList(const AccessSetting&);

}  // namespace bpfcast
