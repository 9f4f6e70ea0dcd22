// PrintedValue: what a key has been given, ready to be written: as TOML, in a summary, in a sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace bpfcast {

struct PrintedValue {
  enum class Kind : std::uint8_t {
    kWord,  // one of a few; "true" and "false" are written without quotes
    kText,
    kNumber,
    kSeconds,
    kList,  // of texts
  };
  enum class Origin : std::uint8_t {
    kGiven,
    kFollows,  // nobody asked for it: it follows from other settings
  };

  Kind kind = Kind::kWord;
  /// The entries of a list; of anything else one, or IGMP's and MLD's where they differ.
  std::vector<std::string> items;
  Origin origin = Origin::kGiven;

  bool operator==(const PrintedValue&) const = default;
};

/// Seconds as a decimal number, exactly.
std::string PrintSeconds(Duration duration);

/// What a file says to get this value. Where the families differ they have rounded the same number, and the
/// larger one of the two is rounded to both again.
std::string ToToml(const PrintedValue& value);
/// Without spaces: "tc", "60", "239.0.0.0/8,ff15::/16", "14.4(IGMP),15(MLD)".
std::string ToWords(const PrintedValue& value);
/// "tc", "60 s", "239.0.0.0/8, ff15::/16", "14.4 s (IGMP), 15 s (MLD)"; "unset" for nothing.
std::string ToProse(const std::optional<PrintedValue>& value);

}  // namespace bpfcast
