#include "datapath/source_rules.h"

namespace bpfcast {

std::optional<Ipv4Address> DirectedBroadcast(const Prefix<Ipv4Address>& subnet) {
  if (subnet.length > 30) return std::nullopt;
  return subnet.Last();
}
std::optional<Ipv6Address> DirectedBroadcast(const Prefix<Ipv6Address>&) {
  return std::nullopt;
}

template <class F>
PrefixRules<F> MakeSourceRules(const std::vector<DatapathPort>& ports) {
  constexpr unsigned kHost = F::Address::kBits;
  const auto of = [](const DatapathPort& port) -> const FamilyPort<F>& { return FamilyAbi<F>::Of(port); };
  PrefixRules<F> rules;
  for (const DatapathPort& port : ports) {
    for (const auto& subnet : of(port).subnets) {
      const auto broadcast = DirectedBroadcast(subnet);
      if (broadcast) rules.try_emplace({BPFCAST_SCOPE_ALL, *broadcast, kHost}, BPFCAST_MART);
    }
  }
  for (const DatapathPort& port : ports) {
    for (const auto& own : of(port).own_addresses) rules[{BPFCAST_SCOPE_ALL, own, kHost}] = BPFCAST_OWN;
    if (port.source_check == SourceCheck::kOff) continue;
    const auto scope = static_cast<std::uint32_t>(port.id);
    const bool by_subnets = port.source_check == SourceCheck::kSubnet;
    if (by_subnets && port.role == PortRole::kUpstream) {
      // Even inside an altnet of the upstream, such as 0.0.0.0/0: these are not its sources.
      for (const DatapathPort& other : ports) {
        if (other.role != PortRole::kDownstream) continue;
        for (const auto& subnet : of(other).subnets) rules[RuleFor<F>(scope, subnet)] = BPFCAST_RPF;
      }
    }
    // Last, so that what a port names itself wins over what another one names.
    if (by_subnets) {
      for (const auto& subnet : of(port).subnets) rules[RuleFor<F>(scope, subnet)] = BPFCAST_FORWARDED;
    }
    for (const auto& other : of(port).other_sources) rules[RuleFor<F>(scope, other)] = BPFCAST_FORWARDED;
  }
  return rules;
}

template <class F>
std::uint32_t UnknownSourceVerdict(const DatapathPort& port) {
  if (port.source_check == SourceCheck::kOff) return BPFCAST_FORWARDED;
  if (port.source_check == SourceCheck::kFib) return BPFCAST_ASK_FIB;
  const bool open = port.role == PortRole::kUpstream && FamilyAbi<F>::Of(port).other_sources.empty();
  return open ? BPFCAST_FORWARDED : BPFCAST_RPF;
}

template PrefixRules<Igmp> MakeSourceRules<Igmp>(const std::vector<DatapathPort>&);
template PrefixRules<Mld> MakeSourceRules<Mld>(const std::vector<DatapathPort>&);
template std::uint32_t UnknownSourceVerdict<Igmp>(const DatapathPort&);
template std::uint32_t UnknownSourceVerdict<Mld>(const DatapathPort&);

}  // namespace bpfcast
