// The kernel's check that a route leads back to a sender, which drops packets before its multicast routing.
#pragma once

#include <cstdint>
#include <string>

namespace bpfcast {

/// rp_filter as it takes effect on the interface: the larger one of its own and that of all. 0: nothing is
/// checked, also where it cannot be read.
unsigned ReversePathFilter(const std::string& interface);

/// Packets that it dropped in this network namespace, on any interface and since the beginning.
std::uint64_t ReversePathDrops();

}  // namespace bpfcast
