// What is said of a word that should be a verb and is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/verb.h"

namespace bpfcast {

/// "unknown verb 'statu', did you mean 'status'? ..."; nothing where the words begin with a verb, or with
/// what only a whole command line tells. `words` follow the name of the program.
std::optional<std::string> UnknownVerb(const std::vector<std::string_view>& words,
                                       const std::vector<Verb>& verbs);

}  // namespace bpfcast
