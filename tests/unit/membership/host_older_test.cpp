// Conformance D.3, the finer points: what happens around a change of the version, and to single groups.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class HostOlderTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;

  /// One record each, as an older version has them.
  static std::vector<Report<F>> V2(const typename Bed::Records& records) {
    std::vector<Report<F>> reports;
    for (const auto& record : records) reports.push_back({Version::kV2, {record}});
    return reports;
  }
  static std::vector<Report<F>> Reports(Bed& bed) {
    std::vector<Report<F>> reports;
    for (const auto& packet : bed.sent) reports.push_back(packet.report);
    bed.sent.clear();
    return reports;
  }
  /// A bed that heard a v2 General Query at 0; what it answered is settled.
  static void HearV2(Bed& bed) {
    bed.OlderQuery(Version::kV2);
    bed.Settle();
    ASSERT_EQ(bed.host.mode(), Version::kV2);
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostOlderTest, BothFamilies);

TYPED_TEST(HostOlderTest, TD_16_AVersionTwoQueryCancelsRetransmissionsAndIsAnsweredGroupByGroup) {
  using Bed = typename TestFixture::Bed;
  Bed bed(1, Bed::Config(7));
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  bed.Want(Bed::Exclude({3}), 3);
  bed.Want(Bed::Exclude({}), 4);
  bed.Advance(0);
  bed.Want(Bed::None(), 4);
  bed.Advance(0.02);
  bed.sent.clear();
  bed.GeneralQuery(10, 7);  // its answer is pending, too
  const double start = bed.Now();
  bed.OlderQuery(Version::kV2);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.Advance(30);
  std::map<typename TypeParam::Address, double> answered;
  for (const auto& packet : bed.sent) {
    ASSERT_EQ(packet.report.records.size(), 1u);
    const auto& record = packet.report.records[0];
    EXPECT_EQ(record.type, RecordType::kIsEx);
    EXPECT_TRUE(answered.emplace(record.group, packet.at).second) << "answered twice";
    EXPECT_GT(packet.at, start);
    EXPECT_LE(packet.at, start + 10);
  }
  ASSERT_EQ(answered.size(), 3u);
  EXPECT_FALSE(answered.contains(Bed::G(4)));
  EXPECT_NE(answered[Bed::G(1)], answered[Bed::G(2)]) << "each group has its own delay";
}

TYPED_TEST(HostOlderTest, X_10_AFloodOfOlderQueriesCountsAsOneInASecond) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Settle();
  bed.OlderQuery(Version::kV2, 0.1);
  bed.Advance(0.1);
  EXPECT_EQ(TestFixture::Reports(bed).size(), 1u);
  for (int n = 0; n < 100; ++n) bed.OlderQuery(Version::kV2, 0.1);
  bed.Advance(0.5);
  EXPECT_TRUE(bed.sent.empty()) << "the querier has heard the answer";
  bed.OlderQuery(Version::kV2, 0.05);
  bed.Advance(0.05);
  EXPECT_EQ(TestFixture::Reports(bed).size(), 1u) << "one that allows less time is another question";
  bed.Advance(1);
  bed.OlderQuery(Version::kV2, 0.1);
  bed.Advance(0.1);
  EXPECT_EQ(TestFixture::Reports(bed).size(), 1u);
}

TYPED_TEST(HostOlderTest, TD_17_EachGroupIsRepeatedInItsOwnTime) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::HearV2(bed);
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Exclude({}), 2);
  bed.Advance(30);
  ASSERT_EQ(bed.sent.size(), 4u);
  EXPECT_EQ(bed.sent[0].at, bed.sent[1].at);
  EXPECT_NE(bed.sent[2].at, bed.sent[3].at);
}

TYPED_TEST(HostOlderTest, TD_17_ChangesOfListAndModeAreNotReported) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::HearV2(bed);
  bed.Want(Bed::Include({1}));
  bed.Settle();
  bed.Want(Bed::Include({1, 2}));
  bed.Want(Bed::Exclude({3}));
  bed.Want(Bed::Exclude({}));
  bed.Want(Bed::Include({4}));
  EXPECT_GE(bed.host.NextExpiry(), bed.host.ModeExpires()) << "nothing is pending";
  bed.Advance(30);
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostOlderTest, TD_17_AGroupThatIsGoneIsNotAnsweredFor) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.Want(Bed::None());
  bed.Advance(30);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({Bed::Record(RecordType::kToIn, {})}));
}

