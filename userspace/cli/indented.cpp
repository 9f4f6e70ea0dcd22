#include "cli/indented.h"

#include <cstddef>

namespace bpfcast {
namespace {

constexpr std::size_t kStep = 2;

/// Where the string that begins at `begin` ends, after its last quote.
std::size_t EndOfString(std::string_view json, std::size_t begin) {
  std::size_t at = begin + 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return at < json.size() ? at + 1 : json.size();
}

}  // namespace

std::string Indented(std::string_view json) {
  std::string text;
  text.reserve(json.size() * 2);
  std::size_t depth = 0;
  const auto new_line = [&] { text.append(1, '\n').append(depth * kStep, ' '); };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    const bool empty = at + 1 < json.size() && (json[at + 1] == '}' || json[at + 1] == ']');
    if (c == '"') {
      const std::size_t end = EndOfString(json, at);
      text.append(json.substr(at, end - at));
      at = end;
      continue;
    }
    if ((c == '{' || c == '[') && empty) {
      text.append(json.substr(at, 2));
      at += 2;
      continue;
    }
    if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      new_line();
    }
    text += c;
    if (c == '{' || c == '[') {
      ++depth;
      new_line();
    } else if (c == ',') {
      new_line();
    } else if (c == ':') {
      text += ' ';
    }
    ++at;
  }
  return text;
}

}  // namespace bpfcast
