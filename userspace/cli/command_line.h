// The command line of `bpfcast`.
#pragma once

#include "cli/verb.h"

namespace bpfcast {

/// Parses, asks and prints. Returns the exit status, see Exit. Without --instance it is "default", or the
/// only one that runs.
int RunCommandLine(int argc, const char* const* argv, const Caller& call, const TextCaller& call_for_text,
                   const InstanceLister& running);

}  // namespace bpfcast
