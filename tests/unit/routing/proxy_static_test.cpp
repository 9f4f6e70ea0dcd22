// Static memberships of downstream links, and groups that the upstream pulls (E-07).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Type = RecordType;

template <class F>
class ProxyStatic : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;

  static DownstreamConfig<F> On(PortId port, std::vector<StaticMembership<F>> memberships) {
    auto config = Bed::MakeDownstream(port);
    config.static_memberships = std::move(memberships);
    return config;
  }
  /// (G) on D1, (S1,SG) on D2.
  static ProxyConfig<F> MakeStaticConfig() {
    auto config = Bed::MakeConfig();
    config.downstreams = {On(Bed::kD1, {{Bed::kGroup, {}}}), On(Bed::kD2, {{Bed::kSsmGroup, Bed::S(1)}})};
    return config;
  }
  void Pull(std::vector<StaticMembership<F>> memberships) {
    auto config = Bed::MakeConfig().upstream;
    config.pull = std::move(memberships);
    this->Configure(config);
  }
};
TYPED_TEST_SUITE(ProxyStatic, BothFamilies);

/// The memberships stand in the configuration that the proxy starts with.
template <class F>
class ProxyStaticFromStart : public ProxyStatic<F> {
 protected:
  using Bed = ProxyBed<F>;

  /// A second proxy, so that nothing was sent before.
  ProxyStaticFromStart() : started(ProxyStatic<F>::MakeStaticConfig(), Random(2)) {}

  Proxy<F> started;
};
TYPED_TEST_SUITE(ProxyStaticFromStart, BothFamilies);

TYPED_TEST(ProxyStaticFromStart, TE_15_AreAskedForWhenTheUpstreamComesUp) {
  EXPECT_EQ(this->started.database().Merged(this->kGroup), this->Exclude({}));
  EXPECT_TRUE(this->started.table().All().empty()) << "no link works yet";
  ProxyEffects<TypeParam> effects;
  for (const PortId port : {this->kU, this->kD1, this->kD2}) {
    this->started.OnLink(port, this->Working(this->Own(port)), this->now, effects);
  }
  this->Take(effects);
  this->sent.clear();
  effects = {};
  this->started.Expire(this->now, effects);
  this->Take(effects);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToEx),
                                   this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(7)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1), this->kSsmGroup));
  EXPECT_FALSE(this->Forwards(this->kD2, this->S(2), this->kSsmGroup));
}

TYPED_TEST(ProxyStatic, TE_15_SurviveTheGroupMembershipIntervalAndAReloadAndEndWithTheirConfiguration) {
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  this->Configure(this->On(this->kD2, {{this->kSsmGroup, this->S(1)}}));
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToEx),
                                   this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)));
  this->AdvanceTo(1000);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(7)));
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1), this->kSsmGroup));

  auto other = this->On(this->kD1, {{this->kGroup, {}}});
  other.querier.fast_leave = FastLeave::kAlways;
  this->Configure(other);
  this->AdvanceTo(1010);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(7)));
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());

  this->Configure(this->On(this->kD1, {}));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(7)));
  this->Configure(this->On(this->kD2, {}));
  this->AdvanceTo(1020);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToIn),
                                   this->Record(Type::kBlock, {this->S(1)}, this->kSsmGroup)));
  EXPECT_TRUE(this->routes.empty());
  EXPECT_TRUE(this->proxy.database().groups().empty());
}

TYPED_TEST(ProxyStatic, TE_15_SurviveALinkThatFlaps) {
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->Down(this->kD1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1))) << "a link that is down gets nothing";
  this->AdvanceTo(50);
  this->Up(this->kD1);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(60);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty()) << "upstream hears nothing of it";
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyStatic, A_04_ALinkWithoutAnAddressIsNotForwardedTo) {
  LinkState<TypeParam> state;
  state.up = true;
  this->Link(this->kD1, state);
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  this->Up(this->kD1);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyStatic, TE_15_OnALinkWithAnotherQuerierTheyAreNotForwarded) {
  this->Up(this->kD1, this->kHost2);
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  this->Hear(this->kD1, this->kHost1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Exclude({}));
}

TYPED_TEST(ProxyStatic, E_07_TheLinkWantsWhatItsHostsOrTheConfigurationWant) {
  this->Configure(this->On(this->kD1, {{this->kGroup, this->S(1)}, {this->kGroup, this->S(2)}}));
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Include({this->S(1), this->S(2)}));
  this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(3)})});
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Include({this->S(1), this->S(2), this->S(3)}));
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {this->S(1), this->S(4)})});
  for (std::uint8_t n = 1; n <= 5; ++n) {
    EXPECT_EQ(this->Forwards(this->kD1, this->S(n)), n != 4) << "source " << int{n};
  }
  this->AdvanceTo(600);  // the hosts are silent
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Include({this->S(1), this->S(2)}));
  this->Configure(this->On(this->kD1, {{this->kGroup, this->S(1)}, {this->kGroup, {}}}));
  EXPECT_EQ(this->proxy.database().Merged(this->kGroup), this->Exclude({}));
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyStatic, E_07_ALeaveOfAHostDoesNotEndThem) {
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(10);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyStatic, E_07_AccessListsAreForHosts) {
  auto config = this->On(this->kD1, {{this->kGroup, {}}});
  config.access.otherwise = Access::kDeny;
  this->Configure(config);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyStatic, X_04_ADownstreamThatIsRemovedTakesThemAlong) {
  this->Configure(this->On(this->kD1, {{this->kGroup, {}}}));
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->Remove(this->kD1);
  EXPECT_TRUE(this->routes.empty());
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
}

TYPED_TEST(ProxyStatic, E_07_WhatTheUpstreamPullsIsAskedForAndForwardedToNobody) {
  this->Pull({{this->kGroup, {}}, {this->kSsmGroup, this->S(1)}});
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(),
              UnorderedElementsAre(this->Record(Type::kToEx),
                                   this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)));
  EXPECT_TRUE(this->routes.empty());
  this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(1)})});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(2))) << "that the upstream sends more changes nothing";
  EXPECT_FALSE(this->Forwards(this->kD2, this->S(1)));
  this->AdvanceTo(600);
  this->Down(this->kU);
  this->Up(this->kU);
  this->AdvanceTo(605);
  EXPECT_THAT(this->UpstreamRecords(), testing::Contains(this->Record(Type::kToEx)));
  this->Pull({{this->kGroup, {}}});
  this->AdvanceTo(610);
  EXPECT_THAT(this->UpstreamRecords(),
              ElementsAre(this->Record(Type::kBlock, {this->S(1)}, this->kSsmGroup)));
  this->Pull({});
  this->AdvanceTo(615);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  EXPECT_TRUE(this->proxy.database().groups().empty());
}

}  // namespace
}  // namespace bpfcast
