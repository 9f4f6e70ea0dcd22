// TE-08: the database against a table of wishes: who wants which source, link by link, as plain bits. E-03
// knows sets and modes; here a source is wanted exactly when some link wants it, and "any other source" is
// one more of them.
#include <array>
#include <cstdint>
#include <random>

#include "group_oracle.h"
#include "membership/membership_database.h"

namespace bpfcast {
namespace {

constexpr unsigned kGroups = 3;
constexpr unsigned kLinks = 4;
constexpr unsigned kSources = 5;
constexpr unsigned kAnyOther = kSources;  // what nobody names

using Wishes = std::array<bool, kSources + 1>;

template <class F>
class MembershipDatabaseOracle : public testing::Test {
 protected:
  using Record = MembershipRecord<F>;

  static PortId Port(unsigned link) { return PortId{static_cast<std::uint16_t>(link)}; }

  /// Wanting "any other source" is what EXCLUDE mode means.
  static Record ToRecord(const Wishes& wishes) {
    std::vector<typename F::Address> listed;
    for (unsigned s = 0; s < kSources; ++s) {
      if (wishes[s] != wishes[kAnyOther]) listed.push_back(Bed<F>::Source(s));
    }
    return {wishes[kAnyOther] ? FilterMode::kExclude : FilterMode::kInclude, SourceSet<F>(std::move(listed))};
  }
  static Wishes Either(const Wishes& a, const Wishes& b) {
    Wishes either{};
    for (unsigned s = 0; s <= kSources; ++s) either[s] = a[s] || b[s];
    return either;
  }
  static Record Merge(const Record& a, const Record& b) {
    return MembershipDatabase<F>::Merge({{Port(0), a}, {Port(1), b}});
  }
};
TYPED_TEST_SUITE(MembershipDatabaseOracle, BothFamilies);

TYPED_TEST(MembershipDatabaseOracle, TE_08_RandomSettingsGiveExactlyTheWishesOfAllLinks) {
  using T = TestFixture;
  const OracleRun run = OracleRun::Announce();
  std::mt19937_64 random(run.seed);
  std::array<std::array<Wishes, kLinks>, kGroups> table{};
  MembershipDatabase<TypeParam> database;
  for (int step = 0; step < run.steps; ++step) {
    const auto draw = random();
    const unsigned g = draw % kGroups;
    const unsigned link = (draw >> 8) % kLinks;
    Wishes wishes{};
    // One wish in four is nothing, so that groups go and come back.
    if ((draw >> 16) % 4 != 0) {
      for (unsigned s = 0; s <= kSources; ++s) wishes[s] = (draw >> (32 + s) & 1) != 0;
    }
    const auto group = Bed<TypeParam>::Group(g);
    const auto merged = [&] {
      Wishes all{};
      for (const Wishes& each : table[g]) all = T::Either(all, each);
      return T::ToRecord(all);
    };
    const auto before = merged();
    table[g][link] = wishes;
    const auto after = merged();
    const auto change = database.Set(T::Port(link), group, T::ToRecord(wishes));
    ASSERT_EQ(database.Merged(group), after) << "step " << step;
    ASSERT_EQ(change.has_value(), before != after) << "step " << step;
    if (change) {
      ASSERT_EQ(change->group, group);
      ASSERT_EQ(change->before, before) << "step " << step;
      ASSERT_EQ(change->after, after) << "step " << step;
    }
    std::size_t wanted = 0;
    for (const auto& links : table) {
      Wishes all{};
      for (const Wishes& each : links) all = T::Either(all, each);
      wanted += all == Wishes{} ? 0 : 1;
    }
    ASSERT_EQ(database.groups().size(), wanted) << "step " << step;
  }
}

TYPED_TEST(MembershipDatabaseOracle, TE_08_MergeIsCommutativeAssociativeAndIdempotent) {
  using T = TestFixture;
  const OracleRun run = OracleRun::Announce();
  std::mt19937_64 random(run.seed);
  for (int step = 0; step < run.steps; ++step) {
    const auto draw = random();
    std::array<Wishes, 3> wishes{};
    for (unsigned i = 0; i < 3; ++i) {
      for (unsigned s = 0; s <= kSources; ++s) wishes[i][s] = (draw >> (8 * i + s) & 1) != 0;
    }
    const auto a = T::ToRecord(wishes[0]);
    const auto b = T::ToRecord(wishes[1]);
    const auto c = T::ToRecord(wishes[2]);
    const auto a_b = T::Merge(a, b);
    const auto all = T::Merge(a_b, c);
    ASSERT_EQ(T::Merge(b, a), a_b) << "step " << step;
    ASSERT_EQ(T::Merge(a, T::Merge(b, c)), all) << "step " << step;
    ASSERT_EQ(MembershipDatabase<TypeParam>::Merge({{T::Port(0), a}, {T::Port(1), b}, {T::Port(2), c}}), all)
        << "step " << step;
    ASSERT_EQ(T::Merge(a, a), a) << "step " << step;
    ASSERT_EQ(T::Merge(all, a), all) << "step " << step;
    const Wishes either = T::Either(T::Either(wishes[0], wishes[1]), wishes[2]);
    for (unsigned s = 0; s <= kSources; ++s) {
      ASSERT_EQ(all.Wants(Bed<TypeParam>::Source(s)), either[s]) << "step " << step << " source " << s;
    }
  }
}

}  // namespace
}  // namespace bpfcast
