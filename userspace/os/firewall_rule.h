// Reads rules of nftables as the kernel tells them.
#pragma once

#include <libmnl/libmnl.h>

#include "os/firewall.h"

namespace bpfcast {

/// From an answer to NFT_MSG_GETRULE. What it does not know is a condition of which nobody can tell whether
/// it is met.
FirewallRule ReadRule(const nlmsghdr* message);

/// From NFTA_DATA_VERDICT. `target`: the chain of a jump, and nothing else.
FirewallVerdict ReadVerdict(const nlattr* verdict, std::string& target);

}  // namespace bpfcast
