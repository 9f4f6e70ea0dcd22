// Conformance D.3: queriers of older versions upstream, RFC 9776 section 7.2.1 (RFC 9777 section 8.2.1).
#include <gtest/gtest.h>

#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class HostVersionsTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  using Records = typename Bed::Records;

  static GroupRecord<F> Join(unsigned group = 1) { return Bed::Record(RecordType::kIsEx, {}, group); }
  static GroupRecord<F> Leave(unsigned group = 1) { return Bed::Record(RecordType::kToIn, {}, group); }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostVersionsTest, BothFamilies);

using HostVersionOneTest = HostVersionsTest<Igmp>;

TYPED_TEST(HostVersionsTest, TD_16_EachGroupHasItsOwnUniformDelay) {
  using Bed = typename TestFixture::Bed;
  constexpr std::uint64_t kSeed = 20260103;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Bed bed(kSeed);
  for (unsigned group = 1; group <= 500; ++group) bed.Want(Bed::Exclude({}), group);
  bed.Settle();
  std::vector<double> delays;
  for (unsigned run = 0; run < 10; ++run) {
    const double start = bed.Now();
    bed.OlderQuery(Version::kV2);
    bed.Advance(10.1);
    ASSERT_EQ(bed.sent.size(), 500u);
    for (const auto& packet : bed.sent) delays.push_back(packet.at - start);
    bed.sent.clear();
  }
  ExpectUniform(delays, 10.0 + 1e-6);  // the times are sums of doubles
}

TYPED_TEST(HostVersionsTest, TD_17_AJoinIsReportedTwiceWithinTenSeconds) {
  using Bed = typename TestFixture::Bed;
  unsigned more_than_a_second = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Bed bed(seed);
    bed.OlderQuery(Version::kV2);
    bed.Want(Bed::Include({1}));
    bed.Advance(30);
    ASSERT_EQ(bed.sent.size(), 2u);
    EXPECT_LE(bed.sent[0].at, 0.01);
    const double gap = bed.sent[1].at - bed.sent[0].at;
    EXPECT_GT(gap, 0);
    EXPECT_LE(gap, 10);
    if (gap > 1) ++more_than_a_second;
    EXPECT_EQ(bed.TakeRecords(), (typename TestFixture::Records{this->Join(), this->Join()}));
  }
  EXPECT_GT(more_than_a_second, 20u) << "the interval is not that of v3";
}

TYPED_TEST(HostVersionsTest, TD_17_ALeaveIsSentOnce) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.OlderQuery(Version::kV2);
  bed.Want(Bed::Include({1}));
  bed.Settle();
  const double start = bed.Now();
  bed.Want(Bed::None());
  bed.Advance(60);
  ASSERT_EQ(bed.sent.size(), 1u);
  EXPECT_LE(bed.sent[0].at, start + 0.01);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Leave()});
}

TYPED_TEST(HostVersionsTest, TD_17_ALeaveEndsTheRepeatedJoinAndAJoinTheLeave) {
  using Bed = typename TestFixture::Bed;
  Bed bed(1, Bed::Config(7));
  bed.OlderQuery(Version::kV2);
  bed.Want(Bed::Exclude({}));
  bed.Advance(0);
  bed.sent.clear();
  bed.Want(Bed::None());
  bed.Advance(100);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Leave()});
  bed.OlderQuery(Version::kV2);
  bed.Want(Bed::Exclude({}));
  bed.Want(Bed::None());
  bed.Want(Bed::Exclude({}));
  bed.Advance(100);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records(7, this->Join()));
}

TYPED_TEST(HostVersionsTest, TD_19_AnOlderGroupQueryDoesNotChangeTheMode) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Include({1, 2}));
  bed.Settle();
  bed.OlderGroupQuery(Version::kV2, 1);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  EXPECT_EQ(bed.host.ModeExpires(), kNever);
  bed.Advance(1);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{Bed::Record(RecordType::kIsIn, {1, 2})});
}

TYPED_TEST(HostVersionsTest, TD_20_TheNewestVersionComesBackAndEverythingIsAnnouncedOnce) {
  using Bed = typename TestFixture::Bed;
  using Records = typename TestFixture::Records;
  Bed bed;
  bed.OlderQuery(Version::kV2);
  bed.Want(Bed::Exclude({4}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(260));  // TD-21: RV * QI + 10 s
  bed.AdvanceTo(255);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.sent.clear();
  bed.AdvanceTo(355);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  EXPECT_EQ(bed.host.ModeExpires(), kNever);
  ASSERT_EQ(bed.sent.size(), 1u);
  EXPECT_NEAR(bed.sent[0].at, 260, 0.02);
  EXPECT_EQ(bed.TakeRecords(),
            (Records{Bed::Record(RecordType::kToEx, {4}, 1), Bed::Record(RecordType::kAllow, {1, 2}, 2)}));
  bed.GeneralQuery(10);
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(),
            (Records{Bed::Record(RecordType::kIsEx, {4}, 1), Bed::Record(RecordType::kIsIn, {1, 2}, 2)}));
}

