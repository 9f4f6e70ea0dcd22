// KernelHost: lets the kernel's host side speak upstream for the database (UpstreamMembership::kKernel).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "os/kernel_membership.h"
#include "routing/proxy.h"

namespace bpfcast {

/// Between Attach() and Detach() the kernel is asked for what the proxy's host would tell. What fails is
/// logged, once, and tried again.
template <class F>
class KernelHost {
 public:
  using Address = typename F::Address;

  /// Asks for everything that is wanted on this interface, unless it does already. On another interface than
  /// before everything begins anew.
  void Attach(const Proxy<F>& proxy, std::uint32_t ifindex, const std::string& name);
  /// The kernel leaves every group.
  void Detach();
  /// What is wanted of these groups is new.
  void Tell(const Proxy<F>& proxy, const std::vector<Address>& groups);
  /// What is wanted of any group may be new: the settings are.
  void TellAll(const Proxy<F>& proxy);
  /// Now and then.
  void Retry(const Proxy<F>& proxy);

  /// How many of the sockets that are members of the group on this interface are ours: not local listeners.
  std::size_t Users(std::uint32_t ifindex, const Address& group) const;

 private:
  void Tell(const Proxy<F>& proxy, const Address& group);
  void WarnOfWidened();

  std::optional<KernelMembership<F>> membership_;
  std::string name_;
  std::set<Address> failed_;
  std::size_t warned_of_widened_ = 0;  // so many were the last time
};

extern template class KernelHost<Igmp>;
extern template class KernelHost<Mld>;

}  // namespace bpfcast
