// Conformance D.2: answers to queries, RFC 9776 section 5.2.
#include <gtest/gtest.h>

#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class HostAnswerTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  static constexpr double kTick = 0.001;

  static void Prepare(Bed& bed, const MembershipRecord<F>& record, unsigned group = 1) {
    bed.Want(record, group);
    bed.Settle();
  }
  /// When the next report is due, from now on.
  static double Delay(const Bed& bed) {
    return std::chrono::duration<double>(bed.host.NextExpiry() - bed.now).count();
  }
  /// Calls `script(bed, first delay, second delay)` for many seeds; the delays are those which two queries
  /// with a maximum response time of `first` and `second` draw one after the other.
  template <class Script>
  static void WithDraws(double first, double second, Script script) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Random probe(seed);
      probe.UpTo(std::chrono::seconds(1));  // the announcement by Prepare() draws twice
      probe.UpTo(std::chrono::seconds(1));
      const auto draw = [&probe](double max) {
        return std::chrono::duration<double>(probe.UpTo(Bed::At(max).time_since_epoch())).count();
      };
      const double one = draw(first);
      const double two = draw(second);
      Bed bed(seed);
      script(bed, one, two);
    }
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostAnswerTest, BothFamilies);

TYPED_TEST(HostAnswerTest, TD_08_AGeneralQueryIsAnsweredInOneReport) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  bed.Want(Bed::Exclude({3}), 3);
  bed.Settle();
  bed.GeneralQuery(10);
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 1u);
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{Bed::Record(RecordType::kIsEx, {}, 1),
                                                      Bed::Record(RecordType::kIsIn, {1, 2}, 2),
                                                      Bed::Record(RecordType::kIsEx, {3}, 3)}));
  bed.Advance(100);
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostAnswerTest, TD_08_TheDelayIsUniform) {
  using Bed = typename TestFixture::Bed;
  constexpr std::uint64_t kSeed = 20260102;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Bed bed(kSeed);
  TestFixture::Prepare(bed, Bed::Exclude({}));
  std::vector<double> delays;
  for (unsigned run = 0; run < 10000; ++run) {
    bed.GeneralQuery(10);
    delays.push_back(TestFixture::Delay(bed));
    ASSERT_GE(delays.back(), TestFixture::kTick);
    bed.Advance(10);
    ASSERT_EQ(bed.TakeRecords().size(), 1u);
  }
  ExpectUniform(delays, 10);
}

TYPED_TEST(HostAnswerTest, TA_40_NoTimeToRespondMeansOneTick) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::Prepare(bed, Bed::Exclude({}));
  bed.GeneralQuery(0);
  EXPECT_DOUBLE_EQ(TestFixture::Delay(bed), TestFixture::kTick);
  bed.Settle();
  bed.GroupQuery(0);
  EXPECT_DOUBLE_EQ(TestFixture::Delay(bed), TestFixture::kTick);
}

TYPED_TEST(HostAnswerTest, TD_09_WithoutStateThereIsNoAnswer) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.GeneralQuery(10);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.GroupQuery(10);
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
}

TYPED_TEST(HostAnswerTest, TD_10_TwoGeneralQueriesGetOneAnswerAtTheEarlierTime) {
  using Bed = typename TestFixture::Bed;
  unsigned first_was_sooner = 0, second_was_sooner = 0;
  TestFixture::WithDraws(10, 10, [&](Bed& bed, double first, double second) {
    TestFixture::Prepare(bed, Bed::Exclude({}));
    const double start = bed.Now();
    bed.GeneralQuery(10);
    bed.GeneralQuery(10);
    ++(first < second ? first_was_sooner : second_was_sooner);
    bed.Advance(30);
    ASSERT_EQ(bed.sent.size(), 1u);
    EXPECT_NEAR(bed.sent[0].at - start, std::min(first, second), 1e-6);
  });
  EXPECT_GT(first_was_sooner, 0u);
  EXPECT_GT(second_was_sooner, 0u);
}

