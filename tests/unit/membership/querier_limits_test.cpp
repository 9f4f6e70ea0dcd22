// What a link may make grow: X-10.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::IsEmpty;

template <class F>
class QuerierLimits : public QuerierBed<F> {
 protected:
  std::vector<typename F::Address> Range(unsigned first, unsigned last) {
    std::vector<typename F::Address> sources;
    for (unsigned n = first; n <= last; ++n) sources.push_back(Bed<F>::Source(n));
    return sources;
  }
  void HearRange(double at, RecordType type, unsigned first, unsigned last) {
    this->Hear(at, {Version::kV3, {{type, kGroup, Range(first, last)}}});
  }
  const GroupState<F>& State() { return *this->querier->Find(kGroup); }

  const typename F::Address kGroup = Bed<F>::Group();
};
TYPED_TEST_SUITE(QuerierLimits, BothFamilies);

TYPED_TEST(QuerierLimits, TX_06_AGroupBeyondTheLimitIsIgnored) {
  constexpr unsigned kLimit = 1024;
  this->config.max_groups = kLimit;
  this->Start(0);
  Report<TypeParam> joins;
  for (unsigned n = 0; n < kLimit; ++n)
    joins.records.push_back({RecordType::kToEx, Bed<TypeParam>::Group(n), {}});
  this->Hear(1, joins);
  EXPECT_EQ(this->drops[DropReason::kLimit], 0U);
  this->Hear(2, RecordType::kToEx, Bed<TypeParam>::Group(kLimit));
  this->HearOld(2, Version::kV2, RecordType::kIsEx, Bed<TypeParam>::Group(kLimit));
  this->Hear(2, RecordType::kAllow, Bed<TypeParam>::Group(kLimit), {1});
  EXPECT_EQ(this->drops[DropReason::kLimit], 3U);
  EXPECT_EQ(this->querier->groups().size(), kLimit);
  for (unsigned n = 0; n < kLimit; ++n) {
    EXPECT_EQ(this->querier->Membership(Bed<TypeParam>::Group(n)), Exclude<TypeParam>({}));
  }
  // Known groups go on: refresh, leave; and their room is given to others.
  this->Hear(3, RecordType::kIsEx, Bed<TypeParam>::Group(0));
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(0))->GroupTimer(), At(273));
  this->Hear(4, RecordType::kToIn, Bed<TypeParam>::Group(1));
  this->RunTo(6);
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(1)), nullptr);
  this->Hear(7, RecordType::kToEx, Bed<TypeParam>::Group(kLimit));
  EXPECT_EQ(this->querier->Membership(Bed<TypeParam>::Group(kLimit)), Exclude<TypeParam>({}));
  EXPECT_EQ(this->drops[DropReason::kLimit], 3U);
}

TYPED_TEST(QuerierLimits, TX_06_ALeaveOfAnUnknownGroupIsNoLimitDrop) {
  this->config.max_groups = 1;
  this->Start(0);
  this->Hear(1, RecordType::kToEx, Bed<TypeParam>::Group(0));
  this->Hear(2, RecordType::kToIn, Bed<TypeParam>::Group(1));
  this->Hear(2, RecordType::kBlock, Bed<TypeParam>::Group(1), {1});
  EXPECT_EQ(this->drops[DropReason::kLimit], 0U);
}

TYPED_TEST(QuerierLimits, TX_06_ASourceBeyondTheLimitIsLeftOut) {
  this->Start(0);
  this->HearRange(1, RecordType::kAllow, 1, 512);
  EXPECT_EQ(this->drops[DropReason::kLimit], 0U);
  this->HearRange(2, RecordType::kAllow, 513, 513);
  EXPECT_EQ(this->drops[DropReason::kLimit], 1U);
  EXPECT_EQ(this->State().Requested(), SourceSet<TypeParam>(this->Range(1, 512)));
  // A refresh of what is known always has room.
  this->HearRange(3, RecordType::kIsIn, 500, 520);
  EXPECT_EQ(this->drops[DropReason::kLimit], 9U);
  EXPECT_EQ(this->State().SourceTimer(Bed<TypeParam>::Source(512)), At(273));
  EXPECT_EQ(this->State().SourceTimer(Bed<TypeParam>::Source(499)), At(271));
  EXPECT_EQ(this->State().Requested().size(), 512U);
  // So has a leave.
  this->HearRange(4, RecordType::kBlock, 1, 600);
  this->RunTo(6);
  EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);
  EXPECT_EQ(this->drops[DropReason::kLimit], 9U);
}

