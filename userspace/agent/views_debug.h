// What each subsystem logs, shown and changed while it runs.
#pragma once

#include <string>

#include "agent/json_rpc.h"

namespace bpfcast {

/// With "subsystem" (one of them, or "all") and "level" it changes that, until the next start; either way it
/// gives the level of each. The error says which there are.
Result<std::string> Debug(const RpcParams& params);

}  // namespace bpfcast
