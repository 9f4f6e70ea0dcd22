// Querier: the router side of one downstream link (RFC 9776 section 6 and 7.3, RFC 9777 section 7 and 8.3).
#pragma once

#include <cstddef>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "membership/deadline_queue.h"
#include "membership/group_state.h"
#include "membership/membership_record.h"
#include "membership/timing.h"
#include "wire/drop_reason.h"
#include "wire/message.h"

namespace bpfcast {

template <class F>
struct QuerierConfig {
  Timing timing;
  Version version = Version::kV3;                                        // C-60
  std::vector<Prefix<typename F::Address>> ssm_ranges = F::SsmRanges();  // C-70, C-73
  std::size_t mtu = 1500;                                                // queries are split to fit
  std::size_t max_groups = 32768;
  std::size_t max_sources_per_group = 512;
};

/// Work that a call leaves to be done, in order.
template <class F>
struct QuerierEffects {
  std::vector<Query<F>> queries;                    // send on this link
  std::vector<typename F::Address> changed_groups;  // Membership(group) is different now; no duplicates
};

/// Owns the GroupState of every group on the link. Invariants: a group in the table has a deadline; a group
/// without state is not in the table. Works only between Start() and Stop().
template <class F>
class Querier {
 public:
  using Address = typename F::Address;

  explicit Querier(const QuerierConfig<F>& config);

  /// The link is up and has an address: become querier, with the startup queries of C-50.
  void Start(Time now, QuerierEffects<F>& out);
  /// The link went down or lost its address: all groups are flushed.
  void Stop(QuerierEffects<F>& out);
  bool running() const;

  /// Applies the records in wire order. What is refused is counted in `drops` (SSM C-70, LIMIT X-10).
  /// `reporter` is kept for display only.
  void OnReport(const Report<F>& report, const Address& reporter, Time now, DropCounters& drops,
                QuerierEffects<F>& out);

  /// kNever when nothing is pending.
  Time NextExpiry() const;
  /// Fires everything due at or before `now`, in order of deadline (B-26).
  void Expire(Time now, QuerierEffects<F>& out);

  /// E-02 applied to the group's state; empty when the group is unknown.
  MembershipRecord<F> Membership(const Address& group) const;
  /// For display; null when unknown.
  const GroupState<F>* Find(const Address& group) const;
  const std::unordered_map<Address, GroupState<F>>& groups() const;
  const QuerierConfig<F>& config() const;

  /// The link's MTU is another: queries from now on fit it.
  void SetMtu(std::size_t mtu);

 private:
  /// What the groups touched by one call wanted before it.
  using Before = std::map<Address, MembershipRecord<F>>;

  void OnRecord(const GroupRecord<F>& record, Version version, const Address& reporter, Time now,
                DropCounters& drops, QuerierEffects<F>& out);
  /// After every change of a group's state: the table and its deadline follow (the class invariants).
  void Settle(const GroupState<F>& state);
  void SendGeneralQuery(Time now, QuerierEffects<F>& out);
  void ReportChanges(const Before& before, QuerierEffects<F>& out) const;

  QuerierConfig<F> config_;
  LinkRules rules_;
  bool running_ = false;
  std::unordered_map<Address, GroupState<F>> groups_;
  DeadlineQueue<Address> deadlines_;
  Time next_general_query_ = kNever;
  unsigned startup_queries_left_ = 0;
};

extern template class Querier<Igmp>;
extern template class Querier<Mld>;

}  // namespace bpfcast
