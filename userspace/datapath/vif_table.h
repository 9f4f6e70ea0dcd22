// VifTable: which number the kernel's multicast routing knows a port by.
#pragma once

#include <array>
#include <optional>

#include "base/port_id.h"
#include "datapath/mroute_kernel.h"

namespace bpfcast {

/// Of one family.
class VifTable {
 public:
  /// The lowest free number; nothing when all are taken.
  std::optional<Vif> Add(PortId port) {
    for (std::size_t vif = 0; vif < kMaxVifs; ++vif) {
      if (ports_[vif]) continue;
      ports_[vif] = port;
      return static_cast<Vif>(vif);
    }
    return std::nullopt;
  }
  void Remove(Vif vif) { ports_.at(vif).reset(); }

  std::optional<Vif> Find(PortId port) const {
    for (std::size_t vif = 0; vif < kMaxVifs; ++vif) {
      if (ports_[vif] == port) return static_cast<Vif>(vif);
    }
    return std::nullopt;
  }
  std::optional<PortId> PortOf(Vif vif) const { return vif < kMaxVifs ? ports_[vif] : std::nullopt; }

 private:
  std::array<std::optional<PortId>, kMaxVifs> ports_{};
};

}  // namespace bpfcast
