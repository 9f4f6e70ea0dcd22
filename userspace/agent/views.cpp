#include "agent/views.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "membership/group_state.h"

namespace bpfcast {
namespace {

/// Fields in the order in which they are written here.
using Json = nlohmann::ordered_json;

/// A file name may hold any octets; what is not UTF-8 is replaced.
std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double Seconds(Duration duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count()) / 1000;
}

Json ToJson(const DropCounters& drops) {
  Json json = Json::object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i) {
    const auto reason = static_cast<DropReason>(i);
    json[std::string(ToString(reason))] = drops[reason];
  }
  return json;
}

Json ToJson(const PortView& port, const Proxy<Igmp>& proxy, const DatapathCounters& counters) {
  const auto found = std::find_if(counters.ports.begin(), counters.ports.end(),
                                  [&](const PortCounters& each) { return each.id == port.id; });
  const PortCounters traffic = found == counters.ports.end() ? PortCounters() : *found;
  const LinkCounters& igmp = proxy.counters(port.id);
  Json json;
  json["name"] = port.name;
  json["role"] = port.role == PortRole::kUpstream ? "upstream" : "downstream";
  json["state"] = port.waiting.empty() ? "up" : "waiting";
  json["reason"] = port.waiting;
  json["ifindex"] = port.ifindex;
  json["address"] = port.address ? Json(port.address->ToString()) : Json();
  json["hook"] = port.hook ? Json(*port.hook == Hook::kXdp ? "xdp" : "tc") : Json();
  json["hook_reason"] = port.hook_reason;
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

Json ToJson(const SourceSet<Igmp>& sources) {
  Json json = Json::array();
  for (const Ipv4Address& source : sources) json.push_back(source.ToString());
  return json;
}

/// When the group goes if nobody reports it again: its timer, or in INCLUDE the last of its sources'.
std::optional<Time> EndOf(const GroupState<Igmp>& group) {
  if (group.mode() == FilterMode::kExclude) return group.GroupTimer();
  std::optional<Time> end;
  for (const Ipv4Address& source : group.Requested()) {
    const auto timer = group.SourceTimer(source);
    if (timer && (!end || *timer > *end)) end = timer;
  }
  return end;
}

Json ToJson(const GroupState<Igmp>& group, const std::string& port, const PacketCount& forwarded, Time now) {
  const bool exclude = group.mode() == FilterMode::kExclude;
  const auto end = EndOf(group);
  Json json;
  json["group"] = group.group().ToString();
  json["port"] = port;
  json["mode"] = exclude ? "exclude" : "include";
  json["sources"] = ToJson(exclude ? group.Excluded() : group.Requested());
  json["requested"] = exclude ? ToJson(group.Requested()) : Json::array();
  json["expires_s"] = end ? Json(Seconds(std::max(*end - now, Duration::zero()))) : Json();
  json["host_version"] = static_cast<int>(group.HostVersion());
  json["last_reporter"] = group.last_reporter().ToString();
  json["forwarded_packets"] = forwarded.packets;
  json["forwarded_bytes"] = forwarded.bytes;
  return json;
}

}  // namespace

std::string StatusJson(const InstanceView& instance, const std::vector<PortView>& ports,
                       const Proxy<Igmp>& proxy, const DatapathCounters& counters) {
  std::size_t routes = 0;
  for (const auto& [group, entries] : proxy.table().groups()) routes += entries.size();
  Json json;
  json["instance"] = instance.instance;
  json["version"] = instance.version;
  json["pid"] = instance.pid;
  json["uptime_s"] = Seconds(instance.uptime);
  json["config"] = instance.config_file;
  json["state"] = "running";
  json["bpffs"] = instance.bpffs;
  json["upstream"] = nullptr;
  json["downstreams"] = Json::array();
  for (const PortView& port : ports) {
    if (port.role == PortRole::kUpstream) {
      json["upstream"] = ToJson(port, proxy, counters);
    } else {
      json["downstreams"].push_back(ToJson(port, proxy, counters));
    }
  }
  json["groups"] = proxy.database().groups().size();
  json["routes"] = routes;
  json["drops"] = Json::object();
  for (const DropCounter& drop : counters.drops) json["drops"][std::string(drop.reason)] = drop.packets;
  return Text(json);
}

std::string PortsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                      const DatapathCounters& counters) {
  Json json = Json::array();
  for (const PortView& port : ports) json.push_back(ToJson(port, proxy, counters));
  return Text(json);
}

std::string GroupsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                       const std::vector<RouteCounters<Igmp>>& routes, Time now) {
  std::map<Ipv4Address, PacketCount> forwarded;
  for (const RouteCounters<Igmp>& route : routes) {
    PacketCount& sum = forwarded[route.key.group];
    sum.packets += route.forwarded.packets;
    sum.bytes += route.forwarded.bytes;
  }
  using Row = std::tuple<Ipv4Address, std::string, const GroupState<Igmp>*>;
  std::vector<Row> rows;
  for (const PortView& port : ports) {
    const Querier<Igmp>* querier = proxy.querier(port.id);
    if (querier == nullptr) continue;
    for (const auto& [group, state] : querier->groups()) rows.emplace_back(group, port.name, &state);
  }
  std::sort(rows.begin(), rows.end());
  Json json = Json::array();
  for (const auto& [group, port, state] : rows) json.push_back(ToJson(*state, port, forwarded[group], now));
  return Text(json);
}

}  // namespace bpfcast
