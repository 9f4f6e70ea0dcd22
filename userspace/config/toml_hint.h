// What an operator most likely meant where toml++ gave up.
#pragma once

#include <string>
#include <string_view>

namespace bpfcast {

/// "; strings stand in quotes: \"eth0\"" where a value on that line, counted from 1, is a word without them;
/// empty otherwise.
std::string BareWordHint(std::string_view text, unsigned line);

}  // namespace bpfcast
