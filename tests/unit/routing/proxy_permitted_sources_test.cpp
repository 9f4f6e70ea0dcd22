// Lists that permit some sources of a group, where some hosts want the whole group and others name sources
// (C-85, E-08): nobody takes from another what that one may have.
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

/// S1 and S2 are permitted, S3 is not; host 1 and 2 are on D1, host 3 on D2.
template <class F>
class ProxyPermittedSources : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  using Address = typename F::Address;

  static AccessList<F> Some() {
    AccessList<F> access;
    access.only_sources = Allowed<Address>({{Bed::S(1), Address::kBits}, {Bed::S(2), Address::kBits}});
    return access;
  }
  /// The same by rules.
  static AccessList<F> SomeByRules() {
    AccessList<F> access;
    access.otherwise = Access::kDeny;
    access.rules = {{Access::kPermit, {Bed::kGroup, Address::kBits}, {Bed::S(1), Address::kBits}},
                    {Access::kPermit, {Bed::kGroup, Address::kBits}, {Bed::S(2), Address::kBits}}};
    return access;
  }
  void Upstream(const AccessList<F>& access, std::vector<StaticMembership<F>> pull = {}) {
    auto upstream = Bed::MakeConfig().upstream;
    upstream.host.access = access;
    upstream.pull = std::move(pull);
    this->Configure(upstream);
  }
  void Downstream(const AccessList<F>& access, std::vector<StaticMembership<F>> memberships = {}) {
    auto downstream = Bed::MakeDownstream(Bed::kD1);
    downstream.access = access;
    downstream.static_memberships = std::move(memberships);
    this->Configure(downstream);
  }
  MembershipRecord<F> Told() const { return this->proxy.host().Told(Bed::kGroup); }
  void Says(const Address& host, Type type, std::vector<Address> sources = {}) {
    this->ReportFrom(host, host == Bed::kHost3 ? Bed::kD2 : Bed::kD1,
                     {Bed::Record(type, std::move(sources))});
  }
  /// Those that were sent within the next 5 s.
  typename Bed::Records Reported() {
    this->AdvanceTo(std::chrono::duration<double>(this->now.time_since_epoch()).count() + 5);
    return this->UpstreamRecords();
  }
};
TYPED_TEST_SUITE(ProxyPermittedSources, BothFamilies);

TYPED_TEST(ProxyPermittedSources, E_08_AJoinOfTheWholeGroupElsewhereTakesNothingFromWhoNamesASource) {
  for (const auto& access : {this->Some(), this->SomeByRules()}) {
    this->Upstream(access);
    this->Says(this->kHost1, Type::kAllow, {this->S(1), this->S(3)});
    EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kAllow, {this->S(1)})));
    this->Says(this->kHost3, Type::kToEx);
    EXPECT_THAT(this->Reported(), IsEmpty());
    this->Hear(this->kU, this->kUpstreamRouter, this->kGroup);
    EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kIsIn, {this->S(1)})));
    this->Says(this->kHost1, Type::kAllow, {this->S(2)});
    EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kAllow, {this->S(2)})));
    EXPECT_TRUE(this->Forwards(this->kD2, this->S(3)))
        << "who comes all the same: the list is the upstream's";
    this->Says(this->kHost1, Type::kToIn);
    EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kBlock, {this->S(1), this->S(2)})));
    this->Says(this->kHost3, Type::kToIn);
    EXPECT_THAT(this->Reported(), IsEmpty());
  }
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyPermittedSources, E_08_NorDoesOneOnTheSameLink) {
  this->Upstream(this->Some());
  this->Says(this->kHost2, Type::kToEx);
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kAllow, {this->S(1)})))
      << "the state of the link stays EXCLUDE ({})";
  this->Says(this->kHost1, Type::kBlock, {this->S(1)});
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kBlock, {this->S(1)})));
  this->Says(this->kHost2, Type::kToIn);
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  this->Reported();
  this->Says(this->kHost2, Type::kToEx);
  EXPECT_THAT(this->Reported(), IsEmpty()) << "the tables forget S1 here (INCLUDE (A) with TO_EX ({}))";
  EXPECT_EQ(this->Told(), this->Include({this->S(1)}));
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(3)));
}

TYPED_TEST(ProxyPermittedSources, C_85_WhatAHostNamesThatIsRefusedFromNowOnIsNotAskedFor) {
  this->Upstream(this->Some());
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  this->Says(this->kHost2, Type::kToEx);
  auto downstream = this->MakeDownstream(this->kD1);
  downstream.hosts.denied = {{this->kHost1, TypeParam::Address::kBits}};
  this->Configure(downstream);
  EXPECT_EQ(this->Told(), this->Include({}));
}

