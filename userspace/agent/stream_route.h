// Where a stream goes by the tables of the proxy.
#pragma once

#include "routing/datapath.h"
#include "routing/passage_lookup.h"
#include "routing/proxy.h"

namespace bpfcast {

/// Where the packets of a stream are meant to go: (S,G), else (*,G), else the default (E-32): what arrives
/// downstream goes upstream.
template <class F>
Route RouteOf(const RouteKey<F>& stream, const Proxy<F>& proxy) {
  const auto& groups = proxy.table().groups();
  if (const auto group = groups.find(stream.group); group != groups.end()) {
    for (const typename F::Address& source : {stream.source, typename F::Address()}) {
      const auto found = group->second.find({source, stream.group});
      if (found != group->second.end()) return found->second;
    }
  }
  Route route;
  route.from_downstream.Add(proxy.topology().upstream());
  return route;
}

template <class F>
PortSet Outgoing(const Route& route, const FlowCounters<F>& flow, const Passages<F>& passages,
                 const Proxy<F>& proxy) {
  switch (PassageOf(passages, flow.key.group)) {
    case Passage::kAnywhere:
      break;
    case Passage::kNotUpstream:
      return route.not_upstream;
    case Passage::kNowhere:
      return {};
  }
  return flow.arrival == proxy.topology().upstream() ? route.from_upstream : route.from_downstream;
}

}  // namespace bpfcast
