#include "routing/forwarding_table.h"

#include <gtest/gtest.h>

#include <random>

namespace bpfcast {
namespace {

constexpr PortId kUpstream{0};
constexpr PortId kD1{1};
constexpr PortId kD2{2};
constexpr PortId kD3{3};

template <class F>
struct Addresses;
template <>
struct Addresses<Igmp> {
  static Ipv4Address Group() { return MakeIpv4(239, 1, 2, 3); }
  static Ipv4Address LinkLocal() { return MakeIpv4(224, 0, 0, 251); }
  static Ipv4Address Source(std::uint8_t n) { return MakeIpv4(10, 0, 0, n); }
};
template <>
struct Addresses<Mld> {
  static Ipv6Address Group() { return *Ipv6Address::Parse("ff0e::1234"); }
  static Ipv6Address LinkLocal() { return *Ipv6Address::Parse("ff02::fb"); }
  static Ipv6Address Source(std::uint8_t n) { return *Ipv6Address::Parse("2001:db8::" + std::to_string(n)); }
};

template <class F>
class ForwardingTableTest : public testing::Test {
 protected:
  using Address = typename F::Address;
  using Record = MembershipRecord<F>;

  static Address S(std::uint8_t n) { return Addresses<F>::Source(n); }
  static Record Include(std::initializer_list<Address> sources) { return {FilterMode::kInclude, sources}; }
  static Record Exclude(std::initializer_list<Address> sources) { return {FilterMode::kExclude, sources}; }

  ForwardingUpdate<F> Set(PortId link, const Record& record) {
    database.Set(link, group, record);
    ForwardingUpdate<F> update;
    table.Refresh(group, update);
    Replay(update);
    return update;
  }

  /// What a datapath that made the updates would do with a packet (S,G) from upstream.
  PortSet Forwarded(const Address& source) const {
    auto found = installed.find({source, group});
    if (found == installed.end()) found = installed.find({Address(), group});
    return found == installed.end() ? PortSet() : found->second.from_upstream;
  }

  void Replay(const ForwardingUpdate<F>& update) {
    for (const auto& change : update) {
      if (change.route) {
        installed[change.key] = *change.route;
      } else {
        ASSERT_EQ(installed.erase(change.key), 1u) << "removed an entry that is not there";
      }
    }
  }

