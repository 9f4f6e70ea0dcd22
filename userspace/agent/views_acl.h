// The method behind `bpfcast acl test`.
#pragma once

#include <string>

#include "agent/family_agent.h"
#include "agent/json_rpc.h"

namespace bpfcast {

/// Parameters: "port" and "group", and if need be "source", "host" (one there that wants it) and "direction",
/// "receive" (the default: hosts on the port want it) or "send" (its source is on the port). The error names
/// the parameter that is no good.
Result<std::string> AclJson(const RpcParams& params, const Ports& ports);

}  // namespace bpfcast
