// What the control socket shows, as JSON text. One view, one file: views_NAME.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

struct PortView {
  PortId id{};
  std::string name;
  PortRole role = PortRole::kDownstream;
  std::string waiting;  // empty: up
  std::uint32_t ifindex = 0;
  std::optional<Ipv4Address> address;
  std::optional<Hook> hook;  // nothing while no program is attached
  std::string hook_reason;
  std::uint64_t receive_overflows = 0;  // IGMP packets that the socket had no room for
};

struct InstanceView {
  std::string instance;
  std::string version;
  std::int64_t pid = 0;
  Duration uptime{};
  std::string config_file;
  std::string bpffs;
};

/// `ports` has one element for each port of `proxy`, by PortId.
std::string StatusJson(const InstanceView& instance, const std::vector<PortView>& ports,
                       const Proxy<Igmp>& proxy, const DatapathCounters& counters, Time now);
std::string PortsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                      const DatapathCounters& counters, Time now);
/// One row for each group on each port.
std::string GroupsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                       const std::vector<RouteCounters<Igmp>>& routes, Time now);
/// One row for each stream on each port on which it arrives, with the ports that it is meant for now.
std::string FlowsJson(const std::vector<PortView>& ports, const Proxy<Igmp>& proxy,
                      const std::vector<FlowCounters<Igmp>>& flows, Time now);
/// What a reload changed, one sentence each.
std::string ReloadJson(const std::vector<std::string>& changed);

}  // namespace bpfcast
