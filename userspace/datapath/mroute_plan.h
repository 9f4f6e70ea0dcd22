// MroutePlan: what becomes of a stream by the wanted routes and the settings of the ports, as
// bpf/route.h decides it packet by packet. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "datapath/passage_rules.h"
#include "datapath/source_rules.h"
#include "routing/datapath.h"

namespace bpfcast {

/// What becomes of the packets of a stream that arrive on one port.
template <class F>
struct StreamPlan {
  std::uint32_t verdict = BPFCAST_NOROUTE;  // of enum bpfcast_counter
  std::optional<RouteKey<F>> route;         // the one that decided; nothing: none matched
  PortSet outgoing;                         // never the arrival port; empty unless FORWARDED

  bool operator==(const StreamPlan&) const = default;
};

/// Could the source be heard on that port at all? Such a stream waits for members alone.
bool IsAcceptedSource(std::uint32_t verdict);

template <class F>
class MroutePlan {
 public:
  using Address = typename F::Address;
  /// Would the kernel's unicast routes send to this address through that interface (SourceCheck::kFib)?
  using ReversePath = std::function<bool(const Address& source, std::uint32_t ifindex)>;

  explicit MroutePlan(ReversePath reverse_path) : reverse_path_(std::move(reverse_path)) {}

  void SetPort(const DatapathPort& port);
  void RemovePort(PortId port);
  const DatapathPort* FindPort(PortId port) const;
  const DatapathPort* FindInterface(std::uint32_t ifindex) const;
  /// Does a port ask the kernel's routes, which change without a word?
  bool AsksReversePath() const;

  void Apply(const ForwardingUpdate<F>& update);
  void Sync(const ForwardingUpdate<F>& table);
  const std::map<RouteKey<F>, Route>& routes() const { return routes_; }

  StreamPlan<F> Decide(const RouteKey<F>& stream, PortId arrival) const;

 private:
  std::uint32_t JudgeSource(const Address& source, const DatapathPort& arrival) const;
  std::optional<RouteKey<F>> FindRoute(const RouteKey<F>& stream) const;
  /// Those that can be sent to, without the arrival port.
  PortSet Usable(const PortSet& ports, PortId arrival) const;
  void MakeRules();

  ReversePath reverse_path_;
  std::map<PortId, DatapathPort> ports_;
  std::map<RouteKey<F>, Route> routes_;
  PortSet upstreams_;
  PrefixRules<F> sources_;
};

extern template class MroutePlan<Igmp>;
extern template class MroutePlan<Mld>;

}  // namespace bpfcast
