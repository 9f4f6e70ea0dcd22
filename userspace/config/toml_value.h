// TomlValue: the value that a key was given. Each reader says what is wrong with it, and where; then it gives
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "config/keys.h"
#include "config/networks.h"
#include "config/notes.h"
#include "config/toml_names.h"
#include "config/value_forms.h"
#include "config/words.h"

namespace bpfcast {

TextPosition PositionOf(const toml::key& key);
TextPosition PositionOf(const toml::node& node);
/// "'hook' must be WHAT, not a boolean"
void ExpectedInstead(const toml::node& node, std::string_view key, std::string_view what, ConfigNotes& notes);
/// With a suggestion out of `known`.
void UnknownKey(const toml::key& key, const std::vector<std::string>& known, ConfigNotes& notes);

class TomlValue {
 public:
  TomlValue(std::string_view key, const toml::node& node, ServedFamilies served, ConfigNotes& notes)
      : key_(key), node_(node), served_(served), notes_(notes) {}

  TextPosition at() const { return PositionOf(node_); }
  void Problem(TextPosition at, const std::string& text) const;
  void Warning(TextPosition at, const std::string& text) const;
  /// A sentence that does not begin with the key.
  void ProblemOfItsOwn(const std::string& sentence) const { notes_.Problem(at(), sentence); }

  bool IsArray() const;
  bool IsText(std::string_view text) const;
  /// An array, or a single one in quotes.
  bool IsNetworks() const;
  /// One of Words<Value>; `or_else` says what else is possible, as in "an array of groups".
  template <class Value>
  std::optional<Value> ReadWord(std::string_view or_else = {}) const;
  std::optional<std::int64_t> ReadInteger(std::int64_t least, std::int64_t most) const;
  /// A number whose limits are checked later.
  std::optional<unsigned> ReadCount() const;
  std::optional<Duration> ReadDuration() const;
  enum class Content : std::uint8_t { kSources, kHosts, kGroups };
  /// Those that can be used, without host bits. What is of a family that is not served is warned about.
  Networks ReadNetworks(Content content) const;
  /// `what` it is, as in "a name in quotes".
  std::optional<std::string> ReadText(std::string_view what) const;
  /// A text or an array of them; `what` they are, as in "groups".
  std::vector<TextAt> ReadTexts(std::string_view what, std::string_view example) const;

 private:
  std::optional<std::size_t> FindWord(std::span<const std::string_view> words,
                                      std::string_view or_else) const;

  std::string key_;
  const toml::node& node_;
  ServedFamilies served_;
  ConfigNotes& notes_;
};

template <class Value>
std::optional<Value> TomlValue::ReadWord(std::string_view or_else) const {
  const auto found = FindWord(TextsOf<Value>(), or_else);
  if (!found) return std::nullopt;
  return Words<Value>::kAll[*found].value;
}

}  // namespace bpfcast
