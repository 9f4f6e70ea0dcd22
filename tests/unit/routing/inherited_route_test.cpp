// From routes back to the memberships that they came from.
#include "routing/inherited_route.h"

#include <gtest/gtest.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

template <class F>
class Inherited : public ProxyBed<F> {
 protected:
  /// The routes of the proxy, as a datapath has them.
  std::vector<InheritedRoute<F>> Routes() const {
    std::vector<InheritedRoute<F>> routes;
    for (const auto& [key, route] : this->routes) routes.push_back({key, route.not_upstream});
    return routes;
  }
  /// Another agent in place of this one, `seconds` later.
  struct Successor : ProxyBed<F> {
    using Bed = ProxyBed<F>;
    using Bed::AdvanceTo, Bed::Configure, Bed::Down, Bed::ExpectNothingMissed, Bed::Forwards, Bed::QueriesOn,
        Bed::Reports, Bed::UpstreamRecords, Bed::proxy, Bed::routes, Bed::sent;

    explicit Successor(double seconds) { this->now = this->At(seconds); }
    void Adopt(const std::vector<InheritedRoute<F>>& inherited) {
      ProxyEffects<F> effects;
      proxy.Adopt(inherited, this->now, effects);
      this->Take(effects);
    }
    void TestBody() override {}
  };

  /// What the group's members on the port are taken to have said.
  std::optional<GroupRecord<F>> RecordOn(PortId port, const typename F::Address& group) const {
    const auto reports = ReportsBehind(Routes());
    const auto found = reports.find(port);
    if (found == reports.end()) return std::nullopt;
    for (const auto& record : found->second.records) {
      if (record.group == group) return record;
    }
    return std::nullopt;
  }
};
TYPED_TEST_SUITE(Inherited, BothFamilies);

TYPED_TEST(Inherited, E_36_EveryMixOfFiltersComesBackAsItWas) {
  using Bed = ProxyBed<TypeParam>;
  const auto s1 = Bed::S(1);
  const auto s2 = Bed::S(2);
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx, {s1})});
  this->Reports(Bed::kD2, {Bed::Record(RecordType::kAllow, {s1, s2})});
  this->Reports(Bed::kD2, {Bed::Record(RecordType::kToEx, {}, Bed::kOtherGroup)});
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kAllow, {s2}, Bed::kSsmGroup)});
  EXPECT_EQ(this->RecordOn(Bed::kD1, Bed::kGroup), Bed::Record(RecordType::kIsEx, {s1}));
  EXPECT_EQ(this->RecordOn(Bed::kD2, Bed::kGroup), Bed::Record(RecordType::kIsIn, {s1, s2}));
  EXPECT_EQ(this->RecordOn(Bed::kD2, Bed::kOtherGroup), Bed::Record(RecordType::kIsEx, {}, Bed::kOtherGroup));
  EXPECT_EQ(this->RecordOn(Bed::kD1, Bed::kOtherGroup), std::nullopt);
  EXPECT_EQ(this->RecordOn(Bed::kD1, Bed::kSsmGroup), Bed::Record(RecordType::kIsIn, {s2}, Bed::kSsmGroup));
}

TYPED_TEST(Inherited, TX_03_TheNextAgentForwardsTheSameAndAsksForItUpstream) {
  using Bed = ProxyBed<TypeParam>;
  const auto s1 = Bed::S(1);
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx, {s1})});
  this->Reports(Bed::kD2, {Bed::Record(RecordType::kAllow, {s1}, Bed::kSsmGroup)});
  typename TestFixture::Successor next(100);
  next.Adopt(this->Routes());
  EXPECT_EQ(next.routes, this->routes);
  EXPECT_TRUE(next.proxy.querier(Bed::kD1)->groups().at(Bed::kGroup).stale);
  next.AdvanceTo(110);
  // joins, and no leave.
  auto records = next.UpstreamRecords();
  ASSERT_EQ(records.size(), 2U);
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.type < b.type; });
  for (const auto& record : records) {
    EXPECT_TRUE(record == Bed::Record(RecordType::kToEx, {s1}) ||
                record == Bed::Record(RecordType::kAllow, {s1}, Bed::kSsmGroup));
  }
}

TYPED_TEST(Inherited, TX_03_WhatNobodyRefreshedEndsAfterOneGroupMembershipInterval) {
  using Bed = ProxyBed<TypeParam>;
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx)});
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx, {}, Bed::kOtherGroup)});
  typename TestFixture::Successor next(1000);
  next.Adopt(this->Routes());
  next.AdvanceTo(1005);
  next.Reports(Bed::kD1, {Bed::Record(RecordType::kIsEx)});
  EXPECT_FALSE(next.proxy.querier(Bed::kD1)->groups().at(Bed::kGroup).stale);
  EXPECT_TRUE(next.proxy.querier(Bed::kD1)->groups().at(Bed::kOtherGroup).stale);
  next.AdvanceTo(1269.9);  // GMI = 2 * 125 s + 2 * 10 s (B-04)
  EXPECT_TRUE(next.Forwards(Bed::kD1, Bed::S(1), Bed::kOtherGroup));
  next.AdvanceTo(1270);
  EXPECT_FALSE(next.Forwards(Bed::kD1, Bed::S(1), Bed::kOtherGroup));
  EXPECT_TRUE(next.Forwards(Bed::kD1, Bed::S(1)));
  next.ExpectNothingMissed();
}

// C-80: that no host of the port is known does not mean that there is none.
TYPED_TEST(Inherited, X_03_ALeaveOfTheFirstHostThatIsKnownCutsNobodyElse) {
  using Bed = ProxyBed<TypeParam>;
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx)});
  typename TestFixture::Successor next(100);
  next.Adopt(this->Routes());
  auto config = Bed::MakeDownstream(Bed::kD1);
  config.querier.fast_leave = FastLeave::kTracked;
  next.Configure(config);
  next.AdvanceTo(200);
  next.Reports(Bed::kD1, {Bed::Record(RecordType::kToEx)});
  next.sent.clear();
  next.Reports(Bed::kD1, {Bed::Record(RecordType::kToIn)});
  EXPECT_TRUE(next.Forwards(Bed::kD1, Bed::S(1)));
  EXPECT_EQ(next.QueriesOn(Bed::kD1).size(), 1U) << "the others are asked";
}

TYPED_TEST(Inherited, X_01_ALinkThatIsNotUpHasNoMembers) {
  using Bed = ProxyBed<TypeParam>;
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx)});
  typename TestFixture::Successor next(0);
  next.Down(Bed::kD1);
  next.Adopt(this->Routes());
  EXPECT_TRUE(next.routes.empty());
}

TYPED_TEST(Inherited, C_85_WhatIsNotPermittedAnyMoreIsNotAdopted) {
  using Bed = ProxyBed<TypeParam>;
  this->Reports(Bed::kD1, {Bed::Record(RecordType::kToEx)});
  typename TestFixture::Successor next(0);
  auto config = Bed::MakeDownstream(Bed::kD1);
  config.access.rules.push_back({Access::kDeny, {Bed::kGroup, 8 * TypeParam::Address::kBytes}});
  next.Configure(config);
  next.Adopt(this->Routes());
  EXPECT_TRUE(next.routes.empty());
}

}  // namespace
}  // namespace bpfcast
