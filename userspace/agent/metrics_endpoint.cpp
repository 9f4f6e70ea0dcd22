#include "agent/metrics_endpoint.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "agent/metric_list.h"
#include "agent/version.h"
#include "log/log.h"
#include "metrics/http_answer.h"
#include "os/clock.h"
#include "os/process_usage.h"

namespace bpfcast {
namespace {

void AddProcess(double start_time, MetricFamilies& out) {
  const ProcessUsage usage = UsageOfThisProcess();
  Add(out, Metric::kBuildInfo, {{"version", std::string(kVersion)}}, 1);
  Add(out, Metric::kProcessStartTime, {}, start_time);
  Add(out, Metric::kProcessCpu, {}, usage.cpu_seconds);
  Add(out, Metric::kProcessMemory, {}, static_cast<double>(usage.resident_bytes));
  Add(out, Metric::kProcessFiles, {}, static_cast<double>(usage.open_files));
}

void AddServer(const MetricsServer::Counters& counters, MetricFamilies& out) {
  for (const HttpStatus status : kHttpStatuses) {
    const auto found = counters.answers.find(status);
    Add(out, Metric::kHttpRequests, {{"code", std::to_string(static_cast<unsigned>(status))}},
        found == counters.answers.end() ? 0 : static_cast<double>(found->second));
  }
  Add(out, Metric::kHttpClosed, {{"reason", "timeout"}}, static_cast<double>(counters.timed_out));
  Add(out, Metric::kHttpClosed, {{"reason", "crowded"}}, static_cast<double>(counters.crowded_out));
}

}  // namespace

MetricsEndpoint::MetricsEndpoint(EventLoop& loop, AddProxies add_proxies)
    : loop_(loop),
      add_proxies_(std::move(add_proxies)),
      started_(Now()),
      start_time_(UnixTime()),
      reload_time_(start_time_) {}

Result<std::unique_ptr<MetricsServer>> MetricsEndpoint::Open(const Endpoint& where) {
  return MetricsServer::Open(loop_, where, [this] { return Text(); });
}

Result<void> MetricsEndpoint::Listen(const std::optional<Endpoint>& where) {
  if (!where) {
    server_.reset();
    return {};
  }
  if (server_ && server_->endpoint() == *where) return {};
  // 127.0.0.1 and 0.0.0.0 cannot have one port at the same time.
  std::optional<Endpoint> before;
  if (server_ && server_->endpoint().port == where->port) {
    before = server_->endpoint();
    server_.reset();
  }
  auto opened = Open(*where);
  if (!opened) {
    if (before) {
      auto again = Open(*before);
      if (!again)
        return Fail(opened.error().message + "; and so is the one before: " + again.error().message);
      server_ = std::move(*again);
    }
    return tl::unexpected(opened.error());
  }
  server_ = std::move(*opened);
  Log(Subsystem::kAgent).info("metrics are at http://{}/metrics", where->ToString());
  if (server_->address_is_missing()) {
    Log(Subsystem::kAgent)
        .warn("metrics: no interface has the address of {} yet; they can be read once one has it",
              where->ToString());
  }
  return {};
}

void MetricsEndpoint::NoteReload(Reload outcome) {
  last_reload_ = outcome;
  if (outcome == Reload::kTakenOver) reload_time_ = UnixTime();
}

std::string MetricsEndpoint::Text() {
  // A clock that was set when the network came makes the start another one; what it drifts does not.
  const double start_time = UnixTime() - std::chrono::duration<double>(Now() - started_).count();
  if (std::abs(start_time - start_time_) > 1) start_time_ = start_time;
  MetricFamilies families(MetricInfos());
  AddProcess(start_time_, families);
  Add(families, Metric::kReloadSuccessful, {}, last_reload_ == Reload::kTakenOver ? 1 : 0);
  Add(families, Metric::kReloadTime, {}, reload_time_);
  AddServer(server_->counters(), families);
  add_proxies_(families);
  return families.ToText();
}

}  // namespace bpfcast
