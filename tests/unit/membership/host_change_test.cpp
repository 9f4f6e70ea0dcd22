// Conformance D.1: state-change reports, RFC 9776 section 5.1.
#include <gtest/gtest.h>

#include <string>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class HostChangeTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;

  /// Calls `script(bed, group 1 announced as `first` at 0)` for seeds whose first retransmission comes after
  /// 0.1.
  template <class Script>
  static void BeforeTheRetransmission(const MembershipRecord<F>& old, const MembershipRecord<F>& first,
                                      Script script) {
    unsigned runs = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Bed bed(seed);
      bed.Want(old);
      bed.Settle();
      const double start = bed.Now();
      bed.Want(first);
      bed.AdvanceTo(start);
      if (bed.host.NextExpiry() <= Bed::At(start + 0.1)) continue;
      ++runs;
      script(bed, start);
    }
    EXPECT_GT(runs, 0u);
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(HostChangeTest, BothFamilies);

TYPED_TEST(HostChangeTest, TD_01_AJoinIsReportedAtOnceAndOnceMore) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}));
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 2u);
  for (const auto& packet : bed.sent) {
    EXPECT_EQ(packet.report.records, typename Bed::Records{Bed::Record(RecordType::kToEx, {})});
  }
  EXPECT_LE(bed.sent[0].at, 0.01);
  EXPECT_GT(bed.sent[1].at, bed.sent[0].at);
  EXPECT_LE(bed.sent[1].at, bed.sent[0].at + 1);
}

TYPED_TEST(HostChangeTest, TD_02_EveryTransitionHasItsRecords) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  const auto allow = [](std::initializer_list<unsigned> s) { return Bed::Record(RecordType::kAllow, s); };
  const auto block = [](std::initializer_list<unsigned> s) { return Bed::Record(RecordType::kBlock, s); };
  const auto to_in = [](std::initializer_list<unsigned> s) { return Bed::Record(RecordType::kToIn, s); };
  const auto to_ex = [](std::initializer_list<unsigned> s) { return Bed::Record(RecordType::kToEx, s); };
  const struct {
    const char* name;
    MembershipRecord<TypeParam> before;
    MembershipRecord<TypeParam> after;
    Records expected;
  } rows[] = {
      {"none -> INC{1}", Bed::None(), Bed::Include({1}), {allow({1})}},
      {"none -> INC{1,2,3}", Bed::None(), Bed::Include({1, 2, 3}), {allow({1, 2, 3})}},
      {"none -> EXC{}", Bed::None(), Bed::Exclude({}), {to_ex({})}},
      {"none -> EXC{2}", Bed::None(), Bed::Exclude({2}), {to_ex({2})}},
      {"INC{1} -> none", Bed::Include({1}), Bed::None(), {block({1})}},
      {"EXC{} -> none", Bed::Exclude({}), Bed::None(), {to_in({})}},
      {"EXC{2} -> none", Bed::Exclude({2}), Bed::None(), {to_in({})}},
      {"INC{1,2} -> INC{2,3}", Bed::Include({1, 2}), Bed::Include({2, 3}), {allow({3}), block({1})}},
      {"INC{1} -> INC{1,2}", Bed::Include({1}), Bed::Include({1, 2}), {allow({2})}},
      {"INC{1,2} -> INC{1}", Bed::Include({1, 2}), Bed::Include({1}), {block({2})}},
      {"EXC{1,2} -> EXC{2,3}", Bed::Exclude({1, 2}), Bed::Exclude({2, 3}), {allow({1}), block({3})}},
      {"EXC{1} -> EXC{}", Bed::Exclude({1}), Bed::Exclude({}), {allow({1})}},
      {"EXC{} -> EXC{1}", Bed::Exclude({}), Bed::Exclude({1}), {block({1})}},
      {"INC{1,2} -> EXC{2}", Bed::Include({1, 2}), Bed::Exclude({2}), {to_ex({2})}},
      {"EXC{} -> INC{1}", Bed::Exclude({}), Bed::Include({1}), {to_in({1})}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Bed bed;
    bed.Want(row.before);
    bed.Settle();
    const double start = bed.Now();
    bed.Want(row.after);
    bed.Advance(10);
    ASSERT_EQ(bed.sent.size(), 2u);
    EXPECT_LE(bed.sent[0].at, start + 0.01);
    EXPECT_EQ(bed.sent[0].report.records, row.expected);
    EXPECT_EQ(bed.sent[1].report.records, row.expected);
  }
}

