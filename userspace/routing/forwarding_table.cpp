#include "routing/forwarding_table.h"

#include <utility>

namespace bpfcast {
namespace {

/// Does every packet that `less` forwards somewhere go there by `more`, too?
bool Includes(const Route& more, const Route& less) {
  return more.from_upstream.Includes(less.from_upstream) &&
         more.from_downstream.Includes(less.from_downstream) && more.not_upstream.Includes(less.not_upstream);
}

}  // namespace

template <class F>
ForwardingTable<F>::ForwardingTable(const Topology& topology, const MembershipDatabase<F>& database)
    : topology_(topology), database_(database) {}

template <class F>
typename ForwardingTable<F>::GroupRoutes ForwardingTable<F>::Desired(const Address& group) const {
  GroupRoutes routes;
  if (!F::IsRoutable(group)) return routes;
  const auto& links = database_.Links(group);
  const bool local = local_.contains(group);
  // F-50, E-41: does the group pass the upstream?
  const bool passes =
      !topology_.blocked().Contains(topology_.upstream()) && !IsBounded(upstream_boundaries_, group);

  const auto route_for = [&](const auto& wants) {
    Route route;
    for (const auto& [port, record] : links) {
      if (topology_.Serves(port) && wants(record)) route.not_upstream.Add(port);
    }
    route.from_downstream = route.not_upstream;
    if (passes) {
      route.from_upstream = route.not_upstream;
      route.from_downstream.Add(topology_.upstream());
    }
    route.local = local;
    return route;
  };

  // A source that no link names is wanted by the links in EXCLUDE mode.
  const Route any =
      route_for([](const MembershipRecord<F>& record) { return record.mode == FilterMode::kExclude; });
  if (local || !any.not_upstream.empty()) routes.emplace(RouteKey<F>{Address(), group}, any);
  for (const auto& [port, record] : links) {
    if (!topology_.Serves(port)) continue;
    for (const Address& source : record.sources) {
      if (routes.contains({source, group})) continue;
      routes.emplace(RouteKey<F>{source, group},
                     route_for([&](const MembershipRecord<F>& other) { return other.Wants(source); }));
    }
  }
  return routes;
}

template <class F>
void ForwardingTable<F>::Refresh(const Address& group, ForwardingUpdate<F>& out) {
  GroupRoutes desired = Desired(group);
  GroupRoutes& current = groups_[group];
  // What a packet of `key` meets now: its own entry, else the (*,G) entry, else nothing.
  const auto serving = [&](const RouteKey<F>& key) {
    auto found = current.find(key);
    if (found == current.end()) found = current.find({Address(), group});
    return found == current.end() ? Route() : found->second;
  };
  // C-07: what turns a port on comes first, (S,G) before the (*,G) that would else let the source through for
  // a moment; then what only turns ports off; entries are removed last, when the one that takes over is in
  // place.
  ForwardingUpdate<F> turns_off;
  for (auto entry = desired.rbegin(); entry != desired.rend(); ++entry) {
    const auto& [key, route] = *entry;
    const auto found = current.find(key);
    if (found != current.end() && found->second == route) continue;
    const Route now = serving(key);
    const bool only_off = Includes(now, route) && !Includes(route, now);
    (only_off ? turns_off : out).push_back({key, route});
  }
  out.insert(out.end(), turns_off.begin(), turns_off.end());
  for (const auto& [key, route] : current) {
    if (!desired.contains(key)) out.push_back({key, std::nullopt});
  }
  if (desired.empty()) {
    groups_.erase(group);
  } else {
    current = std::move(desired);
  }
}

template <class F>
void ForwardingTable<F>::RefreshPort(PortId port, ForwardingUpdate<F>& out) {
  for (const auto& [group, state] : database_.groups()) {
    if (state.links.contains(port)) Refresh(group, out);
  }
}

template <class F>
void ForwardingTable<F>::RefreshAll(ForwardingUpdate<F>& out) {
  for (const auto& [group, state] : database_.groups()) Refresh(group, out);
  for (const Address& group : local_) Refresh(group, out);
}

template <class F>
void ForwardingTable<F>::SetUpstreamBoundaries(std::vector<Prefix<Address>> boundaries,
                                               ForwardingUpdate<F>& out) {
  upstream_boundaries_ = std::move(boundaries);
  RefreshAll(out);
}

template <class F>
void ForwardingTable<F>::SetLocal(const Address& group, LocalMembership membership,
                                  ForwardingUpdate<F>& out) {
  if (membership == LocalMembership::kJoined) {
    local_.insert(group);
  } else {
    local_.erase(group);
  }
  Refresh(group, out);
}

template <class F>
ForwardingUpdate<F> ForwardingTable<F>::All() const {
  ForwardingUpdate<F> all;
  for (const auto& [group, routes] : groups_) {
    for (const auto& [key, route] : routes) all.push_back({key, route});
  }
  return all;
}

template class ForwardingTable<Igmp>;
template class ForwardingTable<Mld>;

}  // namespace bpfcast
