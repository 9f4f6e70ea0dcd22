// What the kernel says of an interface, as the proxy and the datapath need it.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/hook_choice.h"
#include "os/link_monitor.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

/// The settings of a port as the protocol needs them; `link` gives the MTU once it is known.
UpstreamConfig<Igmp> ToUpstreamConfig(PortId id, const InterfaceConfig& config, const Link& link);
DownstreamConfig<Igmp> ToDownstreamConfig(PortId id, const InterfaceConfig& config, const Link& link);

/// Why a port does not work now; empty when it does. `link` is null when there is no such interface. An
/// upstream works without an address: reports then leave from 0.0.0.0.
std::string WaitingReason(const Link* link, PortRole role);

/// `own_addresses` are those of all ports: what carries one of them came from ourselves, on whatever link
/// (E-41).
LinkState<Igmp> ToLinkState(const Link* link, const std::vector<Ipv4Address>& own_addresses);

DatapathPort ToDatapathPort(PortId id, PortRole role, const InterfaceConfig& config, const Link& link,
                            const HookChoice& choice);

}  // namespace bpfcast
