// The truth table of E-03 through the whole proxy: reports on the links, the merged record, and what the
// upstream is told of it out of nothing.
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

template <class F>
class ProxyMerge : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  using Address = typename F::Address;
  static constexpr PortId kD3{3};

  static inline const Address kA = Bed::S(1);
  static inline const Address kB = Bed::S(2);
  static inline const Address kC = Bed::S(3);
  static inline const Address kD = Bed::S(4);

  ProxyMerge() {
    this->Configure(Bed::MakeDownstream(kD3));
    this->Up(kD3, Bed::kHost2);
  }

  void IncludeOn(PortId port, std::vector<Address> sources) {
    this->Reports(port, {Bed::Record(Type::kAllow, std::move(sources))});
  }
  /// EXCLUDE(X,Y) of the table C.2: X has running timers.
  void ExcludeOn(PortId port, std::vector<Address> y, std::vector<Address> x = {}) {
    if (!x.empty()) IncludeOn(port, x);
    y.insert(y.end(), x.begin(), x.end());
    this->Reports(port, {Bed::Record(Type::kIsEx, std::move(y))});
  }

  void Expect(const MembershipRecord<F>& merged, const GroupRecord<F>& told) {
    EXPECT_EQ(this->proxy.database().Merged(Bed::kGroup), merged);
    this->AdvanceTo(5);
    EXPECT_THAT(this->UpstreamRecords(), ElementsAre(told));
    this->ExpectNothingMissed();
  }
};
TYPED_TEST_SUITE(ProxyMerge, BothFamilies);

TYPED_TEST(ProxyMerge, TE_01_E_10_IncludeListsAreUnited) {
  this->IncludeOn(this->kD1, {this->kA, this->kB});
  this->IncludeOn(this->kD2, {this->kB, this->kC});
  this->Expect(this->Include({this->kA, this->kB, this->kC}),
               this->Record(Type::kAllow, {this->kA, this->kB, this->kC}));
}

TYPED_TEST(ProxyMerge, TE_02_E_11_ExcludeListsAreIntersected) {
  this->ExcludeOn(this->kD1, {this->kA, this->kB});
  this->ExcludeOn(this->kD2, {this->kB, this->kC});
  this->Expect(this->Exclude({this->kB}), this->Record(Type::kToEx, {this->kB}));
}

TYPED_TEST(ProxyMerge, TE_03_E_12_WhatALinkIncludesIsNotExcluded) {
  this->ExcludeOn(this->kD1, {this->kA, this->kB});
  this->IncludeOn(this->kD2, {this->kB, this->kC});
  this->Expect(this->Exclude({this->kA}), this->Record(Type::kToEx, {this->kA}));
}

TYPED_TEST(ProxyMerge, TE_04_E_13_ExcludeNothingBesideAnIncludeList) {
  this->ExcludeOn(this->kD1, {});
  this->IncludeOn(this->kD2, {this->kA});
  this->Expect(this->Exclude({}), this->Record(Type::kToEx));
}

TYPED_TEST(ProxyMerge, TE_04_E_15_TheSameSourceExcludedAndIncluded) {
  this->ExcludeOn(this->kD1, {this->kA});
  this->IncludeOn(this->kD2, {this->kA});
  this->Expect(this->Exclude({}), this->Record(Type::kToEx));
}

TYPED_TEST(ProxyMerge, TE_04_E_16_AnotherSourceIncluded) {
  this->ExcludeOn(this->kD1, {this->kA});
  this->IncludeOn(this->kD2, {this->kB});
  this->Expect(this->Exclude({this->kA}), this->Record(Type::kToEx, {this->kA}));
}

TYPED_TEST(ProxyMerge, TE_05_E_14_SourcesWithRunningTimersAreNotExcluded) {
  this->ExcludeOn(this->kD1, {this->kA}, {this->kD});
  this->ExcludeOn(this->kD2, {this->kD}, {this->kA});
  this->Expect(this->Exclude({}), this->Record(Type::kToEx));
}

TYPED_TEST(ProxyMerge, TE_06_E_17_ThreeLinks) {
  this->ExcludeOn(this->kD1, {this->kA, this->kB, this->kC});
  this->ExcludeOn(this->kD2, {this->kB, this->kC, this->kD});
  this->IncludeOn(this->kD3, {this->kC});
  this->Expect(this->Exclude({this->kB}), this->Record(Type::kToEx, {this->kB}));
}

TYPED_TEST(ProxyMerge, TE_07_E_18_AnOlderHostBesideASourceList) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx)}, Version::kV2);
  this->IncludeOn(this->kD2, {this->kA, this->kB});
  this->Expect(this->Exclude({}), this->Record(Type::kToEx));
}

TYPED_TEST(ProxyMerge, E_19_NobodyWantsAnything) {
  this->Reports(this->kD1, {this->Record(Type::kToIn)});
  this->AdvanceTo(5);
  EXPECT_TRUE(this->proxy.database().groups().empty());
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
}

/// E-36, C-04: each link gets what it wants, and upstream is asked for all of it.
TYPED_TEST(ProxyMerge, E_36_EachLinkKeepsItsFilter) {
  this->IncludeOn(this->kD1, {this->kA});
  this->ExcludeOn(this->kD2, {this->kA});
  this->Expect(this->Exclude({}), this->Record(Type::kToEx));
  EXPECT_EQ(this->Delivered(this->kU, this->kA), PortSet{this->kD1});
  EXPECT_EQ(this->Delivered(this->kU, this->kB), PortSet{this->kD2});
  EXPECT_EQ(this->Delivered(this->kD3, this->kA), (PortSet{this->kU, this->kD1}));
}

/// E-30..E-32: the rules of RFC 4605 section 4.2.
TYPED_TEST(ProxyMerge, E_30_E_31_E_32_WhereAPacketGoes) {
  this->ExcludeOn(this->kD1, {});
  EXPECT_EQ(this->Delivered(this->kU, this->kA), PortSet{this->kD1});
  EXPECT_EQ(this->Delivered(this->kD2, this->kA), (PortSet{this->kU, this->kD1}));
  EXPECT_EQ(this->Delivered(this->kD1, this->kA), PortSet{this->kU}) << "never back";
  EXPECT_EQ(this->Delivered(this->kD1, this->kA, this->kOtherGroup), PortSet{this->kU})
      << "no member anywhere";
  EXPECT_TRUE(this->Delivered(this->kU, this->kA, this->kOtherGroup).empty());
}

/// E-37, C-70: what an older host asks for in a source-specific group is ignored.
TYPED_TEST(ProxyMerge, E_37_AnOlderHostOpensNoSourceSpecificGroup) {
  this->Reports(this->kD1, {this->Record(Type::kIsEx, {}, this->kSsmGroup)}, Version::kV2);
  EXPECT_TRUE(this->Delivered(this->kU, this->kA, this->kSsmGroup).empty());
  this->Reports(this->kD2, {this->Record(Type::kAllow, {this->kA}, this->kSsmGroup)});
  EXPECT_EQ(this->Delivered(this->kU, this->kA, this->kSsmGroup), PortSet{this->kD2});
  EXPECT_EQ(this->proxy.counters(this->kD1).drops[DropReason::kSsm], 1u);
}

}  // namespace
}  // namespace bpfcast