  const Address group = Addresses<F>::Group();
  Topology topology{kUpstream};
  MembershipDatabase<F> database;
  ForwardingTable<F> table{topology, database};
  std::map<RouteKey<F>, Route> installed;
};

using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ForwardingTableTest, Families);

TYPED_TEST(ForwardingTableTest, E_31_WithoutSubscriberThereIsNoEntry) {
  EXPECT_TRUE(this->table.All().empty());
  EXPECT_TRUE(this->Forwarded(this->S(1)).empty());
}

TYPED_TEST(ForwardingTableTest, E_30_ExcludeModeNeedsOneEntryForAllSources) {
  const auto update = this->Set(kD1, this->Exclude({}));
  ASSERT_EQ(update.size(), 1u);
  EXPECT_TRUE(update[0].key.source.IsUnspecified());
  EXPECT_EQ(update[0].route->from_upstream, PortSet{kD1});
}

TYPED_TEST(ForwardingTableTest, E_32_PacketsFromADownstreamAlsoGoUpstream) {
  this->Set(kD1, this->Exclude({}));
  this->Set(kD2, this->Include({this->S(1)}));
  for (const auto& [key, route] : this->installed) {
    PortSet expected = route.from_upstream;
    expected.Add(kUpstream);
    EXPECT_EQ(route.from_downstream, expected);
  }
}

TYPED_TEST(ForwardingTableTest, TF_36_EachLinkKeepsItsOwnFilter) {
  this->Set(kD1, this->Include({this->S(1)}));
  this->Set(kD2, this->Exclude({this->S(1)}));
  this->Set(kD3, this->Exclude({}));
  EXPECT_EQ(this->Forwarded(this->S(1)), (PortSet{kD1, kD3}));
  EXPECT_EQ(this->Forwarded(this->S(2)), (PortSet{kD2, kD3}));
}

TYPED_TEST(ForwardingTableTest, E_36_ALinkThatWantsOneSourceGetsNoOtherThoughTheDatabaseExcludesNone) {
  this->Set(kD1, this->Include({this->S(1)}));
  this->Set(kD2, this->Exclude({}));
  EXPECT_EQ(this->database.Merged(this->group), this->Exclude({}));
  EXPECT_EQ(this->Forwarded(this->S(9)), PortSet{kD2});
}

TYPED_TEST(ForwardingTableTest, ASourceThatEveryLinkBlocksHasAnEmptyEntry) {
  this->Set(kD1, this->Exclude({this->S(1)}));
  const auto found = this->installed.find({this->S(1), this->group});
  ASSERT_NE(found, this->installed.end());
  EXPECT_TRUE(found->second.from_upstream.empty());
  EXPECT_EQ(found->second.from_downstream, PortSet{kUpstream});
}

TYPED_TEST(ForwardingTableTest, ARefreshWithoutChangeIsSilent) {
  this->Set(kD1, this->Exclude({this->S(1)}));
  EXPECT_TRUE(this->Set(kD1, this->Exclude({this->S(1)})).empty());
}

TYPED_TEST(ForwardingTableTest, TheLastLeaveRemovesEveryEntry) {
  this->Set(kD1, this->Exclude({this->S(1)}));
  this->Set(kD1, this->Include({}));
  EXPECT_TRUE(this->installed.empty());
  EXPECT_TRUE(this->table.groups().empty());
}

TYPED_TEST(ForwardingTableTest, A_47_LinkLocalGroupsHaveNoEntry) {
  this->database.Set(kD1, Addresses<TypeParam>::LinkLocal(), this->Exclude({}));
  ForwardingUpdate<TypeParam> update;
  this->table.Refresh(Addresses<TypeParam>::LinkLocal(), update);
  EXPECT_TRUE(update.empty());
}

TYPED_TEST(ForwardingTableTest, TC_28_WhatTurnsAPortOnComesBeforeWhatTurnsOneOff) {
  this->Set(kD1, this->Include({this->S(1)}));
  // D1 moves from source 1 to source 2 in one step.
  const auto update = this->Set(kD1, this->Include({this->S(2)}));
  ASSERT_EQ(update.size(), 2u);
  EXPECT_EQ(update[0].key.source, this->S(2));
  EXPECT_TRUE(update[0].route.has_value());
  EXPECT_EQ(update[1].key.source, this->S(1));
  EXPECT_FALSE(update[1].route.has_value());
}

TYPED_TEST(ForwardingTableTest, C_07_NoStepOfAnUpdateTakesASourceFromALinkThatKeepsIt) {
  const std::uint32_t seed = 20261;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto random_record = [&] {
    std::vector<typename TypeParam::Address> sources;
    for (std::uint8_t n = 1; n <= 3; ++n) {
      if (random() % 2 == 0) sources.push_back(this->S(n));
    }
    return MembershipRecord<TypeParam>{random() % 2 == 0 ? FilterMode::kInclude : FilterMode::kExclude,
                                       SourceSet<TypeParam>(sources)};
  };
  for (int step = 0; step < 20000; ++step) {
    const PortId link{static_cast<std::uint16_t>(1 + random() % 3)};
    std::map<std::uint8_t, PortSet> before;
    for (std::uint8_t n = 1; n <= 4; ++n) before[n] = this->Forwarded(this->S(n));
    this->database.Set(link, this->group, random_record());
    ForwardingUpdate<TypeParam> update;
    this->table.Refresh(this->group, update);
    for (const auto& change : update) {
      this->Replay({change});
      for (std::uint8_t n = 1; n <= 4; ++n) {
        for (const PortId other : {kD1, kD2, kD3}) {
          const auto& links = this->database.Links(this->group);
          const auto record = links.find(other);
          const bool wants = record != links.end() && record->second.Wants(this->S(n));
          if (wants && before[n].Contains(other)) {
            ASSERT_TRUE(this->Forwarded(this->S(n)).Contains(other)) << "step " << step;
          }
        }
      }
    }
    // At the end: exactly what the links want, and the table is what a rebuild gives.
    for (std::uint8_t n = 1; n <= 4; ++n) {
      PortSet wanted;
      for (const auto& [port, record] : this->database.Links(this->group)) {
        if (record.Wants(this->S(n))) wanted.Add(port);
      }
      ASSERT_EQ(this->Forwarded(this->S(n)), wanted) << "step " << step;
    }
    std::map<RouteKey<TypeParam>, Route> rebuilt;
    for (const auto& change : this->table.All()) rebuilt[change.key] = *change.route;
    ASSERT_EQ(rebuilt, this->installed) << "step " << step;
  }
}

/// Subscriptions, roles, blocked ports and boundaries change at random; the words of every entry are compared
/// with the rules as RFC 4605 and the conformance matrix write them.
TYPED_TEST(ForwardingTableTest, E_35_F_50_E_41_EveryInputIsFollowed) {
  const std::uint32_t seed = 20263;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  bool bounded = false;
  PortSet blocked;
  PortSet left_to_others;
  for (int step = 0; step < 5000; ++step) {
    ForwardingUpdate<TypeParam> update;
    const PortId port{static_cast<std::uint16_t>(random() % 4)};  // the upstream, too
    switch (random() % 6) {
      case 0:
        bounded = !bounded;
        this->table.SetUpstreamBoundaries(
            bounded ? std::vector<Prefix<typename TypeParam::Address>>{{this->group, 16}}
                    : std::vector<Prefix<typename TypeParam::Address>>(),
            update);
        break;
      case 1:
        blocked.Contains(port) ? blocked.Remove(port) : blocked.Add(port);
        this->topology.Block(blocked);
        this->table.RefreshAll(update);
        break;
      case 2:
        if (port == kUpstream) break;
        if (left_to_others.Contains(port)) {
          left_to_others.Remove(port);
          this->topology.Serve(port);
        } else {
          left_to_others.Add(port);
          this->topology.LeaveToOthers(port);
        }
        this->table.RefreshPort(port, update);
        break;
      default: {  // of the upstream it is what is pulled (E-07)
        std::vector<typename TypeParam::Address> sources;
        for (std::uint8_t n = 1; n <= 3; ++n) {
          if (random() % 2 == 0) sources.push_back(this->S(n));
        }
        this->database.Set(
            port, this->group,
            {random() % 2 == 0 ? FilterMode::kInclude : FilterMode::kExclude, SourceSet<TypeParam>(sources)});
        this->table.Refresh(this->group, update);
      }
    }
    this->Replay(update);
    for (std::uint8_t n = 1; n <= 4; ++n) {
      PortSet members;
      for (const auto& [link, record] : this->database.Links(this->group)) {
        const bool gets = link != kUpstream && !blocked.Contains(link) && !left_to_others.Contains(link);
        if (gets && record.Wants(this->S(n))) members.Add(link);
      }
      const bool passes = !bounded && !blocked.Contains(kUpstream);
      auto found = this->installed.find({this->S(n), this->group});
      if (found == this->installed.end()) found = this->installed.find({{}, this->group});
      if (found == this->installed.end()) {
        ASSERT_TRUE(members.empty()) << "step " << step;
        continue;
      }
      const Route& route = found->second;
      PortSet with_upstream = members;
      if (passes) with_upstream.Add(kUpstream);
      ASSERT_EQ(route.not_upstream, members) << "step " << step;
      ASSERT_EQ(route.from_upstream, passes ? members : PortSet()) << "step " << step;
      ASSERT_EQ(route.from_downstream, with_upstream) << "step " << step;
    }
  }
}

TYPED_TEST(ForwardingTableTest, F_52_AGroupOfLocalSocketsIsMarkedInAllItsEntries) {
  this->Set(kD1, this->Exclude({this->S(1)}));
  ForwardingUpdate<TypeParam> update;
  this->table.SetLocal(this->group, LocalMembership::kJoined, update);
  this->Replay(update);
  ASSERT_EQ(this->installed.size(), 2u);
  for (const auto& [key, route] : this->installed) EXPECT_TRUE(route.local);
  this->Set(kD1, this->Include({}));
  ASSERT_EQ(this->installed.size(), 1u)
      << "local listeners alone keep one entry that forwards nowhere downstream";
  EXPECT_TRUE(this->installed.begin()->second.from_upstream.empty());

  update.clear();
  this->table.SetLocal(this->group, LocalMembership::kNone, update);
  this->Replay(update);
  EXPECT_TRUE(this->installed.empty());
}

}  // namespace
}  // namespace bpfcast
