#include "agent/link_view.h"

namespace bpfcast {

UpstreamConfig<Igmp> ToUpstreamConfig(PortId id, const InterfaceConfig& config, const Link& link) {
  UpstreamConfig<Igmp> upstream = config.ipv4.upstream;
  upstream.port = id;
  if (link.mtu != 0) upstream.host.mtu = link.mtu;
  return upstream;
}

DownstreamConfig<Igmp> ToDownstreamConfig(PortId id, const InterfaceConfig& config, const Link& link) {
  DownstreamConfig<Igmp> downstream = config.ipv4.downstream;
  downstream.port = id;
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
  port.ipv4.other_sources = config.ipv4.other_sources;
  port.ttl_threshold = config.ttl_threshold;
  for (const LinkAddress& address : link.addresses) {
    port.ipv4.own_addresses.push_back(address.local);
    port.ipv4.subnets.push_back(address.subnet);
  }
  return port;
}

}  // namespace bpfcast
