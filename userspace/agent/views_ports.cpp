#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

ViewJson ToJson(const DropCounters& drops) {
  ViewJson json = ViewJson::object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const auto reason = static_cast<DropReason>(i);
    json[std::string(ToString(reason))] = drops[reason];
  }
  return json;
}

/// Who is the querier of a downstream link.
ViewJson QuerierJson(const PortView& port, const Querier<Igmp>& querier, Time now) {
  const auto other = querier.other_querier();
  ViewJson json;
  json["role"] = !querier.running() ? "none" : other ? "other" : "querier";
  json["address"] = nullptr;
  json["expires_s"] = nullptr;
  json["version"] = static_cast<int>(querier.rules().version);
  if (!querier.running()) return json;
  if (other) {
    json["address"] = other->ToString();
    json["expires_s"] = SecondsUntil(querier.OtherQuerierExpires(), now);
  } else if (port.address) {
    json["address"] = port.address->ToString();
  }
  return json;
}

}  // namespace

ViewJson ToJson(const PortView& port, const Proxy<Igmp>& proxy, const DatapathCounters& counters, Time now) {
  const auto found = std::find_if(counters.ports.begin(), counters.ports.end(),
                                  [&](const PortCounters& each) { return each.id == port.id; });
  const PortCounters traffic = found == counters.ports.end() ? PortCounters() : *found;
  const LinkCounters& igmp = proxy.counters(port.id);
  const Querier<Igmp>* querier = proxy.querier(port.id);
  const Host<Igmp>& host = proxy.host();
  ViewJson json;
  json["name"] = port.name;
  json["role"] = port.role == PortRole::kUpstream ? "upstream" : "downstream";
  json["state"] = port.waiting.empty() ? "up" : "waiting";
  json["reason"] = port.waiting;
  json["ifindex"] = port.ifindex;
  json["address"] = port.address ? ViewJson(port.address->ToString()) : ViewJson();
  json["hook"] = port.hook ? ViewJson(*port.hook == Hook::kXdp ? "xdp" : "tc") : ViewJson();
  json["hook_reason"] = port.hook_reason;
  // The version that is spoken now, which an older querier may have lowered.
  json["version"] = static_cast<int>(querier != nullptr ? querier->rules().version : host.mode());
  json["querier"] = querier != nullptr ? QuerierJson(port, *querier, now) : ViewJson();
  json["host"] = nullptr;
  if (querier == nullptr) {
    json["host"] = {{"version", static_cast<int>(host.mode())},
                    {"expires_s", SecondsUntil(host.ModeExpires(), now)}};
  }
  json["rx_packets"] = traffic.received.packets;
  json["rx_bytes"] = traffic.received.bytes;
  json["tx_packets"] = traffic.transmitted.packets;
  json["tx_bytes"] = traffic.transmitted.bytes;
  json["tx_dropped"] = traffic.transmit_dropped;
  json["reports_received"] = igmp.reports_received;
  json["queries_received"] = igmp.queries_received;
  json["reports_sent"] = igmp.reports_sent;
  json["queries_sent"] = igmp.queries_sent;
  json["igmp_overflows"] = port.receive_overflows;
  json["igmp_drops"] = ToJson(igmp.drops);
  return json;
}

std::string PortsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                      const DatapathCounters& counters, Time now) {
  ViewJson json = ViewJson::array();
  for (const PortView& port : ports) json.push_back(ToJson(port, proxy, counters, now));
  return Text(json);
}

}  // namespace bpfcast
