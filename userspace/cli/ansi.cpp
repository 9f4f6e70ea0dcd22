#include "cli/ansi.h"

namespace bpfcast {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

const char* Sequence(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWaiting:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kTitle:
      return "\x1b[1m";
  }
  return "";
}

/// Octets of the escape sequence ("ESC [ ... letter") that begins at `at`, or of the character there.
struct Piece {
  std::size_t octets;
  std::size_t columns;
};
Piece PieceAt(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (text[at] == '\x1b' && end < text.size() && text[end] == '[') {
    ++end;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    return {(end < text.size() ? end + 1 : end) - at, 0};
  }
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  return {end - at, 1};
}

}  // namespace

std::string Paint(Tone tone, const std::string& text, Invocation::Colour colour) {
  if (colour == Invocation::Colour::kOff || text.empty()) return text;
  return Sequence(tone) + text + std::string(kReset);
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Piece piece = PieceAt(text, at);
    width += piece.columns;
    at += piece.octets;
  }
  return width;
}

std::string Clip(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  bool coloured = false;
  for (std::size_t at = 0; at < text.size();) {
    const Piece piece = PieceAt(text, at);
    if (used + piece.columns > width) {
      return std::string(text.substr(0, at)) + (coloured ? std::string(kReset) : "");
    }
    if (piece.columns == 0) coloured = text.substr(at, piece.octets) != kReset;
    used += piece.columns;
    at += piece.octets;
  }
  return std::string(text);
}

}  // namespace bpfcast
