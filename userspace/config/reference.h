// The reference of the configuration: every key, from the tables that the parser reads by.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bpfcast {

/// One key, or all of them where `key` is empty. The error says that there is none of that name, and which
/// one was meant.
Result<std::string> ReferenceText(std::string_view key);

/// The same as {"keys": [...]}; README says what each has.
Result<std::string> ReferenceJson(std::string_view key);

}  // namespace bpfcast
