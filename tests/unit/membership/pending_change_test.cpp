// The counts of RFC 9776 section 5.1; TD-04 to TD-07 are tested through Host.
#include "membership/pending_change.h"

#include <gtest/gtest.h>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class PendingChangeTest : public testing::Test {};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(PendingChangeTest, BothFamilies);

TYPED_TEST(PendingChangeTest, NothingIsPendingAtFirst) {
  using Bed = HostBed<TypeParam>;
  const PendingChange<TypeParam> change;
  EXPECT_TRUE(change.IsDone());
  EXPECT_TRUE(change.Records(Bed::G(), Bed::Exclude({})).empty());
}

TYPED_TEST(PendingChangeTest, EachSourceHasACountOfItsOwn) {
  using Bed = HostBed<TypeParam>;
  using Records = typename Bed::Records;
  PendingChange<TypeParam> change;
  change.Add(Bed::None(), Bed::Include({1}), 3);
  change.CountReport();
  change.Add(Bed::Include({1}), Bed::Include({1, 2}), 3);
  EXPECT_EQ(change.Records(Bed::G(), Bed::Include({1, 2})), Records{Bed::Record(RecordType::kAllow, {1, 2})});
  change.CountReport();
  change.CountReport();
  EXPECT_EQ(change.Records(Bed::G(), Bed::Include({1, 2})), Records{Bed::Record(RecordType::kAllow, {2})});
  EXPECT_FALSE(change.IsDone());
  change.CountReport();
  EXPECT_TRUE(change.IsDone());
}

TYPED_TEST(PendingChangeTest, AModeChangeTakesOverThePendingSources) {
  using Bed = HostBed<TypeParam>;
  using Records = typename Bed::Records;
  PendingChange<TypeParam> change;
  change.Add(Bed::Include({1}), Bed::Include({1, 2}), 2);
  change.Add(Bed::Include({1, 2}), Bed::Exclude({3}), 2);
  EXPECT_EQ(change.Records(Bed::G(), Bed::Exclude({3})), Records{Bed::Record(RecordType::kToEx, {3})});
  change.CountReport();
  EXPECT_FALSE(change.IsDone());
  change.CountReport();
  EXPECT_TRUE(change.IsDone());
}

TYPED_TEST(PendingChangeTest, AChangeIsUntoldUntilAReport) {
  using Bed = HostBed<TypeParam>;
  PendingChange<TypeParam> change;
  change.Add(Bed::None(), Bed::Exclude({}), 3);
  EXPECT_TRUE(change.IsUntold());
  change.CountReport();
  EXPECT_FALSE(change.IsUntold());
  change.Add(Bed::Exclude({}), Bed::Exclude({1}), 3);
  EXPECT_TRUE(change.IsUntold());
}

// The querier's robustness may have fallen meanwhile.
TYPED_TEST(PendingChangeTest, AModeChangeDoesNotKeepTheCountsOfSources) {
  using Bed = HostBed<TypeParam>;
  PendingChange<TypeParam> change;
  change.Add(Bed::None(), Bed::Include({1}), 7);
  change.Add(Bed::Include({1}), Bed::Exclude({}), 2);
  change.CountReport();
  change.CountReport();
  EXPECT_TRUE(change.IsDone());
}

}  // namespace
}  // namespace bpfcast
