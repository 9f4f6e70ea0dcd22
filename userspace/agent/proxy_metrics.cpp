#include "agent/proxy_metrics.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/family_words.h"
#include "agent/hook_choice.h"
#include "agent/metric_list.h"
#include "datapath/counter_names.h"

namespace bpfcast {
namespace {

double Number(std::uint64_t count) {
  return static_cast<double>(count);
}

double Truth(bool is) {
  return is ? 1 : 0;
}

MetricLabels With(MetricLabels labels, const char* name, std::string_view value) {
  labels.push_back({name, std::string(value)});
  return labels;
}

/// Where packets are counted that were not forwarded.
struct FateMetrics {
  Metric passed;
  Metric dropped;
  Metric copies;

  Metric Of(std::uint32_t counter) const {
    if (IsOfCopies(counter)) return copies;
    return counter < BPFCAST_FIRST_DROP ? passed : dropped;
  }
};
constexpr FateMetrics kOfProxy{Metric::kPassedPackets, Metric::kDroppedPackets, Metric::kDroppedCopies};
constexpr FateMetrics kOfPort{Metric::kPortPassedPackets, Metric::kPortDroppedPackets,
                              Metric::kPortDroppedCopies};

Metric FateOf(std::string_view reason) {
  const auto found = std::find(kCounterNames.begin(), kCounterNames.end(), reason);
  return kOfProxy.Of(static_cast<std::uint32_t>(found - kCounterNames.begin()));
}

std::uint64_t CountOf(const std::vector<DropCounter>& reasons, std::string_view reason) {
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const DropCounter& each) { return each.reason == reason; });
  return found == reasons.end() ? 0 : found->packets;
}

void AddDatapath(const DatapathCounters& counters, const MetricLabels& labels, MetricFamilies& out) {
  Add(out, Metric::kForwardedPackets, labels, Number(counters.forwarded));
  for (const DropCounter& drop : counters.drops) {
    Add(out, FateOf(drop.reason), With(labels, "reason", drop.reason), Number(drop.packets));
  }
  for (const TableUse& table : counters.tables) {
    Add(out, Metric::kTableEntries, With(labels, "table", table.table), Number(table.used));
    Add(out, Metric::kTableCapacity, With(labels, "table", table.table), Number(table.capacity));
  }
}

void AddTraffic(const PortView& port, const DatapathCounters& counters, const MetricLabels& labels,
                MetricFamilies& out) {
  const auto found = std::find_if(counters.ports.begin(), counters.ports.end(),
                                  [&](const PortCounters& each) { return each.id == port.id; });
  const PortCounters traffic = found == counters.ports.end() ? PortCounters() : *found;
  Add(out, Metric::kPortReceivedPackets, labels, Number(traffic.received.packets));
  Add(out, Metric::kPortReceivedBytes, labels, Number(traffic.received.bytes));
  Add(out, Metric::kPortSentPackets, labels, Number(traffic.transmitted.packets));
  Add(out, Metric::kPortSentBytes, labels, Number(traffic.transmitted.bytes));
  // Also of a port that waits, of which the datapath knows nothing.
  for (std::uint32_t counter = BPFCAST_FORWARDED + 1; counter < BPFCAST_COUNTER_COUNT; ++counter) {
    const std::string_view reason = kCounterNames[counter];
    const auto& reasons = IsOfCopies(counter) ? traffic.copies_dropped : traffic.not_forwarded;
    Add(out, kOfPort.Of(counter), With(labels, "reason", reason), Number(CountOf(reasons, reason)));
  }
}

template <class F>
void AddDownstream(const Querier<F>& querier, const MetricLabels& labels, MetricFamilies& out) {
  const QuerierConfig<F>& config = querier.config();
  Add(out, Metric::kPortQuerier, labels, Truth(querier.running() && !querier.other_querier()));
  Add(out, Metric::kPortGroups, labels, Number(querier.groups().size()));
  Add(out, Metric::kPortSources, labels, Number(querier.sources()));
  Add(out, Metric::kPortHosts, labels, Number(querier.hosts()));
  Add(out, Metric::kPortMaxGroups, labels, Number(config.max_groups));
  Add(out, Metric::kPortMaxSources, labels, Number(config.max_sources));
  Add(out, Metric::kPortMaxHosts, labels, Number(config.max_hosts));
}

