// Indented: JSON in lines for people, without a tree of it: ten thousand groups are shown at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bpfcast {

/// Two spaces a level, as nlohmann::json::dump(2). Takes the JSON, which has no white space between its
/// tokens, in pieces that end anywhere.
class Indenter {
 public:
  /// Adds what the next piece makes to `text`.
  void Add(std::string_view piece, std::string& text);

 private:
  void NewLine(std::string& text) const;

  std::size_t depth_ = 0;
  bool opened_ = false;  // the last character opened an object or array
  bool in_string_ = false;
  bool escaped_ = false;  // the next character of the string means something else
};

}  // namespace bpfcast
