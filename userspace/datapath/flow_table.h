// The streams that the programs saw, from the map `flows`.
#pragma once

#include <chrono>
#include <vector>

#include "base/time.h"
#include "bpfcast/abi.h"
#include "datapath/bpf_object.h"
#include "routing/datapath.h"

namespace bpfcast {

/// A stream that is silent for so long is not told of any more. Should it come back while its entry is still
/// there, its counters go on.
inline constexpr Duration kFlowMemory = std::chrono::minutes(10);

/// The counters of one entry, and its rate by the previous mark.
FlowCounters<Igmp> MakeFlow(const bpfcast_flow_key& key, const bpfcast_flow& flow, Time now);

/// `now` on the clock of the programs, CLOCK_MONOTONIC.
Result<std::vector<FlowCounters<Igmp>>> ReadFlows(BpfObject& object, Time now);

}  // namespace bpfcast