template <class F>
void AddReceived(const char* type, const VersionCounters& messages, const MetricLabels& labels,
                 MetricFamilies& out) {
  for (const Version version : Versions<F>()) {
    Add(out, Metric::kPortMessagesReceived,
        With(With(labels, "type", type), "version", std::to_string(FamilyWords<F>::Number(version))),
        Number(messages[version]));
  }
}

template <class F>
void AddFamilyOfPort(const ProxyMetrics& metrics, const PortView& port, const Proxy<F>& proxy,
                     const MetricLabels& port_labels, MetricFamilies& out) {
  const Service service = port.Of<F>().service.service;
  if (service == Service::kOff) return;
  const MetricLabels labels = With(port_labels, "family", FamilyWords<F>::kFamily);
  Add(out, Metric::kPortFamilyUp, labels, Truth(service == Service::kWorks));
  if (const Querier<F>* querier = proxy.querier(port.id)) AddDownstream(*querier, labels, out);
  const auto& heard = proxy.last_query(port.id);
  const double age = heard ? std::chrono::duration<double>(metrics.now - heard->when).count() : 0;
  Add(out, Metric::kPortLastQuery, labels, heard ? metrics.unix_time - age : 0);

  const LinkCounters& counters = proxy.counters(port.id);
  AddReceived<F>("report", counters.reports_received, labels, out);
  AddReceived<F>("query", counters.queries_received, labels, out);
  Add(out, Metric::kPortMessagesSent, With(labels, "type", "report"), Number(counters.reports_sent));
  Add(out, Metric::kPortMessagesSent, With(labels, "type", "query"), Number(counters.queries_sent));
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const auto reason = static_cast<DropReason>(i);
    Add(out, Metric::kPortRefused, With(labels, "reason", ToString(reason)), Number(counters.drops[reason]));
  }
}

void AddPort(const ProxyMetrics& metrics, const PortView& port, const MetricLabels& proxy_labels,
             MetricFamilies& out) {
  const MetricLabels labels = With(proxy_labels, "interface", port.name);
  const char* role = port.role == PortRole::kUpstream ? "upstream" : "downstream";
  const std::string_view hook = port.hook ? HookName(*port.hook) : std::string_view("none");
  Add(out, Metric::kPortInfo, With(With(labels, "role", role), "hook", hook), 1);
  Add(out, Metric::kPortUp, labels, Truth(port.waiting.empty()));
  Add(out, Metric::kPortControlOverflows, labels, Number(port.receive_overflows));
  if (metrics.counters != nullptr) AddTraffic(port, *metrics.counters, labels, out);
  AddFamilyOfPort(metrics, port, metrics.ipv4, labels, out);
  AddFamilyOfPort(metrics, port, metrics.ipv6, labels, out);
}

template <class F>
void AddFamily(const Proxy<F>& proxy, const MetricLabels& proxy_labels, MetricFamilies& out) {
  const MetricLabels labels = With(proxy_labels, "family", FamilyWords<F>::kFamily);
  Add(out, Metric::kMergedGroups, labels, Number(proxy.database().groups().size()));
  Add(out, Metric::kUntoldLeaves, labels, Number(proxy.host().untold_leaves()));
}

}  // namespace

void AddProxyMetrics(const ProxyMetrics& proxy, MetricFamilies& out) {
  // Not "instance": that is the label that Prometheus itself gives to what it reads.
  const MetricLabels labels = {{"proxy", proxy.name}};
  const char* datapath = proxy.forwarder == Forwarder::kBpf ? "bpf" : "kernel";
  Add(out, Metric::kDatapathInfo, With(labels, "datapath", datapath), 1);
  if (proxy.counters != nullptr) AddDatapath(*proxy.counters, labels, out);
  AddFamily(proxy.ipv4, labels, out);
  AddFamily(proxy.ipv6, labels, out);
  for (const PortView& port : proxy.ports) AddPort(proxy, port, labels, out);
}

}  // namespace bpfcast
