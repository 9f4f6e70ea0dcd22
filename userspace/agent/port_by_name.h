// Ports by the names of their interfaces, as a client gives them.
#pragma once

#include <string>

#include "agent/family_agent.h"
#include "base/result.h"

namespace bpfcast {

/// Null when there is none.
Port* FindPort(Ports& ports, const std::string& interface);
const Port* FindPort(const Ports& ports, const std::string& interface);

/// There is no port of this name: which there are.
tl::unexpected<Error> NoSuchPort(const Ports& ports, const std::string& interface);

}  // namespace bpfcast