// Rule 1 holds for specific queries, too.
TYPED_TEST(HostAnswerTest, D_11_AGeneralAnswerThatComesSoonerServesASpecificQuery) {
  using Bed = typename TestFixture::Bed;
  unsigned sooner = 0, later = 0;
  TestFixture::WithDraws(10, 10, [&](Bed& bed, double general, double specific) {
    TestFixture::Prepare(bed, Bed::Exclude({}));
    bed.GeneralQuery(10);
    bed.GroupQuery(10);
    ++(general < specific ? sooner : later);
    bed.Advance(30);
    EXPECT_EQ(bed.sent.size(), general < specific ? 1u : 2u);
  });
  EXPECT_GT(sooner, 0u);
  EXPECT_GT(later, 0u);
}

TYPED_TEST(HostAnswerTest, TD_11_AGroupQueryGetsTheWholeRecord) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  const auto answer = [](const MembershipRecord<TypeParam>& record) {
    Bed bed;
    TestFixture::Prepare(bed, Bed::Exclude({}), 2);  // another group, not asked for
    TestFixture::Prepare(bed, record);
    const double start = bed.Now();
    bed.GroupQuery(1);
    bed.Advance(20);
    for (const auto& packet : bed.sent) EXPECT_LE(packet.at, start + 1);
    return bed.TakeRecords();
  };
  EXPECT_EQ(answer(Bed::Include({1, 2})), Records{Bed::Record(RecordType::kIsIn, {1, 2})});
  EXPECT_EQ(answer(Bed::Exclude({3})), Records{Bed::Record(RecordType::kIsEx, {3})});
  EXPECT_EQ(answer(Bed::Exclude({})), Records{Bed::Record(RecordType::kIsEx, {})});
  EXPECT_EQ(answer(Bed::None()), Records{});
}

TYPED_TEST(HostAnswerTest, TD_12_ASourceQueryGetsTheWantedSources) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  const auto answer = [](const MembershipRecord<TypeParam>& record) {
    Bed bed;
    TestFixture::Prepare(bed, record);
    bed.GroupQuery(1, {1, 2});
    bed.Advance(20);
    return bed.TakeRecords();
  };
  EXPECT_EQ(answer(Bed::Include({1})), Records{Bed::Record(RecordType::kIsIn, {1})});
  EXPECT_EQ(answer(Bed::Exclude({1})), Records{Bed::Record(RecordType::kIsIn, {2})});
  EXPECT_EQ(answer(Bed::Include({3})), Records{});
  EXPECT_EQ(answer(Bed::Exclude({1, 2})), Records{});
}

TYPED_TEST(HostAnswerTest, TD_13_AGroupQueryWidensAPendingSourceAnswer) {
  using Bed = typename TestFixture::Bed;
  TestFixture::WithDraws(4, 6, [](Bed& bed, double first, double second) {
    TestFixture::Prepare(bed, Bed::Include({1, 2, 3}));
    const double start = bed.Now();
    bed.GroupQuery(4, {1});
    bed.GroupQuery(6);
    bed.Advance(30);
    ASSERT_EQ(bed.sent.size(), 1u);
    EXPECT_NEAR(bed.sent[0].at - start, std::min(first, second), 1e-6);
    EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kIsIn, {1, 2, 3})});
  });
}

TYPED_TEST(HostAnswerTest, D_14_ASourceQueryDoesNotNarrowAPendingGroupAnswer) {
  using Bed = typename TestFixture::Bed;
  TestFixture::WithDraws(6, 4, [](Bed& bed, double first, double second) {
    TestFixture::Prepare(bed, Bed::Include({1, 2, 3}));
    const double start = bed.Now();
    bed.GroupQuery(6);
    bed.GroupQuery(4, {1});
    bed.Advance(30);
    ASSERT_EQ(bed.sent.size(), 1u);
    EXPECT_NEAR(bed.sent[0].at - start, std::min(first, second), 1e-6);
    EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kIsIn, {1, 2, 3})});
  });
}

TYPED_TEST(HostAnswerTest, TD_14_SourceQueriesAreAnsweredTogether) {
  using Bed = typename TestFixture::Bed;
  TestFixture::WithDraws(4, 4, [](Bed& bed, double first, double second) {
    TestFixture::Prepare(bed, Bed::Include({1, 2, 3}));
    const double start = bed.Now();
    bed.GroupQuery(4, {1});
    bed.GroupQuery(4, {2});
    bed.Advance(30);
    ASSERT_EQ(bed.sent.size(), 1u);
    EXPECT_NEAR(bed.sent[0].at - start, std::min(first, second), 1e-6);
    EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kIsIn, {1, 2})});
  });
}

