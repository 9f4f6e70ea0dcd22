// FamilyAgent: the protocol of one family, and what ties it to this machine.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/kernel_host.h"
#include "agent/port.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

/// The upstream is the first.
using Ports = std::map<PortId, Port>;

/// What the protocol has to do in a turn of the loop gathers until Settle(). What fails is logged, once, and
/// tried again.
template <class F>
class FamilyAgent {
 public:
  using Address = typename F::Address;

  /// `datapath` and `ports` outlive it; `ports` need not have any yet.
  FamilyAgent(const InterfaceConfig& upstream, Random random, Datapath& datapath, Ports& ports);

  /// Adds a port, or gives it other settings.
  void Configure(const Port& port, Time now);
  void Remove(PortId downstream, Time now);
  /// Leaves the upstream.
  void Leave();

  /// Before links are followed: which addresses are this machine's.
  void CollectOwnAddresses(const std::vector<const Link*>& links);
  /// `link` is null when there is nothing that the port could work with.
  void OnLink(const Port& port, const Link* link, Time now);
  void OnPacket(PortId port, std::span<const std::uint8_t> packet, Time now);
  /// Reads what sockets on this machine have joined (E-09, F-52).
  void SweepLocalMemberships(Time now);

  /// For the start; see Proxy::Adopt().
  void Adopt(const std::vector<InheritedRoute<F>>& routes, Time now);
  /// The datapath forwards by the table of this proxy, as far as it took it over. Until then it is told
  /// nothing.
  void TookOver(const Result<void>& routes);

  Time NextExpiry() const { return proxy_.NextExpiry(); }
  void Expire(Time now);
  /// The ports whose PassagesOf() changed since the last call.
  std::vector<PortId> TakeChangedPassages() { return std::exchange(effects_.passages_changed, {}); }
  /// Now and then: gives the datapath again what it refused.
  void Retry();
  /// Forwarding first, then packets, then the log.
  void Settle();

  const Proxy<F>& proxy() const { return proxy_; }

 private:
  /// In the debug log, which direction is "in" or "out".
  void LogMessage(const char* direction, PortId port, std::span<const std::uint8_t> packet) const;
  void FollowKernelHost(const Port& upstream, const Link* link);
  void ApplyUpdate();
  void SendPackets();
  void LogNotices();
  void WarnOfGroupsNotAskedFor();
  void WarnOfOlderQuerier();

  Datapath& datapath_;
  Ports& ports_;
  Proxy<F> proxy_;
  KernelHost<F> kernel_host_;  // speaks upstream where it is told to
  ProxyEffects<F> effects_;    // of this turn
  std::vector<Address> own_addresses_;
  std::set<Address> local_groups_;
  std::set<Address> local_upstream_groups_;      // those of them that are joined on the upstream
  std::map<PortId, std::string> send_failures_;  // of the last packet; empty when it was sent
  Version warned_of_mode_ = Version::kV3;        // said once
  bool warned_of_older_querier_ = false;         // said once
  bool serves_ = false;                          // TookOver() was called
  bool resync_ = false;  // the datapath refused something: give it the whole table again
};

extern template class FamilyAgent<Igmp>;
extern template class FamilyAgent<Mld>;

}  // namespace bpfcast