TYPED_TEST(ProxyPermittedSources, E_08_OfHostsThatAreNotKnownTheStateOfTheGroupTells) {
  this->Upstream(this->Some());
  auto downstream = this->MakeDownstream(this->kD1);
  downstream.querier.max_hosts_per_group = 1;
  this->Configure(downstream);
  this->Says(this->kHost2, Type::kToEx);
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  EXPECT_EQ(this->Told(), this->Include({this->S(1)}));
}

TYPED_TEST(ProxyPermittedSources, E_08_AWholeGroupIsAskedForWhereTheListHasAllSources) {
  auto access = this->SomeByRules();
  access.rules.insert(access.rules.begin(), {Access::kPermit, {this->kGroup, TypeParam::Address::kBits}});
  this->Upstream(access);
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  this->Says(this->kHost3, Type::kToEx);
  EXPECT_EQ(this->Told(), this->Exclude({}));
}

TYPED_TEST(ProxyPermittedSources, X_04_AListThatComesAndGoesIsToldAsAChange) {
  this->Says(this->kHost1, Type::kAllow, {this->S(1), this->S(3)});
  this->Says(this->kHost3, Type::kToEx);
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kToEx)));
  this->Upstream(this->Some());
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kToIn, {this->S(1)})));
  this->Upstream(this->SomeByRules());
  EXPECT_THAT(this->Reported(), IsEmpty()) << "it permits the same";
  auto one = this->Some();
  one.only_sources = Allowed<typename TypeParam::Address>({{this->S(3), TypeParam::Address::kBits}});
  this->Upstream(one);
  EXPECT_THAT(this->Reported(), testing::UnorderedElementsAre(this->Record(Type::kAllow, {this->S(3)}),
                                                              this->Record(Type::kBlock, {this->S(1)})));
  this->Upstream({});
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kToEx)));
  this->Says(this->kHost3, Type::kToIn);
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kToIn, {this->S(1), this->S(3)})));
}

TYPED_TEST(ProxyPermittedSources, E_07_WhatIsConfiguredNamesSourcesToo) {
  const std::vector<StaticMembership<TypeParam>> both{{this->kGroup, {}}, {this->kGroup, this->S(1)}};
  this->Upstream(this->Some(), both);
  EXPECT_EQ(this->Told(), this->Include({this->S(1)}));
  this->Upstream(this->Some());
  EXPECT_EQ(this->Told(), this->Include({}));
  this->Downstream({}, both);
  EXPECT_EQ(this->Told(), this->Include({this->S(1)}));
  this->Downstream({});
  EXPECT_EQ(this->Told(), this->Include({}));
}

TYPED_TEST(ProxyPermittedSources, X_03_WhatIsAdoptedNamesSourcesToo) {
  this->Upstream(this->Some());
  ProxyEffects<TypeParam> effects;
  this->proxy.Adopt({{{typename TypeParam::Address(), this->kGroup}, PortSet{this->kD1}},
                     {{this->S(1), this->kGroup}, PortSet{this->kD1, this->kD2}}},
                    this->now, effects);
  this->Take(effects);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(3)));
  EXPECT_EQ(this->Told(), this->Include({this->S(1)}));
}

TYPED_TEST(ProxyPermittedSources, C_85_AListThatAReloadBringsLeavesTheNamedSourcesAlone) {
  this->Says(this->kHost1, Type::kAllow, {this->S(1)});
  this->Says(this->kHost2, Type::kToEx);
  this->AdvanceTo(40);  // behind the startup queries
  this->UpstreamRecords();
  this->Downstream(this->Some());
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(2))) << "permitted, and nobody names it";
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(3)));
  EXPECT_THAT(this->Reported(), ElementsAre(this->Record(Type::kToIn, {this->S(1)})));
  this->Says(this->kHost1, Type::kAllow, {this->S(2), this->S(3)});
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(2)));
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(3)));
  this->Says(this->kHost1, Type::kBlock, {this->S(2)});
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(2)));
  this->Says(this->kHost2, Type::kIsEx);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(3)));
  for (double second = 160; second < 600; second += 125) {  // the answers to queries
    this->AdvanceTo(second);
    this->Says(this->kHost1, Type::kIsIn, {this->S(1)});
    this->Says(this->kHost2, Type::kIsEx);
    EXPECT_TRUE(this->Forwards(this->kD1, this->S(1))) << "after " << second << " s";
  }
  this->Says(this->kHost1, Type::kToIn);
  this->Reported();
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1)));
  EXPECT_EQ(this->proxy.querier(this->kD1)->Find(this->kGroup), nullptr);
  this->ExpectNothingMissed();
}

}  // namespace
}  // namespace bpfcast