TYPED_TEST(HostOlderTest, D_22_GroupQueriesOfAnyVersionAreAnsweredInTheMode) {
  using Bed = typename TestFixture::Bed;
  const auto expected = TestFixture::V2({Bed::Record(RecordType::kIsEx, {})});
  Bed bed;
  TestFixture::HearV2(bed);
  bed.Want(Bed::Include({1}));
  bed.Settle();
  const auto answered_by = [&](double start) {
    for (const auto& packet : bed.sent) EXPECT_LE(packet.at, start + 1);
    return TestFixture::Reports(bed);
  };
  double start = bed.Now();
  bed.OlderGroupQuery(Version::kV2, 1);
  bed.Advance(5);
  EXPECT_EQ(answered_by(start), expected);
  start = bed.Now();
  bed.GroupQuery(1, {7});  // of another, newer router; a source that is not wanted
  bed.Advance(5);
  EXPECT_EQ(answered_by(start), expected);
  bed.OlderGroupQuery(Version::kV2, 1, 2);  // not a group of ours
  bed.Advance(5);
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostOlderTest, B_12_EachOlderQueryProlongsTheMode) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.OlderQuery(Version::kV2, 10);
  bed.Advance(125);
  bed.OlderGroupQuery(Version::kV2, 1);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(260)) << "only General Queries count";
  bed.GeneralQuery(10);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(260)) << "a newer querier beside it changes nothing";
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.OlderQuery(Version::kV2, 5);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(125 + 255));
  bed.AdvanceTo(379);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.AdvanceTo(381);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
}

TYPED_TEST(HostOlderTest, D_21_WhatIsPendingInTheOlderModeEndsWithIt) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.OlderQuery(Version::kV2);
  bed.AdvanceTo(259);
  bed.Want(Bed::Exclude({}), 1);
  bed.AdvanceTo(259.9);
  bed.OlderGroupQuery(Version::kV2, 25.5);
  bed.sent.clear();
  bed.AdvanceTo(300);
  EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kToEx, {}, 1)})
      << "D-26, nothing else";
}

// A change waits up to 10 ms for company (D-07). The mode changes before it was told at all.
TYPED_TEST(HostOlderTest, D_21_AChangeThatWasNotToldYetIsToldInTheNewMode) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Include({1}), 2);
  bed.WantAddress(Bed::Include({1}), HostBedAddresses<TypeParam>::SsmGroup());
  bed.Settle();
  const auto after_a_change = [&](auto change) {
    bed.Want(Bed::Exclude({}), 9);
    bed.Advance(0);  // from here on first transmissions wait
    bed.sent.clear();
    bed.Advance(0.002);
    change();
  };
  after_a_change([&] {
    bed.Want(Bed::None(), 1);
    bed.Want(Bed::Include({1, 2}), 3);
    bed.WantAddress(Bed::None(), HostBedAddresses<TypeParam>::SsmGroup());
  });
  EXPECT_TRUE(bed.sent.empty());
  bed.OlderQuery(Version::kV2, 1);
  bed.Advance(0.02);
  EXPECT_EQ(TestFixture::Reports(bed),
            TestFixture::V2({Bed::Record(RecordType::kToIn, {}, 1), Bed::Record(RecordType::kIsEx, {}, 3)}));

  bed.AdvanceTo(std::chrono::duration<double>(bed.host.ModeExpires().time_since_epoch()).count() - 0.003);
  bed.Want(Bed::None(), 9);
  after_a_change([&] { bed.Want(Bed::None(), 2); });
  bed.Advance(0.02);
  ASSERT_EQ(bed.host.mode(), Version::kV3);
  const auto records = bed.TakeRecords();
  EXPECT_EQ(std::count(records.begin(), records.end(), Bed::Record(RecordType::kToIn, {}, 2)), 1);
}

