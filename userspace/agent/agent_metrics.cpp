// The part of Agent that tells Prometheus.
#include "agent/agent.h"
#include "agent/proxy_metrics.h"
#include "os/clock.h"

namespace bpfcast {

void Agent::AddMetrics(MetricFamilies& out) {
  // Counters that are 0 for a moment would look like a restart: those that cannot be read are left out.
  const auto counters = ReadCounters();
  const Forwarder forwarder = config_.bpffs.empty() ? Forwarder::kKernel : Forwarder::kBpf;
  AddProxyMetrics({config_.instance, forwarder, PortViews(), ipv4_.proxy(), ipv6_.proxy(),
                   counters ? &*counters : nullptr, Now(), UnixTime()},
                  out);
}

}  // namespace bpfcast
