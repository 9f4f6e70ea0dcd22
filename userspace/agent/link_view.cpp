#include "agent/link_view.h"

namespace bpfcast {

HostConfig<Igmp> ToHostConfig(const InterfaceConfig& config, const Link& link) {
  HostConfig<Igmp> host;
  host.timing = config.timing;
  host.version = config.version;
  host.access = config.access;
  if (link.mtu != 0) host.mtu = link.mtu;
  return host;
}

DownstreamConfig<Igmp> ToDownstreamConfig(PortId id, const InterfaceConfig& config, const Link& link) {
  DownstreamConfig<Igmp> downstream;
  downstream.port = id;
  downstream.access = config.access;
  downstream.foreign_querier = config.foreign_querier;
  downstream.querier.timing = config.timing;
  downstream.querier.version = config.version;
  downstream.querier.older_queriers = config.older_queriers;
  downstream.querier.fast_leave = config.fast_leave;
  if (link.mtu != 0) downstream.querier.mtu = link.mtu;
  return downstream;
}

std::string WaitingReason(const Link* link, PortRole role) {
  if (link == nullptr) return "no such device";
  if (!link->admin_up || !link->running) return "link is down";
  if (role == PortRole::kDownstream && !link->PrimaryAddress()) return "no IPv4 address";
  return {};
}

LinkState<Igmp> ToLinkState(const Link* link, const std::vector<Ipv4Address>& own_addresses) {
  LinkState<Igmp> state;
  if (link == nullptr) return state;
  state.up = link->admin_up && link->running;
  state.address = link->PrimaryAddress();
  state.mtu = link->mtu;
  state.rules.own_addresses = own_addresses;
  for (const LinkAddress& address : link->addresses) state.rules.subnets.push_back(address.subnet);
  return state;
}

DatapathPort ToDatapathPort(PortId id, PortRole role, const InterfaceConfig& config, const Link& link,
                            const HookChoice& choice) {
  DatapathPort port;
  port.id = id;
  port.ifindex = link.ifindex;
  port.name = link.name;
  port.role = role;
  port.hook = choice.hook;
  port.xdp_target = choice.xdp_target;
  port.mac = link.mac;
  port.mtu = link.mtu;
  port.source_check = config.source_check;
  port.other_sources = config.other_sources;
  port.ttl_threshold = config.ttl_threshold;
  for (const LinkAddress& address : link.addresses) {
    port.own_addresses.push_back(address.local);
    port.subnets.push_back(address.subnet);
  }
  return port;
}

}  // namespace bpfcast
