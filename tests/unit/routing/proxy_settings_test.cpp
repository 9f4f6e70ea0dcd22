// Access lists, and settings that change while the proxy runs (C-85, E-08, X-04).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

template <class F>
class ProxySettings : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  using Address = typename F::Address;
  static constexpr PortId kD3{3};

  static AccessList<F> Deny(std::vector<AccessRule<F>> rules) {
    for (AccessRule<F>& rule : rules) rule.access = Access::kDeny;
    return {std::move(rules), Access::kPermit};
  }
  static AccessRule<F> Group(const Address& group) { return {Access::kDeny, {group, Address::kBits}}; }
  static AccessRule<F> OneSource(const Address& source) {
    return {Access::kDeny, {Address(), 0}, {source, Address::kBits}};
  }

  void Set(PortId port, const AccessList<F>& access) {
    auto config = Bed::MakeDownstream(port);
    config.access = access;
    this->Configure(config);
  }
  std::uint64_t Refused(PortId port) const { return this->proxy.counters(port).drops[DropReason::kPolicy]; }
};
TYPED_TEST_SUITE(ProxySettings, BothFamilies);

TYPED_TEST(ProxySettings, TC_95_ADeniedGroupIsNeitherForwardedNorReportedUpstream) {
  this->Set(this->kD1, this->Deny({this->Group(this->kGroup)}));
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->Reports(this->kD1, {this->Record(Type::kIsEx)}, Version::kV2);
  this->AdvanceTo(5);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  EXPECT_EQ(this->Refused(this->kD1), 2u);
  EXPECT_EQ(this->Refused(this->kD2), 0u);
  this->Reports(this->kD2, {this->Record(Type::kToEx)});
  EXPECT_TRUE(this->Forwards(this->kD2, this->S(1))) << "the list of another port";
}

TYPED_TEST(ProxySettings, TC_95_ADeniedSourceIsTakenOutOfTheList) {
  this->Set(this->kD1, this->Deny({this->OneSource(this->S(2))}));
  this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(1), this->S(2)})});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(2)));
  EXPECT_EQ(this->Refused(this->kD1), 1u);
}

TYPED_TEST(ProxySettings, C_85_AListThatChangesTakesEffectOnWhatIsThere) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->Set(this->kD1, this->Deny({this->Group(this->kGroup)}));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  this->Set(this->kD1, {});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->AdvanceTo(15);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
}

TYPED_TEST(ProxySettings, C_85_AListThatPermitsMoreAsksTheHostsAtOnce) {
  this->Set(this->kD1, this->Deny({this->Group(this->kGroup)}));
  this->AdvanceTo(40);  // behind the startup queries
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->sent.clear();
  this->Set(this->kD1, {});
  ASSERT_EQ(this->QueriesOn(this->kD1).size(), 1u);
  EXPECT_TRUE(this->QueriesOn(this->kD1)[0].second.IsGeneral());
  EXPECT_DOUBLE_EQ(this->QueriesOn(this->kD1)[0].first, 40);
  this->Reports(this->kD1, {this->Record(Type::kIsEx)});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  this->sent.clear();
  this->Set(this->kD1, {});
  EXPECT_THAT(this->QueriesOn(this->kD1), IsEmpty()) << "nothing changed";
}

TYPED_TEST(ProxySettings, TE_16_WhatUpstreamMayNotBeAskedForIsStillForwardedBetweenDownstreams) {
  auto upstream = this->MakeConfig().upstream;
  upstream.host.access = this->Deny({this->Group(this->kOtherGroup)});
  this->Configure(upstream);
  this->Reports(this->kD1, {this->Record(Type::kToEx, {}, this->kOtherGroup)});
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  EXPECT_EQ(this->Delivered(this->kD2, this->S(1), this->kOtherGroup), (PortSet{this->kU, this->kD1}));
}

