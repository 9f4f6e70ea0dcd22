// The command line of `bpfcast`.
#pragma once

#include <functional>
#include <string>

#include "cli/client.h"

namespace bpfcast {

/// Calls a method of an instance: Call(), or a test's stand-in.
using Caller = std::function<CallResult(const std::string& instance, const std::string& method)>;

/// Parses, asks and prints. Returns the exit status: 0 ok, 1 wrong usage or a refusal of the agent, 3 no
/// agent answers.
int RunCommandLine(int argc, const char* const* argv, const Caller& call);

}  // namespace bpfcast
