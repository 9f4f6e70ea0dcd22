// Sentences of the log.
#pragma once

#include <string>

#include "membership/querier.h"

namespace bpfcast {

/// One sentence or two: the port, what happened there, and the way out.
std::string Describe(const LinkNotice<Igmp>& notice, const std::string& port);

}  // namespace bpfcast
