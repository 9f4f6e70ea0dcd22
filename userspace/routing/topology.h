// Topology: the interfaces of one proxy instance, the roles that configuration gave them (E-01), and which
// downstream links are served.
#pragma once

#include <cstdint>

#include "base/port_id.h"

namespace bpfcast {

enum class PortRole : std::uint8_t { kUpstream, kDownstream };

/// One upstream; every other port is a downstream, and served unless said otherwise.
class Topology {
 public:
  explicit Topology(PortId upstream) : upstream_(upstream) {}

  PortId upstream() const { return upstream_; }

  /// Members on a link are served by one router, its querier (C-57, E-30).
  bool Serves(PortId downstream) const { return !not_served_.Contains(downstream); }
  void Serve(PortId downstream) { not_served_.Remove(downstream); }
  void LeaveToOthers(PortId downstream) { not_served_.Add(downstream); }

 private:
  PortId upstream_;
  PortSet not_served_;
};

}  // namespace bpfcast
