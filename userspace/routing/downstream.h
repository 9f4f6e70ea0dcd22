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

  Standing standing() const;
  /// Where packets that arrive on the link may go, as far as the link itself says (E-33, F-50).
  PassageLists<F> passages() const;

  /// What the link wants of the group, without timers (E-02): what its hosts and its static memberships want
  /// together. Access lists are for hosts alone. Nothing while it does not count, and nothing of a group that
  /// is bounded here: asking upstream for what may not go out would be of no use.
  MembershipRecord<F> Wanted(const Address& group) const;
  /// All groups of which it may want something; each once.
  std::vector<Address> Groups() const;

 private:
  DownstreamConfig<F> config_;
  Querier<F> querier_;
  StaticRecords<F> static_;
};

extern template StaticRecords<Igmp> RecordsOf(const std::vector<StaticMembership<Igmp>>&);
extern template StaticRecords<Mld> RecordsOf(const std::vector<StaticMembership<Mld>>&);
extern template class Downstream<Igmp>;
extern template class Downstream<Mld>;

}  // namespace bpfcast
