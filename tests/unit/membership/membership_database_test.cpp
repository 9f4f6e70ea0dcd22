// Conformance E.1: the merge of RFC 4605 section 4.1.
#include "membership/membership_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class MembershipDatabaseTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  using MergedRecord = MembershipRecord<F>;
  static constexpr unsigned kA = 1, kB = 2, kC = 3, kD = 4;

  static PortId Port(unsigned n) { return PortId{static_cast<std::uint16_t>(n)}; }
  static MergedRecord Inc(std::initializer_list<unsigned> sources) { return Bed::Include(sources); }
  static MergedRecord Exc(std::initializer_list<unsigned> sources) { return Bed::Exclude(sources); }

  /// Sets what the links 1, 2, .. want, one after the other, and gives the merged record.
  static MergedRecord Merged(const std::vector<MergedRecord>& links) {
    MembershipDatabase<F> database;
    unsigned port = 0;
    for (const MergedRecord& record : links) database.Set(Port(++port), Bed::G(), record);
    EXPECT_EQ(database.Merged(Bed::G()), MembershipDatabase<F>::Merge(Numbered(links)));
    return database.Merged(Bed::G());
  }
  static std::map<PortId, MergedRecord> Numbered(const std::vector<MergedRecord>& records) {
    std::map<PortId, MergedRecord> links;
    unsigned port = 0;
    for (const MergedRecord& record : records) links.emplace(Port(++port), record);
    return links;
  }
  static MergedRecord Merge(const std::vector<MergedRecord>& records) {
    return MembershipDatabase<F>::Merge(Numbered(records));
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(MembershipDatabaseTest, BothFamilies);

TYPED_TEST(MembershipDatabaseTest, TE_01_IncludeListsAreUnited) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Inc({T::kA, T::kB}), T::Inc({T::kB, T::kC})}), T::Inc({T::kA, T::kB, T::kC}));
}

TYPED_TEST(MembershipDatabaseTest, TE_02_ExcludeListsAreIntersected) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({T::kA, T::kB}), T::Exc({T::kB, T::kC})}), T::Exc({T::kB}));
}

TYPED_TEST(MembershipDatabaseTest, TE_03_IncludedSourcesAreNotExcluded) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({T::kA, T::kB}), T::Inc({T::kB, T::kC})}), T::Exc({T::kA}));
}

TYPED_TEST(MembershipDatabaseTest, TE_04_ExcludeAndIncludeGiveExclude) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({}), T::Inc({T::kA})}), T::Exc({}));
  EXPECT_EQ(T::Merged({T::Exc({T::kA}), T::Inc({T::kA})}), T::Exc({}));
  EXPECT_EQ(T::Merged({T::Exc({T::kA}), T::Inc({T::kB})}), T::Exc({T::kA}));
}

// D1 EXC({d},{a}) and D2 EXC({a},{d}): E-02 hands over the exclude lists {a} and {d}.
TYPED_TEST(MembershipDatabaseTest, TE_05_ExcludeListsWithoutACommonSourceExcludeNothing) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({T::kA}), T::Exc({T::kD})}), T::Exc({}));
}

TYPED_TEST(MembershipDatabaseTest, TE_06_ThreeLinks) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({T::kA, T::kB, T::kC}), T::Exc({T::kB, T::kC, T::kD}), T::Inc({T::kC})}),
            T::Exc({T::kB}));
}

TYPED_TEST(MembershipDatabaseTest, TE_07_AnOldHostBesideAnIncludeLinkWantsAll) {
  using T = TestFixture;
  EXPECT_EQ(T::Merged({T::Exc({}), T::Inc({T::kA, T::kB})}), T::Exc({}));
}

TYPED_TEST(MembershipDatabaseTest, E_19_NobodyWantsAnything) {
  MembershipDatabase<TypeParam> database;
  EXPECT_TRUE(database.Merged(TestFixture::Bed::G()).IsEmpty());
  EXPECT_TRUE(database.Links(TestFixture::Bed::G()).empty());
}

