// What native XDP can do with an interface, by the netlink family "netdev" (Linux 6.3).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace bpfcast {

/// Bits of NETDEV_A_DEV_XDP_FEATURES; Debian 12 has no linux/netdev.h.
inline constexpr std::uint64_t kXdpFeatureBasic = 1U << 0;
inline constexpr std::uint64_t kXdpFeatureRedirect = 1U << 1;
inline constexpr std::uint64_t kXdpFeatureNdoXmit = 1U << 2;

/// The features of an interface now: those of a veth change with its peer.
Result<std::uint64_t> XdpFeatures(std::uint32_t ifindex);

}  // namespace bpfcast
