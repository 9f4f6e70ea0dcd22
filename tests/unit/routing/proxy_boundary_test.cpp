// Groups that do not pass an interface (F-50, F-51), and packets that do not go upstream (E-33).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

/// TF-31 and TF-32: a bounded group, a range of them that a custom list bounds, and one that no list does.
template <class F>
struct BoundaryText;
template <>
struct BoundaryText<Igmp> {
  static constexpr const char* kBoundedByDefault[] = {"239.255.255.250"};
  static constexpr const char* kFreeByDefault[] = {"239.255.255.249", "239.255.1.1", "239.192.0.1",
                                                   "224.0.1.1"};
  static constexpr const char* kList = "239.255.0.0";
  static constexpr unsigned kListLength = 16;
  static constexpr const char* kInList = "239.255.1.1";
};
template <>
struct BoundaryText<Mld> {
  static constexpr const char* kBoundedByDefault[] = {"ff03::1", "ff04::1", "ff05::1",     "ff05::c",
                                                      "ff15::1", "ff25::1", "ff75:230::1", "fff5::1"};
  static constexpr const char* kFreeByDefault[] = {"ff08::1", "ff0e::1", "ff06::1", "ff3e::8000:1",
                                                   "fffe::1"};
  static constexpr const char* kList = "ff08::";
  static constexpr unsigned kListLength = 16;
  static constexpr const char* kInList = "ff08::1";
};

template <class F>
class ProxyBoundary : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  using Address = typename F::Address;
  using Where = BoundaryText<F>;
  using Boundaries = std::vector<Prefix<Address>>;

  static Boundaries List() { return {{Bed::A(Where::kList), Where::kListLength}}; }
  static inline const Address kInList = Bed::A(Where::kInList);

  void BoundU(Boundaries boundaries) {
    auto config = Bed::MakeConfig().upstream;
    config.boundaries = std::move(boundaries);
    this->Configure(config);
  }
  void Bound(PortId port, Boundaries boundaries) {
    auto config = Bed::MakeDownstream(port);
    config.boundaries = std::move(boundaries);
    this->Configure(config);
  }
  void Join(PortId port, const Address& group) { this->Reports(port, {Bed::Record(Type::kToEx, {}, group)}); }
  PortSet From(PortId arrival, const Address& group) const {
    return this->Delivered(arrival, Bed::S(1), group);
  }
};
TYPED_TEST_SUITE(ProxyBoundary, BothFamilies);

TYPED_TEST(ProxyBoundary, TF_31_AGroupBoundedOnTheUpstreamDoesNotPassItAndIsNotAskedFor) {
  this->BoundU(this->List());
  this->Join(this->kD1, this->kInList);
  EXPECT_TRUE(this->From(this->kU, this->kInList).empty());
  EXPECT_EQ(this->From(this->kD2, this->kInList), PortSet{this->kD1});
  EXPECT_TRUE(this->From(this->kD1, this->kInList).empty());
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  this->Hear(this->kU, this->kUpstreamRouter);
  this->AdvanceTo(20);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty()) << "nor is it answered for";

  this->Join(this->kD1, this->kGroup);
  EXPECT_EQ(this->From(this->kU, this->kGroup), PortSet{this->kD1}) << "another group";
  EXPECT_EQ(this->From(this->kD2, this->kGroup), (PortSet{this->kU, this->kD1}));
  this->AdvanceTo(25);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyBoundary, TF_31_TheRouteOfABoundedGroupSaysSoByItself) {
  this->BoundU(this->List());
  this->Join(this->kD1, this->kInList);
  const auto route = this->routes.find({typename TypeParam::Address(), this->kInList});
  ASSERT_NE(route, this->routes.end());
  EXPECT_TRUE(route->second.from_upstream.empty());
  EXPECT_EQ(route->second.from_downstream, PortSet{this->kD1});
  EXPECT_EQ(route->second.not_upstream, PortSet{this->kD1});
}

TYPED_TEST(ProxyBoundary, TF_31_TF_32_F_51_TheDefaultBoundsDiscoveryAndSmallScopesAndNothingElse) {
  for (const char* text : TestFixture::Where::kBoundedByDefault) {
    const auto group = this->A(text);
    this->Join(this->kD1, group);
    EXPECT_TRUE(this->From(this->kU, group).empty()) << text;
    EXPECT_EQ(this->From(this->kD2, group), PortSet{this->kD1}) << text;
    EXPECT_TRUE(this->From(this->kD1, group).empty()) << text;
  }
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
  for (const char* text : TestFixture::Where::kFreeByDefault) {
    const auto group = this->A(text);
    EXPECT_EQ(this->From(this->kD1, group), PortSet{this->kU}) << text;
    if (IsSsm(TypeParam::SsmRanges(), group)) continue;
    this->Join(this->kD1, group);
    EXPECT_EQ(this->From(this->kU, group), PortSet{this->kD1}) << text;
  }
}

