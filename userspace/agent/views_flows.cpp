#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "agent/family_words.h"
#include "agent/stream_route.h"
#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

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
