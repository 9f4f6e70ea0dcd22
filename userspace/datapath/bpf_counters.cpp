#include "datapath/bpf_counters.h"

#include "datapath/port_reasons.h"

namespace bpfcast {
Result<PortCounters> ReadPortCounters(BpfObject& object, PortId id) {
  const auto values = object.port_stat.Get(static_cast<std::uint32_t>(id));
  if (!values) return tl::unexpected(values.error());
  PortCounters sum;
  sum.id = id;
  ReasonCounts reasons{};
  for (const bpfcast_port_stat& cpu : **values) {
    sum.received.packets += cpu.rx_packets;
    sum.received.bytes += cpu.rx_bytes;
    sum.transmitted.packets += cpu.tx_packets;
    sum.transmitted.bytes += cpu.tx_bytes;
    for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] += cpu.reasons[i];
  }
  SetReasons(reasons, sum);
  return sum;
}

Result<bpfcast_route_stat> ReadRouteStat(BpfObject& object, std::uint32_t index) {
  const auto values = object.route_stat.Get(index / BPFCAST_STATS_CHUNK);
  if (!values) return tl::unexpected(values.error());
  bpfcast_route_stat sum{};
  for (const bpfcast_route_stats& cpu : **values) {
    const bpfcast_route_stat& stat = cpu.routes[index % BPFCAST_STATS_CHUNK];
    sum.packets += stat.packets;
    sum.bytes += stat.bytes;
    sum.dropped += stat.dropped;
  }
  return sum;
}

Result<void> ReadVerdicts(BpfObject& object, DatapathCounters& out) {
  for (std::uint32_t counter = 0; counter < BPFCAST_COUNTER_COUNT; ++counter) {
    const auto values = object.verdicts.Get(counter);
    if (!values) return tl::unexpected(values.error());
    std::uint64_t sum = 0;
    for (const std::uint64_t cpu : **values) sum += cpu;
    if (counter == BPFCAST_FORWARDED) {
      out.forwarded = sum;
    } else {
      out.drops.push_back({kCounterNames[counter], sum});
    }
  }
  return {};
}

}  // namespace bpfcast
