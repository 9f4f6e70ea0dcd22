#include "datapath/null_datapath.h"

namespace bpfcast {

Result<PortAttachment> NullDatapath::SetPort(const DatapathPort& port) {
  ports_[port.id] = port;
  return PortAttachment{port.hook, "no packets are forwarded"};
}

void NullDatapath::RemovePort(PortId port) {
  ports_.erase(port);
}

Result<void> NullDatapath::Apply(const ForwardingUpdate<Igmp>& update) {
  updates_.push_back(update);
  for (const RouteChange<Igmp>& change : update) {
    if (change.route) {
      routes_[change.key] = *change.route;
    } else {
      routes_.erase(change.key);
    }
  }
  return {};
}

Result<void> NullDatapath::Sync(const ForwardingUpdate<Igmp>& table) {
  routes_.clear();
  return Apply(table);
}

void NullDatapath::Tick(Time /*now*/) {}

Result<DatapathCounters> NullDatapath::Counters() {
  DatapathCounters counters;
  for (const auto& [id, port] : ports_) counters.ports.push_back({id, {}, {}, 0});
  return counters;
}

Result<std::vector<RouteCounters<Igmp>>> NullDatapath::CountersOfRoutes() {
  std::vector<RouteCounters<Igmp>> counters;
  for (const auto& [key, route] : routes_) counters.push_back({key, {}, 0});
  return counters;
}

}  // namespace bpfcast
