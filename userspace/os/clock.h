// The only clocks of the program; everything else is told the time.
#pragma once

#include "base/time.h"

namespace bpfcast {

/// Monotonic; the wall clock may be set without harm (B-25).
Time Now();

/// Seconds since 1970, as far as this machine knows; for display alone.
double UnixTime();

}  // namespace bpfcast
