// GroupState: router state of one group on one link, RFC 9776 section 6.2-6.6 (RFC 9777 section 7.2-7.6).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "membership/link_rules.h"
#include "membership/membership_record.h"
#include "membership/older_versions.h"
#include "membership/record_meaning.h"
#include "membership/tracked_hosts.h"
#include "wire/message.h"

namespace bpfcast {

/// INCLUDE (A) or EXCLUDE (X,Y) with the group timer, the source timers, the specific queries under way, the
/// older hosts and the known hosts of the group. A value without I/O, clock or callbacks. Invariants: in
/// INCLUDE every source timer runs; the group timer runs in EXCLUDE only; so a state that is not empty always
/// has a deadline.
template <class F>
class GroupState {
 public:
  using Address = typename F::Address;

  explicit GroupState(const Address& group) : group_(group) {}

  /// Applies one record (C-10..C-25, C-64..C-66, C-80..C-84). Returns how many new sources and hosts were
  /// left out because the group has no room for them; those that are known already always have room.
  std::size_t OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter, const LinkRules& rules,
                       Time now, std::vector<Query<F>>& out);
  /// A specific query of the link's querier with S clear: what it names ends at `end` if nobody reports it
  /// again (C-40).
  void OnQuery(const Query<F>& query, Time end);

  /// Not kNever unless empty.
  Time NextExpiry() const;
  /// Fires what is due at or before `now` in order of deadline; at one instant the state goes before the
  /// queries.
  void Expire(Time now, const LinkRules& rules, std::vector<Query<F>>& out);

  /// INCLUDE ({}): the same as no record (C-01).
  bool IsEmpty() const { return mode_ == FilterMode::kInclude && sources_.empty(); }
  /// E-02: INCLUDE (A) as it is, EXCLUDE (X,Y) as EXCLUDE(Y).
  MembershipRecord<F> Membership() const;

  const Address& group() const { return group_; }
  FilterMode mode() const { return mode_; }
  /// A, or X: the sources whose timer runs.
  SourceSet<F> Requested() const;
  /// Y: the sources that are blocked; empty in INCLUDE.
  SourceSet<F> Excluded() const;
  /// The sources that hosts ask for one by one, in EXCLUDE as well, where the tables forget most of them:
  /// from the known hosts, and A or X for those that are not known.
  SourceSet<F> Named() const;
  /// A, or X and Y: those that take room.
  std::size_t SourceCount() const { return sources_.size(); }
  /// kNever in INCLUDE.
  Time GroupTimer() const { return group_timer_; }
  /// Nothing when the source is unknown or blocked.
  std::optional<Time> SourceTimer(const Address& source) const;
  /// The compatibility mode (C-64).
  Version HostVersion() const { return older_hosts_.Oldest(); }

  const Address& last_reporter() const { return last_reporter_; }
  const TrackedHosts<F>& hosts() const { return hosts_; }

 private:
  using Sources = SourceSet<F>;

  struct Source {
    std::optional<Time> timer;  // nothing: ST = 0, the source is in Y
    unsigned queries_left = 0;  // transmissions of Q(G,A) that still have to name it
  };

  /// What a row of the table tells the querier to send: Q(G), and Q(G,sources).
  struct Ask {
    bool group = false;
    Sources sources;
  };

  RecordMeaning Meaning(RecordType type, const LinkRules& rules) const;
  std::size_t Admit(RecordType type, Sources& sources, std::size_t limit) const;
  Ask OnRecordInInclude(RecordType type, const Sources& b, Time gmi);
  Ask OnRecordInExclude(RecordType type, const Sources& a, Time gmi);

  Sources Known() const;
  void SetTimers(const Sources& sources, Time expiry);
  void Block(const Sources& sources);
  void Delete(const Sources& sources);

  bool IsSingleHost(const LinkRules& rules) const;
  void EndNow(const Ask& ask);
  enum class Leaver : std::uint8_t { kKnown, kUnknown };
  bool HostsDecide(const LinkRules& rules, Time now) const;
  Ask LeftToAsk(Ask ask, Leaver leaver);
  void Lapse(const Address& source);

  enum class Round : std::uint8_t { kNothingNew, kNow };
  Round StartQueries(const Ask& ask, const LinkRules& rules, Time now);
  void SendRound(const LinkRules& rules, Time now, std::vector<Query<F>>& out);

  void ExpireSources(Time now);
  void ExpireGroup();

  Address group_;
  Address last_reporter_;
  FilterMode mode_ = FilterMode::kInclude;
  Time group_timer_ = kNever;
  std::map<Address, Source> sources_;
  OlderVersions older_hosts_;
  TrackedHosts<F> hosts_;
  unsigned group_queries_left_ = 0;  // transmissions of Q(G) that are still to come
  Time next_round_ = kNever;         // when the next queries of this group are sent (C-34: one timer)
};

extern template class GroupState<Igmp>;
extern template class GroupState<Mld>;

}  // namespace bpfcast
