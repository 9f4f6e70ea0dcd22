// BridgeView: what a bridge knows of multicast behind its ports.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bpfcast {

struct BridgePort {
  std::uint32_t ifindex = 0;
  std::string name;
  bool fast_leave = false;  // mcast_fast_leave
  bool router = false;      // gets every group
};

struct BridgeView {
  std::vector<BridgePort> ports;
  std::set<std::string> groups;  // that some port has asked for, of any VLAN
};

/// All bridges of the network namespace by ifindex, as far as the kernel tells.
std::map<std::uint32_t, BridgeView> ReadBridges();

}  // namespace bpfcast
