// Colours and widths of text on a terminal. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/verb.h"

namespace bpfcast {

enum class Tone : std::uint8_t { kGood, kWaiting, kBad, kTitle };

/// The text in the colour of its tone, or as it is.
std::string Paint(Tone tone, const std::string& text, Invocation::Colour colour);
/// Columns that it takes on a terminal: an escape sequence takes none, a character of UTF-8 one.
std::size_t DisplayWidth(std::string_view text);
/// What fits into `width` columns; colours that it begins it also ends.
std::string Clip(std::string_view text, std::size_t width);

}  // namespace bpfcast
