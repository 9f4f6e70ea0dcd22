#include "os/membership_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "membership/membership_database.h"

namespace bpfcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What the kernel has after the calls, and what it merges of it.
template <class F>
struct FakeKernel {
  std::map<std::size_t, std::map<typename F::Address, MembershipRecord<F>>> sockets;

  void Do(const FilterCall<F>& call) {
    if (call.filter.IsEmpty()) {
      ASSERT_EQ(sockets[call.socket].erase(call.group), 1U) << "left twice";
    } else {
      sockets[call.socket][call.group] = call.filter;
    }
  }
  MembershipRecord<F> Merged(const typename F::Address& group) const {
    typename MembershipDatabase<F>::LinkRecords records;
    for (const auto& [socket, groups] : sockets) {
      const auto found = groups.find(group);
      if (found != groups.end()) records[static_cast<PortId>(socket)] = found->second;
    }
    return records.empty() ? MembershipRecord<F>() : MembershipDatabase<F>::Merge(records);
  }
};

template <class F>
class MembershipPlanTest : public ::testing::Test {
 protected:
  using Address = typename F::Address;
  using Record = MembershipRecord<F>;
  static constexpr MembershipLimits kLimits{3, 4};

  static Address Group(std::uint8_t n) {
    std::array<std::uint8_t, Address::kBytes> bytes{};
    bytes[0] = F::kAllNodes.bytes()[0];
    bytes[1] = 0x0e;
    bytes.back() = n;
    return Address(bytes);
  }
  static Address Source(std::uint8_t n) {
    std::array<std::uint8_t, Address::kBytes> bytes{};
    bytes[0] = 0x20;
    bytes.back() = n;
    return Address(bytes);
  }
  static SourceSet<F> Sources(std::uint8_t first, std::uint8_t last) {
    std::vector<Address> sources;
    for (std::uint8_t n = first; n <= last; ++n) sources.push_back(Source(n));
    return SourceSet<F>(sources);
  }
  static Record Include(SourceSet<F> sources) { return {FilterMode::kInclude, std::move(sources)}; }
  static Record Exclude(SourceSet<F> sources = {}) { return {FilterMode::kExclude, std::move(sources)}; }

  /// Carries a change out; no source that is wanted before and after may be unwanted in between.
  void Change(const Address& group, const Record& record) {
    const Record before = kernel_.Merged(group);
    for (const auto& call : plan_.Change(group, record)) {
      EXPECT_LE(call.filter.sources.size(), kLimits.sources_per_filter);
      kernel_.Do(call);
      EXPECT_LE(kernel_.sockets[call.socket].size(), kLimits.groups_per_socket);
      for (std::uint8_t n = 1; n <= 40; ++n) {
        if (!before.Wants(Source(n)) || !record.Wants(Source(n))) continue;
        EXPECT_TRUE(kernel_.Merged(group).Wants(Source(n))) << "source " << int{n} << " interrupted";
      }
    }
  }

  MembershipPlan<F> plan_{kLimits};
  FakeKernel<F> kernel_;
};

using Families = ::testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(MembershipPlanTest, Families);

TYPED_TEST(MembershipPlanTest, TD_27_D_31_GroupsAreSpreadOverSocketsWithinTheLimit) {
  for (std::uint8_t n = 1; n <= 25; ++n) this->Change(this->Group(n), this->Exclude());
  for (std::uint8_t n = 1; n <= 25; ++n) EXPECT_EQ(this->kernel_.Merged(this->Group(n)), this->Exclude());
  EXPECT_EQ(this->kernel_.sockets.size(), 9U) << "25 groups, 3 in each";
}

TYPED_TEST(MembershipPlanTest, D_31_ASocketThatLostAGroupTakesTheNextOne) {
  for (std::uint8_t n = 1; n <= 6; ++n) this->Change(this->Group(n), this->Exclude());
  this->Change(this->Group(2), {});
  const auto calls = this->plan_.Change(this->Group(9), this->Exclude());
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].socket, 0U);
}

