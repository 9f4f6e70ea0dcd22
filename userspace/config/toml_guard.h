// What a text must not have when toml++ reads it: that parser limits the depth of values, but not of keys,
// and the tables of "a.a.a..." end by a recursion that is as deep as the key has parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/notes.h"

namespace bpfcast {

/// Of brackets in each other, and of parts of a key. The deepest that a configuration needs is 3.
inline constexpr std::size_t kDeepestToml = 16;

struct RefusedText {
  TextPosition at;
  std::string why;
};

/// Nor may it have a NUL byte, or be anything but UTF-8. Strings, comments and keys are told apart as TOML
/// does. Nothing when toml++ may have the text, which need not be TOML for that.
std::optional<RefusedText> RefuseBeforeToml(std::string_view text);

}  // namespace bpfcast