TYPED_TEST(HostChangeTest, TD_03_GapsOfRetransmissionsAreUniform) {
  using Bed = typename TestFixture::Bed;
  constexpr std::uint64_t kSeed = 20260101;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Bed bed(kSeed, Bed::Config(3));
  std::vector<double> gaps;
  for (unsigned run = 0; run < 10000; ++run) {
    bed.Want(run % 2 == 0 ? Bed::Exclude({}) : Bed::None());
    bed.Advance(5);
    ASSERT_EQ(bed.sent.size(), 3u);
    gaps.push_back(bed.sent[1].at - bed.sent[0].at);
    gaps.push_back(bed.sent[2].at - bed.sent[1].at);
    bed.sent.clear();
  }
  ExpectUniform(gaps, 1.0 + 1e-9);  // the times are sums of doubles
}

TYPED_TEST(HostChangeTest, TD_03_TheQueriersRobustnessCounts) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  const auto transmissions = [&bed] {
    bed.Want(bed.database.Merged(Bed::G()).IsEmpty() ? Bed::Exclude({}) : Bed::None());
    bed.Advance(20);
    return bed.TakeRecords().size();
  };
  EXPECT_EQ(transmissions(), 2u);
  EXPECT_EQ(transmissions(), 2u);
  bed.GeneralQuery(10, 3);
  EXPECT_EQ(transmissions(), 3u);
  EXPECT_EQ(transmissions(), 3u);
  bed.GeneralQuery(10, 0);  // back to the configured one
  EXPECT_EQ(transmissions(), 2u);
  EXPECT_EQ(transmissions(), 2u);
  bed.GeneralQuery(10, 7);
  bed.host.Stop();
  bed.host.Start(bed.now);  // another link perhaps
  EXPECT_EQ(transmissions(), 2u);
}

TYPED_TEST(HostChangeTest, TD_04_EachSourceIsToldRobustnessTimes) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  TestFixture::BeforeTheRetransmission(Bed::None(), Bed::Include({1}), [](Bed& bed, double start) {
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kAllow, {1})});
    bed.AdvanceTo(start + 0.1);
    bed.Want(Bed::Include({1, 2}));
    bed.Advance(0);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kAllow, {1, 2})});
    bed.Advance(10);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kAllow, {2})});
  });
}

TYPED_TEST(HostChangeTest, TD_05_AfterAModeChangeTheCurrentListIsTold) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  TestFixture::BeforeTheRetransmission(Bed::Include({1}), Bed::Exclude({}), [](Bed& bed, double start) {
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToEx, {})});
    bed.AdvanceTo(start + 0.1);
    bed.Want(Bed::Exclude({5}));
    bed.Advance(0);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToEx, {5})});
    bed.Advance(10);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kBlock, {5})});
  });
}

TYPED_TEST(HostChangeTest, TD_06_ALeaveReplacesThePendingJoin) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  TestFixture::BeforeTheRetransmission(Bed::None(), Bed::Exclude({}), [](Bed& bed, double start) {
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToEx, {})});
    bed.AdvanceTo(start + 0.05);
    bed.Want(Bed::None());
    bed.Advance(0);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToIn, {})});
    bed.Advance(10);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kToIn, {})});
  });
}

TYPED_TEST(HostChangeTest, TD_07_ASourceThatIsTakenBackIsOnlyBlocked) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  TestFixture::BeforeTheRetransmission(Bed::None(), Bed::Include({1}), [](Bed& bed, double start) {
    bed.TakeRecords();
    bed.AdvanceTo(start + 0.1);
    bed.Want(Bed::None());
    bed.Advance(0);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kBlock, {1})});
    bed.Advance(10);
    EXPECT_EQ(bed.TakeRecords(), Records{Bed::Record(RecordType::kBlock, {1})});
  });
}

// Two mode changes before the first is done: the second starts the count anew, with the current mode.
TYPED_TEST(HostChangeTest, D_05_AModeThatFlipsBackIsToldRobustnessTimes) {
  using Bed = typename TestFixture::Bed;
  using Records = typename Bed::Records;
  TestFixture::BeforeTheRetransmission(Bed::Include({1}), Bed::Exclude({}), [](Bed& bed, double start) {
    bed.TakeRecords();
    bed.AdvanceTo(start + 0.1);
    bed.Want(Bed::Include({1, 2}));
    bed.Advance(10);
    const auto expected = Bed::Record(RecordType::kToIn, {1, 2});
    EXPECT_EQ(bed.TakeRecords(), (Records{expected, expected}));
  });
}

