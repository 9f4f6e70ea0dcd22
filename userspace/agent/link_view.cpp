#include "agent/link_view.h"

#include <algorithm>
#include <utility>

#include "agent/forwardable.h"

namespace bpfcast {
namespace {

FamilyService Serve(const Link& link, PortRole role, const FamilyConfig<Igmp>&) {
  if (role == PortRole::kUpstream || SendingAddress(link.ipv4)) return {Service::kWorks, ""};
  return {Service::kWaits, "no IPv4 address"};
}

FamilyService Serve(const Link& link, PortRole role, const FamilyConfig<Mld>&) {
  if (SendingAddress(link.ipv6)) return {Service::kWorks, ""};
  if (link.ipv6.empty()) return {Service::kAbsent, "no IPv6 address"};
  const auto in_state = [&](AddressState state) {
    return std::find_if(link.ipv6.begin(), link.ipv6.end(), [&](const LinkAddress<Mld>& address) {
      return Mld::IsLinkLocal(address.local) && address.state == state;
    });
  };
  if (const auto tentative = in_state(AddressState::kTentative); tentative != link.ipv6.end()) {
    if (role == PortRole::kUpstream) return {Service::kWorks, ""};
    return {Service::kSoon, tentative->local.ToString() + " is being checked for duplicates"};
  }
  if (const auto duplicate = in_state(AddressState::kDuplicate); duplicate != link.ipv6.end()) {
    return {Service::kWaits, "another machine of the link has the address " + duplicate->local.ToString()};
  }
  return {Service::kWaits, "no link-local IPv6 address"};
}

bool IsKnownEverywhere(const Ipv4Address&) {
  return true;
}

bool IsKnownEverywhere(const Ipv6Address& address) {
  if (!Mld::IsLinkLocal(address)) return true;
  const auto& bytes = address.bytes();
  return std::any_of(bytes.begin() + 8, bytes.begin() + 12, [](std::uint8_t octet) { return octet != 0; });
}

/// An address that another machine of the link has as well is that machine's.
template <class F>
bool IsOurs(const LinkAddress<F>& address) {
  return address.state != AddressState::kDuplicate;
}

/// an upstream whose link-local address is being changed cannot report for a moment; what it was asked
/// for goes on.
template <class F>
bool Forwards(const Link& link, PortRole role, const FamilyConfig<F>& config) {
  const Service service = ServiceOf(link, role, config).service;
  return service == Service::kWorks ||
         (service == Service::kWaits && role == PortRole::kUpstream && !link.Addresses<F>().empty());
}

template <class F>
FamilyPort<F> ToFamilyPort(const Link& link, PortRole role, const FamilyConfig<F>& config) {
  FamilyPort<F> port;
  port.served = Forwards(link, role, config);
  port.other_sources = config.other_sources;
  for (const LinkAddress<F>& address : link.Addresses<F>()) {
    if (!IsForwardable(address.local)) continue;
    if (IsOurs(address)) port.own_addresses.push_back(address.local);
    port.subnets.push_back(address.subnet);
  }
  return port;
}

}  // namespace

template <class F>
UpstreamConfig<F> ToUpstreamConfig(PortId id, const InterfaceConfig& config, const Link& link) {
  UpstreamConfig<F> upstream = config.Of<F>().upstream;
  upstream.port = id;
  if (link.mtu != 0) upstream.host.mtu = link.mtu;
  return upstream;
}

template <class F>
DownstreamConfig<F> ToDownstreamConfig(PortId id, const InterfaceConfig& config, const Link& link) {
  DownstreamConfig<F> downstream = config.Of<F>().downstream;
  downstream.port = id;
  if (link.mtu != 0) downstream.querier.mtu = link.mtu;
  return downstream;
}

template <class F>
FamilyService ServiceOf(const Link& link, PortRole role, const FamilyConfig<F>& config) {
  if (!config.served) return {Service::kOff, "not configured"};
  return Serve(link, role, config);
}

template <class F>
bool MayForward(const Link& link, PortRole role, const FamilyConfig<F>& config) {
  return Forwards(link, role, config) || ServiceOf(link, role, config).service == Service::kSoon;
}

bool HasServedAddress(const Link& link, const InterfaceConfig& config) {
  return (config.ipv4.served && !link.ipv4.empty()) || (config.ipv6.served && !link.ipv6.empty());
}

std::string LinkProblem(const Link* link) {
  if (link == nullptr) return "no such device";
  if (!link->admin_up || !link->running) return "link is down";
  return {};
}

std::string WaitingReason(const Link* link, PortRole role, const InterfaceConfig& config) {
  if (std::string problem = LinkProblem(link); !problem.empty()) return problem;
  const FamilyService services[] = {ServiceOf(*link, role, config.ipv4), ServiceOf(*link, role, config.ipv6)};
  // What the operator can do something about comes before what just is not there.
  std::string waits;
  std::string absent;
  for (const auto& [service, reason] : services) {
    if (service == Service::kWorks) return {};
    std::string& reasons = service == Service::kWaits || service == Service::kSoon ? waits : absent;
    if (service != Service::kOff) reasons += (reasons.empty() ? "" : ", ") + reason;
  }
  return !waits.empty() ? waits : !absent.empty() ? absent : "no protocol is configured";
}

template <class F>
std::vector<typename F::Address> AddressesKnownEverywhere(const Link& link) {
  std::vector<typename F::Address> known;
  for (const LinkAddress<F>& address : link.Addresses<F>()) {
    if (IsOurs(address) && IsKnownEverywhere(address.local)) known.push_back(address.local);
  }
  return known;
}

template <class F>
LinkState<F> ToLinkState(const Link* link, PortRole role, const FamilyConfig<F>& config,
                         std::vector<typename F::Address> own_addresses) {
  LinkState<F> state;
  if (link == nullptr) return state;
  state.up = link->admin_up && link->running && ServiceOf(*link, role, config).service == Service::kWorks;
  state.address = SendingAddress(link->Addresses<F>());
  state.mtu = link->mtu;
  state.rules = config.receive;
  state.rules.own_addresses = std::move(own_addresses);
  for (const LinkAddress<F>& address : link->Addresses<F>()) {
    state.rules.subnets.push_back(address.subnet);
    if (IsOurs(address) && !IsKnownEverywhere(address.local)) {
      state.rules.own_addresses.push_back(address.local);
    }
  }
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
  port.ethernet = choice.ethernet;
  port.mac = link.mac;
  port.mtu = link.mtu;
  port.source_check = config.source_check;
  port.ttl_threshold = config.ttl_threshold;
  port.ipv4 = ToFamilyPort(link, role, config.ipv4);
  port.ipv6 = ToFamilyPort(link, role, config.ipv6);
  return port;
}

template UpstreamConfig<Igmp> ToUpstreamConfig(PortId, const InterfaceConfig&, const Link&);
template UpstreamConfig<Mld> ToUpstreamConfig(PortId, const InterfaceConfig&, const Link&);
template DownstreamConfig<Igmp> ToDownstreamConfig(PortId, const InterfaceConfig&, const Link&);
template DownstreamConfig<Mld> ToDownstreamConfig(PortId, const InterfaceConfig&, const Link&);
template FamilyService ServiceOf(const Link&, PortRole, const FamilyConfig<Igmp>&);
template FamilyService ServiceOf(const Link&, PortRole, const FamilyConfig<Mld>&);
template bool MayForward(const Link&, PortRole, const FamilyConfig<Igmp>&);
template bool MayForward(const Link&, PortRole, const FamilyConfig<Mld>&);
template std::vector<Ipv4Address> AddressesKnownEverywhere<Igmp>(const Link&);
template std::vector<Ipv6Address> AddressesKnownEverywhere<Mld>(const Link&);
template LinkState<Igmp> ToLinkState(const Link*, PortRole, const FamilyConfig<Igmp>&,
                                     std::vector<Ipv4Address>);
template LinkState<Mld> ToLinkState(const Link*, PortRole, const FamilyConfig<Mld>&,
                                    std::vector<Ipv6Address>);

}  // namespace bpfcast
