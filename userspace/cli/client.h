// The client's end of the control socket.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace bpfcast {

/// Calls a method of the agent of `instance`. The error says who does not answer and why.
Result<nlohmann::ordered_json> Call(const std::string& instance, const std::string& method);

}  // namespace bpfcast