TYPED_TEST(HostOlderTest, TD_22_AReportOfAnotherHostSavesOurs) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Exclude({}), 2);
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.host.OnReport({Version::kV2, {Bed::Record(RecordType::kIsEx, {}, 1)}});
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({Bed::Record(RecordType::kIsEx, {}, 2)}));

  bed.OlderQuery(Version::kV2);
  // The router does not understand it.
  bed.host.OnReport({Version::kV3, {Bed::Record(RecordType::kIsEx, {}, 2)}});
  bed.Advance(20);
  EXPECT_EQ(bed.sent.size(), 2u);
}

TYPED_TEST(HostOlderTest, D_22_ALeaveIsSentAlsoWhenAnotherHostReportedLast) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.host.OnReport({Version::kV2, {Bed::Record(RecordType::kIsEx, {})}});
  bed.Want(Bed::None());
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({Bed::Record(RecordType::kToIn, {})}));
}

TYPED_TEST(HostOlderTest, TD_23_SourceSpecificGroupsAreNotReportedInAnOlderVersion) {
  using Bed = typename TestFixture::Bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  Bed bed;
  bed.WantAddress(Bed::Include({1}), group);
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.Advance(20);
  bed.WantAddress(Bed::None(), group);
  bed.Advance(20);
  bed.WantAddress(Bed::Include({2}), group);
  bed.Advance(20);
  Query<TypeParam> query;
  query.version = Version::kV2;
  query.group = group;
  query.max_response_time = std::chrono::seconds(1);
  bed.host.OnQuery(query, bed.now);
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
  bed.Advance(260);
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{{RecordType::kAllow, group, Bed::Sources({2})}}));
}

TYPED_TEST(HostOlderTest, TD_23_AGroupThatIsNotAskedForIsNamed) {
  using Bed = typename TestFixture::Bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.WantAddress(Bed::Include({1}), group);
  EXPECT_FALSE(bed.host.NotAskedFor().has_value());
  TestFixture::HearV2(bed);
  EXPECT_EQ(bed.host.NotAskedFor(), group);
  bed.WantAddress(Bed::None(), group);
  EXPECT_FALSE(bed.host.NotAskedFor().has_value());
}

TYPED_TEST(HostOlderTest, TD_23_WithTheKnobItIsAskedForWithAllItsSources) {
  using Bed = typename TestFixture::Bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  auto config = Bed::Config();
  config.older_ssm = OlderSsm::kReport;
  Bed bed(1, config);
  TestFixture::HearV2(bed);
  const GroupRecord<TypeParam> report{RecordType::kIsEx, group, {}};
  bed.WantAddress(Bed::Include({1}), group);
  bed.Settle();
  EXPECT_FALSE(bed.host.NotAskedFor().has_value());
  bed.OlderQuery(Version::kV2);
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({report}));
  bed.WantAddress(Bed::Include({1, 2}), group);
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
  bed.WantAddress(Bed::None(), group);
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({{RecordType::kToIn, group, {}}}));
}

TYPED_TEST(HostOlderTest, D_19_TheKnobDoesNotReachTheNewestVersion) {
  using Bed = typename TestFixture::Bed;
  auto config = Bed::Config();
  config.older_ssm = OlderSsm::kReport;
  Bed bed(1, config);
  bed.WantAddress(Bed::Exclude({}), HostBedAddresses<TypeParam>::SsmGroup());
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostOlderTest, X_04_TurningTheKnobOnAndOffIsToldAtOnce) {
  using Bed = typename TestFixture::Bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  Bed bed;
  TestFixture::HearV2(bed);
  bed.WantAddress(Bed::Include({1}), group);
  bed.Settle();
  auto config = Bed::Config();
  config.older_ssm = OlderSsm::kReport;
  bed.host.Reconfigure(config, bed.database, bed.now);
  bed.Advance(0);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({{RecordType::kIsEx, group, {}}}));
  bed.Settle();
  bed.host.Reconfigure(Bed::Config(), bed.database, bed.now);
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({{RecordType::kToIn, group, {}}}));
}