TYPED_TEST(HostChangeTest, D_07_GroupsThatChangeInOneTurnShareReports) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 3);
  bed.Want(Bed::Include({1}), 1);
  bed.Want(Bed::Exclude({2}), 2);
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 2u);
  for (const auto& packet : bed.sent) {
    EXPECT_EQ(packet.report.records, (typename Bed::Records{Bed::Record(RecordType::kAllow, {1}, 1),
                                                            Bed::Record(RecordType::kToEx, {2}, 2),
                                                            Bed::Record(RecordType::kToEx, {}, 3)}));
  }
}

TYPED_TEST(HostChangeTest, D_07_FirstTransmissionsKeepTenMillisecondsApart) {
  using Bed = typename TestFixture::Bed;
  Bed bed(1, Bed::Config(1));  // no retransmissions
  for (const unsigned first : {0, 10, 20}) {
    for (unsigned n = first; n < first + 5; ++n) {
      bed.AdvanceTo(n == 0 ? 0 : n / 1e3 + 0.0005);
      bed.Want(Bed::Exclude({}), n + 1);
    }
  }
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 4u);
  const double times[] = {0, 0.010, 0.020, 0.030};
  const std::size_t groups[] = {1, 4, 5, 5};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(bed.sent[i].at, times[i]);
    EXPECT_EQ(bed.sent[i].report.records.size(), groups[i]);
  }
}

TYPED_TEST(HostChangeTest, TD_24_ALongIncludeListIsReportedInParts) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.WantAddress({FilterMode::kInclude, SourceSet<TypeParam>(Bed::ManySources(400))}, Bed::G());
  bed.Advance(0);
  const std::vector<std::size_t> expected = std::is_same_v<TypeParam, Igmp>
                                                ? std::vector<std::size_t>{365, 35}
                                                : std::vector<std::size_t>{89, 89, 89, 89, 44};
  std::vector<std::size_t> sizes;
  for (const auto& packet : bed.sent) {
    ASSERT_EQ(packet.report.records.size(), 1u);
    EXPECT_EQ(packet.report.records[0].type, RecordType::kAllow);
    sizes.push_back(packet.report.records[0].sources.size());
  }
  EXPECT_EQ(sizes, expected);
}

TYPED_TEST(HostChangeTest, TD_24_ALongExcludeListIsCut) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.WantAddress({FilterMode::kExclude, SourceSet<TypeParam>(Bed::ManySources(400))}, Bed::G());
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 2u);  // the first transmission and the second
  for (const auto& packet : bed.sent) {
    ASSERT_EQ(packet.report.records.size(), 1u);
    EXPECT_EQ(packet.report.records[0].type, RecordType::kToEx);
    EXPECT_EQ(packet.report.records[0].sources, Bed::ManySources(std::is_same_v<TypeParam, Igmp> ? 365 : 89));
  }
}

TYPED_TEST(HostChangeTest, TD_26_LinkLocalGroupsAreNeverReported) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  for (const auto& group : HostBedAddresses<TypeParam>::LinkLocalGroups()) {
    bed.WantAddress(Bed::Exclude({}), group);
  }
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.host.Start(bed.now);
  bed.GeneralQuery(10);
  Query<TypeParam> query;
  query.group = HostBedAddresses<TypeParam>::LinkLocalGroups().front();
  query.max_response_time = std::chrono::seconds(1);
  bed.host.OnQuery(query, bed.now);
  bed.Advance(20);
  bed.Leave();
  EXPECT_TRUE(bed.sent.empty());
}

