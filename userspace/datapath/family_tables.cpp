#include "datapath/family_tables.h"

#include <algorithm>
#include <string>

#include "datapath/source_rules.h"

namespace bpfcast {
namespace {

template <class F>
std::string Named(const RouteKey<F>& key) {
  std::string text = "(";
  text += key.source.IsUnspecified() ? "*" : key.source.ToString();
  text += ",";
  text += key.group.ToString();
  return text + ")";
}

}  // namespace

template <class F>
PortRules<F>::PortRules(const std::vector<DatapathPort>& ports)
    : sources(MakeSourceRules<F>(ports)), passages(MakePassageRules<F>(ports)), guarded(ports) {}

template <class F>
FamilyTables<F>::FamilyTables(BpfObject& object, OilPool& oils, RouteArray& array)
    : routes_(object, oils, array),
      sources_(object.maps_of(F()).sources),
      passages_(object.maps_of(F()).passages) {}

template <class F>
Result<void> FamilyTables<F>::AddRules(const PortRules<F>& wanted) {
  if (Result<void> added = sources_.Add(wanted.sources); !added) return added;
  if (Result<void> added = passages_.Add(wanted.passages); !added) return added;
  routes_.SetGuarded(wanted.guarded);
  return {};
}

template <class F>
void FamilyTables<F>::RemoveOtherRules(const PortRules<F>& wanted) {
  sources_.RemoveOthers(wanted.sources);
  passages_.RemoveOthers(wanted.passages);
}

template <class F>
void FamilyTables<F>::RemoveLeftRules() {
  sources_.RemoveUnknown();
  passages_.RemoveUnknown();
}

template <class F>
Result<void> FamilyTables<F>::Apply(const ForwardingUpdate<F>& update) {
  std::string failed;
  std::string cause;
  for (const RouteChange<F>& change : update) {
    if (!change.route) {
      routes_.Remove(change.key);
      continue;
    }
    if (Result<void> set = routes_.Set(change.key, *change.route); !set) {
      failed += (failed.empty() ? "" : ", ") + Named(change.key);
      cause = set.error().message;
    }
  }
  if (failed.empty()) return {};
  return Fail("not forwarded: " + failed + ": " + cause);
}

template <class F>
Result<void> FamilyTables<F>::Sync(const ForwardingUpdate<F>& table) {
  const Result<void> applied = Apply(table);
  if (applied) routes_.RemoveLeft();
  std::vector<RouteKey<F>> wanted;
  for (const RouteChange<F>& change : table) {
    if (change.route) wanted.push_back(change.key);
  }
  if (applied && wanted.size() == routes_.entries().size()) return applied;  // these and no others
  std::sort(wanted.begin(), wanted.end());
  std::vector<RouteKey<F>> others;
  for (const auto& [key, entry] : routes_.entries()) {
    if (!std::binary_search(wanted.begin(), wanted.end(), key)) others.push_back(key);
  }
  for (const RouteKey<F>& key : others) routes_.Remove(key);
  return applied;
}

template <class F>
Result<std::vector<RouteCounters<F>>> FamilyTables<F>::Counters() {
  std::vector<RouteCounters<F>> counters;
  for (const auto& [key, entry] : routes_.entries()) {
    Result<RouteCounters<F>> route = routes_.Counters(key, entry);
    if (!route) return tl::unexpected(route.error());
    counters.push_back(*route);
  }
  return counters;
}

template <class F>
bpfcast_port_family DescribeFamily(const DatapathPort& port) {
  const Passages<F>& passages = FamilyAbi<F>::Of(port).passages;
  bpfcast_port_family entry{};
  entry.served = FamilyAbi<F>::Of(port).served;
  entry.check_sources = port.source_check != SourceCheck::kOff;
  entry.unknown_sources = static_cast<std::uint8_t>(UnknownSourceVerdict<F>(port));
  entry.check_groups = RestrictsGroups(passages);
  entry.other_groups = static_cast<std::uint8_t>(ToAbi(passages.otherwise));
  return entry;
}

template struct PortRules<Igmp>;
template struct PortRules<Mld>;
template class FamilyTables<Igmp>;
template class FamilyTables<Mld>;
template bpfcast_port_family DescribeFamily<Igmp>(const DatapathPort&);
template bpfcast_port_family DescribeFamily<Mld>(const DatapathPort&);

}  // namespace bpfcast
