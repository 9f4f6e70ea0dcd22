// The firewall on the way of packets that the kernel forwards.
#pragma once

#include <string>
#include <vector>

namespace bpfcast {

/// "ip filter FORWARD": each base chain of nftables (and iptables-nft) in FORWARD that drops what no rule of
/// it accepts. Needs CAP_NET_ADMIN; empty also where it cannot be asked for, or the tables are
/// iptables-legacy's.
std::vector<std::string> DroppingForwardChains();

}  // namespace bpfcast
