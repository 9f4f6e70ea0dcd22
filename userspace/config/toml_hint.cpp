#include "config/toml_hint.h"

#include "config/toml_names.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "config/values.h"

namespace bpfcast {
namespace {

/// What may stand on both sides of a word.
constexpr std::string_view kAround = " \t\r,[]{}=#\"'";

std::string_view LineOf(std::string_view text, unsigned line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// The values on the line: what follows the first '=', or all of it where an array goes on.
std::string_view ValuesOf(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] == '[') return {};
  if (const std::size_t equals = line.find('='); equals != std::string_view::npos) {
    return line.substr(equals + 1);
  }
  const std::string_view before_comment = line.substr(0, line.find('#'));
  const std::size_t last = before_comment.find_last_not_of(" \t\r");
  const bool goes_on = last != std::string_view::npos && (line[last] == ',' || line[last] == ']');
  return goes_on ? line : std::string_view();
}

/// 02, 1.000.000 and the like are meant as numbers; 10.0.0.1 is not.
bool LooksLikeNumber(std::string_view word) {
  return word.find_first_not_of("0123456789+-_.") == std::string_view::npos &&
         std::count(word.begin(), word.end(), '.') < 2;
}

bool IsBareWord(std::string_view word) {
  constexpr std::size_t kLongest = 64;
  if (word.size() > kLongest || LooksLikeNumber(word)) return false;
  try {
    static_cast<void>(toml::parse("a = " + std::string(word)));
    return false;
  } catch (const toml::parse_error&) {
    return true;
  }
}

std::optional<std::string_view> FirstBareWord(std::string_view values) {
  for (std::size_t i = 0; i < values.size();) {
    const char c = values[i];
    if (c == '#') return std::nullopt;
    if (c == '"' || c == '\'') {
      const std::size_t end = values.find(c, i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      i = end + 1;
    } else if (kAround.find(c) != std::string_view::npos) {
      ++i;
    } else {
      const std::string_view word = values.substr(i, values.find_first_of(kAround, i) - i);
      if (IsBareWord(word)) return word;
      i += word.size();
    }
  }
  return std::nullopt;
}

}  // namespace

std::string BareWordHint(std::string_view text, unsigned line) {
  const auto word = FirstBareWord(ValuesOf(LineOf(text, line)));
  if (!word) return {};
  std::string lower(*word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "false") return "; write " + lower;
  return "; strings stand in quotes: \"" + Printable(*word) + "\"";
}

}  // namespace bpfcast
