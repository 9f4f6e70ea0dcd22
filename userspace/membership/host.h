// Host: the host side of the upstream link (RFC 9776 section 5, RFC 9777 section 6), speaking for the
// database.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "membership/deadline_queue.h"
#include "membership/membership_database.h"
#include "membership/pending_answer.h"
#include "membership/pending_change.h"
#include "membership/report_packer.h"
#include "membership/timing.h"
#include "wire/message.h"

namespace bpfcast {

template <class F>
struct HostConfig {
  Timing timing;           // robustness until a querier says otherwise, unsolicited report interval
  std::size_t mtu = 1500;  // records are packed and split to fit
  std::vector<Prefix<typename F::Address>> ssm_ranges = F::SsmRanges();  // D-19
};

/// Reports to send upstream, in order; each fits the MTU.
template <class F>
using HostEffects = std::vector<Report<F>>;

/// Pending state-change records and pending answers. `database` outlives the host and is read when a report
/// is built, so that a report always tells the state of that moment. Works only between Start() and Stop().
/// Queries of any version are answered with v3 reports.
template <class F>
class Host {
 public:
  using Address = typename F::Address;

  Host(const HostConfig<F>& config, const MembershipDatabase<F>& database, Random random);

  /// The link is up: announce every record of the database as a join would. On a running host (its
  /// address changed) the same, and what is pending stays pending.
  void Start(Time now);
  /// The link went down: pending work is forgotten, nothing is sent.
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

  Time NextExpiry() const;
  void Expire(Time now, HostEffects<F>& out);

  /// Clean stop: TO_IN({}) or BLOCK for every record of the database, once. Ends with Stop().
  void Leave(HostEffects<F>& out);

 private:
  bool IsReportable(const Address& group, const MembershipRecord<F>& record) const;
  void ScheduleChange(const MembershipChange<F>& change, Time now);
  void ScheduleGeneralAnswer(Time due);
  void ScheduleGroupAnswer(const Query<F>& query, Time due);
  void ForgetAnswer(const Address& group);
  void SendChanges(Time now, ReportPacker<F>& packer);
  void SendGroupAnswers(Time now, ReportPacker<F>& packer);
  void SendGeneralAnswer(Time now, ReportPacker<F>& packer);

  HostConfig<F> config_;
  const MembershipDatabase<F>& database_;
  Random random_;
  bool running_ = false;
  unsigned robustness_;  // the querier's, else the configured one (D-03)

  // A group with a pending change, or a pending answer, has exactly one deadline in the queue beside it.
  std::unordered_map<Address, PendingChange<F>> changes_;
  DeadlineQueue<Address> change_deadlines_;
  Time first_transmission_due_ = kNever;  // of the changes not sent yet
  Time quiet_until_ = Time::min();        // no first transmission before

  std::unordered_map<Address, PendingAnswer<F>> answers_;
  DeadlineQueue<Address> answer_deadlines_;
  Time general_answer_due_ = kNever;  // the interface timer
};

extern template class Host<Igmp>;
extern template class Host<Mld>;

}  // namespace bpfcast
