// Access lists, and settings that change while the proxy runs (C-85, E-08, X-04).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

class ProxySettings : public ProxyBed {
 protected:
  static constexpr PortId kD3{3};

  static AccessList<Igmp> Deny(std::vector<AccessRule<Igmp>> rules) {
    for (AccessRule<Igmp>& rule : rules) rule.access = Access::kDeny;
    return {std::move(rules), Access::kPermit};
  }
  static AccessRule<Igmp> Group(const Ipv4Address& group) { return {Access::kDeny, {group, 32}}; }
  static AccessRule<Igmp> OneSource(const Ipv4Address& source) {
    return {Access::kDeny, {MakeIpv4(224, 0, 0, 0), 4}, {source, 32}};
  }

  void Set(PortId port, const AccessList<Igmp>& access) {
    DownstreamConfig<Igmp> config = MakeConfig().downstreams.front();
    config.port = port;
    config.access = access;
    ProxyEffects<Igmp> effects;
    proxy.SetDownstream(config, now, effects);
    Take(effects);
  }
  void Remove(PortId port) {
    ProxyEffects<Igmp> effects;
    proxy.RemoveDownstream(port, now, effects);
    Take(effects);
  }
  std::uint64_t Refused(PortId port) const { return proxy.counters(port).drops[DropReason::kPolicy]; }
};

TEST_F(ProxySettings, TC_95_ADeniedGroupIsNeitherForwardedNorReportedUpstream) {
  Set(kD1, Deny({Group(kGroup)}));
  Reports(kD1, {Record(Type::kToEx)});
  Reports(kD1, {Record(Type::kIsEx)}, Version::kV2);
  AdvanceTo(5);
  EXPECT_FALSE(Forwards(kD1, S(1)));
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  EXPECT_EQ(Refused(kD1), 2u);
  EXPECT_EQ(Refused(kD2), 0u);
  Reports(kD2, {Record(Type::kToEx)});
  EXPECT_TRUE(Forwards(kD2, S(1))) << "the list of another port";
}

TEST_F(ProxySettings, TC_95_ADeniedSourceIsTakenOutOfTheList) {
  Set(kD1, Deny({OneSource(S(2))}));
  Reports(kD1, {Record(Type::kAllow, {S(1), S(2)})});
  EXPECT_TRUE(Forwards(kD1, S(1)));
  EXPECT_FALSE(Forwards(kD1, S(2)));
  EXPECT_EQ(Refused(kD1), 1u);
}

TEST_F(ProxySettings, C_85_AListThatChangesTakesEffectOnWhatIsThere) {
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  UpstreamRecords();
  Set(kD1, Deny({Group(kGroup)}));
  EXPECT_FALSE(Forwards(kD1, S(1)));
  AdvanceTo(10);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
  Set(kD1, {});
  EXPECT_TRUE(Forwards(kD1, S(1)));
  AdvanceTo(15);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToEx)));
}

TEST_F(ProxySettings, C_85_AListThatPermitsMoreAsksTheHostsAtOnce) {
  Set(kD1, Deny({Group(kGroup)}));
  AdvanceTo(40);  // behind the startup queries
  Reports(kD1, {Record(Type::kToEx)});
  sent.clear();
  Set(kD1, {});
  ASSERT_EQ(QueriesOn(kD1).size(), 1u);
  EXPECT_TRUE(QueriesOn(kD1)[0].second.IsGeneral());
  EXPECT_DOUBLE_EQ(QueriesOn(kD1)[0].first, 40);
  Reports(kD1, {Record(Type::kIsEx)});
  EXPECT_TRUE(Forwards(kD1, S(1)));
  sent.clear();
  Set(kD1, {});
  EXPECT_THAT(QueriesOn(kD1), IsEmpty()) << "nothing changed";
}

TEST_F(ProxySettings, E_08_WhatUpstreamMayNotBeAskedForIsStillForwardedBetweenDownstreams) {
  UpstreamConfig<Igmp> upstream = MakeConfig().upstream;
  upstream.host.access = Deny({Group(kGroup)});
  ProxyEffects<Igmp> effects;
  proxy.SetUpstream(upstream, now, effects);
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  const auto route = routes.find({Ipv4Address(), kGroup});
  ASSERT_NE(route, routes.end());
  EXPECT_EQ(route->second.from_downstream, (PortSet{kU, kD1}));
}

TEST_F(ProxySettings, X_04_OtherSettingsLeaveGroupsAndRoutesAlone) {
  Reports(kD1, {Record(Type::kToEx)});
  AdvanceTo(5);
  sent.clear();
  const auto before = routes;
  Set(kD1, {});
  EXPECT_EQ(routes, before);
  EXPECT_THAT(UpstreamRecords(), IsEmpty());
  AdvanceTo(259.9);  // Group Membership Interval from the report at 0: 270
  EXPECT_TRUE(Forwards(kD1, S(1)));
}

TEST_F(ProxySettings, E_01_ADownstreamThatComesLaterIsServedAndOneThatEndsIsFlushed) {
  Set(kD3, {});
  EXPECT_THAT(QueriesOn(kD3), IsEmpty()) << "its link is not known yet";
  Up(kD3, MakeIpv4(10, 30, 0, 1));
  EXPECT_EQ(QueriesOn(kD3).size(), 1u);
  Reports(kD3, {Record(Type::kToEx)});
  EXPECT_TRUE(Forwards(kD3, S(1)));
  AdvanceTo(5);
  UpstreamRecords();
  Remove(kD3);
  EXPECT_FALSE(Forwards(kD3, S(1)));
  EXPECT_EQ(proxy.querier(kD3), nullptr);
  AdvanceTo(10);
  EXPECT_THAT(UpstreamRecords(), ElementsAre(Record(Type::kToIn)));
  Reports(kD3, {Record(Type::kToEx)});
  EXPECT_FALSE(Forwards(kD3, S(1))) << "E-38: no role, no forwarding";
}

}  // namespace
}  // namespace bpfcast
