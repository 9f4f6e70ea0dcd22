// ProxyNode: a whole Proxy with a datapath that only remembers, and everything that has to hold after every
// call.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "names.h"
#include "routing/proxy.h"

namespace bpfcast::sim {

/// Something that must hold does not.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class F>
class ProxyNode {
 public:
  using Address = typename F::Address;

  /// What a call did, for the world to act on.
  struct Outcome {
    std::vector<SendPacket<F>> packets;
    std::vector<unsigned> groups;  // whose routes changed
  };

  ProxyNode(std::string name, const ProxyConfig<F>& config, unsigned groups, unsigned sources,
            std::uint64_t seed)
      : name_(std::move(name)),
        config_(config),
        groups_(groups),
        sources_(sources),
        proxy_(config, Random(seed)) {}

  Outcome Receive(PortId port, std::span<const std::uint8_t> packet, Time now);
  Outcome Link(PortId port, const LinkState<F>& state, Time now);
  Outcome Expire(Time now);
  /// Gives a downstream the settings that it has.
  Outcome Reload(PortId port, Time now);
  Time Next() const { return proxy_.NextExpiry(); }

  /// Does the datapath send a packet of the source, arriving from upstream, to the port? `source` may be one
  /// that nobody names.
  bool Forwards(PortId port, unsigned group, unsigned source) const;
  /// What the host side tells upstream, in the version that it speaks.
  Filter Told(unsigned group) const { return ToFilter(proxy_.host().Told(Names<F>::Group(group))); }
  Version mode() const { return proxy_.host().mode(); }
  const std::string& name() const { return name_; }
  const Proxy<F>& proxy() const { return proxy_; }
  /// The next update is lost on its way: what the checks have to find.
  void LoseAnUpdate() { lose_an_update_ = true; }

 private:
  Outcome Take(ProxyEffects<F>& effects, Time now);
  void CheckTable() const;
  void CheckMerge() const;
  void CheckDeadlines(Time now) const;
  void Require(bool holds, const std::string& what) const {
    if (!holds) throw Violation(name_ + ": " + what);
  }

  std::string name_;
  ProxyConfig<F> config_;
  unsigned groups_;
  unsigned sources_;
  Proxy<F> proxy_;
  std::map<RouteKey<F>, Route> routes_;  // what the datapath holds: the updates applied in order
  bool lose_an_update_ = false;
};

extern template class ProxyNode<Igmp>;
extern template class ProxyNode<Mld>;

}  // namespace bpfcast::sim
