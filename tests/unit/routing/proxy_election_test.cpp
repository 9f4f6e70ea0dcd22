// What another router on a downstream link does to forwarding (E-30, E-34, C-57).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::IsEmpty;

using Type = RecordType;

constexpr Ipv4Address kOtherRouter = MakeIpv4(192, 0, 2, 2);

class ProxyElection : public ProxyBed {
 protected:
  ProxyElection() {
    Up(kD1, MakeIpv4(192, 0, 2, 5));
    AdvanceTo(0);
  }

  void Hear(PortId port, const Ipv4Address& source, const Ipv4Address& group = {}) {
    Query<Igmp> query;
    query.group = group;
    query.max_response_time = std::chrono::seconds(group.IsUnspecified() ? 10 : 1);
    query.robustness = 2;
    query.query_interval = std::chrono::seconds(125);
    Receive(port, Codec<Igmp>::Serialize(query, source).bytes);
  }
  void KeepForwarding() {
    DownstreamConfig<Igmp> config = MakeConfig().downstreams.front();
    config.foreign_querier = ForeignQuerier::kKeepForwarding;
    ProxyEffects<Igmp> effects;
    proxy.SetDownstream(config, now, effects);
    Take(effects);
  }
};

TEST_F(ProxyElection, TE_23_ALinkWithAnotherQuerierIsNotForwardedToUntilThatIsSilent) {
  Reports(kD1, {Record(Type::kIsEx)});
  Reports(kD2, {Record(Type::kIsEx)});
  ASSERT_TRUE(Forwards(kD1, S(1)));
  AdvanceTo(10);
  Hear(kD1, kOtherRouter);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_TRUE(Forwards(kD2, S(1))) << "another link, another querier";
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].port, kD1);
  EXPECT_EQ(notices[0].notice.event, LinkEvent::kYielded);
  EXPECT_EQ(notices[0].notice.router, kOtherRouter);
  // The group lives on by the answers to the other's queries.
  AdvanceTo(200);
  Reports(kD1, {Record(Type::kIsEx)});
  Reports(kD2, {Record(Type::kIsEx)});
  AdvanceTo(264.9);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  AdvanceTo(265);  // the Other Querier Present Interval of 255 s is over
  EXPECT_TRUE(Forwards(kD1, S(1)));
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[1].notice.event, LinkEvent::kTookOver);
}

TEST_F(ProxyElection, TE_23_ForwardIfNotQuerierKeepsTheStreamGoing) {
  KeepForwarding();
  Reports(kD1, {Record(Type::kIsEx)});
  Hear(kD1, kOtherRouter);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_EQ(proxy.querier(kD1)->role(), RouterRole::kNonQuerier);
}

TEST_F(ProxyElection, E_34_TheKnobWorksAtOnceWhenItIsTurned) {
  Reports(kD1, {Record(Type::kIsEx)});
  Hear(kD1, kOtherRouter);
  ASSERT_FALSE(Forwards(kD1, S(1)));
  KeepForwarding();
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

TEST_F(ProxyElection, E_06_ALinkThatAnotherRouterServesStillCountsUpstream) {
  Hear(kD1, kOtherRouter);
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(5);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), testing::ElementsAre(Record(Type::kToEx)));
}

TEST_F(ProxyElection, E_32_SendersOnALinkThatAnotherRouterServesAreStillForwardedUpstream) {
  Reports(kD1, {Record(Type::kIsEx)});
  Reports(kD2, {Record(Type::kIsEx)});
  Hear(kD1, kOtherRouter);
  const auto route = routes.find({Ipv4Address(), kGroup});
  ASSERT_NE(route, routes.end());
  EXPECT_EQ(route->second.from_downstream, (PortSet{kU, kD2}));
}

TEST_F(ProxyElection, TC_50_ALeaveWaitsForTheQueriesOfTheOtherQuerier) {
  Hear(kD1, kOtherRouter);
  Reports(kD1, {Record(Type::kIsEx)});
  AdvanceTo(70);
  sent.clear();
  Reports(kD1, {Record(Type::kToIn)});
  AdvanceTo(75);
  EXPECT_THAT(QueriesOn(kD1), IsEmpty());
  EXPECT_FALSE(proxy.database().Merged(kGroup).IsEmpty());
  Hear(kD1, kOtherRouter, kGroup);
  AdvanceTo(77);
  EXPECT_TRUE(proxy.database().Merged(kGroup).IsEmpty());
}

TEST_F(ProxyElection, TA_32_AQueryFromTheUnspecifiedAddressNeverWins) {
  Reports(kD1, {Record(Type::kIsEx)});
  Hear(kD1, Ipv4Address());
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_EQ(proxy.querier(kD1)->role(), RouterRole::kQuerier);
}

/// "at most 10 ms after the event" is the same turn here: the update comes with the call.
TEST_F(ProxyElection, TE_26_ExpiryQuerierLossPolicyAndAnInterfaceThatGoesDownChangeForwardingInTheirTurn) {
  const auto join = [&] {
    Reports(kD1, {Record(Type::kIsEx)});
    ASSERT_TRUE(Forwards(kD1, S(1)));
  };
  join();
  AdvanceTo(269.999);
  EXPECT_TRUE(Forwards(kD1, S(1)));
  AdvanceTo(270);
  EXPECT_FALSE(Forwards(kD1, S(1))) << "the group timer";

  join();
  Hear(kD1, kOtherRouter);
  EXPECT_FALSE(Forwards(kD1, S(1))) << "the querier is another";
  AdvanceTo(525);
  ASSERT_EQ(proxy.querier(kD1)->role(), RouterRole::kQuerier);

  join();
  DownstreamConfig<Igmp> config = MakeConfig().downstreams.front();
  config.access.otherwise = Access::kDeny;
  ProxyEffects<Igmp> effects;
  proxy.SetDownstream(config, now, effects);
  Take(effects);
  EXPECT_FALSE(Forwards(kD1, S(1))) << "the policy";
  config.access = {};
  proxy.SetDownstream(config, now, effects = {});
  Take(effects);
  EXPECT_TRUE(Forwards(kD1, S(1)));

  Link(kD1, LinkState<Igmp>());
  EXPECT_FALSE(Forwards(kD1, S(1))) << "the interface";
}

TEST_F(ProxyElection, ALinkThatWentDownAndCameBackIsServedAgain) {
  Hear(kD1, kOtherRouter);
  Link(kD1, LinkState<Igmp>());
  Up(kD1, MakeIpv4(192, 0, 2, 5));
  Reports(kD1, {Record(Type::kIsEx)});
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

}  // namespace
}  // namespace bpfcast
