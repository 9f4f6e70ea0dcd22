// Topology: the interfaces of one proxy instance and the roles that configuration gave them (E-01).
#pragma once

#include <vector>

#include "base/port_id.h"

namespace bpfcast {

enum class PortRole : std::uint8_t { kUpstream, kDownstream };

/// One upstream and its downstreams.
class Topology {
 public:
  Topology() = default;
  Topology(PortId upstream, std::vector<PortId> downstreams)
      : upstream_(upstream), downstreams_(std::move(downstreams)) {}

  PortId upstream() const { return upstream_; }
  const std::vector<PortId>& downstreams() const { return downstreams_; }

 private:
  PortId upstream_{};
  std::vector<PortId> downstreams_;
};

}  // namespace bpfcast
