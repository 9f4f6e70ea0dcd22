// Sentences of the log.
#pragma once

#include <string>

#include "membership/querier.h"

namespace bpfcast {

/// One sentence or two: the port, what happened there, and the way out.
template <class F>
std::string Describe(const LinkNotice<F>& notice, const std::string& port);

}  // namespace bpfcast