/// Nothing of it leaves upstream though no member and so no route is there.
TYPED_TEST(ProxyBoundary, F_51_WithoutAMemberABoundedGroupGoesNowhere) {
  const auto group = this->A(TestFixture::Where::kBoundedByDefault[0]);
  EXPECT_TRUE(this->From(this->kD1, group).empty());
  this->Join(this->kD2, group);
  EXPECT_EQ(this->From(this->kD1, group), PortSet{this->kD2});
}

TYPED_TEST(ProxyBoundary, TF_32_TheListIsTheOperators) {
  const auto by_default = this->A(TestFixture::Where::kBoundedByDefault[0]);
  this->BoundU({});
  EXPECT_EQ(this->From(this->kD1, by_default), PortSet{this->kU}) << "an empty list bounds nothing";
  this->Join(this->kD1, by_default);
  EXPECT_EQ(this->From(this->kU, by_default), PortSet{this->kD1});
}

/// 239.192/14 of TF-32.
using ProxyBoundaryOfIgmp = ProxyBoundary<Igmp>;
TEST_F(ProxyBoundaryOfIgmp, TF_32_ACustomListBoundsExactlyItsPrefix) {
  BoundU({{MakeIpv4(239, 192, 0, 0), 14}});
  for (const auto& [group, bounded] : {std::pair{MakeIpv4(239, 191, 255, 255), false},
                                       {MakeIpv4(239, 192, 0, 0), true},
                                       {MakeIpv4(239, 195, 255, 255), true},
                                       {MakeIpv4(239, 196, 0, 0), false},
                                       {MakeIpv4(239, 255, 255, 250), false}}) {
    Join(kD1, group);
    EXPECT_EQ(From(kU, group).empty(), bounded) << group.ToString();
    EXPECT_EQ(From(kD2, group).Contains(kU), !bounded) << group.ToString();
  }
}

TYPED_TEST(ProxyBoundary, F_50_AnotherListTakesEffectOnWhatIsThere) {
  this->Join(this->kD1, this->kInList);
  this->AdvanceTo(5);
  this->UpstreamRecords();
  this->BoundU(this->List());
  EXPECT_TRUE(this->From(this->kU, this->kInList).empty());
  EXPECT_EQ(this->From(this->kD2, this->kInList), PortSet{this->kD1});
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToIn, {}, this->kInList)));
  this->BoundU({});
  EXPECT_EQ(this->From(this->kU, this->kInList), PortSet{this->kD1});
  EXPECT_EQ(this->From(this->kD2, this->kInList), (PortSet{this->kU, this->kD1}));
  this->AdvanceTo(15);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx, {}, this->kInList)));
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyBoundary, F_50_AGroupBoundedOnADownstreamNeitherLeavesItNorIsSentThere) {
  this->Bound(this->kD1, this->List());
  this->Join(this->kD1, this->kInList);
  this->AdvanceTo(5);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty()) << "what may not go out is not asked for";
  this->Join(this->kD2, this->kInList);
  EXPECT_EQ(this->From(this->kU, this->kInList), PortSet{this->kD2});
  EXPECT_TRUE(this->From(this->kD1, this->kInList).empty());
  EXPECT_EQ(this->From(this->kD2, this->kInList), PortSet{this->kU});
  this->Join(this->kD1, this->kGroup);
  EXPECT_EQ(this->From(this->kU, this->kGroup), PortSet{this->kD1}) << "another group";

  this->Bound(this->kD1, {});
  EXPECT_EQ(this->From(this->kU, this->kInList), (PortSet{this->kD1, this->kD2})) << "its members are known";
  EXPECT_EQ(this->From(this->kD1, this->kInList), (PortSet{this->kU, this->kD2}));
  this->Bound(this->kD1, this->List());
  EXPECT_EQ(this->From(this->kU, this->kInList), PortSet{this->kD2});
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyBoundary, F_50_OnlyADownstreamWhoseRulesChangeIsNamed) {
  this->Bound(this->kD1, this->List());
  EXPECT_THAT(this->passages_changed, ElementsAre(this->kD1));
  this->Bound(this->kD1, this->List());
  EXPECT_THAT(this->passages_changed, ElementsAre(this->kD1)) << "nothing changed";
  this->Bound(this->kD1, {});
  this->passages_changed.clear();
  this->BoundU(this->List());
  EXPECT_THAT(this->passages_changed, testing::UnorderedElementsAre(this->kU, this->kD1, this->kD2));
}

