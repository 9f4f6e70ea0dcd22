// A router with any number of downstream links:
//
//   "up"  up0 198.51.100.1 (10.0.0.1-5) -- wan0 198.51.100.2 "router" lan1 10.101.0.1 -- h1 10.101.0.10
//   "hosts"
//                                                                     lan2 10.101.1.1 -- h2 10.101.1.10
//                                                                     ...
//
// All hosts share one namespace: a socket receives only on the interface that it joined on.
#pragma once

#include <string>

#include "support/bed.h"
#include "support/netns.h"

namespace bpfcast::test {

class Star {
 public:
  Star(const std::string& prefix, int lans);

  int lans() const { return lans_; }
  const NetNs& router() const { return router_; }
  Host up() const { return {up_, "up0", MakeIpv4(198, 51, 100, 1)}; }
  /// The host on LanName(n), from 1.
  Host host(int n) const { return {hosts_, "h" + std::to_string(n), Address(n, 10)}; }
  static std::string LanName(int n) { return "lan" + std::to_string(n); }
  /// ["lan1", "lan2", ...] as the configuration has it.
  std::string LanNames() const;

 private:
  static Ipv4Address Address(int lan, std::uint8_t last);

  int lans_;
  NetNs up_;
  NetNs router_;
  NetNs hosts_;
};

}  // namespace bpfcast::test
