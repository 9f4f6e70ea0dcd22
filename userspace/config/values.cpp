#include "config/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>

namespace bpfcast {
namespace {

constexpr std::string_view kLooksLike = R"(; write "200ms", "1.5s", "2m", or a number of seconds)";
/// Far longer than any word that is meant.
constexpr std::size_t kLongestKeyword = 64;
/// Longer than any timer of the RFCs, far from the limits of Duration.
constexpr double kLongestSeconds = 365.0 * 86400;

char Lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Levenshtein distance; case does not matter.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (Lower(a[i - 1]) == Lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

Result<Duration> DurationFromSeconds(double seconds) {
  if (!(seconds >= 0)) return Fail("is not a duration" + std::string(kLooksLike));
  if (seconds > kLongestSeconds) return Fail("is longer than a year");
  return Duration(static_cast<Duration::rep>(std::llround(seconds * 1e9)));
}

Result<Duration> ParseDuration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}, {"h", 3600.0}}};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error == std::errc()) {
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, seconds] : kUnits) {
      if (unit == name) return DurationFromSeconds(number * seconds);
    }
    if (unit.empty()) return Fail("has no unit" + std::string(kLooksLike));
  }
  return Fail("is not a duration" + std::string(kLooksLike));
}

Result<void> CheckInterfaceName(std::string_view name) {
  if (name.empty()) return Fail("is empty");
  if (name.size() > kLongestInterfaceName)
    return Fail("is longer than the 15 characters of an interface name");
  if (name == "*") return Fail("stands for every other interface, which can be downstreams only");
  if (name == "." || name == "..") return Fail("is not an interface name");
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '/' || c == ':' || std::isspace(octet) != 0 || std::iscntrl(octet) != 0) {
      return Fail("is not an interface name: it contains a space, '/' or ':'");
    }
  }
  return {};
}

std::string Printable(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string printable;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet < 0x7f) {
      printable += c;
    } else {
      printable += {'\\', 'x', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  return printable;
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return "'" + Printable(text.substr(0, kLongest)) + (text.size() > kLongest ? "...'" : "'");
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // The distance is no less than the difference in length, and costs the product of both.
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best_distance || longer > kLongestKeyword) continue;
    const std::size_t distance = Distance(word, candidate);
    // Nothing of the word is left of it: not similar.
    if (distance < best_distance && distance < std::max(word.size(), candidate.size())) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? std::string() : ", did you mean '" + *best + "'?";
}

}  // namespace bpfcast
