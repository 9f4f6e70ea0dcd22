#include "config/notes.h"

#include <algorithm>
#include <tuple>

namespace bpfcast {

std::vector<std::string> ConfigNotes::Lines(std::vector<Note> notes) const {
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::vector<std::string> lines;
  lines.reserve(notes.size());
  for (const Note& note : notes) {
    lines.push_back(file_ + ":" + std::to_string(note.at.line) + ":" + std::to_string(note.at.column) + ": " +
                    note.text);
  }
  return lines;
}

}  // namespace bpfcast
