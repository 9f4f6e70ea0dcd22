// Which sources a port accepts (F-09, F-10, F-12), as the prefixes that the programs look up.
#pragma once

#include <cstdint>
#include <vector>

#include "datapath/prefix_rules.h"
#include "routing/datapath.h"

namespace bpfcast {

/// The rules of all ports together, each to an enum bpfcast_counter; FORWARDED accepts.
template <class F>
PrefixRules<F> MakeSourceRules(const std::vector<DatapathPort>& ports);

/// The verdict on sources that no rule of the port covers, or BPFCAST_ASK_FIB.
template <class F>
std::uint32_t UnknownSourceVerdict(const DatapathPort& port);

}  // namespace bpfcast
