// Which sources a port accepts (F-09, F-10, F-12), as the prefixes that the programs look up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "datapath/prefix_rules.h"
#include "routing/datapath.h"

namespace bpfcast {

/// The rules of all ports together, each to an enum bpfcast_counter; FORWARDED accepts.
template <class F>
PrefixRules<F> MakeSourceRules(const std::vector<DatapathPort>& ports);

/// The address that reaches all of a subnet. A /31 and a /32 have none (RFC 3021), and IPv6 has none at all.
std::optional<Ipv4Address> DirectedBroadcast(const Prefix<Ipv4Address>& subnet);
std::optional<Ipv6Address> DirectedBroadcast(const Prefix<Ipv6Address>& subnet);

/// The verdict on sources that no rule of the port covers, or BPFCAST_ASK_FIB.
template <class F>
std::uint32_t UnknownSourceVerdict(const DatapathPort& port);

}  // namespace bpfcast
