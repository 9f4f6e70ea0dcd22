// The bed of the conformance matrix, in namespaces and veth pairs:
//
//   source, upstream router              the router under test               receivers
//   "up"  up0 198.51.100.1 (10.0.0.1-5) -- wan0 198.51.100.2
//                                          lan1 192.0.2.1   -- p0 [bridge "sw"] -- h1 192.0.2.10
//                                                                               -- h2 192.0.2.11
//                                          lan2 203.0.113.1 ------------------- h3 203.0.113.10
//                                          lan3 10.30.0.1   ------------------- h4 10.30.0.10
//
// With Ipv6::kOn everything has IPv6 as well:
//
//   up0 fe80::1 2001:db8:100::1 (2001:db8::1-5)   wan0 fe80::2 2001:db8:100::2
//                                                 lan1 fe80::1 2001:db8:1::1     h1 fe80::a 2001:db8:1::a
//                                                                                h2 fe80::b 2001:db8:1::b
//                                                 lan2 fe80::1 2001:db8:2::1     h3 fe80::c 2001:db8:2::c
//                                                 lan3 fe80::1 2001:db8:3::1     h4 fe80::d 2001:db8:3::d
//
// Every end that is not the router's leaves finished checksums (tx off) and has GRO on, so that each router
// port can be source and target of native XDP.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/any_address.h"
#include "support/netns.h"

namespace bpfcast::test {

/// A machine with one interface.
struct Host {
  const NetNs& ns;
  std::string interface;
  Ipv4Address address;
  // Only with IPv6:
  Ipv6Address link_local{};
  Ipv6Address global{};

  /// What its streams are sent from.
  AnyAddress Address(IpVersion version) const {
    return version == IpVersion::k4 ? AnyAddress(address) : AnyAddress(global);
  }
  /// What its IGMP or MLD is sent from.
  AnyAddress Reporter(IpVersion version) const {
    return version == IpVersion::k4 ? AnyAddress(address) : AnyAddress(link_local);
  }
};

/// The far end of a router port's link: where to capture what the router sent.
struct LinkEnd {
  const NetNs& ns;
  std::string interface;
};

class Bed {
 public:
  /// `prefix` begins every namespace's name.
  explicit Bed(const std::string& prefix, NetNs::Ipv6 ipv6 = NetNs::Ipv6::kOff);

  const NetNs& router() const { return router_; }
  Host up() const {
    return {up_, "up0", MakeIpv4(198, 51, 100, 1), Ipv6("fe80::1"), Ipv6("2001:db8:100::1")};
  }
  Host h1() const { return {h1_, "eth0", MakeIpv4(192, 0, 2, 10), Ipv6("fe80::a"), Ipv6("2001:db8:1::a")}; }
  Host h2() const { return {h2_, "eth0", MakeIpv4(192, 0, 2, 11), Ipv6("fe80::b"), Ipv6("2001:db8:1::b")}; }
  Host h3() const { return {h3_, "eth0", MakeIpv4(203, 0, 113, 10), Ipv6("fe80::c"), Ipv6("2001:db8:2::c")}; }
  Host h4() const { return {h4_, "eth0", MakeIpv4(10, 30, 0, 10), Ipv6("fe80::d"), Ipv6("2001:db8:3::d")}; }
  /// Gives a router port its IPv6 addresses again: the kernel takes them away when the link goes down.
  void RestoreIpv6(const std::string& port) const;
  /// For "wan0", "lan1", "lan2", "lan3".
  LinkEnd Far(const std::string& port) const;

 private:
  NetNs up_;
  NetNs router_;
  NetNs switch_;
  NetNs h1_;
  NetNs h2_;
  NetNs h3_;
  NetNs h4_;
};

/// Addresses of the router, and the sources 1 to 5 that live at "up" (10.0.0.N).
inline const Ipv4Address kWan = MakeIpv4(198, 51, 100, 2);
inline const Ipv4Address kLan1 = MakeIpv4(192, 0, 2, 1);
inline const Ipv4Address kLan2 = MakeIpv4(203, 0, 113, 1);
inline const Ipv4Address kLan3 = MakeIpv4(10, 30, 0, 1);
inline Ipv4Address Source(std::uint8_t n) {
  return MakeIpv4(10, 0, 0, n);
}

/// The same of IPv6 (2001:db8::N): the router's link-local on wan0, and on every lan.
inline const Ipv6Address kWanLinkLocal = Ipv6("fe80::2");
inline const Ipv6Address kLanLinkLocal = Ipv6("fe80::1");
inline AnyAddress Source(IpVersion version, std::uint8_t n) {
  if (version == IpVersion::k4) return Source(n);
  return Ipv6("2001:db8::" + std::to_string(n));
}

}  // namespace bpfcast::test
