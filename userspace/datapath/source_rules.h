// SourceRules: which sources a port accepts (F-09, F-10, F-12), as the prefixes that the programs look up.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "routing/datapath.h"

namespace bpfcast {

/// One entry of the map `sources`.
struct SourceRule {
  std::uint32_t scope = 0;  // port id, or BPFCAST_SCOPE_ALL
  Ipv4Address address;      // host bits zero
  unsigned length = 0;

  auto operator<=>(const SourceRule&) const = default;
};

using SourceRules = std::map<SourceRule, std::uint32_t>;  // to an enum bpfcast_counter; FORWARDED accepts

/// The rules of all ports together.
SourceRules MakeSourceRules(const std::vector<DatapathPort>& ports);

/// The verdict on sources that no rule of the port covers.
std::uint32_t UnknownSourceVerdict(const DatapathPort& port);

}  // namespace bpfcast
