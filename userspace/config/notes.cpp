#include "config/notes.h"

#include <algorithm>
#include <tuple>

#include "config/values.h"

namespace bpfcast {

void ConfigNotes::Append(const ConfigNotes& other) {
  problems_.insert(problems_.end(), other.problems_.begin(), other.problems_.end());
  warnings_.insert(warnings_.end(), other.warnings_.begin(), other.warnings_.end());
}

std::vector<std::string> ConfigNotes::Lines(std::vector<Note> notes) const {
  // A file that is not what it should be has a problem in each line.
  constexpr std::size_t kMost = 100;
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  const auto line = [&](TextPosition at, const std::string& text) {
    return file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + text;
  };
  std::vector<std::string> lines;
  lines.reserve(std::min(notes.size(), kMost + 1));
  // What a file says is quoted to terminals and logs.
  for (const Note& note : notes) {
    if (lines.size() == kMost) {
      lines.push_back(line(note.at, std::to_string(notes.size() - kMost) + " more like these follow"));
      break;
    }
    lines.push_back(line(note.at, Printable(note.text)));
  }
  return lines;
}

}  // namespace bpfcast
