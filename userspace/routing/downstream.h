// Downstream: the router side of one downstream link, its settings, and what both together want.
#pragma once

#include <unordered_map>
#include <vector>

#include "membership/membership_record.h"
#include "membership/querier.h"
#include "routing/passage_rules.h"
#include "routing/proxy_config.h"

namespace bpfcast {

/// What static memberships ask for, by group (E-07).
template <class F>
using StaticRecords = std::unordered_map<typename F::Address, MembershipRecord<F>>;
template <class F>
StaticRecords<F> RecordsOf(const std::vector<StaticMembership<F>>& memberships);
/// The sources of the group that they name, beside the whole group as well.
template <class F>
SourceSet<F> NamedBy(const std::vector<StaticMembership<F>>& memberships, const typename F::Address& group);

/// What follows from the link's state for the rest of the proxy.
struct Standing {
  bool served = false;   // members get packets (E-30, E-34, C-57); not without an address
  bool counts = true;    // members count in the database (E-06)
  bool querier = false;  // we are the querier

  bool operator==(const Standing&) const = default;
};

template <class F>
class Downstream {
 public:
  using Address = typename F::Address;

  explicit Downstream(const DownstreamConfig<F>& config);

  /// New settings; the state of the link stays.
  void Reconfigure(const DownstreamConfig<F>& config, Time now);
  const DownstreamConfig<F>& config() const { return config_; }

  Querier<F>& querier() { return querier_; }
  const Querier<F>& querier() const { return querier_; }

  /// What hosts have that are not permitted (any more) ends as if they had left it: those who stay say so
  /// when they are asked. What hosts have that are not known one by one lasts until they would have to report
  /// again.
  void EndRefusedHosts(Time now, QuerierEffects<F>& effects);

  Standing standing() const;
  /// Where packets that arrive on the link may go, as far as the link itself says (E-33, F-50).
  PassageLists<F> passages() const;

  /// What the link wants of the group, without timers (E-02): what its hosts and its static memberships want
  /// together. Access lists are for hosts alone. Nothing while it does not count, and nothing of a group that
  /// is bounded here: asking upstream for what may not go out would be of no use.
  MembershipRecord<F> Wanted(const Address& group) const;
  /// The sources of the group that are asked for one by one, also while Wanted() is in EXCLUDE mode.
  SourceSet<F> Named(const Address& group) const;
  /// All groups of which it may want something; each once.
  std::vector<Address> Groups() const;

 private:
  DownstreamConfig<F> config_;
  Querier<F> querier_;
  StaticRecords<F> static_;
};

extern template StaticRecords<Igmp> RecordsOf(const std::vector<StaticMembership<Igmp>>&);
extern template StaticRecords<Mld> RecordsOf(const std::vector<StaticMembership<Mld>>&);
extern template SourceSet<Igmp> NamedBy(const std::vector<StaticMembership<Igmp>>&, const Ipv4Address&);
extern template SourceSet<Mld> NamedBy(const std::vector<StaticMembership<Mld>>&, const Ipv6Address&);
extern template class Downstream<Igmp>;
extern template class Downstream<Mld>;

}  // namespace bpfcast
