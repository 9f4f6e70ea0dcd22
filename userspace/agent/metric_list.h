// The metrics that Prometheus reads: one table says of each its name, its type and what it means.
// tools/doc/metrics.md has them with their labels.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "metrics/metric_families.h"

namespace bpfcast {

/// In the order of MetricInfos().
enum class Metric : std::size_t {
  kBuildInfo,
  kProcessStartTime,
  kProcessCpu,
  kProcessMemory,
  kProcessFiles,
  kReloadSuccessful,
  kReloadTime,
  kHttpRequests,
  kHttpClosed,
  kDatapathInfo,
  kForwardedPackets,
  kPassedPackets,
  kDroppedPackets,
  kDroppedCopies,
  kTableEntries,
  kTableCapacity,
  kMergedGroups,
  kUntoldLeaves,
  kPortInfo,
  kPortUp,
  kPortReceivedPackets,
  kPortReceivedBytes,
  kPortSentPackets,
  kPortSentBytes,
  kPortPassedPackets,
  kPortDroppedPackets,
  kPortDroppedCopies,
  kPortControlOverflows,
  kPortFamilyUp,
  kPortQuerier,
  kPortLastQuery,
  kPortGroups,
  kPortSources,
  kPortHosts,
  kPortMaxGroups,
  kPortMaxSources,
  kPortMaxHosts,
  kPortMessagesReceived,
  kPortMessagesSent,
  kPortRefused,
  kCount
};

std::span<const MetricInfo> MetricInfos();

inline void Add(MetricFamilies& out, Metric metric, MetricLabels labels, double value) {
  out.Add(static_cast<std::size_t>(metric), std::move(labels), value);
}

}  // namespace bpfcast
