#include "routing/inherited_route.h"

#include <unordered_map>

namespace bpfcast {
namespace {

template <class F>
struct GroupOf {
  PortSet any;    // in the list of the (*,G) route
  PortSet named;  // in some list of the group
  std::vector<const InheritedRoute<F>*> sources;
};

template <class F>
GroupRecord<F> RecordBehind(const typename F::Address& address, const GroupOf<F>& group, PortId port) {
  GroupRecord<F> record;
  record.group = address;
  const bool excludes = group.any.Contains(port);
  record.type = excludes ? RecordType::kIsEx : RecordType::kIsIn;
  for (const InheritedRoute<F>* route : group.sources) {
    if (route->downstreams.Contains(port) != excludes) record.sources.push_back(route->key.source);
  }
  return record;
}

}  // namespace

template <class F>
std::map<PortId, Report<F>> ReportsBehind(const std::vector<InheritedRoute<F>>& routes) {
  std::unordered_map<typename F::Address, GroupOf<F>> groups;
  for (const InheritedRoute<F>& route : routes) {
    GroupOf<F>& group = groups[route.key.group];
    if (route.key.source.IsUnspecified()) {
      group.any = route.downstreams;
    } else {
      group.sources.push_back(&route);
    }
    route.downstreams.ForEach([&](PortId port) { group.named.Add(port); });
  }
  std::map<PortId, Report<F>> reports;
  for (const auto& entry : groups) {
    entry.second.named.ForEach(
        [&](PortId port) { reports[port].records.push_back(RecordBehind(entry.first, entry.second, port)); });
  }
  return reports;
}

template std::map<PortId, Report<Igmp>> ReportsBehind(const std::vector<InheritedRoute<Igmp>>&);
template std::map<PortId, Report<Mld>> ReportsBehind(const std::vector<InheritedRoute<Mld>>&);

}  // namespace bpfcast
