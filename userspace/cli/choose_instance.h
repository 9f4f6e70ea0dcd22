// Whom a command is for when that was not said.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace bpfcast {

/// "default" where it runs, or nothing does; the only one; or none of those in `running`.
void ChooseInstance(std::vector<std::string> running, Invocation& invocation);

/// Gives `invocation` its callers, which refuse calls of no instance with the names that there are. All
/// outlive it.
void SetCallers(const Caller& call, const TextCaller& call_for_text, Invocation& invocation);

}  // namespace bpfcast
