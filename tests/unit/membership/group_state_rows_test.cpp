// The twelve cells of the record table, C-10..C-25.
#include <map>

#include "router_group_state.h"

namespace bpfcast {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

/// Remaining seconds of each source timer, 0 for a blocked source.
using SourceTimers = std::map<unsigned, double>;

enum class Start { kInclude12, kExclude1234 };

struct Cell {
  Start start;
  RecordType type;
  std::vector<unsigned> sources;
  FilterMode mode;
  SourceTimers querier_sources;
  SourceTimers non_querier_sources;
  double querier_group_timer;  // in EXCLUDE
  double non_querier_group_timer;
  std::vector<Asked> queries;
};

constexpr FilterMode kInc = FilterMode::kInclude;
constexpr FilterMode kExc = FilterMode::kExclude;

// clang-format off
const Cell kTc01{Start::kInclude12, RecordType::kIsIn, {2, 3}, kInc,
                 {{1, 100}, {2, 270}, {3, 270}}, {{1, 100}, {2, 270}, {3, 270}}, 0, 0, {}};
const Cell kTc02{Start::kInclude12, RecordType::kIsEx, {2, 3}, kExc,
                 {{2, 100}, {3, 0}}, {{2, 100}, {3, 0}}, 270, 270, {}};
const Cell kTc03{Start::kInclude12, RecordType::kAllow, {2, 3}, kInc,
                 {{1, 100}, {2, 270}, {3, 270}}, {{1, 100}, {2, 270}, {3, 270}}, 0, 0, {}};
const Cell kTc04{Start::kInclude12, RecordType::kBlock, {2, 3}, kInc,
                 {{1, 100}, {2, 2}}, {{1, 100}, {2, 100}}, 0, 0, {{0, 0, {2}}}};
const Cell kTc05{Start::kInclude12, RecordType::kToEx, {2, 3}, kExc,
                 {{2, 2}, {3, 0}}, {{2, 100}, {3, 0}}, 270, 270, {{0, 0, {2}}}};
const Cell kTc06{Start::kInclude12, RecordType::kToIn, {2, 3}, kInc,
                 {{1, 2}, {2, 270}, {3, 270}}, {{1, 100}, {2, 270}, {3, 270}}, 0, 0, {{0, 0, {1}}}};
const Cell kTc07{Start::kExclude1234, RecordType::kIsIn, {2, 3, 5}, kExc,
                 {{1, 100}, {2, 270}, {3, 270}, {5, 270}, {4, 0}},
                 {{1, 100}, {2, 270}, {3, 270}, {5, 270}, {4, 0}}, 150, 150, {}};
const Cell kTc08{Start::kExclude1234, RecordType::kIsEx, {2, 3, 5}, kExc,
                 {{2, 100}, {5, 270}, {3, 0}}, {{2, 100}, {5, 270}, {3, 0}}, 270, 270, {}};
const Cell kTc09{Start::kExclude1234, RecordType::kAllow, {2, 3, 5}, kExc,
                 {{1, 100}, {2, 270}, {3, 270}, {5, 270}, {4, 0}},
                 {{1, 100}, {2, 270}, {3, 270}, {5, 270}, {4, 0}}, 150, 150, {}};
const Cell kTc10{Start::kExclude1234, RecordType::kBlock, {2, 3, 5}, kExc,
                 {{1, 100}, {2, 2}, {5, 2}, {3, 0}, {4, 0}},
                 {{1, 100}, {2, 100}, {5, 150}, {3, 0}, {4, 0}}, 150, 150, {{0, 0, {2, 5}}}};
const Cell kTc11{Start::kExclude1234, RecordType::kToEx, {2, 3, 5}, kExc,
                 {{2, 2}, {5, 2}, {3, 0}}, {{2, 100}, {5, 150}, {3, 0}}, 270, 270, {{0, 0, {2, 5}}}};
const Cell kTc12{Start::kExclude1234, RecordType::kToIn, {2, 3, 5}, kExc,
                 {{1, 2}, {2, 270}, {3, 270}, {5, 270}, {4, 0}},
                 {{1, 100}, {2, 270}, {3, 270}, {5, 270}, {4, 0}}, 2, 150, {{0, 0, {}}, {0, 0, {1}}}};
// clang-format on

template <class F>
class GroupStateRows : public GroupStateBed<F> {
 protected:
  void Check(const Cell& cell) {
    cell.start == Start::kInclude12 ? this->StartInclude12() : this->StartExclude1234();
    ASSERT_THAT(this->asked, IsEmpty());
    std::vector<typename F::Address> sources;
    for (const unsigned n : cell.sources) sources.push_back(Bed<F>::Source(n));
    this->Record(0, cell.type, sources);

    const bool querier = this->rules.role == RouterRole::kQuerier;
    EXPECT_EQ(this->state.mode(), cell.mode);
    std::vector<typename F::Address> requested;
    std::vector<typename F::Address> excluded;
    for (const auto& [n, timer] : querier ? cell.querier_sources : cell.non_querier_sources) {
      (timer > 0 ? requested : excluded).push_back(Bed<F>::Source(n));
      EXPECT_EQ(this->SourceTimerLeft(n), timer) << "source " << n;
    }
    EXPECT_EQ(this->state.Requested(), SourceSet<F>(requested));
    EXPECT_EQ(this->state.Excluded(), SourceSet<F>(excluded));
    if (cell.mode == kExc) {
      EXPECT_EQ(this->GroupTimerLeft(), querier ? cell.querier_group_timer : cell.non_querier_group_timer);
    }
    EXPECT_THAT(this->asked, ElementsAreArray(querier ? cell.queries : std::vector<Asked>()));
  }
  void CheckAsNonQuerier(const Cell& cell) {
    this->rules.role = RouterRole::kNonQuerier;
    Check(cell);
  }
};
TYPED_TEST_SUITE(GroupStateRows, BothFamilies);

TYPED_TEST(GroupStateRows, TC_01_IncludeIsIn) {
  this->Check(kTc01);
}
TYPED_TEST(GroupStateRows, TC_02_IncludeIsEx) {
  this->Check(kTc02);
}
TYPED_TEST(GroupStateRows, TC_03_IncludeAllow) {
  this->Check(kTc03);
}
TYPED_TEST(GroupStateRows, TC_04_IncludeBlock) {
  this->Check(kTc04);
}
TYPED_TEST(GroupStateRows, TC_05_IncludeToEx) {
  this->Check(kTc05);
}
TYPED_TEST(GroupStateRows, TC_06_IncludeToIn) {
  this->Check(kTc06);
}
TYPED_TEST(GroupStateRows, TC_07_ExcludeIsIn) {
  this->Check(kTc07);
}
TYPED_TEST(GroupStateRows, TC_08_ExcludeIsEx) {
  this->Check(kTc08);
}
TYPED_TEST(GroupStateRows, TC_09_ExcludeAllow) {
  this->Check(kTc09);
}
TYPED_TEST(GroupStateRows, TC_10_ExcludeBlock) {
  this->Check(kTc10);
}
TYPED_TEST(GroupStateRows, TC_11_ExcludeToEx) {
  this->Check(kTc11);
}
TYPED_TEST(GroupStateRows, TC_12_ExcludeToIn) {
  this->Check(kTc12);
}

TYPED_TEST(GroupStateRows, TC_69_TC_01_NonQuerier) {
  this->CheckAsNonQuerier(kTc01);
}
TYPED_TEST(GroupStateRows, TC_69_TC_02_NonQuerier) {
  this->CheckAsNonQuerier(kTc02);
}
TYPED_TEST(GroupStateRows, TC_69_TC_03_NonQuerier) {
  this->CheckAsNonQuerier(kTc03);
}
TYPED_TEST(GroupStateRows, TC_69_TC_04_NonQuerier) {
  this->CheckAsNonQuerier(kTc04);
}
TYPED_TEST(GroupStateRows, TC_69_TC_05_NonQuerier) {
  this->CheckAsNonQuerier(kTc05);
}
TYPED_TEST(GroupStateRows, TC_69_TC_06_NonQuerier) {
  this->CheckAsNonQuerier(kTc06);
}
TYPED_TEST(GroupStateRows, TC_69_TC_07_NonQuerier) {
  this->CheckAsNonQuerier(kTc07);
}
TYPED_TEST(GroupStateRows, TC_69_TC_08_NonQuerier) {
  this->CheckAsNonQuerier(kTc08);
}
TYPED_TEST(GroupStateRows, TC_69_TC_09_NonQuerier) {
  this->CheckAsNonQuerier(kTc09);
}
TYPED_TEST(GroupStateRows, TC_69_TC_10_NonQuerier) {
  this->CheckAsNonQuerier(kTc10);
}
TYPED_TEST(GroupStateRows, TC_69_TC_11_NonQuerier) {
  this->CheckAsNonQuerier(kTc11);
}
TYPED_TEST(GroupStateRows, TC_69_TC_12_NonQuerier) {
  this->CheckAsNonQuerier(kTc12);
}

TYPED_TEST(GroupStateRows, TC_14_AnswersToQueriesNeverCauseQueries) {
  double at = 0;
  for (const RecordType shape : {RecordType::kAllow, RecordType::kIsEx, RecordType::kToEx}) {
    for (const RecordType answer : {RecordType::kIsIn, RecordType::kIsEx}) {
      for (const std::vector<unsigned>& sources : {std::vector<unsigned>{}, {1}, {2, 3}, {1, 2, 3, 4}}) {
        this->state = GroupState<TypeParam>(Bed<TypeParam>::Group());
        std::vector<typename TypeParam::Address> list;
        for (const unsigned n : sources) list.push_back(Bed<TypeParam>::Source(n));
        this->Record(++at, shape, {1, 2});
        this->Record(++at, answer, list);
        this->Record(++at, answer, {5});
      }
    }
  }
  EXPECT_THAT(this->asked, IsEmpty());
}

TYPED_TEST(GroupStateRows, TC_15_LeavingAnUnknownGroupMakesNoStateAndNoQuery) {
  this->Record(0, RecordType::kToIn, {});
  this->Record(0, RecordType::kBlock, {1});
  this->OldLeave(0);
  EXPECT_TRUE(this->IsGone());
  EXPECT_EQ(this->state.NextExpiry(), kNever);
  EXPECT_THAT(this->asked, IsEmpty());
}

TYPED_TEST(GroupStateRows, TC_15_EmptyListsChangeNothing) {
  for (const RecordType type : {RecordType::kIsIn, RecordType::kAllow, RecordType::kBlock}) {
    this->Record(0, type, {});
    EXPECT_TRUE(this->IsGone());
  }
  this->Record(1, RecordType::kAllow, {1});
  for (const RecordType type : {RecordType::kIsIn, RecordType::kAllow, RecordType::kBlock}) {
    this->Record(2, type, {});
    EXPECT_EQ(this->state.Membership(), Include<TypeParam>({1}));
    EXPECT_EQ(this->SourceTimerLeft(1), 269);
  }
  EXPECT_THAT(this->asked, IsEmpty());
}

TYPED_TEST(GroupStateRows, TC_15_IsExWithoutSourcesForgetsAllSources) {
  this->Record(0, RecordType::kIsEx, {2});
  this->Record(0, RecordType::kAllow, {1});
  ASSERT_EQ(this->state.Requested(), Set<TypeParam>({1}));
  ASSERT_EQ(this->state.Excluded(), Set<TypeParam>({2}));
  this->Record(1, RecordType::kIsEx, {});
  EXPECT_EQ(this->state.mode(), FilterMode::kExclude);
  EXPECT_TRUE(this->state.Requested().empty());
  EXPECT_TRUE(this->state.Excluded().empty());
}

}  // namespace
}  // namespace bpfcast
