// Where packets may go by their group (E-33, F-50), as the prefixes that the programs look up.
#pragma once

#include <set>
#include <vector>

#include "datapath/prefix_rules.h"
#include "routing/datapath.h"

namespace bpfcast {

/// The rules of all ports together, each to an enum bpfcast_passage.
template <class F>
PrefixRules<F> MakePassageRules(const std::vector<DatapathPort>& ports);

/// An enum bpfcast_passage.
std::uint32_t ToAbi(Passage passage);

/// Can the passages of the port stop a packet?
template <class F>
bool RestrictsGroups(const Passages<F>& passages);

/// The groups of which any port says something else than kAnywhere. Packets of all others need no second
/// lookup when they have a route.
template <class F>
class GuardedGroups {
 public:
  GuardedGroups() = default;
  explicit GuardedGroups(const std::vector<DatapathPort>& ports);

  bool Contains(const typename F::Address& group) const;
  bool operator==(const GuardedGroups&) const = default;

 private:
  std::set<PrefixRule<F>> prefixes_;  // of no scope
};

}  // namespace bpfcast
