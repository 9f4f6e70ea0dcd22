// Asks the kernel for the firewall of this network namespace.
#pragma once

#include "os/firewall.h"

namespace bpfcast {

/// All of nftables that IP packets come to, which iptables-nft is part of. Needs CAP_NET_ADMIN; empty also
/// where it cannot be asked for, or changes all the time.
Firewall ReadFirewall();

/// Are there rules of iptables-legacy, which nftables does not tell of?
bool HasLegacyFilter();

}  // namespace bpfcast