TYPED_TEST(HostVersionsTest, TD_22_ReportsOfOthersSaveOursInAnOlderModeOnly) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.Settle();
  bed.GroupQuery(10);
  bed.host.OnReport({Version::kV2, {this->Join()}});
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Join()});

  bed.OlderQuery(Version::kV2);
  bed.host.OnReport({Version::kV2, {this->Leave()}});
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Join()}) << "a leave saves nothing";

  bed.OlderQuery(Version::kV2);
  bed.host.OnReport({Version::kV2, {this->Join()}});
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostVersionsTest, X_02_ANewAddressKeepsTheMode) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.OlderQuery(Version::kV2);
  bed.Settle();
  const Time expires = bed.host.ModeExpires();
  bed.host.Start(bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  EXPECT_EQ(bed.host.ModeExpires(), expires);
  bed.Advance(30);
  EXPECT_EQ(bed.TakeRecords(), (typename TestFixture::Records{this->Join(), this->Join()}));
}

TYPED_TEST(HostVersionsTest, X_02_ALinkThatWentDownForgetsOlderQueriers) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.OlderQuery(Version::kV2);
  bed.host.Stop();
  EXPECT_EQ(bed.host.mode(), Version::kV3);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.host.Start(bed.now);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
}

TYPED_TEST(HostVersionsTest, X_03_ACleanStopSendsALeaveForEachGroup) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({4}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  bed.Want(Bed::Exclude({}), 3);
  bed.OlderQuery(Version::kV2);
  bed.Settle();
  bed.Want(Bed::None(), 3);  // not told yet
  bed.Leave();
  EXPECT_FALSE(bed.host.running());
  EXPECT_EQ(bed.TakeRecords(),
            (typename TestFixture::Records{this->Leave(1), this->Leave(2), this->Leave(3)}));
}

TYPED_TEST(HostVersionsTest, D_20_AnOlderVersionCanBeConfigured) {
  using Bed = typename TestFixture::Bed;
  auto config = Bed::Config();
  config.version = Version::kV2;
  Bed bed(1, config);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  bed.Want(Bed::Include({1}));
  bed.Advance(30);
  EXPECT_EQ(bed.TakeRecords(), (typename TestFixture::Records{this->Join(), this->Join()}));
  bed.OlderQuery(Version::kV2);
  EXPECT_EQ(bed.host.ModeExpires(), kNever);
  bed.Advance(1000);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Join()});
  bed.GeneralQuery(10);
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), typename TestFixture::Records{this->Join()});
}

TEST_F(HostVersionOneTest, TD_18_ReportsAreOfVersionOneAndThereAreNoLeaves) {
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Include({1}), 2);
  bed.Settle();
  const double start = bed.Now();
  bed.OlderQuery(Version::kV1);
  EXPECT_EQ(bed.host.mode(), Version::kV1);
  bed.Advance(30);
  ASSERT_EQ(bed.sent.size(), 2u);
  for (const auto& packet : bed.sent) {
    EXPECT_EQ(packet.report.version, Version::kV1);
    EXPECT_LE(packet.at, start + 10);
  }
  bed.sent.clear();
  bed.Want(Bed::None(), 1);
  bed.Advance(30);
  EXPECT_TRUE(bed.sent.empty());
  bed.Leave();
  EXPECT_TRUE(bed.sent.empty());
}

TEST_F(HostVersionOneTest, TD_18_AfterVersionOneComesVersionTwo) {
  Bed bed;
  bed.OlderQuery(Version::kV1);
  bed.Advance(20);
  bed.OlderQuery(Version::kV2);
  EXPECT_EQ(bed.host.mode(), Version::kV1);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(260));
  bed.AdvanceTo(261);
  EXPECT_EQ(bed.host.mode(), Version::kV2);
  EXPECT_EQ(bed.host.ModeExpires(), Bed::At(280));
  bed.AdvanceTo(281);
  EXPECT_EQ(bed.host.mode(), Version::kV3);
}

}  // namespace
}  // namespace bpfcast
