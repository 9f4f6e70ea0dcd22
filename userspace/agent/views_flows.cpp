#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

/// Where the packets of a stream are meant to go: (S,G), else (*,G), else the default (E-32): what arrives
/// downstream goes upstream.
Route RouteOf(const RouteKey<Igmp>& stream, const Proxy<Igmp>& proxy) {
  const auto& groups = proxy.table().groups();
  if (const auto group = groups.find(stream.group); group != groups.end()) {
    for (const Ipv4Address& source : {stream.source, Ipv4Address()}) {
      const auto found = group->second.find({source, stream.group});
      if (found != group->second.end()) return found->second;
    }
  }
  Route route;
  route.from_downstream.Add(proxy.topology().upstream());
  return route;
}

ViewJson ToJson(const FlowCounters<Igmp>& flow, const std::map<PortId, const PortView*>& ports,
                const Proxy<Igmp>& proxy, Time now) {
  const Route route = RouteOf(flow.key, proxy);
  const bool from_upstream = flow.arrival == proxy.topology().upstream();
  const auto arrival = ports.find(flow.arrival);
  ViewJson json;
  json["group"] = flow.key.group.ToString();
  json["source"] = flow.key.source.ToString();
  // The port of an older configuration has no name any more.
  json["arrival"] = arrival == ports.end() ? ViewJson() : ViewJson(arrival->second->name);
  json["ports"] = ViewJson::array();
  (from_upstream ? route.from_upstream : route.from_downstream).ForEach([&](PortId port) {
    const auto found = ports.find(port);
    if (port != flow.arrival && found != ports.end()) json["ports"].push_back(found->second->name);
  });
  json["local"] = route.local;
  json["packets"] = flow.forwarded.packets;
  json["bytes"] = flow.forwarded.bytes;
  json["dropped"] = flow.dropped;
  json["packets_per_s"] = flow.packets_per_s;
  json["bits_per_s"] = flow.bits_per_s;
  json["last_packet_s"] = Seconds(std::max(now - flow.last, Duration::zero()));
  return json;
}

}  // namespace

std::string FlowsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                      const std::vector<FlowCounters<Igmp>>& flows, Time now) {
  std::map<PortId, const PortView*> ports_by_id;
  for (const PortView& port : ports) ports_by_id.emplace(port.id, &port);
  std::vector<const FlowCounters<Igmp>*> rows;
  rows.reserve(flows.size());
  for (const FlowCounters<Igmp>& flow : flows) rows.push_back(&flow);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return std::tie(a->key.group, a->key.source, a->arrival) <
           std::tie(b->key.group, b->key.source, b->arrival);
  });
  std::string text = "[";
  for (const FlowCounters<Igmp>* flow : rows) {
    if (text.size() > 1) text += ',';
    text += Text(ToJson(*flow, ports_by_id, proxy, now));
  }
  return text + "]";
}

}  // namespace bpfcast
