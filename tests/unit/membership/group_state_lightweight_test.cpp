// The lightweight router of RFC 5790: C-84.
#include "router_group_state.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class GroupStateLightweight : public GroupStateBed<F> {
 protected:
  GroupStateLightweight() { this->rules.exclude_lists = ExcludeLists::kIgnored; }
};
TYPED_TEST_SUITE(GroupStateLightweight, BothFamilies);

TYPED_TEST(GroupStateLightweight, TC_94_ExcludeListsAreIgnored) {
  for (const RecordType type : {RecordType::kToEx, RecordType::kIsEx}) {
    this->state = GroupState<TypeParam>(Bed<TypeParam>::Group());
    this->Record(0, type, {1});
    EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
    EXPECT_TRUE(this->state.Requested().empty());
    this->Record(1, RecordType::kIsEx, {2, 3});
    EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
    EXPECT_TRUE(this->state.Requested().empty());
    EXPECT_EQ(this->state.GroupTimer(), At(271));
    this->now = At(-1);
  }
  EXPECT_THAT(this->asked, IsEmpty());
}

TYPED_TEST(GroupStateLightweight, TC_94_ABlockInExcludeModeIsIgnored) {
  this->Record(0, RecordType::kToEx, {});
  this->Record(10, RecordType::kBlock, {1});
  EXPECT_TRUE(this->state.Requested().empty());
  EXPECT_THAT(this->asked, IsEmpty());
  this->RunTo(100);
  EXPECT_TRUE(this->Wants(1));
}

TYPED_TEST(GroupStateLightweight, TC_94_AllowAndToInAreAsUsual) {
  this->Record(0, RecordType::kToEx, {9});
  this->Record(10, RecordType::kAllow, {1});
  EXPECT_EQ(this->SourceTimerLeft(1), 270);
  this->Record(20, RecordType::kToIn, {2});
  EXPECT_THAT(this->asked, ElementsAre(Asked{20, 0, {}}, Asked{20, 0, {1}}));
  EXPECT_EQ(this->SourceTimerLeft(2), 270);
  this->RunTo(22);
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({2}));
}

TYPED_TEST(GroupStateLightweight, TC_94_IncludeModeIsAsUsual) {
  this->Record(0, RecordType::kAllow, {1, 2});
  this->Record(10, RecordType::kBlock, {1});
  EXPECT_THAT(this->asked, ElementsAre(Asked{10, 0, {1}}));
  this->RunTo(12);
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({2}));
  this->Record(20, RecordType::kToEx, {2});
  EXPECT_EQ(this->state.Membership(), Exclude<TypeParam>({}));
  EXPECT_TRUE(this->state.Requested().empty()) << "A-{} is deleted";
}

}  // namespace
}  // namespace bpfcast
