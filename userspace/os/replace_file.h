// Small records of a daemon on disk: replaced whole, never half written.
#pragma once

#include <string>

#include "base/result.h"

namespace bpfcast {

/// Gives the file `path` the contents `text`, readable by everybody, in one step: a reader, or a crash, finds
/// the old contents or the new ones. Without `text` it removes the file; that there is none is no failure.
/// The directory must be there; what somebody else linked at the name is replaced, not followed.
Result<void> ReplaceFile(const std::string& path, const std::string& text);

}  // namespace bpfcast
