// Access lists as an operator writes them: which groups are allowed, and what is denied of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/networks.h"
#include "membership/access_list.h"

namespace bpfcast {

/// "permit 239.0.0.0/8" or "deny 10.0.0.0/8@239.0.0.0/8": one entry of a list whose last entry that matches
/// decides.
struct GroupRule {
  Access access = Access::kPermit;
  Networks group;
  Networks source{};  // one network at most, of the family of the group; none: all sources

  bool operator==(const GroupRule&) const = default;
};

/// The error follows the quoted text.
Result<GroupRule> ParseGroupRule(std::string_view text);

struct AccessSetting {
  /// Nothing: all. A list that names groups of one family alone restricts that family alone; an empty one
  /// allows no group of either.
  std::optional<Networks> allowed_groups;
  Networks denied_groups;                   // whatever is allowed
  std::optional<Networks> allowed_sources;  // likewise
  Networks denied_sources;                  // whatever is allowed
  /// Instead of both lists of groups. A group that none matches is permitted, unless one of the family
  /// permits.
  std::vector<GroupRule> group_rules;

  bool operator==(const AccessSetting&) const = default;
};

template <class F>
AccessList<F> MakeAccessList(const AccessSetting& setting);

/// What MakeAccessList() makes the lists of the served families of: in two lists of groups where that is
/// enough, as rules otherwise.
AccessSetting ServedAccess(const InterfaceConfig& config);

/// Each as ParseGroupRule() reads it.
std::vector<std::string> ToTexts(const std::vector<GroupRule>& rules);

extern template AccessList<Igmp> MakeAccessList(const AccessSetting&);
extern template AccessList<Mld> MakeAccessList(const AccessSetting&);

}  // namespace bpfcast
