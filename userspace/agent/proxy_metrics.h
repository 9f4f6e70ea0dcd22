// What Prometheus reads of one proxy, from the same sources as the views of the control socket.
#pragma once

#include <string>
#include <vector>

#include "agent/views.h"
#include "metrics/metric_families.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

enum class Forwarder { kBpf, kKernel };

struct ProxyMetrics {
  std::string name;
  Forwarder forwarder = Forwarder::kBpf;
  const std::vector<PortView>& ports;
  const Proxy<Igmp>& ipv4;
  const Proxy<Mld>& ipv6;
  const DatapathCounters* counters = nullptr;  // null: they cannot be read, and are left out
  Time now{};
  double unix_time = 0;  // the same moment
};

/// Every series is there from the start, at 0; so many for each port, however many groups there are.
void AddProxyMetrics(const ProxyMetrics& proxy, MetricFamilies& out);

}  // namespace bpfcast
