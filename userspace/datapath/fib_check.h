// What the source check by the kernel's routes needs of an interface.
#pragma once

#include <string>

#include "routing/datapath.h"

namespace bpfcast {

/// The kernel tells a program no route of an interface that does not forward unicast, and so no source is
/// accepted there. One phrase that names the settings to make; empty when nothing is missing. Reads those of
/// the network namespace of the calling thread.
std::string MissingForFibCheck(const DatapathPort& port);

}  // namespace bpfcast