TYPED_TEST(HostAnswerTest, TD_15_StateThatIsGoneIsNotTold) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::Prepare(bed, Bed::Exclude({}));
  bed.GroupQuery(10);
  bed.Want(Bed::None());
  bed.Advance(30);
  for (const auto& record : bed.TakeRecords()) EXPECT_EQ(record, Bed::Record(RecordType::kToIn, {}));
}

TYPED_TEST(HostAnswerTest, D_17_TheAnswerTellsTheStateOfItsOwnMoment) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::Prepare(bed, Bed::Include({1}));
  bed.GroupQuery(10, {1, 2});
  bed.Want(Bed::Include({2}));
  bed.Advance(30);
  const auto records = bed.TakeRecords();
  EXPECT_EQ(std::count(records.begin(), records.end(), Bed::Record(RecordType::kIsIn, {2})), 1);
  EXPECT_EQ(std::count(records.begin(), records.end(), Bed::Record(RecordType::kIsIn, {1})), 0);
}

TYPED_TEST(HostAnswerTest, TD_25_AnswersArePackedUpToTheMtu) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  for (unsigned group = 1; group <= 200; ++group) bed.Want(Bed::Exclude({}), group);
  bed.Settle();
  bed.GeneralQuery(10);
  bed.Advance(20);
  const std::vector<std::size_t> expected = std::is_same_v<TypeParam, Igmp>
                                                ? std::vector<std::size_t>{183, 17}      // 1468 / 8
                                                : std::vector<std::size_t>{72, 72, 56};  // 1444 / 20
  std::vector<std::size_t> sizes;
  unsigned group = 0;
  for (const auto& packet : bed.sent) {
    sizes.push_back(packet.report.records.size());
    for (const auto& record : packet.report.records) {
      EXPECT_EQ(record, Bed::Record(RecordType::kIsEx, {}, ++group));
    }
  }
  EXPECT_EQ(sizes, expected);
}

TYPED_TEST(HostAnswerTest, ANewMtuHoldsForTheNextReport) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  for (unsigned group = 1; group <= 50; ++group) bed.Want(Bed::Exclude({}), group);
  bed.Settle();
  bed.GeneralQuery(10);
  bed.host.SetMtu(576);
  bed.Advance(20);
  // (576 - 32) / 8 = 68 and (576 - 56) / 20 = 26
  const bool igmp = std::is_same_v<TypeParam, Igmp>;
  ASSERT_EQ(bed.sent.size(), igmp ? 1u : 2u);
  EXPECT_EQ(bed.sent[0].report.records.size(), igmp ? 50u : 26u);
}

// What queries can make us remember stays within the size of the database.
TYPED_TEST(HostAnswerTest, ALeaveForgetsThePendingAnswer) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::Prepare(bed, Bed::Exclude({}));
  bed.GroupQuery(1000);
  bed.Want(Bed::None());
  bed.Advance(2);
  const auto left = Bed::Record(RecordType::kToIn, {});
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{left, left}));
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
}

TYPED_TEST(HostAnswerTest, AStoppedHostForgetsWhatWasPending) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  TestFixture::Prepare(bed, Bed::Include({1, 2, 3}));
  bed.Want(Bed::Include({1, 2}));
  bed.GeneralQuery(10);
  bed.GroupQuery(10);
  bed.host.Stop();
  EXPECT_EQ(bed.host.NextExpiry(), kNever);

  bed.host.Start(bed.now);
  bed.Advance(20);
  const auto announced = Bed::Record(RecordType::kAllow, {1, 2});
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{announced, announced}));
  bed.GroupQuery(10, {1});
  bed.Advance(20);
  EXPECT_EQ(bed.TakeRecords(), typename Bed::Records{Bed::Record(RecordType::kIsIn, {1})});
}

}  // namespace
}  // namespace bpfcast
