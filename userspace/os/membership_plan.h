// MembershipPlan: which socket asks the kernel for what, within the kernel's limits (D-31). Pure; the calls
// are made by KernelMembership.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "membership/membership_record.h"
#include "wire/family.h"

namespace bpfcast {

/// At least 1 each.
struct MembershipLimits {
  std::size_t groups_per_socket = 20;
  std::size_t sources_per_filter = 10;

  bool operator==(const MembershipLimits&) const = default;
};

/// From now on this socket's filter of the group is `filter`; INCLUDE({}) is the end of its membership.
template <class F>
struct FilterCall {
  std::size_t socket = 0;
  typename F::Address group;
  MembershipRecord<F> filter;

  bool operator==(const FilterCall&) const = default;
};

/// The kernel merges what several sockets ask of one group as RFC 4605 merges links, without limits. So a
/// long INCLUDE list is spread over sockets and stays exact. Of an EXCLUDE list that is too long only the
/// beginning can be asked for: more arrives than is wanted, and nothing less.
template <class F>
class MembershipPlan {
 public:
  using Address = typename F::Address;
  using Record = MembershipRecord<F>;

  explicit MembershipPlan(const MembershipLimits& limits) : limits_(limits) {}

  /// Calls that turn what the kernel is asked for into `record`, in an order in which no source that is
  /// wanted before and after is unwanted in between; none when nothing changes.
  std::vector<FilterCall<F>> Change(const Address& group, const Record& record);
  /// The kernel had no room for the call: that socket takes no more groups until one leaves it. Calls that do
  /// the same with another socket; none when the group was alone in it, so that another would not do either.
  std::vector<FilterCall<F>> Elsewhere(const FilterCall<F>& refused);

  /// Holds for what changes from now on.
  void SetLimits(const MembershipLimits& limits) { limits_ = limits; }
  const MembershipLimits& limits() const { return limits_; }
  /// Groups of which more is asked for than is wanted.
  const std::set<Address>& widened() const { return widened_; }

 private:
  /// What one socket asks of a group.
  struct Part {
    std::size_t socket = 0;
    Record filter;
  };
  using Parts = std::vector<Part>;

  std::vector<Record> Filters(const Parts& parts, const Record& record) const;
  std::size_t Place(const Parts& others);
  void Free(std::size_t socket);

  MembershipLimits limits_;
  std::map<Address, Parts> groups_;
  std::vector<std::size_t> loads_;  // groups of each socket
  std::set<std::size_t> open_;      // sockets that have room; any number has that none refers to yet
  std::set<Address> widened_;
};

extern template class MembershipPlan<Igmp>;
extern template class MembershipPlan<Mld>;

}  // namespace bpfcast
