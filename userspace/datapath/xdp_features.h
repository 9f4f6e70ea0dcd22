// What native XDP can do with an interface, by the netlink family "netdev" (Linux 6.3).
#pragma once

#include <cstdint>
#include <utility>

#include "base/result.h"
#include "datapath/genetlink.h"

namespace bpfcast {

/// Bits of NETDEV_A_DEV_XDP_FEATURES; Debian 12 has no linux/netdev.h.
inline constexpr std::uint64_t kXdpFeatureBasic = 1U << 0;
inline constexpr std::uint64_t kXdpFeatureRedirect = 1U << 1;
inline constexpr std::uint64_t kXdpFeatureNdoXmit = 1U << 2;

/// The features of an interface now: those of a veth change with its peer.
Result<std::uint64_t> XdpFeatures(std::uint32_t ifindex);

/// The kernel's notifications that the features of some interface changed, so that what was asked before may
/// be wrong now.
class XdpFeatureChanges {
 public:
  /// Fails where the kernel does not have them (before 6.3).
  static Result<XdpFeatureChanges> Open();

  /// Readable when there are some.
  int fd() const { return netdev_.fd(); }
  /// Takes them, without blocking.
  void Take() { netdev_.TakeNotifications(); }

 private:
  explicit XdpFeatureChanges(Genetlink netdev) : netdev_(std::move(netdev)) {}
  Genetlink netdev_;
};

}  // namespace bpfcast
