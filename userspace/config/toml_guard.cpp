#include "config/toml_guard.h"

#include <algorithm>
#include <iterator>

#include "config/values.h"

namespace bpfcast {
namespace {

/// Columns are characters, as toml++ counts them, and the byte order mark is none.
TextPosition PositionIn(std::string_view text, std::size_t index) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view before = text.substr(0, index);
  if (before.starts_with(kByteOrderMark)) before.remove_prefix(kByteOrderMark.size());
  TextPosition at;
  at.line += static_cast<unsigned>(std::count(before.begin(), before.end(), '\n'));
  before.remove_prefix(before.rfind('\n') + 1);
  at.column += static_cast<unsigned>(std::count_if(
      before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  return at;
}

/// Behind the string that begins at `begin`. One that is broken ends where toml++ gives up, or before.
std::size_t EndOfString(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const bool escapes = quote == '"';
  const std::string three(3, quote);
  if (text.substr(begin).starts_with(three)) {
    for (std::size_t i = begin + 3; i < text.size(); ++i) {
      if (escapes && text[i] == '\\') {
        ++i;
      } else if (text.substr(i).starts_with(three)) {
        // Up to two quotes of its own may stand before the three that end it.
        i += 3;
        for (int own = 0; own < 2 && i < text.size() && text[i] == quote; ++own) ++i;
        return i;
      }
    }
    return text.size();
  }
  for (std::size_t i = begin + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == quote) return i + 1;
    if (escapes && text[i] == '\\') ++i;
  }
  return std::min(text.find('\n', begin), text.size());
}

/// Of the first character that is none by RFC 3629, section 4; npos when all are.
std::size_t FindInvalidUtf8(std::string_view text) {
  // The octets that a character may begin with, and its second one after them; those behind are 80 to bf.
  struct Form {
    unsigned char first_least, first_most, second_least, second_most;
    std::size_t size;
  };
  constexpr Form kForms[] = {
      {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
  for (std::size_t i = 0; i < text.size();) {
    const auto octet = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
    const auto form = std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& each) {
      return octet(0) >= each.first_least && octet(0) <= each.first_most;
    });
    if (form == std::end(kForms) || text.size() - i < form->size) return i;
    for (std::size_t k = 1; k < form->size; ++k) {
      const unsigned least = k == 1 ? form->second_least : 0x80;
      const unsigned most = k == 1 ? form->second_most : 0xbf;
      if (octet(k) < least || octet(k) > most) return i;
    }
    i += form->size;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<RefusedText> RefuseBeforeToml(std::string_view text) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return RefusedText{PositionIn(text, nul),
                       "a NUL byte; this is not a text file, or it was saved as UTF-16"};
  }
  if (const std::size_t invalid = FindInvalidUtf8(text); invalid != std::string_view::npos) {
    return RefusedText{PositionIn(text, invalid), "the octet " + Printable(text.substr(invalid, 1)) +
                                                      " is not UTF-8; save the file in that encoding"};
  }
  std::size_t brackets = 0;
  std::size_t parts = 1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i++;
    switch (text[at]) {
      case '#':
        i = std::min(text.find('\n', at), text.size());
        break;
      case '"':
      case '\'':
        i = EndOfString(text, at);
        break;
      case '[':
      case '{':
        ++brackets;
        parts = 1;
        break;
      case ']':
      case '}':
        brackets -= brackets > 0 ? 1 : 0;
        parts = 1;
        break;
      case '.':
        ++parts;
        break;
      case '\n':
      case ',':
      case '=':
        parts = 1;
        break;
      default:
        break;
    }
    if (brackets > kDeepestToml || parts > kDeepestToml) {
      return RefusedText{PositionIn(text, at), "nested deeper than " + std::to_string(kDeepestToml) +
                                                   " levels, which no configuration is"};
    }
  }
  return std::nullopt;
}

}  // namespace bpfcast
