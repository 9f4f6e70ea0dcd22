#include "cli/table.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bpfcast {

std::string Table::ToString() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  std::string text;
  const auto append = [&](std::size_t column, const std::string& cell) {
    if (column > 0) text += "  ";
    if (columns_[column].align == Align::kRight) {
      text += fmt::format("{:>{}}", cell, widths[column]);
    } else if (column + 1 < columns_.size()) {
      text += fmt::format("{:<{}}", cell, widths[column]);
    } else {
      text += cell;
    }
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) append(i, columns_[i].title);
  text += '\n';
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) append(i, row[i]);
    text += '\n';
  }
  return text;
}

std::string HumanBytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 || value >= 99.5 ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                    : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string HumanCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ' ');
  return digits;
}

std::string HumanSeconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {}h", whole / 86400, whole / 3600 % 24);
}

}  // namespace bpfcast
