// Conformance D-16: what a large database has to say does not leave in one burst.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "host_bed.h"

namespace bpfcast {
namespace {

constexpr unsigned kGroups = 10000;

template <class F>
class HostPacingTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  using Address = typename F::Address;

  /// 10 000 groups, each with `sources` of them.
  static void Fill(Bed& bed, unsigned sources) {
    const MembershipRecord<F> record{FilterMode::kInclude, SourceSet<F>(Bed::ManySources(sources))};
    for (unsigned group = 1; group <= kGroups; ++group) bed.Want(record, group);
  }
  /// No more than the limit within any 5 ms.
  static void ExpectNoBurst(const Bed& bed) {
    std::map<double, std::size_t> at_once;
    for (const auto& packet : bed.sent) ++at_once[packet.at];
    double last = -1;
    for (const auto& [at, reports] : at_once) {
      EXPECT_LE(reports, Host<F>::kMostReportsAtOnce);
      EXPECT_GE(at - last, 0.005 - 1e-6);
      last = at;
    }
  }
  /// How often each group was told.
  static std::map<Address, unsigned> Told(const Bed& bed, RecordType type) {
    std::map<Address, unsigned> told;
    for (const auto& packet : bed.sent) {
      for (const auto& record : packet.report.records) {
        if (record.type == type) ++told[record.group];
      }
    }
    return told;
  }
  static void ExpectEachGroup(const std::map<Address, unsigned>& told, unsigned times) {
    EXPECT_EQ(told.size(), kGroups);
    for (const auto& [group, count] : told) EXPECT_EQ(count, times) << group.ToString();
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostPacingTest, BothFamilies);

TYPED_TEST(HostPacingTest, D_16_AGeneralAnswerLeavesInPartsAsFullAsInOne) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  T::Fill(bed, 10);
  bed.Settle();
  const double start = bed.Now();
  bed.GeneralQuery(10);
  bed.Advance(20);
  T::ExpectNoBurst(bed);
  T::ExpectEachGroup(T::Told(bed, RecordType::kIsIn), 1);
  // Records of 8 + 10 * 4 octets, 30 in the 1468 of a report; of 20 + 10 * 16, 8 in 1444.
  const std::size_t per_report = std::is_same_v<TypeParam, Igmp> ? 30 : 8;
  EXPECT_EQ(bed.sent.size(), (kGroups + per_report - 1) / per_report);
  EXPECT_LE(bed.sent.back().at, start + 10.5);
}

TYPED_TEST(HostPacingTest, D_16_AQueryWhileTheAnswerIsLeavingIsServedByIt) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  T::Fill(bed, 10);
  bed.Settle();
  bed.GeneralQuery(0);
  bed.Advance(0.007);
  ASSERT_FALSE(bed.sent.empty());
  bed.GeneralQuery(0);
  bed.Want(Bed::None(), kGroups);  // not told yet, and gone
  bed.Advance(20);
  auto told = T::Told(bed, RecordType::kIsIn);
  EXPECT_FALSE(told.contains(Bed::G(kGroups)));
  told[Bed::G(kGroups)] = 1;
  T::ExpectEachGroup(told, 1);
  bed.sent.clear();
  bed.GeneralQuery(1);
  bed.Advance(20);
  EXPECT_EQ(T::Told(bed, RecordType::kIsIn).size(), kGroups - 1) << "the next one is answered again";
}

TYPED_TEST(HostPacingTest, D_16_JoinsOfAnOlderVersionLeaveInParts) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  auto config = Bed::Config();
  config.version = Version::kV2;
  Bed bed(1, config);
  T::Fill(bed, 1);
  bed.Advance(4);
  std::map<typename TypeParam::Address, unsigned> told = T::Told(bed, RecordType::kIsEx);
  EXPECT_EQ(told.size(), kGroups) << "10 000 / 20 * 5 ms = 2.5 s, and some that are repeated already";
  bed.Advance(20);
  told = T::Told(bed, RecordType::kIsEx);
  T::ExpectEachGroup(told, 2);
  std::map<double, std::size_t> at_once;
  for (const auto& packet : bed.sent) ++at_once[packet.at];
  for (const auto& [at, reports] : at_once) EXPECT_LE(reports, Host<TypeParam>::kMostReportsAtOnce);
}

TYPED_TEST(HostPacingTest, D_16_AnswersOfAnOlderVersionThatAreLateLeaveInParts) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  for (unsigned group = 1; group <= 100; ++group) bed.Want(Bed::Exclude({}), group);
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.now += std::chrono::seconds(20);  // a late wake-up
  bed.Expire();
  EXPECT_EQ(bed.sent.size(), Host<TypeParam>::kMostReportsAtOnce);
  bed.Advance(1);
  T::ExpectNoBurst(bed);
  EXPECT_EQ(bed.sent.size(), 100u);
}

// The querier asks about a group that the answer under way has told already: the query came after that
// record, and lowered its timer.
TYPED_TEST(HostPacingTest, D_11_AGroupThatWasToldAlreadyIsAnsweredForAgain) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  T::Fill(bed, 10);
  bed.Settle();
  bed.GeneralQuery(0);
  bed.Advance(0.007);
  auto told = T::Told(bed, RecordType::kIsIn);
  ASSERT_TRUE(told.contains(Bed::G(1)));
  ASSERT_FALSE(told.contains(Bed::G(kGroups)));
  bed.GroupQuery(1, {}, 1);
  bed.GroupQuery(1, {}, kGroups);
  bed.Advance(20);
  told = T::Told(bed, RecordType::kIsIn);
  EXPECT_EQ(told[Bed::G(1)], 2U);
  EXPECT_EQ(told[Bed::G(kGroups)], 1U);
}

// Joins and leaves of ever new groups, faster than they can be told.
TYPED_TEST(HostPacingTest, X_10_PendingLeavesAreLimited) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  constexpr unsigned kMost = Host<TypeParam>::kMostPendingLeaves;
  Bed bed;
  bed.Want(Bed::Exclude({}), 0);
  bed.Settle();
  for (unsigned group = 1; group <= kMost + 2; ++group) {
    bed.host.OnChange({Bed::G(group), Bed::Exclude({}), Bed::None()}, bed.now);
  }
  EXPECT_EQ(bed.host.untold_leaves(), 1U) << "one entry more, for the group of the database";
  bed.host.OnChange({Bed::G(1), Bed::None(), Bed::Exclude({})}, bed.now);
  bed.host.OnChange({Bed::G(1), Bed::Exclude({}), Bed::None()}, bed.now);
  EXPECT_EQ(bed.host.untold_leaves(), 1U) << "what is pending already has its room";
  bed.Advance(20);
  const auto told = T::Told(bed, RecordType::kToIn);
  EXPECT_EQ(told.size(), kMost + 1);
  EXPECT_FALSE(told.contains(Bed::G(kMost + 2)));
}

}  // namespace
}  // namespace bpfcast
