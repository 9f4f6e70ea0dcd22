// Leaves when the hosts of a group are known: C-80..C-83.
#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class FastLeaveTest : public QuerierBed<F> {
 protected:
  using Address = typename F::Address;

  FastLeaveTest() { this->config.fast_leave = FastLeave::kTracked; }

  /// The link is up long enough that every host had its chance to report.
  void StartLongAgo() {
    this->Start(-300);
    this->RunTo(-200);
    this->sent.clear();
  }
  std::vector<Address> HostAddresses() const {
    std::vector<Address> addresses;
    for (const auto& host : this->querier->Hosts(kGroup)) addresses.push_back(host.address);
    return addresses;
  }
  bool IsGone() const { return this->querier->Find(kGroup) == nullptr; }

  const Address kGroup = Bed<F>::Group();
  const Address h1 = Bed<F>::Host(1);
  const Address h2 = Bed<F>::Host(2);
};
TYPED_TEST_SUITE(FastLeaveTest, BothFamilies);

TYPED_TEST(FastLeaveTest, C_80_HostsAreKnownWhetherOrNotFastLeaveIsOn) {
  this->config.fast_leave = FastLeave::kOff;
  this->Start(0);
  this->HearFrom(this->h1, 1, RecordType::kToEx, this->kGroup, {3});
  this->HearFrom(this->h2, 2, {Version::kV2, {{RecordType::kIsEx, this->kGroup, {}}}});
  const auto hosts = this->querier->Hosts(this->kGroup);
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].address, this->h1);
  EXPECT_EQ(hosts[0].version, Version::kV3);
  EXPECT_EQ(hosts[0].mode, FilterMode::kExclude);
  EXPECT_EQ(hosts[0].last_report, At(1));
  EXPECT_EQ(hosts[0].expires, At(271));
  EXPECT_EQ(hosts[1].address, this->h2);
  EXPECT_EQ(hosts[1].version, Version::kV2);
  EXPECT_THAT(this->querier->Hosts(Bed<TypeParam>::Group(1)), IsEmpty());
}

TYPED_TEST(FastLeaveTest, TC_90_TheLastLeaveEndsTheGroupAtOnceAndNoneIsAskedAbout) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h2, 1, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup);
  this->HearFrom(this->h1, 2.7, RecordType::kToIn, this->kGroup);  // its second transmission
  EXPECT_THAT(this->HostAddresses(), ElementsAre(this->h2));
  this->RunTo(4.9);
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({}));
  this->HearFrom(this->h2, 5, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->changed, ElementsAre(this->kGroup));
  EXPECT_TRUE(this->IsGone());
  this->HearFrom(this->h2, 5.5, RecordType::kToIn, this->kGroup);
  this->RunTo(20);
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

// A group that goes back to INCLUDE keeps what hosts in that mode reported since the last report in EXCLUDE
// mode. When the host that holds the group in EXCLUDE mode is dead, they have to be asked before.
TYPED_TEST(FastLeaveTest, C_81_HostsInIncludeModeAreAskedBeforeADeadHostEndsTheExcludeMode) {
  this->StartLongAgo();
  this->HearFrom(Bed<TypeParam>::Host(3), -100, RecordType::kIsEx, this->kGroup);  // is not heard again
  this->HearFrom(this->h2, 131, RecordType::kAllow, this->kGroup, {1});
  this->HearFrom(this->h1, 132, RecordType::kIsEx, this->kGroup);  // deletes what is listed
  this->HearFrom(this->h1, 140, RecordType::kToIn, this->kGroup);
  this->HearFrom(this->h2, 140.5, RecordType::kIsIn, this->kGroup, {1});
  this->RunTo(180);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{140, 0, {}}, Asked{141, 0, {}}));
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1}));
}

TYPED_TEST(FastLeaveTest, TC_91_AHostThatVanishedHoldsTheGroupUntilItsRecordExpires) {
  this->StartLongAgo();
  this->HearFrom(this->h2, -100, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, -50, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, 0, RecordType::kToIn, this->kGroup);
  this->RunTo(169.999);
  EXPECT_FALSE(this->IsGone());
  this->RunTo(170);
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_81_TheRemainingHostKeepsTheGroupWithItsReports) {
  this->StartLongAgo();
  this->HearFrom(this->h2, -100, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, -50, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, 0, RecordType::kToIn, this->kGroup);
  this->HearFrom(this->h2, 25, RecordType::kIsEx, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 270);
}

