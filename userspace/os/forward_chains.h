// The firewall on the way of packets that the kernel forwards.
#pragma once

#include <string>
#include <vector>

namespace bpfcast {

/// "ip filter FORWARD": each base chain of nftables (and iptables-nft) in FORWARD that drops what no rule of
/// it accepts, and has none that may accept a stream between these interfaces. Needs CAP_NET_ADMIN; empty
/// also where it cannot be asked for.
std::vector<std::string> DroppingForwardChains(const std::vector<std::string>& ports);

/// Are there rules of iptables-legacy, which nftables does not tell of?
bool HasLegacyFilter();

}  // namespace bpfcast
