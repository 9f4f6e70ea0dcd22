#include "datapath/source_rules.h"

#include <array>

#include "bpfcast/abi.h"

namespace bpfcast {
namespace {

enum class HostBits : std::uint8_t { kZeros, kOnes };

Ipv4Address WithHostBits(const Prefix<Ipv4Address>& prefix, HostBits bits) {
  std::array<std::uint8_t, 4> bytes = prefix.address.bytes();
  for (unsigned i = prefix.length; i < Ipv4Address::kBits; ++i) {
    const auto bit = static_cast<std::uint8_t>(0x80 >> (i % 8));
    if (bits == HostBits::kOnes) {
      bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | bit);
    } else {
      bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] & ~bit);
    }
  }
  return Ipv4Address(bytes);
}

SourceRule RuleFor(std::uint32_t scope, const Prefix<Ipv4Address>& prefix) {
  return {scope, WithHostBits(prefix, HostBits::kZeros), prefix.length};
}

}  // namespace

SourceRules MakeSourceRules(const std::vector<DatapathPort>& ports) {
  SourceRules rules;
  for (const DatapathPort& port : ports) {
    // A /31 and a /32 have no broadcast address (RFC 3021).
    for (const auto& subnet : port.ipv4.subnets) {
      if (subnet.length > 30) continue;
      rules.try_emplace({BPFCAST_SCOPE_ALL, WithHostBits(subnet, HostBits::kOnes), 32}, BPFCAST_MART);
    }
  }
  for (const DatapathPort& port : ports) {
    for (const auto& own : port.ipv4.own_addresses) rules[{BPFCAST_SCOPE_ALL, own, 32}] = BPFCAST_OWN;
    if (port.source_check == SourceCheck::kOff) continue;
    const auto scope = static_cast<std::uint32_t>(port.id);
    if (port.role == PortRole::kUpstream) {
      // Even inside an altnet of the upstream, such as 0.0.0.0/0: these are not its sources.
      for (const DatapathPort& other : ports) {
        if (other.role != PortRole::kDownstream) continue;
        for (const auto& subnet : other.ipv4.subnets) rules[RuleFor(scope, subnet)] = BPFCAST_RPF;
      }
    }
    // Last, so that what a port names itself wins over what another one names.
    for (const auto& subnet : port.ipv4.subnets) rules[RuleFor(scope, subnet)] = BPFCAST_FORWARDED;
    for (const auto& other : port.ipv4.other_sources) rules[RuleFor(scope, other)] = BPFCAST_FORWARDED;
  }
  return rules;
}

std::uint32_t UnknownSourceVerdict(const DatapathPort& port) {
  if (port.source_check == SourceCheck::kOff) return BPFCAST_FORWARDED;
  const bool open = port.role == PortRole::kUpstream && port.ipv4.other_sources.empty();
  return open ? BPFCAST_FORWARDED : BPFCAST_RPF;
}

}  // namespace bpfcast