TYPED_TEST(HostChangeTest, D_19_NothingIsSaidOfASourceSpecificGroupInExcludeMode) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  const auto group = HostBedAddresses<TypeParam>::SsmGroup();
  bed.WantAddress(Bed::Exclude({1}), group);
  bed.Advance(1);
  bed.WantAddress(Bed::Exclude({2}), group);
  bed.GeneralQuery(10);
  bed.Advance(20);
  Query<TypeParam> query;
  query.group = group;
  query.max_response_time = std::chrono::seconds(1);
  bed.host.OnQuery(query, bed.now);
  bed.Advance(20);
  EXPECT_TRUE(bed.sent.empty());
  bed.WantAddress(Bed::None(), group);
  bed.Settle();

  bed.WantAddress(Bed::Include({1}), group);
  bed.Advance(20);
  ASSERT_EQ(bed.sent.size(), 2u);
  EXPECT_EQ(bed.sent[0].report.records.at(0).type, RecordType::kAllow);
}

TYPED_TEST(HostChangeTest, X_02_ALinkThatComesUpGetsEverythingAnnounced) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Advance(0);
  bed.host.Stop();
  EXPECT_FALSE(bed.host.running());
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  bed.sent.clear();
  bed.database.Set(Bed::kD1, Bed::G(2), Bed::Include({1, 2}));  // while the link is down

  bed.Advance(5);
  const double up = bed.Now();
  bed.host.Start(bed.now);
  EXPECT_TRUE(bed.host.running());
  bed.Advance(10);
  ASSERT_EQ(bed.sent.size(), 2u);
  EXPECT_LE(bed.sent[0].at, up + 0.01);
  for (const auto& packet : bed.sent) {
    EXPECT_EQ(packet.report.records, (typename Bed::Records{Bed::Record(RecordType::kToEx, {}, 1),
                                                            Bed::Record(RecordType::kAllow, {1, 2}, 2)}));
  }
}

TYPED_TEST(HostChangeTest, X_02_ANewAddressDoesNotForgetAPendingLeave) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Exclude({}), 2);
  bed.Settle();
  bed.Want(Bed::None(), 1);
  bed.Advance(0);
  bed.host.Start(bed.now);
  const auto left = Bed::Record(RecordType::kToIn, {}, 1);
  const auto kept = Bed::Record(RecordType::kToEx, {}, 2);
  bed.Advance(10);
  const auto records = bed.TakeRecords();
  EXPECT_EQ(std::count(records.begin(), records.end(), left), 2);
  EXPECT_EQ(std::count(records.begin(), records.end(), kept), 2);
  EXPECT_EQ(records.size(), 4u);
}

TYPED_TEST(HostChangeTest, X_03_ACleanStopLeavesEverythingOnce) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({4}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  bed.Want(Bed::Exclude({}), 3);
  bed.Settle();
  bed.GeneralQuery(10);
  bed.Leave();
  EXPECT_FALSE(bed.host.running());
  EXPECT_EQ(bed.host.NextExpiry(), kNever);
  ASSERT_EQ(bed.sent.size(), 1u);
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{Bed::Record(RecordType::kToIn, {}, 1),
                                                      Bed::Record(RecordType::kBlock, {1, 2}, 2),
                                                      Bed::Record(RecordType::kToIn, {}, 3)}));
}

TYPED_TEST(HostChangeTest, X_03_ALeaveThatIsPendingGoesOutWithTheCleanStop) {
  using Bed = typename TestFixture::Bed;
  Bed bed;
  bed.Want(Bed::Exclude({}), 1);
  bed.Want(Bed::Include({1, 2}), 2);
  bed.Want(Bed::Exclude({}), 3);
  bed.Settle();
  bed.Want(Bed::None(), 1);
  bed.Want(Bed::Include({1}), 2);
  bed.Want(Bed::Include({7}), 3);
  bed.Leave();
  EXPECT_EQ(bed.TakeRecords(), (typename Bed::Records{Bed::Record(RecordType::kToIn, {}, 1),
                                                      Bed::Record(RecordType::kBlock, {1, 2}, 2),
                                                      Bed::Record(RecordType::kToIn, {}, 3)}));
}

TYPED_TEST(HostChangeTest, ALateWakeUpSendsEachPendingChangeOnce) {
  using Bed = typename TestFixture::Bed;
  Bed bed(1, Bed::Config(3));
  bed.Want(Bed::Exclude({}), 1);
  bed.now = Bed::At(60);
  bed.Expire();
  EXPECT_EQ(bed.TakeRecords().size(), 1u);
  EXPECT_GT(bed.host.NextExpiry(), bed.now);
  EXPECT_LE(bed.host.NextExpiry(), Bed::At(61));
}

}  // namespace
}  // namespace bpfcast
