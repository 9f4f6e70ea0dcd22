// InheritedRoute: what an earlier agent forwarded, and who wanted that.
#pragma once

#include <map>
#include <vector>

#include "base/port_id.h"
#include "routing/forwarding_update.h"
#include "wire/message.h"

namespace bpfcast {

/// A route and the downstream ports that it led to.
template <class F>
struct InheritedRoute {
  RouteKey<F> key;
  PortSet downstreams;
};

/// What hosts of each port must have reported for these routes to come about, as IS_EX and IS_IN records. The
/// reverse of ForwardingTable: the (*,G) route has the ports in EXCLUDE mode, and the (S,G) route of a source
/// those that want it.
template <class F>
std::map<PortId, Report<F>> ReportsBehind(const std::vector<InheritedRoute<F>>& routes);

}  // namespace bpfcast
