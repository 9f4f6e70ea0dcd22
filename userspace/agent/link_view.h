// What the kernel says of an interface, as the proxy and the datapath need it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/hook_choice.h"
#include "config/config.h"
#include "os/link_monitor.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

/// The settings of a port as the protocol needs them; `link` gives the MTU once it is known.
template <class F>
UpstreamConfig<F> ToUpstreamConfig(PortId id, const InterfaceConfig& config, const Link& link);
template <class F>
DownstreamConfig<F> ToDownstreamConfig(PortId id, const InterfaceConfig& config, const Link& link);

/// What becomes of a family on an interface, as far as its settings and addresses go.
enum class Service : std::uint8_t {
  kOff,     // the configuration does not want it
  kAbsent,  // the interface does not have it
  kWaits,   // for something that does not come by itself
  kSoon,    // its address is about to be usable
  kWorks,
};

struct FamilyService {
  Service service = Service::kOff;
  std::string reason;  // empty when it works
};

/// An IPv4 upstream works without an address: reports then leave from 0.0.0.0; an IPv6 upstream only
/// while its link-local address is being checked.
template <class F>
FamilyService ServiceOf(const Link& link, PortRole role, const FamilyConfig<F>& config);

/// Is the family forwarded there, or about to be? Such a port keeps its program.
template <class F>
bool MayForward(const Link& link, PortRole role, const FamilyConfig<F>& config);

/// Has the interface an address of a family that `config` serves?
bool HasServedAddress(const Link& link, const InterfaceConfig& config);

/// Why an interface cannot be used by any family now; empty when it can. Null: there is no such interface.
std::string LinkProblem(const Link* link);
/// Why nothing works on a port now; empty when something does.
std::string WaitingReason(const Link* link, PortRole role, const InterfaceConfig& config);

/// The addresses of an interface by which this machine is known on every link (E-41). A link-local address
/// whose interface identifier was chosen by hand (fe80::1) may be another machine's on another link.
template <class F>
std::vector<typename F::Address> AddressesKnownEverywhere(const Link& link);

/// `own_addresses` are those of all ports: what carries one of them came from ourselves, on whatever link.
template <class F>
LinkState<F> ToLinkState(const Link* link, PortRole role, const FamilyConfig<F>& config,
                         std::vector<typename F::Address> own_addresses);

DatapathPort ToDatapathPort(PortId id, PortRole role, const InterfaceConfig& config, const Link& link,
                            const HookChoice& choice);

}  // namespace bpfcast
