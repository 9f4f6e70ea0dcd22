#include "cli/table.h"

#include <algorithm>

#include "cli/ansi.h"

namespace bpfcast {

std::string Table::ToString() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  std::string text;
  const auto append = [&](std::size_t column, const std::string& cell) {
    if (column > 0) text += "  ";
    const std::string fill(widths[column] - DisplayWidth(cell), ' ');
    if (columns_[column].align == Align::kRight) {
      text += fill + cell;
    } else {
      text += column + 1 < columns_.size() ? cell + fill : cell;
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
