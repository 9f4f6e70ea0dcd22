// What is said about one configuration file: problems and warnings with their places.
#pragma once

#include <string>
#include <vector>

namespace bpfcast {

/// Counted from 1.
struct TextPosition {
  unsigned line = 1;
  unsigned column = 1;
};

class ConfigNotes {
 public:
  explicit ConfigNotes(std::string file) : file_(std::move(file)) {}

  void Problem(TextPosition at, std::string text) { problems_.push_back({at, std::move(text)}); }
  void Warning(TextPosition at, std::string text) { warnings_.push_back({at, std::move(text)}); }
  /// What is said of another part of the same file.
  void Append(const ConfigNotes& other);
  std::size_t problem_count() const { return problems_.size(); }

  /// As file:line:column: text, in the order of the file.
  std::vector<std::string> Problems() const { return Lines(problems_); }
  std::vector<std::string> Warnings() const { return Lines(warnings_); }

 private:
  struct Note {
    TextPosition at;
    std::string text;
  };
  std::vector<std::string> Lines(std::vector<Note> notes) const;

  std::string file_;
  std::vector<Note> problems_;
  std::vector<Note> warnings_;
};

}  // namespace bpfcast
