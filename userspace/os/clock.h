// The only clock of the program; everything else is told the time.
#pragma once

#include "base/time.h"

namespace bpfcast {

/// Monotonic; the wall clock may be set without harm (B-25).
Time Now();

}  // namespace bpfcast
