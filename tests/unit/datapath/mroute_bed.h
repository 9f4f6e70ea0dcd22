// The bed of the conformance matrix as the tests of the kernel's multicast routing need it: an upstream and
// two downstreams, of both families.
#pragma once

#include <array>

#include "routing/datapath.h"

namespace bpfcast {

inline constexpr PortId kU{0};
inline constexpr PortId kD1{1};
inline constexpr PortId kD2{2};

/// What the forwarding table makes of these members of a group.
inline Route RouteTo(PortSet members, bool local = false) {
  Route route;
  route.from_upstream = route.from_downstream = route.not_upstream = members;
  route.from_downstream.Add(kU);
  route.local = local;
  return route;
}

template <class F>
struct MrouteBed;
template <>
struct MrouteBed<Igmp> {
  using Address = Ipv4Address;
  static constexpr unsigned kSubnet = 24;
  static FamilyPort<Igmp>& Half(DatapathPort& port) { return port.ipv4; }
  static Address Group() { return MakeIpv4(239, 1, 2, 3); }
  static Address Far(std::uint8_t n) { return MakeIpv4(10, 0, 0, n); }
  static Address Of(PortId port, std::uint8_t n) {
    if (port == kU) return MakeIpv4(198, 51, 100, n);
    return port == kD1 ? MakeIpv4(192, 0, 2, n) : MakeIpv4(203, 0, 113, n);
  }

  static DatapathPort Port(PortId id, PortRole role, std::uint8_t host);
  static DatapathPort Upstream() { return Port(kU, PortRole::kUpstream, 2); }
  static DatapathPort Downstream(PortId id) { return Port(id, PortRole::kDownstream, 1); }
};
template <>
struct MrouteBed<Mld> {
  using Address = Ipv6Address;
  static constexpr unsigned kSubnet = 64;
  static FamilyPort<Mld>& Half(DatapathPort& port) { return port.ipv6; }
  static Address Make(std::uint8_t net, std::uint8_t n) {
    return Address(std::array<std::uint8_t, 16>{0x20, 1, 0xd, 0xb8, 0, net, 0, 0, 0, 0, 0, 0, 0, 0, 0, n});
  }
  static Address Group() { return *Address::Parse("ff0e::1234"); }
  static Address Far(std::uint8_t n) { return Make(0x77, n); }
  static Address Of(PortId port, std::uint8_t n) { return Make(static_cast<std::uint8_t>(port), n); }

  static DatapathPort Port(PortId id, PortRole role, std::uint8_t host);
  static DatapathPort Upstream() { return Port(kU, PortRole::kUpstream, 2); }
  static DatapathPort Downstream(PortId id) { return Port(id, PortRole::kDownstream, 1); }
};

template <class F>
DatapathPort MakeMroutePort(PortId id, PortRole role, std::uint8_t host) {
  using B = MrouteBed<F>;
  DatapathPort port;
  port.id = id;
  port.ifindex = 10 + static_cast<std::uint32_t>(id);
  port.name = "port" + std::to_string(static_cast<unsigned>(id));
  port.role = role;
  B::Half(port).own_addresses = {B::Of(id, host)};
  B::Half(port).subnets = {{B::Of(id, host), B::kSubnet}};
  return port;
}
inline DatapathPort MrouteBed<Igmp>::Port(PortId id, PortRole role, std::uint8_t host) {
  return MakeMroutePort<Igmp>(id, role, host);
}
inline DatapathPort MrouteBed<Mld>::Port(PortId id, PortRole role, std::uint8_t host) {
  return MakeMroutePort<Mld>(id, role, host);
}

}  // namespace bpfcast
