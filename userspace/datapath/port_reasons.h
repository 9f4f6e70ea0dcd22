// Why packets that arrived on a port were not forwarded, and copies not sent through it.
#pragma once

#include <array>
#include <cstdint>

#include "datapath/counter_names.h"
#include "routing/datapath.h"

namespace bpfcast {

/// By enum bpfcast_counter. That of BPFCAST_FORWARDED says nothing here.
using ReasonCounts = std::array<std::uint64_t, BPFCAST_COUNTER_COUNT>;

/// In the order of the counters, every reason.
inline void SetReasons(const ReasonCounts& counts, PortCounters& port) {
  static_assert(BPFCAST_FORWARDED == 0);
  port.not_forwarded.clear();
  port.copies_dropped.clear();
  for (std::uint32_t counter = 1; counter < BPFCAST_COUNTER_COUNT; ++counter) {
    auto& reasons = IsOfCopies(counter) ? port.copies_dropped : port.not_forwarded;
    reasons.push_back({kCounterNames[counter], counts[counter]});
  }
}

}  // namespace bpfcast
