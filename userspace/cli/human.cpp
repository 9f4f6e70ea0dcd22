#include "cli/human.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>

namespace bpfcast {
namespace {

/// Three digits that matter at most, and a prefix of 1000s.
std::string Scaled(double value, const char* unit) {
  constexpr std::array<const char*, 6> kPrefixes = {"", "k", "M", "G", "T", "P"};
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < kPrefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  return fmt::format("{:.{}f} {}{}", value, prefix == 0 || value >= 99.95 ? 0 : 1, kPrefixes[prefix], unit);
}

}  // namespace

std::string HumanBytes(std::uint64_t bytes) {
  return Scaled(static_cast<double>(bytes), "B");
}

std::string HumanScaled(double value) {
  return Scaled(value, "");
}

std::string HumanCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ' ');
  return digits;
}

std::string HumanSeconds(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::round(seconds));
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {}h", whole / 86400, whole / 3600 % 24);
}

std::string HumanRate(double bits_per_s, double packets_per_s) {
  const std::string packets = packets_per_s < 9.95
                                  ? fmt::format("{:.1f}", packets_per_s)
                                  : HumanCount(static_cast<std::uint64_t>(std::round(packets_per_s)));
  return Scaled(bits_per_s, "bit/s") + ", " + packets + " pkt/s";
}

}  // namespace bpfcast
