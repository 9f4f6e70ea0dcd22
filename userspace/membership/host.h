// Host: the host side of the upstream link (RFC 9776 section 5, RFC 9777 section 6), speaking for the
// database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "membership/access_list.h"
#include "membership/deadline_queue.h"
#include "membership/membership_database.h"
#include "membership/older_versions.h"
#include "membership/pending_answer.h"
#include "membership/pending_change.h"
#include "membership/report_packer.h"
#include "membership/timing.h"
#include "wire/message.h"

namespace bpfcast {

/// D-25: an older version asks for a group and not for sources.
enum class OlderSsm : std::uint8_t {
  kSilent,  // source-specific groups are not asked for in an older version
  kReport,  // they are, with all their sources
};

template <class F>
struct HostConfig {
  Timing timing;           // robustness until a querier says otherwise, unsolicited report interval
  std::size_t mtu = 1500;  // records are packed and split to fit
  std::vector<Prefix<typename F::Address>> ssm_ranges = F::SsmRanges();  // D-19, D-25
  Version version =
      Version::kV3;      // the newest that it speaks; an older querier is followed further down (D-20)
  AccessList<F> access;  // what may be asked for upstream (E-08)
  OlderQueriers older_queriers = OlderQueriers::kFollow;
  OlderSsm older_ssm = OlderSsm::kSilent;

  bool operator==(const HostConfig&) const = default;
};

/// Reports to send upstream, in order; each fits the MTU.
template <class F>
using HostEffects = std::vector<Report<F>>;

/// Pending state-change records and pending answers. `database` outlives the host and is read when a report
/// is built, so that a report always tells the state of that moment. Works only between Start() and Stop().
///
/// Reports are in the version of the oldest querier that is present (D-20..D-24). What an older version can
/// say of a group is "all sources" or nothing, so there every record is told as EXCLUDE({}), and the rest of
/// the text is the same for all versions.
template <class F>
class Host {
 public:
  using Address = typename F::Address;

  /// D-16: no more reports than this leave at once; what is left follows 5 ms later. 10 000 groups take 2.5 s
  /// when each needs a report of its own, and less than 0.1 s in v3.
  static constexpr std::size_t kMostReportsAtOnce = 20;

  /// so many leaves beyond the size of the database may be pending. More are not told: the routers find
  /// out themselves, one Group Membership Interval later.
  static constexpr std::size_t kMostPendingLeaves = 32768;

  Host(const HostConfig<F>& config, const MembershipDatabase<F>& database, Random random);

  /// The link is up: announce every record of the database as a join would. On a running host (its
  /// address changed) the same, and what is pending stays pending, as does the mode.
  void Start(Time now);
  /// The link went down: pending work and older queriers are forgotten, nothing is sent.
  void Stop();
  bool running() const { return running_; }
  /// For the reports built from now on.
  void SetMtu(std::size_t mtu) { config_.mtu = mtu; }

  /// The database has a new merged record (E-04): state-change reports by D-02..D-05. They are due at once,
  /// but first transmissions go out at most every 10 ms, so that a burst of changes shares its reports
  /// (D-07).
  void OnChange(const MembershipChange<F>& change, Time now);
  /// A query from the upstream querier (D-10..D-17).
  void OnQuery(const Query<F>& query, Time now);
  /// A report that another host sent upstream: in the older modes it suppresses our answer (D-23).
  void OnReport(const Report<F>& report);
  /// The version that is spoken now (D-20), and until when an older querier makes it so; kNever: no end.
  Version mode() const { return mode_; }
  Time ModeExpires() const;
  /// The oldest version that a querier speaks; older than mode() when older queriers are not followed.
  Version OldestQuerier() const { return older_queriers_.Oldest(); }
  /// D-25: a group that is wanted and not asked for, because the version that is spoken cannot name its
  /// sources; nothing when there is none.
  std::optional<Address> NotAskedFor() const;
  /// How many leaves found no room.
  std::uint64_t untold_leaves() const { return untold_leaves_; }
  /// New settings; what they newly permit or refuse is announced, and everything when another version
  /// is spoken. The MTU stays: it is the link's. From now on it speaks for `database`, perhaps another one;
  /// the one before may go afterwards.
  void Reconfigure(const HostConfig<F>& config, const MembershipDatabase<F>& database, Time now);

  /// What reports say of the group: its merged record as far as access list, mode and scope let it be asked
  /// for.
  MembershipRecord<F> Told(const Address& group) const;

  Time NextExpiry() const;
  void Expire(Time now, HostEffects<F>& out);

  /// Clean stop: TO_IN({}) or BLOCK for every record of the database, once; in the v2 mode leaves, in
  /// the v1 mode nothing. Ends with Stop().
  void Leave(HostEffects<F>& out);

 private:
  /// What a change of the mode tells anew.
  enum class Announcement : std::uint8_t {
    kNothing,  // a General Query changed it, and everything is told in answer
    kAll,
  };

  unsigned Robustness() const;
  Version ModeNow() const;
  void FollowMode(Announcement announcement, Time now);
  void Forget();
  void AnnounceAll(unsigned robustness, Time now);
  void ScheduleChange(const MembershipChange<F>& told, unsigned robustness, Time now);
  void ScheduleGeneralAnswer(const Query<F>& query, Time now);
  bool GeneralAnswerComesFirst(const Address& group, Time due) const;
  void ScheduleGroupAnswer(const Address& group, const std::vector<Address>& sources, Time due);
  void ForgetAnswer(const Address& group);
  Time NextReport() const;
  Time Retransmission(Time now);
  void SendChanges(Time now, ReportPacker<F>& packer);
  void SendGroupAnswers(Time now, ReportPacker<F>& packer);
  void SendGeneralAnswer(Time now, ReportPacker<F>& packer);

  HostConfig<F> config_;
  const MembershipDatabase<F>* database_;  // never null
  Random random_;
  bool running_ = false;
  unsigned querier_robustness_ = 0;  // of the last query; 0: it did not say
  OlderVersions older_queriers_;     // D-20: the Older Version Querier Present timers
  Version mode_;
  Time paced_until_ = Time::min();  // no report before

  // A group with a pending change, or a pending answer, has exactly one deadline in the queue beside it.
  std::unordered_map<Address, PendingChange<F>> changes_;
  DeadlineQueue<Address> change_deadlines_;
  Time first_transmission_due_ = kNever;  // of the changes not sent yet
  Time quiet_until_ = Time::min();        // no first transmission before
  std::uint64_t untold_leaves_ = 0;

  std::unordered_map<Address, PendingAnswer<F>> answers_;
  DeadlineQueue<Address> answer_deadlines_;
  Time general_answer_due_ = kNever;    // the interface timer
  Time asked_anew_from_ = Time::min();  // in an older mode: before it a General Query is the last one again
  Duration asked_within_{};             // its Max Response Time
  std::vector<Address>
      unanswered_;  // what is left of a general answer that is being sent: a heap, lowest first
};

extern template class Host<Igmp>;
extern template class Host<Mld>;

}  // namespace bpfcast