TYPED_TEST(FastLeaveTest, C_81_ASilentHostDoesNotCountAsRemaining) {
  this->StartLongAgo();
  this->HearFrom(this->h2, -100, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, 100, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, 171, RecordType::kToIn, this->kGroup);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(FastLeaveTest, TC_92_AnOlderHostMakesEveryLeaveAQuestion) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, {Version::kV2, {{RecordType::kIsEx, this->kGroup, {}}}});
  this->HearFrom(this->h1, 10, {Version::kV2, {{RecordType::kToIn, this->kGroup, {}}}});
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{10, 0, {}}));
  this->RunTo(11.999);
  EXPECT_FALSE(this->IsGone());
  this->RunTo(12);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(FastLeaveTest, TC_92_OnASingleHostLinkAnOlderLeaveEndsTheGroupAtOnce) {
  this->config.fast_leave = FastLeave::kAlways;
  this->Start(-5);  // whether others had their chance to report does not matter
  this->HearFrom(this->h1, 0, {Version::kV2, {{RecordType::kIsEx, this->kGroup, {}}}});
  this->HearFrom(this->h1, 10, {Version::kV2, {{RecordType::kToIn, this->kGroup, {}}}});
  EXPECT_THAT(this->changed, ElementsAre(this->kGroup));
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_82_OnASingleHostLinkEveryRecordIsTheLastWord) {
  this->config.fast_leave = FastLeave::kAlways;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kAllow, this->kGroup, {1, 2, 3});
  this->HearFrom(this->h1, 1, RecordType::kBlock, this->kGroup, {1, 9});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({2, 3}));
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup, {3, 4});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({3, 4}));
  this->HearFrom(this->h1, 3, RecordType::kToEx, this->kGroup, {4, 5});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({4, 5}));
  this->HearFrom(this->h1, 4, RecordType::kBlock, this->kGroup, {6});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({4, 5, 6}));
  this->HearFrom(this->h1, 5, RecordType::kToIn, this->kGroup, {7});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({7}));
  this->HearFrom(this->h1, 6, RecordType::kBlock, this->kGroup, {7});
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_82_OnASingleHostLinkQueriedInV2TheLeaveIsFastToo) {
  this->config.fast_leave = FastLeave::kAlways;
  this->config.version = Version::kV2;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, {Version::kV2, {{RecordType::kIsEx, this->kGroup, {}}}});
  this->HearFrom(this->h1, 1, {Version::kV2, {{RecordType::kToIn, this->kGroup, {}}}});
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_56_OnASingleHostLinkANonQuerierEndsNothingEither) {
  this->config.fast_leave = FastLeave::kAlways;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearQuery(Bed<TypeParam>::Router(2), 1, this->General());
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 268);
}

using IgmpFastLeave = FastLeaveTest<Igmp>;

TEST_F(IgmpFastLeave, C_66_OnASingleHostLinkAV1HostHasNoLeave) {
  config.fast_leave = FastLeave::kAlways;
  StartLongAgo();
  HearFrom(h1, 0, {Version::kV1, {{RecordType::kIsEx, kGroup, {}}}});
  HearFrom(h1, 1, {Version::kV2, {{RecordType::kToIn, kGroup, {}}}});
  EXPECT_FALSE(IsGone());
}

TEST_F(IgmpFastLeave, C_60_NorHasALinkThatIsQueriedInV1) {
  config.fast_leave = FastLeave::kAlways;
  config.version = Version::kV1;
  StartLongAgo();
  HearFrom(h1, 0, RecordType::kToEx, kGroup);
  HearFrom(h1, 1, RecordType::kToIn, kGroup);
  EXPECT_FALSE(IsGone());
}

TYPED_TEST(FastLeaveTest, C_82_ALeaveOfANewHostIsAQuestionTooWhileAnOlderOneMayListen) {
  this->StartLongAgo();
  // A second older host would have kept silent.
  this->HearFrom(this->h2, 0, {Version::kV2, {{RecordType::kIsEx, this->kGroup, {}}}});
  this->HearFrom(this->h1, 1, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h2, 2, {Version::kV2, {{RecordType::kToIn, this->kGroup, {}}}});
  this->HearFrom(this->h1, 2.5, RecordType::kIsEx, this->kGroup);
  this->RunTo(10);
  this->sent.clear();
  this->HearFrom(this->h1, 20, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{20, 0, {}}));
  EXPECT_FALSE(this->IsGone());
}

TYPED_TEST(FastLeaveTest, C_82_NorIsItFastOnALinkThatQueriesInAnOlderVersion) {
  this->config.version = Version::kV2;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 1, RecordType::kToIn, this->kGroup);
  EXPECT_FALSE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{1, 0, {}}));
}

TYPED_TEST(FastLeaveTest, C_37_WithoutFastLeaveTheGroupIsAskedAbout) {
  this->config.fast_leave = FastLeave::kOff;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 1, RecordType::kToIn, this->kGroup);
  EXPECT_FALSE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{1, 0, {}}));
}

TYPED_TEST(FastLeaveTest, C_56_ANonQuerierEndsNothing) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearQuery(Bed<TypeParam>::Router(2), 1, this->General());
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup);
  EXPECT_EQ(this->GroupTimerLeft(this->kGroup), 268);
}

