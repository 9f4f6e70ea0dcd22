// NullDatapath: forwards nothing and remembers what it was told, for tests and dry runs.
#pragma once

#include <map>

#include "routing/datapath.h"

namespace bpfcast {

class NullDatapath : public Datapath {
 public:
  using Routes = std::map<RouteKey<Igmp>, Route>;

  Result<PortAttachment> SetPort(const DatapathPort& port) override;
  void RemovePort(PortId port) override;
  Result<void> Apply(const ForwardingUpdate<Igmp>& update) override;
  Result<void> Sync(const ForwardingUpdate<Igmp>& table) override;
  void Tick(Time now) override;
  Result<DatapathCounters> Counters() override;
  Result<std::vector<RouteCounters<Igmp>>> CountersOfRoutes() override;

  const std::map<PortId, DatapathPort>& ports() const { return ports_; }
  const Routes& routes() const { return routes_; }
  /// Every update given to Apply, in order.
  const std::vector<ForwardingUpdate<Igmp>>& updates() const { return updates_; }

 private:
  std::map<PortId, DatapathPort> ports_;
  Routes routes_;
  std::vector<ForwardingUpdate<Igmp>> updates_;
};

}  // namespace bpfcast
