// The capabilities that bpfcastd cannot work without.
#pragma once

#include "base/result.h"

namespace bpfcast {

/// CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW are in effect, or the error names what is missing.
Result<void> CheckPrivileges();

}  // namespace bpfcast