TYPED_TEST(QuerierLimits, X_10_TheFirstReportIsLimitedToo) {
  this->config.max_sources_per_group = 4;
  this->Start(0);
  this->HearRange(1, RecordType::kIsIn, 1, 6);
  EXPECT_EQ(this->State().Requested(), SourceSet<TypeParam>(this->Range(1, 4)));
  EXPECT_EQ(this->drops[DropReason::kLimit], 2U);
}

TYPED_TEST(QuerierLimits, X_10_ExcludeListsAreLimitedAndKnownSourcesKeepTheirTimers) {
  this->config.max_sources_per_group = 4;
  this->Start(0);
  this->HearRange(1, RecordType::kIsEx, 1, 6);
  EXPECT_EQ(this->State().Excluded(), SourceSet<TypeParam>(this->Range(1, 4)));
  EXPECT_EQ(this->drops[DropReason::kLimit], 2U);
  this->HearRange(2, RecordType::kAllow, 4, 4);
  this->HearRange(3, RecordType::kIsEx, 3, 9);  // 3 and 4 are known; two of the five others have room
  EXPECT_EQ(this->State().Excluded(), Set<TypeParam>({3}));
  EXPECT_EQ(this->State().Requested(), Set<TypeParam>({4, 5, 6}));
  EXPECT_EQ(this->State().SourceTimer(Bed<TypeParam>::Source(4)), At(272));
  EXPECT_EQ(this->drops[DropReason::kLimit], 5U);
  this->HearRange(4, RecordType::kBlock, 7, 8);  // a new exclusion needs room too; without, it is forwarded
  EXPECT_EQ(this->State().Requested(), Set<TypeParam>({4, 5, 6}));
  EXPECT_EQ(this->drops[DropReason::kLimit], 7U);
  EXPECT_TRUE(this->querier->Membership(this->kGroup).Wants(Bed<TypeParam>::Source(7)));
}

TYPED_TEST(QuerierLimits, X_10_AGroupThatCannotHoldASourceIsNotMade) {
  this->config.max_sources_per_group = 0;
  this->Start(0);
  this->HearRange(1, RecordType::kAllow, 1, 2);
  EXPECT_THAT(this->querier->groups(), IsEmpty());
  EXPECT_EQ(this->drops[DropReason::kLimit], 2U);
}

TYPED_TEST(QuerierLimits, X_10_TrackedHostsAreLimitedForTheWholeLinkAndTheirRoomIsGivenBack) {
  this->config.max_hosts = 2;
  this->config.fast_leave = FastLeave::kTracked;
  this->Start(0);
  const auto host = [](unsigned n) { return Bed<TypeParam>::Source(100 + n); };
  const auto tracked = [&](unsigned group) {
    return this->querier->Hosts(Bed<TypeParam>::Group(group)).size();
  };
  for (unsigned n = 0; n < 4; ++n) {
    this->HearFrom(host(n), 50, RecordType::kToEx, Bed<TypeParam>::Group(n / 2));
  }
  EXPECT_EQ(tracked(0), 2U);
  EXPECT_EQ(tracked(1), 0U);
  EXPECT_EQ(this->querier->Membership(Bed<TypeParam>::Group(1)), Exclude<TypeParam>({})) << "still served";
  // Nobody knows who else wants group 1: a leave is asked about as ever.
  this->HearFrom(host(2), 60, RecordType::kToIn, Bed<TypeParam>::Group(1));
  EXPECT_NE(this->querier->Find(Bed<TypeParam>::Group(1)), nullptr);
  this->RunTo(62);
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(1)), nullptr);
  this->HearFrom(host(0), 70, RecordType::kToIn, Bed<TypeParam>::Group(0));
  this->HearFrom(host(1), 70, RecordType::kToIn, Bed<TypeParam>::Group(0));
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(0)), nullptr);
  this->HearFrom(host(3), 71, RecordType::kToEx, Bed<TypeParam>::Group(2));
  EXPECT_EQ(tracked(2), 1U);
}

TYPED_TEST(QuerierLimits, X_10_AHostWithoutRoomIsCounted) {
  this->config.max_hosts_per_group = 2;
  this->Start(0);
  for (unsigned n = 1; n <= 3; ++n) {
    this->HearFrom(Bed<TypeParam>::Host(n), 1, RecordType::kToEx, this->kGroup);
  }
  EXPECT_EQ(this->drops[DropReason::kLimit], 1U);
  EXPECT_EQ(this->querier->Hosts(this->kGroup).size(), 2U);
  // What it wants is served all the same.
  this->HearFrom(Bed<TypeParam>::Host(3), 2, RecordType::kAllow, Bed<TypeParam>::SsmGroup(), {1});
  EXPECT_EQ(this->querier->Membership(Bed<TypeParam>::SsmGroup()), Include<TypeParam>({1}));
  EXPECT_EQ(this->drops[DropReason::kLimit], 1U);
}

