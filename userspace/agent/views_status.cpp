#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

template <class F>
std::size_t Routes(const Proxy<F>& proxy) {
  std::size_t routes = 0;
  for (const auto& [group, entries] : proxy.table().groups()) routes += entries.size();
  return routes;
}

}  // namespace

std::string StatusJson(const InstanceView& instance, const std::vector<PortView>& ports,
                       const Proxy<Igmp>& ipv4, const Proxy<Mld>& ipv6, const DatapathCounters& counters,
                       Time now) {
  ViewJson json;
  json["instance"] = instance.instance;
  json["version"] = instance.version;
  json["pid"] = instance.pid;
  json["uptime_s"] = Seconds(instance.uptime);
  json["config"] = instance.config_file;
  json["state"] = "running";
  json["bpffs"] = instance.bpffs.empty() ? ViewJson() : ViewJson(instance.bpffs);
  json["upstream"] = nullptr;
  json["downstreams"] = ViewJson::array();
  for (const PortView& port : ports) {
    if (port.role == PortRole::kUpstream) {
      json["upstream"] = ToJson(port, ipv4, ipv6, counters, now);
    } else {
      json["downstreams"].push_back(ToJson(port, ipv4, ipv6, counters, now));
    }
  }
  json["groups"] = ipv4.database().groups().size() + ipv6.database().groups().size();
  json["routes"] = Routes(ipv4) + Routes(ipv6);
  json["ipv4"] = {{"groups", ipv4.database().groups().size()}, {"routes", Routes(ipv4)}};
  json["ipv6"] = {{"groups", ipv6.database().groups().size()}, {"routes", Routes(ipv6)}};
  json["drops"] = ViewJson::object();
  for (const DropCounter& drop : counters.drops) json["drops"][std::string(drop.reason)] = drop.packets;
  return Text(json);
}

}  // namespace bpfcast