TYPED_TEST(MembershipDatabaseTest, TE_08_MergeIsASetOfWishes) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  constexpr unsigned kSources = 6;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto draw = [&] {
      std::vector<typename TypeParam::Address> sources;
      for (unsigned n = 1; n <= kSources; ++n) {
        if (random() % 2) sources.push_back(Bed::S(n));
      }
      return MembershipRecord<TypeParam>{random() % 2 ? FilterMode::kInclude : FilterMode::kExclude,
                                         SourceSet<TypeParam>(sources)};
    };
    std::vector<MembershipRecord<TypeParam>> links;
    for (std::uint64_t n = 2 + random() % 5; n > 0; --n) links.push_back(draw());
    const auto merged = T::Merge(links);

    for (unsigned n = 1; n <= kSources + 1; ++n) {  // the last one is named by nobody
      const bool wanted = std::any_of(links.begin(), links.end(),
                                      [&](const auto& record) { return record.Wants(Bed::S(n)); });
      EXPECT_EQ(merged.Wants(Bed::S(n)), wanted) << "source " << n;
    }

    auto shuffled = links;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    EXPECT_EQ(T::Merge(shuffled), merged);

    const auto middle = links.begin() + 1 + static_cast<std::ptrdiff_t>(random() % (links.size() - 1));
    EXPECT_EQ(T::Merge({T::Merge({links.begin(), middle}), T::Merge({middle, links.end()})}), merged);

    EXPECT_EQ(T::Merge({merged, merged}), merged);
    auto twice = links;
    twice.insert(twice.end(), links.begin(), links.end());
    EXPECT_EQ(T::Merge(twice), merged);
  }
}

TYPED_TEST(MembershipDatabaseTest, TE_09_OnlyTheFirstAndTheLastMemberChangeTheMerge) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  const auto group = T::Bed::G();
  const auto first = database.Set(T::Port(1), group, T::Exc({}));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->group, group);
  EXPECT_TRUE(first->before.IsEmpty());
  EXPECT_EQ(first->after, T::Exc({}));
  EXPECT_FALSE(database.Set(T::Port(2), group, T::Exc({})));
  EXPECT_FALSE(database.Set(T::Port(1), group, {}));
  const auto last = database.Set(T::Port(2), group, {});
  ASSERT_TRUE(last);
  EXPECT_EQ(last->before, T::Exc({}));
  EXPECT_TRUE(last->after.IsEmpty());
  EXPECT_TRUE(database.groups().empty());
}

TYPED_TEST(MembershipDatabaseTest, TE_10_AnIncludeLinkUncoversAnExcludedSource) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  const auto group = T::Bed::G();
  database.Set(T::Port(1), group, T::Exc({T::kA, T::kB}));
  const auto joined = database.Set(T::Port(2), group, T::Inc({T::kB, T::kC}));
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->after, T::Exc({T::kA}));
  const auto expired = database.Set(T::Port(2), group, {});
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->after, T::Exc({T::kA, T::kB}));
}

TYPED_TEST(MembershipDatabaseTest, TE_11_TheLastExcludeLinkLeavesTheIncludeList) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  const auto group = T::Bed::G();
  database.Set(T::Port(1), group, T::Exc({}));
  EXPECT_FALSE(database.Set(T::Port(2), group, T::Inc({T::kA})));
  const auto change = database.Set(T::Port(1), group, {});
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, T::Exc({}));
  EXPECT_EQ(change->after, T::Inc({T::kA}));
}

TYPED_TEST(MembershipDatabaseTest, TE_13_ASourceThatExpiresIsExcluded) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  database.Set(T::Port(1), T::Bed::G(), T::Exc({}));
  const auto change = database.Set(T::Port(1), T::Bed::G(), T::Exc({T::kA}));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, T::Exc({}));
  EXPECT_EQ(change->after, T::Exc({T::kA}));
}

TYPED_TEST(MembershipDatabaseTest, E_04_NothingChangesWithoutAChange) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  const auto group = T::Bed::G();
  EXPECT_FALSE(database.Set(T::Port(1), group, {}));
  EXPECT_TRUE(database.groups().empty());
  EXPECT_TRUE(database.Set(T::Port(1), group, T::Inc({T::kA})));
  EXPECT_FALSE(database.Set(T::Port(1), group, T::Inc({T::kA})));
  EXPECT_FALSE(database.Set(T::Port(2), group, {}));
  EXPECT_EQ(database.Links(group).size(), 1u);
}

TYPED_TEST(MembershipDatabaseTest, GroupsAndLinksAreKeptApart) {
  using T = TestFixture;
  MembershipDatabase<TypeParam> database;
  database.Set(T::Port(1), T::Bed::G(1), T::Inc({T::kA}));
  database.Set(T::Port(2), T::Bed::G(1), T::Exc({T::kB}));
  database.Set(T::Port(1), T::Bed::G(2), T::Exc({}));
  EXPECT_EQ(database.groups().size(), 2u);
  EXPECT_EQ(database.Merged(T::Bed::G(2)), T::Exc({}));
  const auto& links = database.Links(T::Bed::G(1));
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links.at(T::Port(1)), T::Inc({T::kA}));
  EXPECT_EQ(links.at(T::Port(2)), T::Exc({T::kB}));
}

}  // namespace
}  // namespace bpfcast
