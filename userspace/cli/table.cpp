#include "cli/table.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

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

}  // namespace bpfcast
