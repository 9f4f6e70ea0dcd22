#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "agent/family_words.h"
#include "agent/view_json.h"
#include "agent/views.h"
#include "routing/passage_lookup.h"

namespace bpfcast {
namespace {

/// Where the packets of a stream are meant to go: (S,G), else (*,G), else the default (E-32): what arrives
/// downstream goes upstream.
template <class F>
Route RouteOf(const RouteKey<F>& stream, const Proxy<F>& proxy) {
  const auto& groups = proxy.table().groups();
  if (const auto group = groups.find(stream.group); group != groups.end()) {
    for (const typename F::Address& source : {stream.source, typename F::Address()}) {
      const auto found = group->second.find({source, stream.group});
      if (found != group->second.end()) return found->second;
    }
  }
  Route route;
  route.from_downstream.Add(proxy.topology().upstream());
  return route;
}

template <class F>
PortSet Outgoing(const Route& route, const FlowCounters<F>& flow, const Passages<F>& passages,
                 const Proxy<F>& proxy) {
  switch (PassageOf(passages, flow.key.group)) {
    case Passage::kAnywhere:
      break;
    case Passage::kNotUpstream:
      return route.not_upstream;
    case Passage::kNowhere:
      return {};
  }
  return flow.arrival == proxy.topology().upstream() ? route.from_upstream : route.from_downstream;
}

template <class F>
ViewJson ToJson(const FlowCounters<F>& flow, const std::map<PortId, const PortView*>& ports,
                const Passages<F>& passages, const Proxy<F>& proxy, Time now) {
  const Route route = RouteOf(flow.key, proxy);
  const auto arrival = ports.find(flow.arrival);
  ViewJson json;
  json["family"] = FamilyWords<F>::kFamily;
  json["group"] = flow.key.group.ToString();
  json["source"] = flow.key.source.ToString();
  // The port of an older configuration has no name any more.
  json["arrival"] = arrival == ports.end() ? ViewJson() : ViewJson(arrival->second->name);
  json["ports"] = ViewJson::array();
  Outgoing(route, flow, passages, proxy).ForEach([&](PortId port) {
    const auto found = ports.find(port);
    if (port != flow.arrival && found != ports.end()) json["ports"].push_back(found->second->name);
  });
  json["local"] = route.local;
  json["packets"] = flow.forwarded.packets;
  json["bytes"] = flow.forwarded.bytes;
  json["dropped"] = flow.dropped;
  json["packets_per_s"] = flow.packets_per_s;
  json["bits_per_s"] = flow.bits_per_s;
  json["first_packet_s"] = Seconds(std::max(now - flow.first, Duration::zero()));
  json["last_packet_s"] = Seconds(std::max(now - flow.last, Duration::zero()));
  return json;
}

}  // namespace

template <class F>
std::string FlowsJson(const std::vector<PortView>& ports, const Proxy<F>& proxy,
                      const std::vector<FlowCounters<F>>& flows, Time now) {
  std::map<PortId, const PortView*> ports_by_id;
  for (const PortView& port : ports) ports_by_id.emplace(port.id, &port);
  std::vector<const FlowCounters<F>*> rows;
  rows.reserve(flows.size());
  for (const FlowCounters<F>& flow : flows) rows.push_back(&flow);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return std::tie(a->key.group, a->key.source, a->arrival) <
           std::tie(b->key.group, b->key.source, b->arrival);
  });
  std::map<PortId, Passages<F>> passages;  // made once for each port: there may be thousands of streams
  std::string text = "[";
  for (const FlowCounters<F>* flow : rows) {
    if (text.size() > 1) text += ',';
    const auto [found, is_new] = passages.try_emplace(flow->arrival);
    if (is_new) found->second = proxy.PassagesOf(flow->arrival);
    text += Text(ToJson(*flow, ports_by_id, found->second, proxy, now));
  }
  return text + "]";
}

template std::string FlowsJson(const std::vector<PortView>&, const Proxy<Igmp>&,
                               const std::vector<FlowCounters<Igmp>>&, Time);
template std::string FlowsJson(const std::vector<PortView>&, const Proxy<Mld>&,
                               const std::vector<FlowCounters<Mld>>&, Time);

}  // namespace bpfcast
