#include "proxy_node.h"

#include <algorithm>

namespace bpfcast::sim {

template <class F>
typename ProxyNode<F>::Outcome ProxyNode<F>::Receive(PortId port, std::span<const std::uint8_t> packet,
                                                     Time now) {
  ProxyEffects<F> effects;
  proxy_.OnPacket(port, packet, now, effects);
  return Take(effects, now);
}

template <class F>
typename ProxyNode<F>::Outcome ProxyNode<F>::Link(PortId port, const LinkState<F>& state, Time now) {
  ProxyEffects<F> effects;
  proxy_.OnLink(port, state, now, effects);
  return Take(effects, now);
}

template <class F>
typename ProxyNode<F>::Outcome ProxyNode<F>::Expire(Time now) {
  ProxyEffects<F> effects;
  proxy_.Expire(now, effects);
  Require(proxy_.NextExpiry() > now, "a deadline in the past is left");
  return Take(effects, now);
}

template <class F>
typename ProxyNode<F>::Outcome ProxyNode<F>::Reload(PortId port, Time now) {
  ProxyEffects<F> effects;
  for (const DownstreamConfig<F>& downstream : config_.downstreams) {
    if (downstream.port == port) proxy_.SetDownstream(downstream, now, effects);
  }
  return Take(effects, now);
}

template <class F>
bool ProxyNode<F>::Forwards(PortId port, unsigned group, unsigned source) const {
  const Address address = Names<F>::Group(group);
  auto found = routes_.find({Names<F>::Source(source), address});
  if (found == routes_.end()) found = routes_.find({Address(), address});
  return found != routes_.end() && found->second.from_upstream.Contains(port);
}

template <class F>
typename ProxyNode<F>::Outcome ProxyNode<F>::Take(ProxyEffects<F>& effects, Time now) {
  Outcome outcome;
  outcome.packets = std::move(effects.packets);
  for (const RouteChange<F>& change : effects.update) {
    if (std::exchange(lose_an_update_, false)) continue;
    if (change.route) {
      routes_[change.key] = *change.route;
    } else {
      Require(routes_.erase(change.key) == 1, "an update removes a route that is not there");
    }
    const unsigned group = Names<F>::Number(change.key.group);
    if (std::find(outcome.groups.begin(), outcome.groups.end(), group) == outcome.groups.end())
      outcome.groups.push_back(group);
  }
  CheckDeadlines(now);
  CheckTable();
  CheckMerge();
  return outcome;
}

/// The table is what a calculation from nothing gives, and the updates in order gave the same to the
/// datapath.
template <class F>
void ProxyNode<F>::CheckTable() const {
  std::size_t entries = 0;
  for (const auto& [group, routes] : proxy_.table().groups()) {
    Require(routes == proxy_.table().Desired(group),
            "the table is not what " + group.ToString() + " asks for");
    entries += routes.size();
    for (const auto& [key, route] : routes) {
      const auto found = routes_.find(key);
      Require(
          found != routes_.end() && found->second == route,
          "the updates left another route for (" + key.source.ToString() + ", " + key.group.ToString() + ")");
    }
  }
  Require(entries == routes_.size(), "the updates left a route that the table does not have");
  for (const auto& [group, state] : proxy_.database().groups()) {
    Require(proxy_.table().groups().contains(group) || proxy_.table().Desired(group).empty(),
            "the table misses " + group.ToString());
  }
}

/// E-03, source by source: the merge wants what some link wants; and upstream the merge is told (E-04).
template <class F>
void ProxyNode<F>::CheckMerge() const {
  for (unsigned g = 0; g < groups_; ++g) {
    const Address group = Names<F>::Group(g);
    const Filter merged = ToFilter(proxy_.database().Merged(group));
    std::vector<Filter> links;
    for (const DownstreamConfig<F>& downstream : config_.downstreams) {
      links.push_back(ToFilter(proxy_.querier(downstream.port)->Membership(group)));
    }
    for (unsigned s = 0; s <= sources_; ++s) {
      const bool wanted =
          std::any_of(links.begin(), links.end(), [&](const Filter& link) { return link.Wants(s); });
      Require(merged.Wants(s) == wanted,
              "the merge of " + group.ToString() + " is wrong for source " + std::to_string(s));
    }
    if (mode() == Version::kV3)
      Require(Told(g) == merged, "upstream is not told the merge of " + group.ToString());
  }
}

/// A live state has a deadline, and the proxy's own is not later.
template <class F>
void ProxyNode<F>::CheckDeadlines(Time now) const {
  const Time next = proxy_.NextExpiry();
  for (const DownstreamConfig<F>& downstream : config_.downstreams) {
    const Querier<F>& querier = *proxy_.querier(downstream.port);
    Require(!querier.running() || querier.NextExpiry() != kNever, "a running link without a deadline");
    Require(next <= querier.NextExpiry(), "a link's deadline is missed");
    for (const auto& [group, state] : querier.groups()) {
      const Time due = state.NextExpiry();
      Require(!state.IsEmpty() && due != kNever, "a live state without a deadline: " + group.ToString());
      Require(due >= now && querier.NextExpiry() <= due, "a deadline is missed: " + group.ToString());
    }
  }
}

template class ProxyNode<Igmp>;
template class ProxyNode<Mld>;

}  // namespace bpfcast::sim
