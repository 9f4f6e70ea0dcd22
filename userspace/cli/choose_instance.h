// Whom a command is for when that was not said.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"

namespace bpfcast {

/// "default" where it runs, or nothing does; the only one; or an error that names those there are.
tl::expected<std::string, CallError> ChooseInstance(const std::vector<std::string>& running);

/// Gives `invocation` its callers. They choose when the first call of no instance comes, not before: commands
/// that call nobody disturb nobody. `call`, `call_for_text` and `running` outlive it.
void SetCallers(const Caller& call, const TextCaller& call_for_text, const InstanceLister& running,
                Invocation& invocation);

}  // namespace bpfcast
