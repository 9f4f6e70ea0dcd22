// FamilyTables: everything that the programs look up for one family.
#pragma once

#include <vector>

#include "datapath/passage_rules.h"
#include "datapath/prefix_rules.h"
#include "datapath/route_store.h"
#include "routing/datapath.h"

namespace bpfcast {

/// What the ports together say of sources and groups.
template <class F>
struct PortRules {
  PrefixRules<F> sources;
  PrefixRules<F> passages;
  GuardedGroups<F> guarded;

  explicit PortRules(const std::vector<DatapathPort>& ports);
};

template <class F>
class FamilyTables {
 public:
  FamilyTables(BpfObject& object, OilPool& oils, RouteArray& array);

  /// What an earlier agent left; see RouteStore. Its routes go with the first Sync() that succeeds, as far as
  /// they are not wanted, its rules with RemoveLeftRules().
  Result<std::vector<InheritedRoute<F>>> Inherit() { return routes_.Inherit(); }
  void RemoveLeftRules();

  /// What changes with a port comes in two steps, between which its entry is written: what accepts a source
  /// comes before what is taken away, so that no good one is refused in between.
  Result<void> AddRules(const PortRules<F>& wanted);
  void RemoveOtherRules(const PortRules<F>& wanted);

  Result<void> Apply(const ForwardingUpdate<F>& update);
  Result<void> Sync(const ForwardingUpdate<F>& table);
  Result<std::vector<RouteCounters<F>>> Counters();
  void Refresh() { routes_.Refresh(); }
  std::size_t routes() const { return routes_.entries().size(); }

 private:
  RouteStore<F> routes_;
  PrefixTable<F> sources_;
  PrefixTable<F> passages_;
};

/// The part of a port's entry that is the family's.
template <class F>
bpfcast_port_family DescribeFamily(const DatapathPort& port);

}  // namespace bpfcast
