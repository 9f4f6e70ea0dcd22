// Values of the configuration, whatever the grammar: durations, interface names, words that were nearly
// right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace bpfcast {

/// "200ms", "1.5s", "2m", "1h". The error says what a duration looks like.
Result<Duration> ParseDuration(std::string_view text);
/// A number of seconds.
Result<Duration> DurationFromSeconds(double seconds);

/// Characters of an interface name.
inline constexpr std::size_t kLongestInterfaceName = 15;
/// What the kernel takes as an interface name; the error says why not.
Result<void> CheckInterfaceName(std::string_view name);

/// For a message: on one line of plain ASCII.
std::string Printable(std::string_view text);

/// 'text' for a message: on one line, printable, not too long.
std::string Quoted(std::string_view text);

/// ", did you mean 'upstream'?" for the most similar candidate, whatever its case; empty when none is
/// similar.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace bpfcast
