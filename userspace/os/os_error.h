// Failures of system calls as one sentence.
#pragma once

#include <string>

#include "base/result.h"

namespace bpfcast {

/// "Operation not permitted"
std::string ErrorText(int error);

/// "what: Operation not permitted"
tl::unexpected<Error> FailWithErrno(const std::string& what, int error);

}  // namespace bpfcast
