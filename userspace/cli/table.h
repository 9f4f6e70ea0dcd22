// Aligned text for people.
#pragma once

#include <string>
#include <vector>

namespace bpfcast {

/// Columns are as wide as their widest cell, colours not counted. Cells that are numbers with a unit are the
/// caller's to format.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Title line and rows, each ended by a newline.
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace bpfcast