TYPED_TEST(FastLeaveTest, C_81_HostsThatCouldNotReportYetAreAskedAfterAStart) {
  this->Start(0);
  this->HearFrom(this->h1, 1, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h1, 41.2, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{41.2, 0, {}}));
  this->RunTo(43.2);
  EXPECT_TRUE(this->IsGone());
  // Both startup queries had their answers.
  this->HearFrom(this->h1, 44, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 45, RecordType::kToIn, this->kGroup);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(FastLeaveTest, X_10_WhenNotAllHostsHaveRoomTheyAreAsked) {
  this->config.max_hosts_per_group = 2;
  this->StartLongAgo();
  const auto h3 = Bed<TypeParam>::Host(3);
  for (const auto& host : {this->h1, this->h2, h3}) {
    this->HearFrom(host, 0, RecordType::kToEx, this->kGroup);
  }
  EXPECT_THAT(this->HostAddresses(), ElementsAre(this->h1, this->h2));
  this->HearFrom(this->h1, 1, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{1, 0, {}}));
  this->HearFrom(h3, 1.5, RecordType::kIsEx, this->kGroup);  // has room now, but the others of its kind?
  this->HearFrom(this->h2, 10, RecordType::kToIn, this->kGroup);
  EXPECT_FALSE(this->IsGone());
  this->HearFrom(h3, 12, RecordType::kIsEx, this->kGroup);
  // The incomplete part has expired one interval after the report that found no room.
  this->HearFrom(h3, 200, RecordType::kIsEx, this->kGroup);
  this->sent.clear();
  this->HearFrom(h3, 270, RecordType::kToIn, this->kGroup);
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_80_AHostWithoutAddressIsAsked) {
  this->StartLongAgo();
  this->HearFrom({}, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 1, RecordType::kToEx, this->kGroup);
  EXPECT_THAT(this->HostAddresses(), ElementsAre(this->h1));
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup);
  EXPECT_FALSE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{2, 0, {}}));
}

TYPED_TEST(FastLeaveTest, C_37_ALeaverThatIsNotKnownIsAskedAbout) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kAllow, this->kGroup, {1});
  this->HearFrom(this->h2, 1, RecordType::kBlock, this->kGroup, {1});
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());  // h1 wants it
  this->HearFrom(this->h1, 2, RecordType::kAllow, this->kGroup, {2});
  this->HearFrom(this->h1, 3, RecordType::kBlock, this->kGroup, {2});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1}));
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, TC_93_ABlockEndsWhatNobodyElseWants) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kAllow, this->kGroup, {1, 2});
  this->HearFrom(this->h2, 0, RecordType::kAllow, this->kGroup, {2});
  this->HearFrom(this->h1, 1, RecordType::kBlock, this->kGroup, {1, 2});
  EXPECT_THAT(this->changed, ElementsAre(this->kGroup));
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({2}));
  this->HearFrom(this->h1, 1.5, RecordType::kBlock, this->kGroup, {1, 2});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({2}));
  this->HearFrom(this->h2, 2, RecordType::kBlock, this->kGroup, {2});
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_81_TheLastSourceSpecificHostLeavesAtOnce) {
  const auto group = Bed<TypeParam>::SsmGroup();
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kAllow, group, {1});
  this->HearFrom(this->h2, 0, RecordType::kAllow, group, {1});
  this->HearFrom(this->h1, 1, RecordType::kToIn, group);
  EXPECT_EQ(this->querier->Membership(group), Include<TypeParam>({1}));
  this->HearFrom(this->h2, 2, RecordType::kToIn, group);
  EXPECT_EQ(this->querier->Find(group), nullptr);
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

TYPED_TEST(FastLeaveTest, C_83_InExcludeModeABlockedSourceIsBlockedWhenNobodyElseWantsIt) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h2, 0, RecordType::kToEx, this->kGroup);
  this->HearFrom(this->h1, 1, RecordType::kBlock, this->kGroup, {1});
  EXPECT_TRUE(this->querier->Membership(this->kGroup).Wants(Bed<TypeParam>::Source(1)));
  this->HearFrom(this->h2, 2, RecordType::kBlock, this->kGroup, {1});
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({1}));
  EXPECT_THAT(this->SpecificQueries(), IsEmpty());
}

// IS_EX of another host makes the group forget the sources of hosts in INCLUDE mode, so only they know them.
TYPED_TEST(FastLeaveTest, C_81_HostsInIncludeModeAreAskedWhenTheLastInExcludeModeLeaves) {
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kAllow, this->kGroup, {1});
  this->HearFrom(this->h2, 1, RecordType::kIsEx, this->kGroup);
  this->HearFrom(this->h2, 2, RecordType::kToIn, this->kGroup);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{2, 0, {}}));
  EXPECT_EQ(this->querier->Membership(this->kGroup), Exclude<TypeParam>({}));
  this->HearFrom(this->h1, 2.5, RecordType::kIsIn, this->kGroup, {1});
  this->RunTo(4);
  EXPECT_EQ(this->querier->Membership(this->kGroup), Include<TypeParam>({1}));
}

TYPED_TEST(FastLeaveTest, X_04_FastLeaveCanBeTurnedOnWithTheHostsKnownAlready) {
  this->config.fast_leave = FastLeave::kOff;
  this->StartLongAgo();
  this->HearFrom(this->h1, 0, RecordType::kToEx, this->kGroup);
  this->config.fast_leave = FastLeave::kTracked;
  this->Reconfigure(1);
  this->HearFrom(this->h1, 2, RecordType::kToIn, this->kGroup);
  EXPECT_TRUE(this->IsGone());
}

}  // namespace
}  // namespace bpfcast
