// The capabilities that bpfcastd cannot work without, and the user that it may become.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bpfcast {

enum class BpfUse : std::uint8_t { kNeeded, kNotNeeded };

/// Which of them are not in effect, by name; all, where this process cannot even ask.
std::vector<std::string> MissingCapabilities(BpfUse bpf);

/// CAP_NET_ADMIN, CAP_NET_RAW and, if needed, CAP_BPF are in effect, or the error names what is missing.
Result<void> CheckPrivileges(BpfUse bpf);

/// The machine knows this user name.
Result<void> CheckUser(const std::string& user);

/// Becomes `user`, with its primary group alone and no capabilities but those of CAP_BPF, CAP_NET_ADMIN and
/// CAP_NET_RAW that it has. `owned_paths`, files or directories with what is in them, become the user's;
/// those that do not exist are left out. Their parents stay root's and give the user's group the right to
/// make and remove entries; every directory above can be passed through. On failure the process must not go
/// on.
Result<void> GiveUpRoot(const std::string& user, const std::vector<std::string>& owned_paths);

}  // namespace bpfcast