TYPED_TEST(ProxySettings, X_04_OtherSettingsLeaveGroupsAndRoutesAlone) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  this->sent.clear();
  const auto before = this->routes;
  this->Set(this->kD1, {});
  EXPECT_EQ(this->routes, before);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->AdvanceTo(259.9);  // Group Membership Interval from the report at 0: 270
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxySettings, E_01_ADownstreamThatComesLaterIsServedAndOneThatEndsIsFlushed) {
  this->Set(this->kD3, {});
  EXPECT_THAT(this->QueriesOn(this->kD3), IsEmpty()) << "its link is not known yet";
  this->Up(this->kD3, this->kHost2);
  EXPECT_EQ(this->QueriesOn(this->kD3).size(), 1u);
  this->Reports(this->kD3, {this->Record(Type::kToEx)});
  EXPECT_TRUE(this->Forwards(this->kD3, this->S(1)));
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->Remove(this->kD3);
  EXPECT_FALSE(this->Forwards(this->kD3, this->S(1)));
  EXPECT_EQ(this->proxy.querier(this->kD3), nullptr);
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn)));
  this->Reports(this->kD3, {this->Record(Type::kToEx)});
  EXPECT_FALSE(this->Forwards(this->kD3, this->S(1))) << "E-38: no role, no forwarding";
}

/// Host 1 may not, host 2 of the same link may.
template <class F>
class ProxyHosts : public ProxySettings<F> {
 protected:
  void Deny(std::vector<Prefix<typename F::Address>> hosts) {
    auto config = ProxyBed<F>::MakeDownstream(this->kD1);
    config.hosts.denied = std::move(hosts);
    this->Configure(config);
  }
};
TYPED_TEST_SUITE(ProxyHosts, BothFamilies);

TYPED_TEST(ProxyHosts, ARefusedHostHasNothingAndItsLeaveHurtsNobody) {
  this->Deny({{this->kHost1, TypeParam::Address::kBits}});
  this->ReportFrom(this->kHost1, this->kD1, {this->Record(Type::kToEx, {}, this->kOtherGroup)});
  this->ReportFrom(this->kHost1, this->kD1, {this->Record(Type::kIsEx, {}, this->kOtherGroup)}, Version::kV2);
  this->ReportFrom(this->kHost2, this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1), this->kOtherGroup));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_EQ(this->Refused(this->kD1), 2u);
  EXPECT_EQ(this->proxy.refused_hosts(this->kD1).Last(this->kOtherGroup, Time())->host, this->kHost1);
  this->sent.clear();
  this->ReportFrom(this->kHost1, this->kD1, {this->Record(Type::kToIn)});
  EXPECT_THAT(this->QueriesOn(this->kD1), IsEmpty());
  this->AdvanceTo(10);  // the Last Member Query Time is 2 s
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
}

TYPED_TEST(ProxyHosts, C_85_WhatAHostHasThatIsRefusedFromNowOnEndsAsIfItHadLeft) {
  this->ReportFrom(this->kHost1, this->kD1,
                   {this->Record(Type::kToEx), this->Record(Type::kAllow, {this->S(1)}, this->kOtherGroup)});
  this->ReportFrom(this->kHost2, this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(40);  // behind the startup queries
  this->Deny({{this->kHost1, TypeParam::Address::kBits}});
  this->AdvanceTo(40.5);
  this->ReportFrom(this->kHost1, this->kD1,
                   {this->Record(Type::kIsEx), this->Record(Type::kIsIn, {this->S(1)}, this->kOtherGroup)});
  this->ReportFrom(this->kHost2, this->kD1, {this->Record(Type::kIsEx)});
  this->AdvanceTo(42.1);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1), this->kOtherGroup));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1))) << "host 2 said that it stays";
  this->Deny({});
  this->ReportFrom(this->kHost1, this->kD1, {this->Record(Type::kIsIn, {this->S(1)}, this->kOtherGroup)});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1), this->kOtherGroup));
}

TYPED_TEST(ProxyHosts, AHostListThatChangesAsksTheHostsAtOnce) {
  this->Deny({{this->kHost1, TypeParam::Address::kBits}});
  this->AdvanceTo(40);
  this->sent.clear();
  this->Deny({});
  ASSERT_EQ(this->QueriesOn(this->kD1).size(), 1u);
  EXPECT_TRUE(this->QueriesOn(this->kD1)[0].second.IsGeneral());
}

}  // namespace
}  // namespace bpfcast
