// PortFacts: what the kernel says of an interface before a hook is chosen for it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "routing/datapath.h"

namespace bpfcast {

struct PortFacts {
  std::string driver;       // ethtool's name ("veth", "bridge", "ixgbe"); empty when the interface has none
  bool ethernet = false;    // the link layer has MAC addresses
  bool bare = false;        // there is no link layer: packets begin with the IP header (tun, ppp, tunnels)
  bool xdp_native = false;  // the driver runs XDP programs
  bool xdp_target = false;  // native XDP may redirect to it now (NDO_XMIT)
  bool strips_vlan_tags = false;  // rx-vlan-offload: XDP sees tagged frames without their tag
  bool features_known = false;    // the kernel has netdev XDP features (6.3); without, both xdp_* are false
};

/// Asks the kernel in the current network namespace. What cannot be learned stays at its default.
PortFacts ProbePort(const std::string& ifname, std::uint32_t ifindex);

/// "lan1 (ifindex 7)".
std::string Named(const DatapathPort& port);
/// Does the interface have the link layer that `port.ethernet` says? The error names it.
Result<void> CheckLinkLayer(const DatapathPort& port);

}  // namespace bpfcast
