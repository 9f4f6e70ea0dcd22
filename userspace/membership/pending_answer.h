// PendingAnswer: the answer that is due for one group, RFC 9776 section 5.2 (RFC 9777 section 6.2).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"
#include "membership/membership_record.h"
#include "wire/message.h"

namespace bpfcast {

/// The current-state record of a whole group: IS_IN(A) or IS_EX(B). D-16.
template <class F>
GroupRecord<F> CurrentState(const typename F::Address& group, const MembershipRecord<F>& current);

/// One answer to all specific queries for a group that came before it is due.
template <class F>
class PendingAnswer {
 public:
  using Address = typename F::Address;

  /// A querier can make the list grow; the whole record is the answer when more sources than this were asked
  /// for.
  static constexpr std::size_t kMaxSources = 1024;

  /// D-13: no `sources` ask for the whole group.
  PendingAnswer(const std::vector<Address>& sources, Time due);
  /// One more query: D-14, D-15.
  void Add(const std::vector<Address>& sources, Time due);
  Time due() const { return due_; }

  /// D-17. Nothing when there is nothing to say.
  std::optional<GroupRecord<F>> Record(const Address& group, const MembershipRecord<F>& current) const;

 private:
  void LimitSources();

  Time due_;
  SourceSet<F> sources_;  // empty: the whole group
};

extern template class PendingAnswer<Igmp>;
extern template class PendingAnswer<Mld>;

}  // namespace bpfcast