TYPED_TEST(ProxyBoundary, F_50_ChangesOfOneTurnNameAPortOnce) {
  ProxyEffects<TypeParam> effects;
  auto config = this->MakeDownstream(this->kD1);
  for (const ForwardUpMode mode : {ForwardUpMode::kNever, ForwardUpMode::kAlways, ForwardUpMode::kNever}) {
    config.forward_up.mode = mode;
    this->proxy.SetDownstream(config, this->now, effects);
  }
  EXPECT_THAT(effects.passages_changed, ElementsAre(this->kD1));
}

TYPED_TEST(ProxyBoundary, E_38_NothingPassesAPortWithoutARole) {
  const PortId stranger{77};
  EXPECT_EQ(this->proxy.PassagesOf(stranger), (Passages<TypeParam>{{}, Passage::kNowhere}));
}

template <class F>
class ProxyForwardUp : public ProxyBoundary<F> {
 protected:
  using Bed = ProxyBed<F>;

  void SetMode(ForwardUpMode mode, typename ProxyBoundary<F>::Boundaries groups = {}) {
    auto config = Bed::MakeDownstream(Bed::kD1);
    config.forward_up = {mode, std::move(groups)};
    this->Configure(config);
  }
};
TYPED_TEST_SUITE(ProxyForwardUp, BothFamilies);

TYPED_TEST(ProxyForwardUp, TE_24_AlwaysIsTheDefaultAndHoldsForANonQuerierToo) {
  this->Up(this->kD1, this->kHost2);
  this->Hear(this->kD1, this->kHost1);
  ASSERT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kNonQuerier);
  EXPECT_EQ(this->From(this->kD1, this->kGroup), PortSet{this->kU});
}

TYPED_TEST(ProxyForwardUp, TE_24_NeverLeavesTheOtherDownstreams) {
  this->SetMode(ForwardUpMode::kNever);
  EXPECT_TRUE(this->From(this->kD1, this->kGroup).empty());
  this->Join(this->kD2, this->kGroup);
  EXPECT_EQ(this->From(this->kD1, this->kGroup), PortSet{this->kD2});
  EXPECT_EQ(this->From(this->kD2, this->kGroup), PortSet{this->kU}) << "another link";
  EXPECT_EQ(this->From(this->kU, this->kGroup), PortSet{this->kD2});
}

TYPED_TEST(ProxyForwardUp, TE_24_QuerierOnlyFollowsTheRole) {
  this->SetMode(ForwardUpMode::kQuerierOnly);
  EXPECT_EQ(this->From(this->kD1, this->kGroup), PortSet{this->kU});
  this->Up(this->kD1, this->kHost2);
  this->Join(this->kD2, this->kGroup);
  this->passages_changed.clear();
  this->Hear(this->kD1, this->kHost1);
  EXPECT_THAT(this->passages_changed, ElementsAre(this->kD1));
  EXPECT_EQ(this->From(this->kD1, this->kGroup), PortSet{this->kD2});
  this->AdvanceTo(254.9);
  EXPECT_FALSE(this->From(this->kD1, this->kGroup).Contains(this->kU));
  this->AdvanceTo(255);
  EXPECT_TRUE(this->From(this->kD1, this->kGroup).Contains(this->kU));
}

TYPED_TEST(ProxyForwardUp, TE_24_AListNamesWhatGoesUp) {
  this->SetMode(ForwardUpMode::kListed, this->List());
  EXPECT_EQ(this->From(this->kD1, this->kInList), PortSet{this->kU});
  EXPECT_TRUE(this->From(this->kD1, this->kGroup).empty());
  this->Join(this->kD2, this->kInList);
  this->Join(this->kD2, this->kGroup);
  EXPECT_EQ(this->From(this->kD1, this->kInList), (PortSet{this->kU, this->kD2}));
  EXPECT_EQ(this->From(this->kD1, this->kGroup), PortSet{this->kD2});
}

TYPED_TEST(ProxyForwardUp, F_50_BoundariesWinOverWhatIsListed) {
  this->SetMode(ForwardUpMode::kListed, {{this->kInList, TypeParam::Address::kBits}});
  this->BoundU(this->List());
  EXPECT_TRUE(this->From(this->kD1, this->kInList).empty()) << "the longer prefix lies in a boundary";
}

}  // namespace
}  // namespace bpfcast
