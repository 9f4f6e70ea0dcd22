// Where the values of a configuration come from: the place in the file, or another reason.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/notes.h"

namespace bpfcast {

/// The name under which [interface."*"] speaks of every interface that is not named.
inline constexpr std::string_view kOtherInterfaces = "*";

struct ValueOrigin {
  std::vector<TextPosition> places;  // of an igmpproxy.conf, which gives a list entry by entry, several
  std::string because;               // where no place gives it
};

class ConfigOrigins {
 public:
  ConfigOrigins() = default;
  explicit ConfigOrigins(std::string file) : file_(std::move(file)) {}

  /// `interface` is empty for what stands at the top. Several places of one key are all kept.
  void NotePlace(std::string_view interface, std::string_view key, TextPosition at);
  void NoteReason(std::string_view interface, std::string_view key, std::string because);
  /// What is known of this interface comes from `other` from now on.
  void Take(std::string_view interface, const ConfigOrigins& other);

  /// Nothing for what has its default.
  const ValueOrigin* Find(std::string_view interface, std::string_view key) const;
  /// "igmpproxy.conf:3, 7", "no altnet"; "default" for what Find() knows nothing of.
  std::string ToText(std::string_view interface, std::string_view key) const;
  const std::string& file() const { return file_; }

 private:
  using Key = std::pair<std::string, std::string>;
  std::string file_;
  std::map<Key, ValueOrigin> origins_;
};

}  // namespace bpfcast
