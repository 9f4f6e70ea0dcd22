#include "routing/downstream.h"

#include <map>
#include <utility>

#include "membership/membership_database.h"
#include "routing/boundary.h"

namespace bpfcast {

template <class F>
StaticRecords<F> RecordsOf(const std::vector<StaticMembership<F>>& memberships) {
  StaticRecords<F> records;
  for (const auto& [group, source] : memberships) {
    MembershipRecord<F>& record = records[group];
    if (!source) {
      record = {FilterMode::kExclude, {}};  // whatever sources are named beside it
    } else if (record.mode == FilterMode::kInclude) {
      record.sources = record.sources + SourceSet<F>{*source};
    }
  }
  return records;
}

template <class F>
SourceSet<F> NamedBy(const std::vector<StaticMembership<F>>& memberships, const typename F::Address& group) {
  std::vector<typename F::Address> named;
  for (const StaticMembership<F>& each : memberships) {
    if (each.group == group && each.source) named.push_back(*each.source);
  }
  return SourceSet<F>(std::move(named));
}

template <class F>
Downstream<F>::Downstream(const DownstreamConfig<F>& config)
    : config_(config), querier_(config.querier), static_(RecordsOf(config.static_memberships)) {}

template <class F>
void Downstream<F>::Reconfigure(const DownstreamConfig<F>& config, Time now) {
  config_ = config;
  static_ = RecordsOf(config.static_memberships);
  querier_.Reconfigure(config.querier, now);
}

template <class F>
void Downstream<F>::EndRefusedHosts(Time now, QuerierEffects<F>& effects) {
  if (!querier_.running()) return;
  std::map<Address, Report<F>> leaves;
  for (const auto& [group, state] : querier_.groups()) {
    for (const TrackedHost<F>& host : state.hosts().List()) {
      if (config_.hosts.Permits(host.address)) continue;
      leaves[host.address].records.push_back({RecordType::kToIn, group, {}});
    }
  }
  DropCounters none;
  for (const auto& [host, report] : leaves) querier_.OnReport(report, host, now, none, effects);
}

template <class F>
Standing Downstream<F>::standing() const {
  Standing standing;
  standing.querier = querier_.role() == RouterRole::kQuerier;
  const bool serves = standing.querier || config_.foreign_querier == ForeignQuerier::kKeepForwarding;
  standing.served = serves && querier_.running();
  standing.counts = standing.served || config_.non_querier_members == NonQuerierMembers::kMerge;
  return standing;
}

template <class F>
PassageLists<F> Downstream<F>::passages() const {
  PassageLists<F> lists;
  lists.nowhere = config_.boundaries;
  switch (config_.forward_up.mode) {
    case ForwardUpMode::kAlways:
      break;
    case ForwardUpMode::kQuerierOnly:
      if (!standing().querier) lists.otherwise = Passage::kNotUpstream;
      break;
    case ForwardUpMode::kNever:
      lists.otherwise = Passage::kNotUpstream;
      break;
    case ForwardUpMode::kListed:
      lists.anywhere = config_.forward_up.groups;
      lists.otherwise = Passage::kNotUpstream;
      break;
  }
  return lists;
}

template <class F>
MembershipRecord<F> Downstream<F>::Wanted(const Address& group) const {
  if (!standing().counts || IsBounded(config_.boundaries, group)) return {};
  // Reports were filtered when they came; this holds when the access list changes later.
  auto by_hosts =
      Permitted(config_.access, group, querier_.Membership(group), [&] { return querier_.Named(group); });
  const auto by_us = static_.find(group);
  if (by_us == static_.end()) return by_hosts;
  if (by_hosts.IsEmpty()) return by_us->second;
  // Who wants a source of two subscriptions of one link is who wants it of two links (E-03).
  return MembershipDatabase<F>::Merge({{PortId{0}, std::move(by_hosts)}, {PortId{1}, by_us->second}});
}

template <class F>
SourceSet<F> Downstream<F>::Named(const Address& group) const {
  const MembershipRecord<F> by_hosts{FilterMode::kInclude, querier_.Named(group)};
  return Permitted(config_.access, group, by_hosts).sources + NamedBy(config_.static_memberships, group);
}

template <class F>
std::vector<typename F::Address> Downstream<F>::Groups() const {
  std::vector<Address> groups;
  for (const auto& [group, state] : querier_.groups()) groups.push_back(group);
  for (const auto& [group, record] : static_) {
    if (querier_.Find(group) == nullptr) groups.push_back(group);
  }
  return groups;
}

template StaticRecords<Igmp> RecordsOf(const std::vector<StaticMembership<Igmp>>&);
template StaticRecords<Mld> RecordsOf(const std::vector<StaticMembership<Mld>>&);
template SourceSet<Igmp> NamedBy(const std::vector<StaticMembership<Igmp>>&, const Ipv4Address&);
template SourceSet<Mld> NamedBy(const std::vector<StaticMembership<Mld>>&, const Ipv6Address&);
template class Downstream<Igmp>;
template class Downstream<Mld>;

}  // namespace bpfcast
