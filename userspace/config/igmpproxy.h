// The igmpproxy.conf grammar of the configuration: whatever igmpproxy accepts is accepted with the same
// meaning, and what is doubtful is warned about. Timers are those of RFC 9776.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace bpfcast {

/// Is this a keyword that stands outside of phyint blocks, or nearly one?
bool LooksLikeIgmpproxyKeyword(std::string_view word);

tl::expected<Config, ConfigProblems> ParseIgmpproxyConfig(std::string_view text, const std::string& file);

}  // namespace bpfcast
