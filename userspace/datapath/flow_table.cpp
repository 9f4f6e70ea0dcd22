#include "datapath/flow_table.h"

#include <algorithm>

#include "datapath/counter_names.h"

namespace bpfcast {
namespace {

// A slow stream has its marks seldom; one that sent nothing for longer than two marks take has stopped.
constexpr Duration kStopped = std::chrono::milliseconds(2500);
// A stream that has just begun is not extrapolated from its first packets.
constexpr Duration kShortest = std::chrono::seconds(1);

Time ToTime(std::uint64_t nanoseconds) {
  return Time(Duration(static_cast<Duration::rep>(nanoseconds)));
}

// What came since the mark. Another CPU may be writing: a count behind its mark is none.
double Since(std::uint64_t count, std::uint64_t marked) {
  return count > marked ? static_cast<double>(count - marked) : 0.0;
}

}  // namespace

template <class F>
FlowCounters<F> MakeFlow(const typename FamilyAbi<F>::FlowKey& key, const bpfcast_flow& flow, Time now) {
  FlowCounters<F> result;
  result.key = FromKey<F>(key.stream);
  result.arrival = static_cast<PortId>(key.port);
  result.forwarded = {flow.packets, flow.bytes};
  result.dropped = flow.dropped;
  if (flow.refused != BPFCAST_FORWARDED && flow.refused < kCounterNames.size()) {
    result.refused = kCounterNames[flow.refused];
  }
  result.first = ToTime(flow.first);
  result.last = ToTime(flow.last);
  if (now - result.last <= kStopped) {
    const Duration span = std::max(kShortest, Duration(now - ToTime(flow.previous.time)));
    const double seconds = std::chrono::duration<double>(span).count();
    result.packets_per_s = Since(flow.packets, flow.previous.packets) / seconds;
    result.bits_per_s = 8 * Since(flow.bytes, flow.previous.bytes) / seconds;
  }
  return result;
}

template <class F>
Result<std::vector<FlowCounters<F>>> ReadFlows(BpfObject& object, Time now) {
  const auto entries = object.maps_of(F()).flows.GetAll(BPFCAST_MAX_FLOWS);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<FlowCounters<F>> flows;
  for (const auto& [key, flow] : *entries) {
    FlowCounters<F> counters = MakeFlow<F>(key, flow, now);
    if (now - counters.last <= kFlowMemory) flows.push_back(counters);
  }
  return flows;
}

template FlowCounters<Igmp> MakeFlow<Igmp>(const bpfcast_flow_key4&, const bpfcast_flow&, Time);
template FlowCounters<Mld> MakeFlow<Mld>(const bpfcast_flow_key6&, const bpfcast_flow&, Time);
template Result<std::vector<FlowCounters<Igmp>>> ReadFlows<Igmp>(BpfObject&, Time);
template Result<std::vector<FlowCounters<Mld>>> ReadFlows<Mld>(BpfObject&, Time);

}  // namespace bpfcast
