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

  /// Do packets go out to the members on this link? They are served by one router, its querier (C-57, E-30).
  bool Serves(PortId link) const {
    return link != upstream_ && !not_served_.Contains(link) && !blocked_.Contains(link);
  }
  void Serve(PortId downstream) { not_served_.Remove(downstream); }
  void LeaveToOthers(PortId downstream) { not_served_.Add(downstream); }

  /// E-41: a blocked port neither gives nor gets. Block() takes the whole set.
  const PortSet& blocked() const { return blocked_; }
  void Block(const PortSet& blocked) { blocked_ = blocked; }

 private:
  PortId upstream_;
  PortSet not_served_;
  PortSet blocked_;
};

}  // namespace bpfcast
