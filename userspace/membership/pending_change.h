// PendingChange: the retransmission state of one group, RFC 9776 section 5.1 (RFC 9777 section 6.1).
#pragma once

#include <map>
#include <vector>

#include "membership/membership_record.h"
#include "wire/message.h"

namespace bpfcast {

/// How many more state-change reports have to tell the group's filter mode, and how many each changed source.
/// What a report says about them is the state at the time it is sent, so a change that is undone is never
/// told again.
template <class F>
class PendingChange {
 public:
  /// Adds the difference of two records; it has to be told in `robustness` reports (D-03, D-04).
  void Add(const MembershipRecord<F>& before, const MembershipRecord<F>& after, unsigned robustness);

  /// What the next report says, with `current` as the record of `group`: TO_IN or TO_EX with the current list
  /// while the mode is to be told (D-05), else ALLOW and BLOCK of the pending sources; an empty list is left
  /// out (D-02).
  std::vector<GroupRecord<F>> Records(const typename F::Address& group,
                                      const MembershipRecord<F>& current) const;

  /// Records() were sent. A TO_IN or TO_EX tells about every source, so it counts for each of them.
  void CountReport();
  bool IsDone() const { return mode_reports_ == 0 && source_reports_.empty(); }
  /// Nothing was sent since the last change.
  bool IsUntold() const { return untold_; }

 private:
  bool untold_ = false;
  unsigned mode_reports_ = 0;
  std::map<typename F::Address, unsigned> source_reports_;  // values > 0
};

extern template class PendingChange<Igmp>;
extern template class PendingChange<Mld>;

}  // namespace bpfcast
