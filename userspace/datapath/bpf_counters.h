// Sums of the counters that the programs keep per CPU.
#pragma once

#include "bpfcast/abi.h"
#include "datapath/bpf_object.h"
#include "routing/datapath.h"

namespace bpfcast {

Result<PortCounters> ReadPortCounters(BpfObject& object, PortId id);
/// Since the map was made: an index that is used again does not start at zero.
Result<bpfcast_route_stat> ReadRouteStat(BpfObject& object, std::uint32_t index);
/// Fills `forwarded` and `drops`.
Result<void> ReadVerdicts(BpfObject& object, DatapathCounters& out);

}  // namespace bpfcast
