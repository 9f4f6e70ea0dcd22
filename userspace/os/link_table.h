// LinkTable: rtnetlink messages become interfaces.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "os/link_monitor.h"

struct nlmsghdr;

namespace bpfcast {

/// Each message states how things are now, so messages of an older dump or event do no lasting harm.
class LinkTable {
 public:
  /// RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR; everything else is ignored.
  void Apply(const nlmsghdr* message);
  /// Null when there is no such interface.
  const Link* Find(std::string_view name) const;
  /// Sorted by ifindex.
  std::vector<const Link*> All() const;

 private:
  void ApplyLink(const nlmsghdr* message);
  template <class F>
  void ApplyAddress(const nlmsghdr* message);

  std::unordered_map<std::uint32_t, Link> links_;
  std::unordered_map<std::string, std::uint32_t> names_;
};

}  // namespace bpfcast
