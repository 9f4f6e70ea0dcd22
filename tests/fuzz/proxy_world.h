// A whole Proxy under a script: packets on its ports, links that come and go, time, other settings.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/script.h"
#include "routing/proxy.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast::fuzz {

template <class F>
class ProxyWorld {
 public:
  using Address = typename F::Address;

  explicit ProxyWorld(Script& script);

  /// Runs the script to its end, then takes all downstream links down.
  void Run();

 private:
  static constexpr PortId kUpstream{0};
  static constexpr std::size_t kPorts = 4;  // one upstream and up to three downstreams
  // Small, so that scripts reach them.
  static constexpr std::size_t kMostGroups = 4;
  static constexpr std::size_t kMostSources = 3;
  static constexpr std::size_t kMostHosts = 3;

  void Step();
  PortId SomePort() { return static_cast<PortId>(script_.Below(kPorts)); }
  PortId SomeDownstream() { return static_cast<PortId>(1 + script_.Below(kPorts - 1)); }
  std::vector<Address> SomeSources();
  DownstreamConfig<F> SomeSettings(PortId port);
  HostConfig<F> SomeHostSettings();
  static Timing SomeTiming(std::uint8_t bits, Version version);

  void NewestReport();
  void OlderReport();
  void AnyQuery();
  void AnyOctets();
  void BrokenReport();
  void ChangeLink(PortId port);
  void SetLink(PortId port, const LinkState<F>& state);
  void ChangeSettings();
  void LetTimePass();
  void ExpireAt(Time now);

  void Receive(PortId port, const std::vector<std::uint8_t>& packet);
  /// Follows what a call left to be done and checks it.
  void Take(const ProxyEffects<F>& effects);
  void CheckPacket(const SendPacket<F>& sent) const;
  void CheckTable() const;
  void CheckDatabase() const;
  void CheckForwarding() const;
  void CheckLimits() const;

  Script& script_;
  Time now_ = Time() + std::chrono::seconds(1000);
  std::map<PortId, LinkState<F>> links_;
  std::map<PortId, DownstreamConfig<F>> settings_;
  UpstreamConfig<F> upstream_;
  std::map<RouteKey<F>, Route> routes_;  // what a datapath has
  std::set<Address> local_;
  std::optional<Proxy<F>> proxy_;
};

extern template class ProxyWorld<Igmp>;
extern template class ProxyWorld<Mld>;

}  // namespace bpfcast::fuzz
