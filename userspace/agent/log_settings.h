// The levels of the log that the configuration asks for.
#pragma once

#include "config/config.h"

namespace bpfcast {

/// Gives each subsystem whose setting is another one its level. The others keep what `bpfcast debug` gave
/// them.
void FollowLogSettings(const LogSettings& before, const LogSettings& wanted);

}  // namespace bpfcast
