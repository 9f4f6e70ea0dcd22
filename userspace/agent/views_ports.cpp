#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/family_words.h"
#include "agent/hook_choice.h"
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

/// Those above zero: a port has two dozen of them, and most stay at zero.
ViewJson ToJson(const std::vector<DropCounter>& reasons) {
  ViewJson json = ViewJson::object();
  for (const DropCounter& each : reasons) {
    if (each.packets > 0) json[std::string(each.reason)] = each.packets;
  }
  return json;
}

/// "v1", "v2"
template <class F>
ViewJson ToJson(const VersionCounters& messages) {
  ViewJson json;
  for (const Version version : Versions<F>()) {
    json["v" + std::to_string(FamilyWords<F>::Number(version))] = messages[version];
  }
  return json;
}

/// Who is the querier of a downstream link.
template <class F>
ViewJson QuerierJson(const FamilyPortView& port, const Querier<F>& querier, Time now) {
  const auto other = querier.other_querier();
  ViewJson json;
  json["role"] = !querier.running() ? "none" : other ? "other" : "querier";
  json["address"] = nullptr;
  json["expires_s"] = nullptr;
  json["version"] = FamilyWords<F>::Number(querier.rules().version);
  if (!querier.running()) return json;
  if (other) {
    json["address"] = other->ToString();
    json["expires_s"] = SecondsUntil(querier.OtherQuerierExpires(), now);
  } else if (!port.address.empty()) {
    json["address"] = port.address;
  }
  return json;
}

/// "up", "waiting" for something that should be, or "off": nothing is expected here.
const char* Name(Service service) {
  switch (service) {
    case Service::kOff:
    case Service::kAbsent:
      return "off";
    case Service::kWaits:
    case Service::kSoon:
      return "waiting";
    case Service::kWorks:
      return "up";
  }
  return "";
}

template <class F>
ViewJson FamilyJson(const PortView& port, const Proxy<F>& proxy, Time now) {
  const FamilyPortView& view = port.Of<F>();
  const LinkCounters& counters = proxy.counters(port.id);
  const Querier<F>* querier = proxy.querier(port.id);
  const Host<F>& host = proxy.host();
  // The version that is spoken now, which an older querier may have lowered.
  const Version version = querier != nullptr ? querier->rules().version : host.mode();
  ViewJson json;
  json["family"] = FamilyWords<F>::kFamily;
  json["state"] = Name(view.service.service);
  json["reason"] = view.service.reason;
  json["address"] = view.address.empty() ? ViewJson() : ViewJson(view.address);
  json["version"] = FamilyWords<F>::Number(version);
  json["querier"] = querier != nullptr ? QuerierJson(view, *querier, now) : ViewJson();
  json["host"] = nullptr;
  if (querier == nullptr) {
    json["host"] = {{"version", FamilyWords<F>::Number(host.mode())},
                    {"expires_s", SecondsUntil(host.ModeExpires(), now)}};
  }
  json["reports_received"] = counters.reports_received.Total();
  json["queries_received"] = counters.queries_received.Total();
  json["reports_sent"] = counters.reports_sent;
  json["queries_sent"] = counters.queries_sent;
  json["foreign_received"] = counters.foreign_received;
  json["reports_by_version"] = ToJson<F>(counters.reports_received);
  json["queries_by_version"] = ToJson<F>(counters.queries_received);
  json["drops"] = ToJson(counters.drops);
  return json;
}

}  // namespace

ViewJson ToJson(const PortView& port, const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6,
                const DatapathCounters& counters, Time now) {
  const auto found = std::find_if(counters.ports.begin(), counters.ports.end(),
                                  [&](const PortCounters& each) { return each.id == port.id; });
  const PortCounters traffic = found == counters.ports.end() ? PortCounters() : *found;
  const ViewJson igmp = FamilyJson(port, ipv4, now);
  ViewJson json;
  json["name"] = port.name;
  json["role"] = port.role == PortRole::kUpstream ? "upstream" : "downstream";
  json["state"] = port.waiting.empty() ? "up" : "waiting";
  json["reason"] = port.waiting;
  json["ifindex"] = port.ifindex;
  json["address"] = igmp["address"];
  json["hook"] = port.hook ? ViewJson(std::string(HookName(*port.hook))) : ViewJson();
  json["hook_reason"] = port.hook_reason;
  for (const char* key : {"version", "querier", "host"}) json[key] = igmp[key];
  json["rx_packets"] = traffic.received.packets;
  json["rx_bytes"] = traffic.received.bytes;
  json["tx_packets"] = traffic.transmitted.packets;
  json["tx_bytes"] = traffic.transmitted.bytes;
  json["tx_dropped"] = traffic.transmit_dropped();
  json["rx_drops"] = ToJson(traffic.not_forwarded);
  json["tx_drops"] = ToJson(traffic.copies_dropped);
  for (const char* key : {"reports_received", "queries_received", "reports_sent", "queries_sent"}) {
    json[key] = igmp[key];
  }
  json["igmp_overflows"] = port.receive_overflows;
  json["igmp_drops"] = igmp["drops"];
  json["ipv4"] = igmp;
  json["ipv6"] = FamilyJson(port, ipv6, now);
  return json;
}

std::string PortsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6,
                      const DatapathCounters& counters, Time now) {
  ViewJson json = ViewJson::array();
  for (const PortView& port : ports) json.push_back(ToJson(port, ipv4, ipv6, counters, now));
  return Text(json);
}

}  // namespace bpfcast
