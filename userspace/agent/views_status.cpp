#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {

std::string StatusJson(const InstanceView& instance, const std::vector<PortView>& ports,
                       const Proxy<Igmp>& proxy, const DatapathCounters& counters, Time now) {
  std::size_t routes = 0;
  for (const auto& [group, entries] : proxy.table().groups()) routes += entries.size();
  ViewJson json;
  json["instance"] = instance.instance;
  json["version"] = instance.version;
  json["pid"] = instance.pid;
  json["uptime_s"] = Seconds(instance.uptime);
  json["config"] = instance.config_file;
  json["state"] = "running";
  json["bpffs"] = instance.bpffs;
  json["upstream"] = nullptr;
  json["downstreams"] = ViewJson::array();
  for (const PortView& port : ports) {
    if (port.role == PortRole::kUpstream) {
      json["upstream"] = ToJson(port, proxy, counters, now);
    } else {
      json["downstreams"].push_back(ToJson(port, proxy, counters, now));
    }
  }
  json["groups"] = proxy.database().groups().size();
  json["routes"] = routes;
  json["drops"] = ViewJson::object();
  for (const DropCounter& drop : counters.drops) json["drops"][std::string(drop.reason)] = drop.packets;
  return Text(json);
}

}  // namespace bpfcast
