// What on this machine keeps the kernel's multicast routing from forwarding as it is told to.
#pragma once

#include <string>
#include <vector>

#include "routing/datapath.h"

namespace bpfcast {

/// Says it in the log, by name, with the way out.
void WarnOfObstacles(Igmp, const DatapathPort& port);
void WarnOfObstacles(Mld, const DatapathPort& port);

}  // namespace bpfcast
