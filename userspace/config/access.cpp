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
  for (const auto& source : setting.denied_sources.Of<F>()) {
    list.rules.push_back({Access::kDeny, kAny, source});
  }
  return list;
}

std::optional<AccessSetting> ToAccessSetting(const AccessList<Igmp>& ipv4, const AccessList<Mld>& ipv6) {
  AccessSetting setting;
  AddTo(setting, ipv4);
  AddTo(setting, ipv6);
  const Networks allowed = setting.allowed_groups.value_or(Networks());
  if (!AreGroups(allowed.ipv4) || !AreGroups(allowed.ipv6) || !AreGroups(setting.denied_groups.ipv4) ||
      !AreGroups(setting.denied_groups.ipv6)) {
    return std::nullopt;
  }
  if (MakeAccessList<Igmp>(setting) != ipv4 || MakeAccessList<Mld>(setting) != ipv6) return std::nullopt;
  return setting;
}

std::optional<AccessSetting> ServedAccess(const InterfaceConfig& config) {
  return ToAccessSetting(config.ipv4.served ? config.ipv4.access() : AccessList<Igmp>(),
                         config.ipv6.served ? config.ipv6.access() : AccessList<Mld>());
}

std::vector<std::string> AccessRules(const AccessList<Igmp>& access) {
  std::vector<std::string> texts;
  for (const auto& rule : access.rules) {
    const std::string source = rule.source.length > 0 ? rule.source.ToString() + "@" : std::string();
    texts.push_back((rule.access == Access::kPermit ? "permit:" : "deny:") + source + rule.group.ToString());
  }
  texts.emplace_back(access.otherwise == Access::kPermit ? "else:permit" : "else:deny");
  return texts;
}

template AccessList<Igmp> MakeAccessList(const AccessSetting&);
template AccessList<Mld> MakeAccessList(const AccessSetting&);

}  // namespace bpfcast
