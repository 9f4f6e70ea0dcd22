// A household as its provider's IPTV sees it, and what its owner writes into igmpproxy.conf:
//
//   "isp"  head 10.20.30.254  217.166.5.5, .6 (senders outside of the WAN's subnet)
//            |
//   "rtr"  wan 10.20.30.1
//          br-lan 192.168.1.1, a bridge that snoops, of lan1 and lan2
//            |                |
//   "stb1" eth0 .11  "stb2" eth0 .12
//
// Nothing is made ready for XDP: checksums are left to the cables' ends, receivers have no GRO.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "fixture.h"

namespace bpfcast::test {

class Home {
 public:
  explicit Home(const std::string& prefix);

  const NetNs& router() const { return router_; }
  Host Isp() const { return {isp_, "head", MakeIpv4(10, 20, 30, 254)}; }
  /// 1 and 2.
  Host Box(int n) const { return {n == 1 ? stb1_ : stb2_, "eth0", MakeIpv4(192, 168, 1, n == 1 ? 11 : 12)}; }
  /// The cable to the provider, with the router's address on it.
  void AddWan(const std::string& address = "10.20.30.1/24") const;

 private:
  NetNs isp_;
  NetNs router_;
  NetNs stb1_;
  NetNs stb2_;
};

inline const Ipv4Address kTvSource = MakeIpv4(217, 166, 5, 5);
inline const Ipv4Address kTvSource2 = MakeIpv4(217, 166, 5, 6);
/// The n-th channel, of MCAST-TEST-NET.
inline Ipv4Address Channel(std::uint8_t n) {
  return MakeIpv4(233, 252, 0, n);
}

/// As generators write it for a provider whose senders are in 217.166.0.0/16.
inline constexpr const char* kTvConf = R"(quickleave
phyint wan upstream  ratelimit 0  threshold 1
  altnet 217.166.0.0/16
phyint br-lan downstream  ratelimit 0  threshold 1
phyint lo disabled
)";
/// The same in TOML, with timers that pass in seconds: a Group Membership Interval of 3 s.
inline constexpr const char* kQuickTvConf = R"(upstream = "wan"
downstream = ["br-lan"]
ipv6 = false
[interface.wan]
altnet = ["217.166.0.0/16"]
unsolicited-report-interval = "200ms"
[interface.br-lan]
source-check = "off"
fast-leave = true
query-interval = "1s"
query-response-interval = "500ms"
last-member-query-interval = "200ms"
)";

/// The provider's router: asks who is there at the interval.
class IspQuerier {
 public:
  IspQuerier(const Home& home, Clock::duration interval);
  ~IspQuerier();
  IspQuerier(const IspQuerier&) = delete;
  IspQuerier& operator=(const IspQuerier&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class AtHome : public ::testing::Test {
 protected:
  AtHome();
  ~AtHome() override;

  void Start(const std::string& configuration);
  nlohmann::json Ask(const std::string& verb) const;
  bool WaitForMembers(const Ipv4Address& group) const { return daemon_->WaitForGroup(group, "br-lan"); }
  /// A stream from the provider with TTL 16 (RFC 1112 lets routers take 1 of it).
  StreamOptions Tv(const Ipv4Address& channel, unsigned rate = 500) const {
    return {.group = channel, .source = kTvSource, .rate = rate};
  }
  /// Both boxes watch one channel for so long, the first with IGMPv2, the second with IGMPv3, while the
  /// provider asks at the interval; each gets every packet once, and every query is answered.
  void ExpectBothWatch(Clock::duration time, Clock::duration query_interval);

  Home home_;
  std::optional<Daemon> daemon_;
};

}  // namespace bpfcast::test