TYPED_TEST(MembershipPlanTest, TD_28_D_31_ALongIncludeListIsExactOnSeveralSockets) {
  this->Change(this->Group(1), this->Include(this->Sources(1, 12)));
  EXPECT_EQ(this->kernel_.Merged(this->Group(1)), this->Include(this->Sources(1, 12)));
  EXPECT_THAT(this->plan_.widened(), IsEmpty());
  EXPECT_EQ(this->kernel_.sockets.size(), 3U);
}

TYPED_TEST(MembershipPlanTest, D_31_OfAnExcludeListThatIsTooLongTheBeginningIsAskedForAndThatIsToldOf) {
  this->Change(this->Group(1), this->Exclude(this->Sources(1, 9)));
  EXPECT_EQ(this->kernel_.Merged(this->Group(1)), this->Exclude(this->Sources(1, 4)));
  EXPECT_THAT(this->plan_.widened(), ElementsAre(this->Group(1)));
  this->Change(this->Group(1), this->Exclude(this->Sources(3, 6)));
  EXPECT_EQ(this->kernel_.Merged(this->Group(1)), this->Exclude(this->Sources(3, 6)));
  EXPECT_THAT(this->plan_.widened(), IsEmpty());
}

TYPED_TEST(MembershipPlanTest, D_30_NoSourceIsInterruptedByAnyChangeOfModeOrList) {
  const std::vector<MembershipRecord<TypeParam>> steps{
      this->Include(this->Sources(2, 2)),   this->Include(this->Sources(1, 10)),
      this->Include(this->Sources(5, 14)),  this->Exclude(this->Sources(1, 3)),
      this->Include(this->Sources(4, 20)),  this->Exclude(),
      this->Exclude(this->Sources(7, 9)),   this->Include(this->Sources(1, 6)),
      this->Include(this->Sources(30, 38)), {},
  };
  for (const auto& step : steps) {
    this->Change(this->Group(1), step);
    EXPECT_EQ(this->kernel_.Merged(this->Group(1)), step);
  }
  for (const auto& [socket, groups] : this->kernel_.sockets) EXPECT_THAT(groups, IsEmpty());
}

TYPED_TEST(MembershipPlanTest, D_30_NothingIsAskedForTwice) {
  this->Change(this->Group(1), this->Include(this->Sources(1, 6)));
  EXPECT_THAT(this->plan_.Change(this->Group(1), this->Include(this->Sources(1, 6))), IsEmpty());
  EXPECT_THAT(this->plan_.Change(this->Group(2), {}), IsEmpty());
}

TYPED_TEST(MembershipPlanTest, D_31_ASocketWithoutRoomIsLeftAloneUntilAGroupLeavesIt) {
  this->Change(this->Group(1), this->Exclude());
  const auto refused = this->plan_.Change(this->Group(2), this->Exclude());
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].socket, 0U);
  const auto elsewhere = this->plan_.Elsewhere(refused[0]);
  ASSERT_EQ(elsewhere.size(), 2U);
  EXPECT_EQ(elsewhere[0], (FilterCall<TypeParam>{1, this->Group(2), this->Exclude()}));
  EXPECT_EQ(elsewhere[1], (FilterCall<TypeParam>{0, this->Group(2), {}}));
  EXPECT_EQ(this->plan_.Change(this->Group(3), this->Exclude())[0].socket, 1U);
  this->plan_.Change(this->Group(1), {});
  EXPECT_EQ(this->plan_.Change(this->Group(4), this->Exclude())[0].socket, 0U);
}

TYPED_TEST(MembershipPlanTest, D_31_WhatASocketOfItsOwnHasNoRoomForIsNotTriedElsewhere) {
  const auto refused = this->plan_.Change(this->Group(1), this->Exclude());
  EXPECT_THAT(this->plan_.Elsewhere(refused[0]), IsEmpty());
}

}  // namespace
}  // namespace bpfcast
