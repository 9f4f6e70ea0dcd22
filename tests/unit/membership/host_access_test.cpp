// Conformance E-08: what may be asked for upstream.
#include <gtest/gtest.h>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class HostAccessTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  using Address = typename F::Address;

  static AccessRule<F> DenyGroup(unsigned group) {
    return {Access::kDeny, {Bed::G(group), Address::kBits}, {Address(), 0}};
  }
  static AccessRule<F> DenySource(unsigned source) {
    return {Access::kDeny, {Address(), 0}, {Bed::S(source), Address::kBits}};
  }
  static HostConfig<F> Config(std::vector<AccessRule<F>> rules) {
    auto config = Bed::Config();
    config.access.rules = std::move(rules);
    return config;
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostAccessTest, BothFamilies);

TYPED_TEST(HostAccessTest, E_08_ARefusedGroupIsNeitherAnnouncedNorAnsweredForNorLeft) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  for (const Version version : {Version::kV3, Version::kV2}) {
    auto config = T::Config({T::DenyGroup(1)});
    config.version = version;
    Bed bed(1, config);
    bed.Want(Bed::Exclude({}), 1);
    bed.Want(Bed::Include({1}), 1);
    bed.Want(Bed::Exclude({2}), 1);
    EXPECT_EQ(bed.host.NextExpiry(), kNever);
    bed.GeneralQuery(10);
    bed.Advance(20);
    bed.GroupQuery(1);
    bed.GroupQuery(1, {1});
    EXPECT_EQ(bed.host.NextExpiry(), kNever);
    bed.host.Start(bed.now);
    bed.Advance(20);
    bed.Want(Bed::None(), 1);
    bed.Advance(20);
    bed.Want(Bed::Exclude({}), 1);
    bed.Leave();
    EXPECT_TRUE(bed.sent.empty());
  }
}

TYPED_TEST(HostAccessTest, E_08_RefusedSourcesAreLeftOutOfIncludeRecords) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  using Records = typename Bed::Records;
  const auto record = [](RecordType type, std::initializer_list<unsigned> s) { return Bed::Record(type, s); };
  Bed bed(1, T::Config({T::DenySource(2)}));
  bed.Want(Bed::Include({1, 2}));
  bed.Advance(0);
  EXPECT_EQ(bed.TakeRecords(), Records{record(RecordType::kAllow, {1})});
  bed.Settle();
  bed.GroupQuery(1);
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), Records{record(RecordType::kIsIn, {1})});
  bed.GroupQuery(1, {2});
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
  bed.Want(Bed::Include({1}));
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty()) << "the source was never told";
  bed.Want(Bed::Include({2}));
  bed.Advance(0);
  EXPECT_EQ(bed.TakeRecords(), Records{record(RecordType::kBlock, {1})});
  bed.Settle();
  bed.Leave();
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostAccessTest, E_08_ExcludeModeNeedsPermissionForTheGroup) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  using Records = typename Bed::Records;
  auto config = Bed::Config();
  config.access.otherwise = Access::kDeny;
  config.access.rules = {
      {Access::kPermit, {Bed::G(1), TypeParam::Address::kBits}, {Bed::S(1), TypeParam::Address::kBits}},
      {Access::kPermit, {Bed::G(2), TypeParam::Address::kBits}, {{}, 0}}};
  Bed bed(1, config);
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Exclude({}), 2);
  bed.Want(Bed::Exclude({}), 3);
  bed.Advance(0);
  EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToEx, {}, 2)});
  bed.Settle();
  bed.Want(Bed::Include({1, 2}), 1);
  bed.Advance(0);
  EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kAllow, {1}, 1)});
}

