// The part of Agent that tells Prometheus.
#include <spdlog/spdlog.h>

#include "agent/agent.h"
#include "agent/proxy_metrics.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {

void Agent::AddMetrics(MetricFamilies& out) {
  const auto counters = datapath_->Counters();
  // Counters that are 0 for a moment would look like a restart.
  if (!counters) Log(Subsystem::kAgent).error("metrics without packets: {}", counters.error().message);
  const Forwarder forwarder = config_.bpffs.empty() ? Forwarder::kKernel : Forwarder::kBpf;
  AddProxyMetrics({config_.instance, forwarder, PortViews(), ipv4_.proxy(), ipv6_.proxy(),
                   counters ? &*counters : nullptr, Now(), UnixTime()},
                  out);
}

}  // namespace bpfcast
