// KernelMembership: groups that the kernel's own host side is asked to be a member of on one interface
// (D-30).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/membership_plan.h"
#include "os/unique_fd.h"

namespace bpfcast {

/// The memberships end with the object, and the kernel tells its routers so; it holds them through the time
/// in which the interface is down. The sockets have no port: the groups' packets are never queued for them
/// (D-33).
template <class F>
class KernelMembership {
 public:
  using Address = typename F::Address;

  KernelMembership(std::uint32_t ifindex, std::string name);

  std::uint32_t ifindex() const { return ifindex_; }
  /// Asks for exactly `record`, as far as the kernel's limits permit (widened()). On failure some or all of
  /// it may be missing until the next call for the group succeeds.
  Result<void> Set(const Address& group, const MembershipRecord<F>& record);
  /// How many of the users are ours that /proc/net/igmp and igmp6 count for the group.
  std::size_t Users(const Address& group) const;

  /// Groups of which more is asked for than was wanted, because the kernel permits no longer list.
  const std::set<Address>& widened() const { return plan_.widened(); }
  const MembershipLimits& limits() const { return plan_.limits(); }
  /// Reads the limits again; true when they are others than before.
  bool RefreshLimits();
  /// The setting that limits the sources of a list.
  static const char* SourceLimitName();

 private:
  /// 0 or errno.
  int TryFilter(const FilterCall<F>& call);
  int Join(int fd, const FilterCall<F>& call) const;
  int Leave(const FilterCall<F>& call);

  std::uint32_t ifindex_;
  std::string name_;
  MembershipPlan<F> plan_;
  struct Socket {
    UniqueFd fd;  // only while it has groups
    std::size_t groups = 0;
  };
  std::vector<Socket> sockets_;  // by their numbers in the plan
  std::set<std::pair<Address, std::size_t>> joined_;
  std::set<Address> failed_;
};

extern template class KernelMembership<Igmp>;
extern template class KernelMembership<Mld>;

}  // namespace bpfcast
