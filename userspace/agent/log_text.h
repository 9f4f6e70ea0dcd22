// Sentences of the log.
#pragma once

#include <string>

#include "membership/querier.h"
#include "routing/loop_guard.h"

namespace bpfcast {

/// One sentence or two: the port, what happened there, and the way out.
template <class F>
std::string Describe(const LinkNotice<F>& notice, const std::string& port);

/// The same of two ports that are on one segment (E-41).
template <class F>
std::string Describe(const LoopNotice& notice, const std::string& one, const std::string& other);

}  // namespace bpfcast
