// Access lists as an operator writes them: which groups are allowed, and what is denied of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/networks.h"
#include "membership/access_list.h"

namespace bpfcast {

struct AccessSetting {
  /// Nothing: all. A list that names groups of one family alone restricts that family alone; an empty one
  /// allows no group of either.
  std::optional<Networks> allowed_groups;
  Networks denied_groups;   // whatever is allowed
  Networks denied_sources;  // whatever is allowed

  bool operator==(const AccessSetting&) const = default;
};

template <class F>
AccessList<F> MakeAccessList(const AccessSetting& setting);

/// What MakeAccessList() makes these lists of; nothing when there is no such setting: the other grammar may
/// mix what it permits and denies.
std::optional<AccessSetting> ToAccessSetting(const AccessList<Igmp>& ipv4, const AccessList<Mld>& ipv6);

/// What the lists of the served families say; nothing as above.
std::optional<AccessSetting> ServedAccess(const InterfaceConfig& config);

/// The rules of IPv4 in the order in which they are tried, the last one that matches decides; then what is
/// done otherwise.
std::vector<std::string> AccessRules(const AccessList<Igmp>& access);

extern template AccessList<Igmp> MakeAccessList(const AccessSetting&);
extern template AccessList<Mld> MakeAccessList(const AccessSetting&);

}  // namespace bpfcast
