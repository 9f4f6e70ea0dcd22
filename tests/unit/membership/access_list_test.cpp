// What may be asked for: C-85, E-08.
#include "membership/access_list.h"

#include "router_support.h"

namespace bpfcast {
namespace {

template <class F>
class AccessListTest : public testing::Test {
 protected:
  using Address = typename F::Address;

  static AccessRule<F> Rule(Access access, const Address& group) { return {access, {group}, {Address(), 0}}; }
  static AccessRule<F> Rule(Access access, const Address& group, unsigned source) {
    return {access, {group}, {Bed<F>::Source(source)}};
  }

  AccessList<F> list;
  const Address g1 = Bed<F>::Group(1);
  const Address g2 = Bed<F>::Group(2);
  const Address s1 = Bed<F>::Source(1);
};
TYPED_TEST_SUITE(AccessListTest, BothFamilies);

TYPED_TEST(AccessListTest, WithoutRulesEverythingIsPermitted) {
  EXPECT_TRUE(this->list.Permits(this->g1));
  EXPECT_TRUE(this->list.Permits(this->g1, this->s1));
}

TYPED_TEST(AccessListTest, C_85_WhatNoRuleMatchesIsDecidedByTheDefault) {
  this->list.rules = {this->Rule(Access::kPermit, this->g1)};
  this->list.otherwise = Access::kDeny;
  EXPECT_TRUE(this->list.Permits(this->g1));
  EXPECT_TRUE(this->list.Permits(this->g1, this->s1));
  EXPECT_FALSE(this->list.Permits(this->g2));
  EXPECT_FALSE(this->list.Permits(this->g2, this->s1));
}

TYPED_TEST(AccessListTest, C_85_TheLastRuleThatMatchesDecides) {
  this->list.rules = {this->Rule(Access::kDeny, this->g1), this->Rule(Access::kPermit, this->g1)};
  EXPECT_TRUE(this->list.Permits(this->g1));
  this->list.rules.push_back(this->Rule(Access::kDeny, this->g1, 1));
  EXPECT_FALSE(this->list.Permits(this->g1, this->s1));
  EXPECT_TRUE(this->list.Permits(this->g1, Bed<TypeParam>::Source(2)));
}

TYPED_TEST(AccessListTest, C_85_ARuleOnASourceSaysNothingOfTheGroupAsAWhole) {
  this->list.rules = {this->Rule(Access::kDeny, this->g1, 1)};
  EXPECT_TRUE(this->list.Permits(this->g1));
  this->list.rules = {this->Rule(Access::kPermit, this->g1, 1)};
  this->list.otherwise = Access::kDeny;
  EXPECT_FALSE(this->list.Permits(this->g1));
}

TYPED_TEST(AccessListTest, C_85_TheHostBitsOfARuleDoNotMatter) {
  Prefix<typename TypeParam::Address> all{this->g1, 8};
  this->list.rules = {{Access::kDeny, all, {{}, 0}}};
  EXPECT_FALSE(this->list.Permits(this->g2));
  EXPECT_TRUE(this->list.Permits(Bed<TypeParam>::Source(1)));
}

TYPED_TEST(AccessListTest, C_85_WhereSourcesAreAllowedOthersAreTakenOutAndAllOfThemCannotBeHad) {
  using List = Allowed<typename TypeParam::Address>;
  this->list.only_sources = List({{Bed<TypeParam>::Source(1)}, {Bed<TypeParam>::Source(3)}});
  EXPECT_TRUE(this->list.Permits(this->g1, this->s1));
  EXPECT_FALSE(this->list.Permits(this->g1, Bed<TypeParam>::Source(2)));
  EXPECT_FALSE(this->list.Permits(this->g1));
  EXPECT_EQ(Permitted(this->list, this->g1, Include<TypeParam>({1, 2, 3})), Include<TypeParam>({1, 3}));
  EXPECT_TRUE(Permitted(this->list, this->g1, Exclude<TypeParam>({})).IsEmpty());
  this->list.rules = {this->Rule(Access::kDeny, this->g1)};
  EXPECT_FALSE(this->list.Permits(this->g1, this->s1)) << "both must permit";
  this->list.rules.clear();
  this->list.only_sources = List({Prefix<typename TypeParam::Address>{{}, 0}});
  EXPECT_TRUE(this->list.Permits(this->g1)) << "these are all";
}

TYPED_TEST(AccessListTest, TC_95_DeniedSourcesAreTakenOutOfAnIncludeRecord) {
  this->list.rules = {this->Rule(Access::kDeny, this->g1, 2)};
  EXPECT_EQ(Permitted(this->list, this->g1, Include<TypeParam>({1, 2, 3})), Include<TypeParam>({1, 3}));
  EXPECT_EQ(Permitted(this->list, this->g2, Include<TypeParam>({1, 2})), Include<TypeParam>({1, 2}));
  EXPECT_TRUE(Permitted(this->list, this->g1, Include<TypeParam>({2})).IsEmpty());
}

TYPED_TEST(AccessListTest, TC_95_AnExcludeRecordNeedsPermissionForAllSources) {
  this->list.rules = {this->Rule(Access::kDeny, this->g2)};
  EXPECT_EQ(Permitted(this->list, this->g1, Exclude<TypeParam>({1})), Exclude<TypeParam>({1}));
  EXPECT_TRUE(Permitted(this->list, this->g2, Exclude<TypeParam>({1})).IsEmpty());
  EXPECT_TRUE(Permitted(this->list, this->g2, Include<TypeParam>({1})).IsEmpty());
}

}  // namespace
}  // namespace bpfcast
