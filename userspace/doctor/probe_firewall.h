// What the firewall does to streams, queries and reports of these interfaces. Pure.
#pragma once

#include <vector>

#include "config/config.h"
#include "doctor/facts.h"
#include "os/firewall.h"
#include "os/link_table.h"

namespace bpfcast {

std::vector<FirewallFact> LookAtFirewall(const Firewall& firewall,
                                         const std::vector<InterfaceConfig>& interfaces,
                                         const LinkTable& links);

}  // namespace bpfcast
