// MetricsEndpoint: where Prometheus reads what is counted, if the configuration wants it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "metrics/metrics_server.h"
#include "os/event_loop.h"

namespace bpfcast {

class MetricFamilies;

/// Of the whole process. Nothing is gathered while nobody asks.
class MetricsEndpoint {
 public:
  using AddProxies = std::function<void(MetricFamilies&)>;

  /// `loop` outlives it; `add_proxies` gives what is told of all proxies.
  MetricsEndpoint(EventLoop& loop, AddProxies add_proxies);

  /// From now on there, or nowhere. On failure it is where it was.
  Result<void> Listen(const std::optional<Endpoint>& where);
  /// The configuration file was read again.
  enum class Reload { kTakenOver, kRefused };
  void NoteReload(Reload outcome);

 private:
  Result<std::unique_ptr<MetricsServer>> Open(const Endpoint& where);
  std::string Text();

  EventLoop& loop_;
  AddProxies add_proxies_;
  Time started_;
  double start_time_ = 0;  // in seconds since 1970
  double reload_time_ = 0;
  Reload last_reload_ = Reload::kTakenOver;
  std::unique_ptr<MetricsServer> server_;
};

}  // namespace bpfcast
