// TrackedHosts: the hosts that want one group, explicit tracking as in RFC 6636 (C-80).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "membership/membership_record.h"
#include "wire/message.h"

namespace bpfcast {

/// A host that reported a group and is believed to want it still (C-80).
template <class F>
struct TrackedHost {
  typename F::Address address;
  Version version = Version::kV3;
  FilterMode mode = FilterMode::kExclude;  // of its last record
  Time last_report{};
  Time expires{};  // one Group Membership Interval after it
};

/// Who sent a record, and in which version of the protocol.
template <class F>
struct Reporter {
  typename F::Address address;
  Version version = Version::kV3;
};

/// What each host wants of the group, from its own records. Where a record leaves it open the host is taken
/// to want more and never less, for an error to that side only makes a stream end later. Silent hosts are
/// dropped when the next record comes.
template <class F>
class TrackedHosts {
 public:
  using Address = typename F::Address;

  /// hosts, and on average this many listed sources for each of them.
  static constexpr std::size_t kSourcesPerHost = 4;

  /// A record of the group; `until` is one Group Membership Interval away. Returns how many hosts, 0 or 1,
  /// had no room: the host itself or its list of sources.
  std::size_t OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter, Time now, Time until,
                       std::size_t max_hosts);

  bool Knows(const Address& host) const { return hosts_.contains(host); }
  bool empty() const { return hosts_.empty(); }
  std::size_t size() const { return hosts_.size(); }
  /// False while a host may want the group that is not among these: it had no room or no address.
  bool IsComplete(Time now) const { return incomplete_until_ <= now; }
  /// Was there ever such a host?
  bool WasIncomplete() const { return incomplete_until_ != Time::min(); }
  /// When the last host that is in EXCLUDE mode is forgotten; nothing when there is none.
  std::optional<Time> ExcludeUntil() const;
  /// Is a host in INCLUDE mode among them?
  bool AnyIncludes() const;
  /// The sources that hosts in INCLUDE mode list.
  SourceSet<F> Named() const;
  /// For each of the sources, in their order: when the last host that wants it is forgotten; nothing when
  /// there is none. One pass over the hosts, for there may be many of both.
  std::vector<std::optional<Time>> WantedUntil(const SourceSet<F>& sources) const;

  /// By address.
  std::vector<TrackedHost<F>> List() const;

 private:
  struct Host {
    Version version = Version::kV3;
    MembershipRecord<F> wants;
    Time last_report{};
    Time expires{};
  };

  void DropSilent(Time now);
  /// What the host wants after the record.
  static MembershipRecord<F> After(const GroupRecord<F>& record, const MembershipRecord<F>& before);

  std::map<Address, Host> hosts_;
  std::size_t listed_sources_ = 0;
  Time first_expiry_ = kNever;  // no host expires before it
  Time incomplete_until_ = Time::min();
};

extern template class TrackedHosts<Igmp>;
extern template class TrackedHosts<Mld>;

}  // namespace bpfcast
