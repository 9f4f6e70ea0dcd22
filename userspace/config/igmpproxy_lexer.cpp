#include "config/igmpproxy_lexer.h"

namespace bpfcast {

std::vector<ConfigWord> IgmpproxyWords(std::string_view text, ConfigNotes& notes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    notes.Warning(
        {}, "the file begins with a byte order mark, which is skipped here; igmpproxy stumbles over it");
  }
  std::vector<ConfigWord> words;
  TextPosition at;
  std::size_t word_begin = std::string_view::npos;
  TextPosition word_at;
  const auto end_word = [&](std::size_t end) {
    if (word_begin == std::string_view::npos) return;
    words.push_back({text.substr(word_begin, end - word_begin), word_at});
    word_begin = std::string_view::npos;
  };

  bool comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0') {
      end_word(i);
      notes.Problem(at, "a NUL byte; this is not a text file, or it was saved as UTF-16");
      return words;
    }
    if (c == '#') comment = true;
    if (comment || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      end_word(i);
    } else if (word_begin == std::string_view::npos) {
      word_begin = i;
      word_at = at;
    }
    ++at.column;
    if (c == '\n') {
      comment = false;
      ++at.line;
      at.column = 1;
    }
  }
  end_word(text.size());
  return words;
}

}  // namespace bpfcast
