// Querier: the router side of one downstream link (RFC 9776 section 6 and 7.3, RFC 9777 section 7 and 8.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "membership/group_state.h"
#include "membership/lazy_deadlines.h"
#include "membership/link_notice.h"
#include "membership/membership_record.h"
#include "membership/older_versions.h"
#include "membership/other_queriers.h"
#include "membership/timing.h"
#include "wire/drop_reason.h"
#include "wire/message.h"

namespace bpfcast {

/// C-43: whose specific queries lower timers.
enum class LoweredBy : std::uint8_t {
  kElectedQuerier,
  kAnyRouter,  // as RFC 9776 6.6.1 has it; any host can end a stream then
};

template <class F>
struct QuerierConfig {
  Timing timing;
  Version version = Version::kV3;                                        // C-60
  std::vector<Prefix<typename F::Address>> ssm_ranges = F::SsmRanges();  // C-70, C-73
  std::size_t mtu = 1500;                                                // queries are split to fit
  std::size_t max_groups = 32768;
  std::size_t max_sources_per_group = 512;
  std::size_t max_sources = 262144;                                      // of all groups together
  std::size_t max_hosts_per_group = 256;                                 // tracked hosts
  std::size_t max_hosts = 65536;                                         // of all groups together
  OlderQueriers older_queriers = OlderQueriers::kFollow;
  FastLeave fast_leave = FastLeave::kOff;
  OlderMessages older_messages = OlderMessages::kAccept;
  LoweredBy lowered_by = LoweredBy::kElectedQuerier;
  ExcludeLists exclude_lists = ExcludeLists::kKept;
  SourceOverflow source_overflow = SourceOverflow::kLeaveOut;

  bool operator==(const QuerierConfig&) const = default;
};

/// Work that a call leaves to be done, in order.
template <class F>
struct QuerierEffects {
  std::vector<Query<F>> queries;                    // send on this link
  std::vector<typename F::Address> changed_groups;  // Membership(group) is different now; no duplicates
  std::vector<LinkNotice<F>> notices;
};

/// The state of a group with its place in the queue of deadlines.
template <class F>
struct TimedGroup : GroupState<F> {
  explicit TimedGroup(const typename F::Address& group) : GroupState<F>(group) {}

  Time place = kNever;
  bool stale = false;  // adopted, and reported by nobody since
};

/// Owns the GroupState of every group on the link. Invariants: a group in the table has a deadline; a group
/// without state is not in the table; General Queries are planned while we are the querier and only then, and
/// then no other router is known that won. Works only between Start() and Stop().
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
  /// The address that queries leave from; it decides the election. Call it before Start() (C-58).
  void SetAddress(const Address& own);
  /// New settings for what happens from now on; groups, running timers and the role stay, and so does
  /// the MTU, which is the link's.
  void Reconfigure(const QuerierConfig<F>& config, Time now);
  /// A General Query at once, if we are the querier: what hosts said before may count now.
  void AskNow(Time now, QuerierEffects<F>& out);

  /// A query of another router on this link: election (C-51..C-55), adoption of its variables (B-20..B-23),
  /// lowered timers (C-40..C-43), older versions (C-61..C-63). What is refused is counted in `drops`.
  void OnQuery(const Query<F>& query, const Address& source, Time now, DropCounters& drops,
               QuerierEffects<F>& out);
  /// A packet that could not be used, which an operator wants to hear of (C-59, A-09).
  void OnRefused(LinkEvent event, const Address& source, Time now, QuerierEffects<F>& out);
  RouterRole role() const { return rules_.role; }
  /// The elected querier while it is another router (C-53).
  std::optional<Address> other_querier() const;
  /// When it is given up; kNever while we are the querier.
  Time OtherQuerierExpires() const;
  /// The variables and the query version in force, adopted ones included.
  const LinkRules& rules() const { return rules_; }
  /// The hosts that are known to want the group; empty when the group is unknown (C-80).
  std::vector<TrackedHost<F>> Hosts(const Address& group) const;

  /// Applies the records in wire order. What is refused is counted in `drops` (SSM C-70, LIMIT X-10,
  /// POLICY C-69).
  void OnReport(const Report<F>& report, const Address& reporter, Time now, DropCounters& drops,
                QuerierEffects<F>& out);

  /// What an earlier router of ours knew of hosts here, as IS_IN and IS_EX records: as if they had been
  /// reported now, by hosts that nobody knows. Who is still there says so when the startup queries ask.
  void Adopt(const Report<F>& report, Time now, DropCounters& drops, QuerierEffects<F>& out);

  /// Nothing is due before it; kNever when nothing is pending. Expire() may find that the deadline has moved
  /// away.
  Time NextExpiry() const;
  /// Fires everything due at or before `now`, in order of deadline (B-26).
  void Expire(Time now, QuerierEffects<F>& out);

  /// E-02 applied to the group's state; empty when the group is unknown.
  MembershipRecord<F> Membership(const Address& group) const;
  /// The sources of the group that hosts ask for one by one (GroupState::Named()). They may change while
  /// Membership() stays.
  SourceSet<F> Named(const Address& group) const;
  /// For display; null when unknown.
  const GroupState<F>* Find(const Address& group) const;
  using Groups = std::unordered_map<Address, TimedGroup<F>>;
  const Groups& groups() const;
  /// Of all groups together: hosts that are tracked, each once for every group of it, and known sources.
  std::size_t hosts() const { return hosts_; }
  std::size_t sources() const { return sources_; }
  const QuerierConfig<F>& config() const;

  /// The link's MTU is another: queries from now on fit it.
  void SetMtu(std::size_t mtu);

 private:
  /// What the groups touched by one call wanted before it.
  using Before = std::map<Address, MembershipRecord<F>>;

  void OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter, Time now, DropCounters& drops,
                QuerierEffects<F>& out);
  void LimitRoom(const GroupState<F>& state);
  /// Calls `change`, then lets the table, its sums and the deadline of the group follow (the class
  /// invariants).
  template <class Change>
  void Apply(TimedGroup<F>& state, Change change);
  void AddToSums(const GroupState<F>& state);
  void TakeFromSums(const GroupState<F>& state);
  void SendGeneralQuery(Time now, QuerierEffects<F>& out);
  Duration NextInterval() const;
  void UpdateRules();
  void HearVersion(const Query<F>& query, const Address& source, Time now, QuerierEffects<F>& out);
  void HearTiming(const Query<F>& query, const Address& source, Time now, QuerierEffects<F>& out);
  void HearElection(const Query<F>& query, const Address& source, Time now, QuerierEffects<F>& out);
  void HearSpecific(const Query<F>& query, const Address& source, Time now);
  void ExpireOtherQueriers(Time due, Time now, QuerierEffects<F>& out);
  void Warn(const LinkNotice<F>& notice, Time now, QuerierEffects<F>& out);
  void ReportChanges(const Before& before, QuerierEffects<F>& out) const;

  QuerierConfig<F> config_;
  LinkRules rules_;  // follows from config_, others_ and older_queriers_
  Address own_;
  OtherQueriers<F> others_;
  OlderVersions older_queriers_;  // C-62
  NoticeLimit notice_limit_;
  bool running_ = false;
  Groups groups_;
  std::size_t hosts_ = 0;    // tracked in all groups
  std::size_t sources_ = 0;  // known in all groups
  LazyDeadlines<Address> deadlines_;
  Time next_general_query_ = kNever;
  unsigned startup_queries_left_ = 0;
};

extern template class Querier<Igmp>;
extern template class Querier<Mld>;

}  // namespace bpfcast
