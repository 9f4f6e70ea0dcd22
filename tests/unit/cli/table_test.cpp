#include "cli/table.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCellAndLinesHaveNoTrailingSpace) {
  Table table({{"A"}, {"NUMBER", Table::Align::kRight}, {"LAST"}});
  table.Add({"long one", "1", "x"});
  table.Add({"b", "1 000 000", "longer than its title"});
  EXPECT_EQ(table.ToString(),
            "A            NUMBER  LAST\n"
            "long one          1  x\n"
            "b         1 000 000  longer than its title\n");
}

}  // namespace
}  // namespace bpfcast
