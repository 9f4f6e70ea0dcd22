// The capabilities that bpfcastd cannot work without, and the user that it may become.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bpfcast {

/// CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW are in effect, or the error names what is missing.
Result<void> CheckPrivileges();

/// The machine knows this user name.
Result<void> CheckUser(const std::string& user);

/// Becomes `user`, with its primary group alone and no capabilities but CAP_BPF, CAP_NET_ADMIN and
/// CAP_NET_RAW. `owned_paths`, files or directories with what is in them, become the user's; those that do
/// not exist are left out. Their parents stay root's and give the user's group the right to make and remove
/// entries; every directory above can be passed through. On failure the process must not go on.
Result<void> GiveUpRoot(const std::string& user, const std::vector<std::string>& owned_paths);

}  // namespace bpfcast