TYPED_TEST(HostOlderTest, D_25_OlderQueriersCanBeRefused) {
  using Bed = typename TestFixture::Bed;
  auto config = Bed::Config();
  config.older_queriers = OlderQueriers::kWarn;
  Bed bed(1, config);
  bed.Want(Bed::Include({1}));
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  EXPECT_EQ(bed.host.OldestQuerier(), Version::kV2) << "so that somebody can tell";
  EXPECT_EQ(bed.host.ModeExpires(), kNever);
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kIsIn, {1})});
  bed.Advance(300);
  EXPECT_EQ(bed.host.OldestQuerier(), Version::kV3);
  EXPECT_TRUE(bed.sent.empty()) << "nothing changed";
}

TYPED_TEST(HostOlderTest, X_04_AnOlderQuerierThatIsPresentIsRefusedAndFollowedAtOnce) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Include({1}));
  TestFixture::HearV2(bed);
  auto config = Bed::Config();
  config.older_queriers = OlderQueriers::kWarn;
  bed.host.Reconfigure(config, bed.database, bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  bed.Advance(5);
  EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kAllow, {1})});
  bed.host.Reconfigure(Bed::Config(), bed.database, bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.Advance(5);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({Bed::Record(RecordType::kIsEx, {})}));
}

TYPED_TEST(HostOlderTest, TD_23_WhatIsNotInTheSourceSpecificRangesIsReported) {
  using Bed = typename TestFixture::Bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  auto config = Bed::Config();
  config.ssm_ranges.clear();
  Bed bed(1, config);
  bed.WantAddress(Bed::Include({1}), group);
  bed.Settle();
  bed.OlderQuery(Version::kV2);
  bed.Advance(20);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({{RecordType::kIsEx, group, {}}}));
}

TYPED_TEST(HostOlderTest, TD_26_LinkLocalGroupsAreNotReportedInAnOlderVersionEither) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::HearV2(bed);
  for (const auto& group : HostBedAddresses<TypeParam>::LinkLocalGroups()) {
    bed.WantAddress(Bed::Exclude({}), group);
  }
  bed.OlderQuery(Version::kV2);
  bed.Advance(20);
  bed.Leave();
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostOlderTest, X_04_AnotherVersionIsFollowedAtOnceAndEverythingAnnounced) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Include({1}));
  bed.Settle();
  auto config = Bed::Config();
  config.version = Version::kV2;
  bed.host.Reconfigure(config, bed.database, bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.Advance(30);
  EXPECT_EQ(TestFixture::Reports(bed), TestFixture::V2({Bed::Record(RecordType::kIsEx, {})}));
  bed.host.Reconfigure(Bed::Config(), bed.database, bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  bed.Advance(30);
  EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kAllow, {1})});
}

TYPED_TEST(HostOlderTest, X_04_AStoppedHostTakesAnotherVersion) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.host.Stop();
  bed.Advance(1);
  auto config = Bed::Config();
  config.version = Version::kV2;
  bed.host.Reconfigure(config, bed.database, bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
}

TEST(HostVersionOne, D_20_TheOldestQuerierDecidesHowLongTheModeLasts) {
  using Bed = HostBed<Igmp>;
  Bed bed;
  bed.OlderQuery(Version::kV2);
  bed.Advance(20);
  bed.OlderQuery(Version::kV1);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(280));
  bed.AdvanceTo(270);  // the v2 querier is gone
  EXPECT_EQ(bed.host.mode(), Version::kV1);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(280));
  bed.AdvanceTo(281);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
}

TEST(HostVersionOne, D_23_OnlyAReportThatTheRouterUnderstandsSavesOurs) {
  using Bed = HostBed<Igmp>;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.Settle();
  bed.OlderQuery(Version::kV1);
  bed.host.OnReport({Version::kV2, {Bed::Record(RecordType::kIsEx, {})}});
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords().size(), 1u);
  bed.OlderQuery(Version::kV1);
  bed.host.OnReport({Version::kV1, {Bed::Record(RecordType::kIsEx, {})}});
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
}

TEST(HostVersionOne, D_20_MldHasNoVersionOne) {
  auto config = HostBed<Mld>::Config();
  config.version = Version::kV1;
  const HostBed<Mld> bed(1, config);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  EXPECT_EQ(bed.host.ModeExpires(), kNever);
}

}  // namespace
}  // namespace bpfcast
