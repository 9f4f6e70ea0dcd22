// The command line of `bpfcast`.
#pragma once

#include "cli/verb.h"

namespace bpfcast {

/// Parses, asks and prints. Returns the exit status, see Exit.
int RunCommandLine(int argc, const char* const* argv, const Caller& call, const TextCaller& call_for_text);

}  // namespace bpfcast