// It can only ask for all sources.
TYPED_TEST(HostAccessTest, E_08_AnOlderVersionNeedsPermissionForTheGroup) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  auto config = Bed::Config();
  config.version = Version::kV2;
  config.access.otherwise = Access::kDeny;
  config.access.rules = {
      {Access::kPermit, {Bed::G(1), TypeParam::Address::kBits}, {Bed::S(1), TypeParam::Address::kBits}}};
  Bed bed(1, config);
  bed.Want(Bed::Include({1}), 1);
  bed.Advance(30);
  bed.OlderQuery(Version::kV2);
  bed.Advance(30);
  bed.Leave();
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostAccessTest, E_08_AnotherListAnnouncesWhatItPermitsAndLeavesWhatItRefuses) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  using Records = typename Bed::Records;
  Bed bed(1, T::Config({T::DenyGroup(1)}));
  bed.Want(Bed::Exclude({4}), 1);
  bed.Want(Bed::Exclude({}), 2);
  bed.Want(Bed::Include({1, 2}), 3);
  bed.Want(Bed::Exclude({}), 5);
  bed.Settle();
  bed.host.Reconfigure(T::Config({T::DenyGroup(2), T::DenySource(2)}), bed.database, bed.now);
  const double start = bed.Now();
  bed.Advance(20);
  ASSERT_EQ(bed.sent.size(), 2u) << "robustness times";
  EXPECT_LE(bed.sent[0].at, start + 0.01);
  for (const auto& packet : bed.sent) {
    EXPECT_EQ(packet.report.records,
              (Records{Bed::Record(RecordType::kToEx, {4}, 1), Bed::Record(RecordType::kToIn, {}, 2),
                       Bed::Record(RecordType::kBlock, {2}, 3)}));
  }
}

TYPED_TEST(HostAccessTest, E_08_AnotherListInAnOlderMode) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed(1, T::Config({T::DenyGroup(1)}));
  bed.Want(Bed::Exclude({4}), 1);
  bed.Want(Bed::Include({1}), 2);
  bed.Want(Bed::Include({1, 2}), 3);
  bed.OlderQuery(Version::kV2);
  bed.Settle();
  bed.host.Reconfigure(T::Config({T::DenyGroup(2), T::DenySource(2)}), bed.database, bed.now);
  bed.Advance(20);
  const auto joined = Bed::Record(RecordType::kIsEx, {}, 1);
  EXPECT_EQ(bed.TakeRecords(),
            (typename Bed::Records{joined, Bed::Record(RecordType::kToIn, {}, 2), joined}));
}

TYPED_TEST(HostAccessTest, E_08_AGroupThatIsNewlyRefusedIsNotAnsweredForAnyMore) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Settle();
  bed.GeneralQuery(10);
  bed.GroupQuery(10);
  bed.host.Reconfigure(T::Config({T::DenyGroup(1)}), bed.database, bed.now);
  bed.Advance(30);
  const auto left = Bed::Record(RecordType::kToIn, {});
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{left, left}));
}

TYPED_TEST(HostAccessTest, X_04_TheSameSettingsSayNothingAndTheMtuStays) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed(1, T::Config({T::DenyGroup(1)}));
  for (unsigned group = 1; group <= 51; ++group) bed.Want(Bed::Exclude({}), group);
  bed.host.SetMtu(576);
  bed.Settle();
  bed.host.Reconfigure(T::Config({T::DenyGroup(1)}), bed.database, bed.now);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.GeneralQuery(10);
  bed.Advance(20);
  // (576 - 32) / 8 = 68 and (576 - 56) / 20 = 26 records a report
  EXPECT_EQ(bed.sent.size(), (std::is_same_v<TypeParam, Igmp> ? 1u : 2u));
}

TYPED_TEST(HostAccessTest, X_04_OtherTimersHoldFromNowOn) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  bed.host.Reconfigure(Bed::Config(5), bed.database, bed.now);
  bed.Want(Bed::Exclude({}));
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords().size(), 5u);
  bed.GeneralQuery(10, 3);
  bed.Settle();
  bed.host.Reconfigure(Bed::Config(4), bed.database, bed.now);
  bed.Want(Bed::None());
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords().size(), 3u) << "the querier's robustness counts (D-03)";
}

TYPED_TEST(HostAccessTest, X_04_AStoppedHostSaysNothing) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.host.Stop();
  bed.host.Reconfigure(T::Config({T::DenyGroup(1)}), bed.database, bed.now);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.host.Start(bed.now);
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
}

}  // namespace
}  // namespace bpfcast
