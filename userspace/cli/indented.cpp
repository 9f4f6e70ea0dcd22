#include "cli/indented.h"

namespace bpfcast {
namespace {

constexpr std::size_t kStep = 2;

}  // namespace

void Indenter::NewLine(std::string& text) const {
  text.append(1, '\n').append(depth_ * kStep, ' ');
}

void Indenter::Add(std::string_view piece, std::string& text) {
  for (std::size_t at = 0; at < piece.size(); ++at) {
    const char c = piece[at];
    if (in_string_) {
      std::size_t end = at;
      for (; end < piece.size() && in_string_; ++end) {
        in_string_ = escaped_ || piece[end] != '"';
        escaped_ = !escaped_ && piece[end] == '\\';
      }
      text.append(piece.substr(at, end - at));
      at = end - 1;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (closes && depth_ > 0) --depth_;
    if (opened_ != closes) NewLine(text);  // neither in an empty one nor before what follows a comma
    opened_ = c == '{' || c == '[';
    if (opened_) ++depth_;
    in_string_ = c == '"';
    text += c;
    if (c == ',') NewLine(text);
    if (c == ':') text += ' ';
  }
}

}  // namespace bpfcast
