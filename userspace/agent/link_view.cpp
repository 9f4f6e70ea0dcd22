#include "agent/link_view.h"

namespace bpfcast {

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
  for (const LinkAddress& address : link.addresses) {
    port.own_addresses.push_back(address.local);
    port.subnets.push_back(address.subnet);
  }
  return port;
}

}  // namespace bpfcast
