// ForwardingUpdate: what changes in the datapath, as data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/port_id.h"
#include "wire/family.h"

namespace bpfcast {

/// (S,G), or (*,G) when the source is unspecified.
template <class F>
struct RouteKey {
  typename F::Address source;
  typename F::Address group;

  auto operator<=>(const RouteKey&) const = default;
};

/// Where a packet of a route goes (E-30). Sets never contain "the arrival interface": the datapath leaves it
/// out.
struct Route {
  PortSet from_upstream;    // E-31: downstream links that want it; none of a group bounded upstream (F-50)
  PortSet from_downstream;  // E-32: the same and the upstream, which a group bounded there does not pass
  PortSet not_upstream;     // E-33: what Passage::kNotUpstream leaves of that
  bool local = false;       // F-52: sockets on this machine listen too, the stack gets every packet

  bool operator==(const Route&) const = default;
};

/// One entry to set or, without a route, to remove.
template <class F>
struct RouteChange {
  RouteKey<F> key;
  std::optional<Route> route;
};

/// Changes in the order in which they are to be made: what turns forwarding on comes before what turns it off
/// (C-07).
template <class F>
using ForwardingUpdate = std::vector<RouteChange<F>>;

}  // namespace bpfcast