TYPED_TEST(QuerierLimits, X_10_SourcesAreLimitedForTheWholeLinkAndTheirRoomIsGivenBack) {
  this->config.max_sources = 10;
  this->Start(0);
  const auto hear = [&](double at, RecordType type, unsigned group, unsigned first, unsigned last) {
    this->Hear(at, {Version::kV3, {{type, Bed<TypeParam>::Group(group), this->Range(first, last)}}});
  };
  const auto known = [&](unsigned group) {
    const auto* state = this->querier->Find(Bed<TypeParam>::Group(group));
    return state == nullptr ? 0 : state->SourceCount();
  };
  hear(1, RecordType::kAllow, 0, 1, 6);
  hear(2, RecordType::kIsEx, 1, 1, 6);
  EXPECT_EQ(known(0), 6U);
  EXPECT_EQ(known(1), 4U);
  EXPECT_EQ(this->drops[DropReason::kLimit], 2U);
  hear(3, RecordType::kIsIn, 0, 1, 6);  // those that are there keep their room
  EXPECT_EQ(this->querier->Find(Bed<TypeParam>::Group(0))->SourceTimer(Bed<TypeParam>::Source(6)), At(273));
  hear(4, RecordType::kAllow, 2, 1, 1);
  EXPECT_EQ(known(2), 0U);
  EXPECT_EQ(this->drops[DropReason::kLimit], 3U);
  hear(5, RecordType::kToEx, 3, 0, 0);  // a group without sources needs no room for any
  EXPECT_EQ(this->querier->Membership(Bed<TypeParam>::Group(3)).mode, FilterMode::kExclude);
  hear(10, RecordType::kBlock, 0, 1, 3);
  this->RunTo(12);
  hear(12, RecordType::kAllow, 2, 1, 5);
  EXPECT_EQ(known(2), 3U);
  this->RunTo(274);  // group 0 and 1 are gone
  hear(274, RecordType::kAllow, 4, 1, 20);
  EXPECT_EQ(known(4), 7U);
}

// Instead of leaving sources out a group can be opened for all of them.
TYPED_TEST(QuerierLimits, X_10_BeyondTheLimitAGroupIsWidenedByKnob) {
  for (const RecordType type : {RecordType::kAllow, RecordType::kIsIn, RecordType::kToIn}) {
    this->config.source_overflow = SourceOverflow::kWiden;
    this->config.max_sources_per_group = 4;
    this->drops = {};
    this->Start(0);
    this->HearRange(1, RecordType::kAllow, 1, 4);
    EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1, 2, 3, 4}));
    this->HearRange(2, type, 4, 5);
    EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({}));
    EXPECT_EQ(this->State().GroupTimer(), At(272));
    EXPECT_EQ(this->State().SourceCount(), 0U);
    EXPECT_EQ(this->drops[DropReason::kLimit], 1U);
    EXPECT_THAT(this->SpecificQueries(), IsEmpty());
    // What asks for more in the wide state keeps it wide.
    this->HearRange(100, type, 1, 5);
    EXPECT_EQ(this->State().GroupTimer(), At(370));
    this->HearRange(200, RecordType::kToIn, 1, 0);
    this->RunTo(202);
    EXPECT_EQ(this->querier->Find(this->kGroup), nullptr);
    this->sent.clear();
  }
}

TYPED_TEST(QuerierLimits, X_10_AListOfExcludedSourcesThatIsCutIsWideAlready) {
  this->config.source_overflow = SourceOverflow::kWiden;
  this->config.max_sources_per_group = 4;
  this->Start(0);
  this->HearRange(1, RecordType::kIsEx, 1, 6);
  EXPECT_EQ(this->State().Excluded(), SourceSet<TypeParam>(this->Range(1, 4)));
  this->HearRange(2, RecordType::kBlock, 5, 6);
  EXPECT_EQ(this->State().Excluded(), SourceSet<TypeParam>(this->Range(1, 4)));
  EXPECT_EQ(this->drops[DropReason::kLimit], 4U);
}

// C-71: no exclude mode there, whatever the knob says.
TYPED_TEST(QuerierLimits, X_10_ASourceSpecificGroupIsNeverWidened) {
  const auto group = Bed<TypeParam>::SsmGroup();
  this->config.source_overflow = SourceOverflow::kWiden;
  this->config.max_sources_per_group = 4;
  this->Start(0);
  this->Hear(1, {Version::kV3, {{RecordType::kAllow, group, this->Range(1, 6)}}});
  EXPECT_EQ(this->querier->Membership(group), Include<TypeParam>({1, 2, 3, 4}));
  EXPECT_EQ(this->drops[DropReason::kLimit], 2U);
}

}  // namespace
}  // namespace bpfcast
