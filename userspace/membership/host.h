// Host: the host side of the upstream link (RFC 9776 section 5, RFC 9777 section 6), speaking for the database.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "membership/membership_database.h"
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

/// Interface state, pending state-change records and pending answers. `database` outlives the host and is read when a
/// report is built, so that a report always tells the state of that moment. Works only between Start() and Stop().
template <class F>
class Host {
 public:
  using Address = typename F::Address;

  Host(const HostConfig<F>& config, const MembershipDatabase<F>& database, Random random);

  /// The link is up: announce every record of the database as a join would.
  void Start(Time now);
  /// The link went down: pending work is forgotten, nothing is sent.
  void Stop();
  bool running() const;

  /// A merged record changed (E-04): state-change reports by D-02..D-05. Changes of one turn share reports; the first
  /// transmission is due within 10 ms (D-07).
  void OnChange(const MembershipChange<F>& change, Time now);
  /// A query from the upstream querier (D-10..D-17).
  void OnQuery(const Query<F>& query, Time now);

  Time NextExpiry() const;
  void Expire(Time now, HostEffects<F>& out);

  /// Clean stop: TO_IN({}) or BLOCK for every record of the database, once. Ends with Stop().
  void Leave(HostEffects<F>& out);

 private:
  // (owner of this file fills in)
};

extern template class Host<Igmp>;
extern template class Host<Mld>;

}  // namespace bpfcast
