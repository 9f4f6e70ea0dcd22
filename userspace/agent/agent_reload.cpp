// The part of Agent that does what a new configuration changes, and nothing else.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/agent.h"
#include "agent/link_view.h"
#include "agent/port_by_name.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {

void Agent::Configure(Config config) {
  // An interface may change its role: what it was ends before what it is to be begins.
  ChangeDownstreams(config);
  ChangeUpstream(config.upstream);
  config_.config = std::move(config);
  for (const InterfaceConfig& downstream : config_.config.downstreams) {
    if (FindPort(downstream.name) == nullptr) AddDownstream(downstream, PortOrigin::kNamed);
  }
  follow_links_ = true;
}

/// Ends and changes downstreams; what is new comes later.
void Agent::ChangeDownstreams(const Config& config) {
  std::vector<PortId> ended;
  for (auto& [id, port] : ports_) {
    if (port.role != PortRole::kDownstream) continue;
    const std::string& name = port.config.name;
    const auto named = std::find_if(config.downstreams.begin(), config.downstreams.end(),
                                    [&](const InterfaceConfig& each) { return each.name == name; });
    const bool is_named = named != config.downstreams.end();
    std::optional<InterfaceConfig> wanted;
    if (is_named) {
      wanted = static_additions_.With(*named);
    } else if (config.default_downstream && HasServedAddress(port.link, *config.default_downstream)) {
      if (const auto unnamed = config.UnnamedDownstream(name)) wanted = static_additions_.With(*unnamed);
    }
    if (!wanted) {
      ended.push_back(id);
      continue;
    }
    port.origin = is_named ? PortOrigin::kNamed : PortOrigin::kDefault;
    if (*wanted != port.config) ChangeSettings(port, *wanted);
  }
  for (const PortId id : ended) RemoveDownstream(id);
}

void Agent::ChangeUpstream(const InterfaceConfig& from_file) {
  Port& port = ports_.at(kUpstreamPort);
  const InterfaceConfig config = static_additions_.With(from_file);
  if (config == port.config) return;
  if (config.name == port.config.name) {
    // A family that is not served any more leaves while it is known what it asked for.
    if (port.config.ipv4.served && !config.ipv4.served) ipv4_.Leave();
    if (port.config.ipv6.served && !config.ipv6.served) ipv6_.Leave();
    return ChangeSettings(port, config);
  }
  ForEachFamily([](auto& family) { family.Leave(); });
  Disconnect(port);
  port.shown.clear();
  ChangeSettings(port, config);
}

void Agent::ChangeSettings(Port& port, const InterfaceConfig& config) {
  WatchCounters(port, Now());
  port.recent.Forget();
  port.config = config;
  ForEachFamily([&](auto& family) { family.Configure(port, Now()); });
  recheck_ports_ = true;  // the datapath has settings of it, too
}

bool Agent::AddDownstream(const InterfaceConfig& config, PortOrigin origin) {
  if (ports_.size() == kMaxPorts) {
    if (!std::exchange(ports_exhausted_, true)) {
      Log(Subsystem::kAgent)
          .error("{}: not used, all {} ports are taken; name fewer interfaces as downstream", config.name,
                 kMaxPorts);
    }
    return false;
  }
  const PortId id = NumberFor(config.name);
  Port& port = ports_[id];
  port.id = id;
  port.origin = origin;
  port.config = static_additions_.With(config);
  ForEachFamily([&](auto& family) { family.Configure(port, Now()); });
  return true;
}

void Agent::RemoveDownstream(PortId id) {
  Port& port = ports_.at(id);
  ForEachFamily([&](auto& family) { family.Remove(id, Now()); });
  Disconnect(port);
  // Of one that the file names the reload has told.
  if (port.origin == PortOrigin::kDefault) {
    Log(Subsystem::kAgent).info("{}: no downstream any more", port.config.name);
  }
  ports_.erase(id);
  ports_exhausted_ = false;
}

Port* Agent::FindPort(const std::string& interface) {
  return bpfcast::FindPort(ports_, interface);
}

}  // namespace bpfcast
