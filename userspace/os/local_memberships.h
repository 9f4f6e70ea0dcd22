// Which groups sockets on this machine have joined (E-09, F-52).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace bpfcast {

/// Groups of each ifindex.
using LocalMemberships = std::map<std::uint32_t, std::vector<Ipv4Address>>;

/// Reads the text of /proc/net/igmp; lines that it does not understand are left out.
LocalMemberships ParseProcNetIgmp(std::string_view text);

Result<LocalMemberships> ReadLocalMemberships();

}  // namespace bpfcast
