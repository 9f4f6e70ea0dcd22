// The streams that the programs saw, from the maps `flows4` and `flows6`.
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
template <class F>
FlowCounters<F> MakeFlow(const typename FamilyAbi<F>::FlowKey& key, const bpfcast_flow& flow, Time now);

/// `now` on the clock of the programs, CLOCK_MONOTONIC.
template <class F>
Result<std::vector<FlowCounters<F>>> ReadFlows(BpfObject& object, Time now);

}  // namespace bpfcast
