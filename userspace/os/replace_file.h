// Small records of a daemon on disk: replaced whole, never half written.
#pragma once

#include <string>

#include "base/result.h"

namespace bpfcast {

/// Gives the file `path` the contents `text`, readable by everybody, in one step: a reader, or a crash, finds
/// the old contents or the new ones. Without `text` it removes the file; that there is none is no failure.
/// The directory must be there; what somebody else linked at the name is replaced, not followed.
Result<void> ReplaceFile(const std::string& path, const std::string& text);

/// The contents of such a file; empty when there is none. Only of a regular file that has this one name: who
/// may write to the directory may link there what he cannot read himself. Whose it is tells nothing: the
/// daemon may have had another user when it wrote it.
Result<std::string> ReadRecord(const std::string& path);

}  // namespace bpfcast
