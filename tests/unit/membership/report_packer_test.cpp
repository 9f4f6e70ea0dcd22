// Conformance: records in reports.
#include "membership/report_packer.h"

#include <gtest/gtest.h>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class ReportPackerTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  using Reports = std::vector<Report<F>>;
  /// Sources in a report of one record.
  static constexpr unsigned kPerReport = std::is_same_v<F, Igmp> ? 365 : 89;

  static GroupRecord<F> Many(RecordType type, unsigned sources, unsigned group = 1) {
    return {type, Bed::G(group), Bed::ManySources(sources)};
  }
  static Reports Pack(std::size_t mtu, const std::vector<GroupRecord<F>>& records) {
    Reports reports;
    ReportPacker<F> packer(Version::kV3, mtu, reports);
    for (const auto& record : records) packer.Add(record);
    for (const auto& report : reports) EXPECT_LE(Size(report), mtu);
    return reports;
  }
  static std::size_t Size(const Report<F>& report) {
    std::size_t size = F::kEnvelopeSize + F::kReportHeaderSize;
    for (const auto& record : report.records) {
      size += F::kRecordHeaderSize + record.sources.size() * F::Address::kBytes;
    }
    return size;
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(ReportPackerTest, BothFamilies);

TYPED_TEST(ReportPackerTest, NothingMakesNoReport) {
  EXPECT_TRUE(TestFixture::Pack(1500, {}).empty());
}

TYPED_TEST(ReportPackerTest, TD_24_LongListsAreSplit) {
  using T = TestFixture;
  for (const RecordType type :
       {RecordType::kAllow, RecordType::kBlock, RecordType::kIsIn, RecordType::kToIn}) {
    const auto reports = T::Pack(1500, {T::Many(type, 400)});
    const std::vector<std::size_t> expected = std::is_same_v<TypeParam, Igmp>
                                                  ? std::vector<std::size_t>{365, 35}
                                                  : std::vector<std::size_t>{89, 89, 89, 89, 44};
    ASSERT_EQ(reports.size(), expected.size());
    std::vector<typename TypeParam::Address> all;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      ASSERT_EQ(reports[i].records.size(), 1u);
      const auto& record = reports[i].records[0];
      EXPECT_EQ(record.type, type);
      EXPECT_EQ(record.group, T::Bed::G());
      EXPECT_EQ(record.sources.size(), expected[i]);
      all.insert(all.end(), record.sources.begin(), record.sources.end());
    }
    EXPECT_EQ(all, T::Bed::ManySources(400));
  }
}

TYPED_TEST(ReportPackerTest, TD_24_LongExcludeListsAreCutToTheSameFirstSources) {
  using T = TestFixture;
  for (const RecordType type : {RecordType::kIsEx, RecordType::kToEx}) {
    const auto reports = T::Pack(1500, {T::Many(type, 400)});
    ASSERT_EQ(reports.size(), 1u);
    ASSERT_EQ(reports[0].records.size(), 1u);
    EXPECT_EQ(reports[0].records[0].type, type);
    EXPECT_EQ(reports[0].records[0].sources, T::Bed::ManySources(T::kPerReport));
  }
}

TYPED_TEST(ReportPackerTest, ARecordThatJustFitsStaysWhole) {
  using T = TestFixture;
  for (const RecordType type : {RecordType::kAllow, RecordType::kToEx}) {
    const auto record = T::Many(type, T::kPerReport);
    const auto reports = T::Pack(1500, {record});
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].records, std::vector{record});
  }
}

TYPED_TEST(ReportPackerTest, ARecordThatDoesNotFitBesideOthersGetsANewReportWhole) {
  using T = TestFixture;
  const auto first = T::Many(RecordType::kAllow, 1, 1);
  const auto second = T::Many(RecordType::kToEx, T::kPerReport, 2);
  const auto third = T::Many(RecordType::kAllow, 1, 3);
  const auto reports = T::Pack(1500, {first, second, third});
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(reports[0].records, std::vector{first});
  EXPECT_EQ(reports[1].records, std::vector{second});
  EXPECT_EQ(reports[2].records, std::vector{third});
}

TYPED_TEST(ReportPackerTest, PartsOfARecordNeverShareAReport) {
  using T = TestFixture;
  const auto before = T::Many(RecordType::kAllow, 1, 1);
  const auto after = T::Many(RecordType::kAllow, 1, 3);
  const auto reports = T::Pack(1500, {before, T::Many(RecordType::kBlock, T::kPerReport + 1, 2), after});
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_EQ(reports[0].records, std::vector{before});
  ASSERT_EQ(reports[1].records.size(), 1u);
  EXPECT_EQ(reports[1].records[0].sources.size(), T::kPerReport);
  ASSERT_EQ(reports[2].records.size(), 2u);
  EXPECT_EQ(reports[2].records[0].sources.size(), 1u);
  EXPECT_EQ(reports[2].records[1], after);
}

TYPED_TEST(ReportPackerTest, AnMtuThatCannotBeTrueStillMakesReports) {
  using T = TestFixture;
  std::vector<Report<TypeParam>> reports;
  ReportPacker<TypeParam> packer(Version::kV3, 0, reports);
  packer.Add(T::Many(RecordType::kAllow, 3));
  ASSERT_EQ(reports.size(), 3u);
  for (const auto& report : reports) EXPECT_EQ(report.records.at(0).sources.size(), 1u);

  // The length of an IP packet has 16 bits.
  for (const auto& report : T::Pack(65536, {T::Many(RecordType::kAllow, 20000)})) {
    EXPECT_LE(T::Size(report), 65535u);
  }
}

TYPED_TEST(ReportPackerTest, FitsSaysWhetherARecordWouldShareTheLastReport) {
  using T = TestFixture;
  typename T::Reports reports{Report<TypeParam>()};  // of somebody else
  ReportPacker<TypeParam> packer(Version::kV3, 1500, reports);
  EXPECT_FALSE(packer.Fits(T::Many(RecordType::kIsIn, 1))) << "there is no report yet";
  EXPECT_EQ(packer.size(), 0u);
  packer.Add(T::Many(RecordType::kIsIn, 1));
  EXPECT_EQ(packer.size(), 1u);
  EXPECT_TRUE(packer.Fits(T::Many(RecordType::kIsIn, 1)));
  EXPECT_FALSE(packer.Fits(T::Many(RecordType::kIsIn, T::kPerReport)));
  packer.Add(T::Many(RecordType::kIsIn, T::kPerReport));
  EXPECT_EQ(packer.size(), 2u);
  EXPECT_EQ(reports.size(), 3u);
}

TYPED_TEST(ReportPackerTest, D_22_VersionTwoHasAReportForEachRecord) {
  using T = TestFixture;
  using Bed = typename T::Bed;
  typename T::Reports reports;
  ReportPacker<TypeParam> packer(Version::kV2, 1500, reports);
  packer.Add(Bed::Record(RecordType::kToEx, {}, 1));
  EXPECT_FALSE(packer.Fits(Bed::Record(RecordType::kIsEx, {}, 2)));
  packer.Add(Bed::Record(RecordType::kIsEx, {}, 2));
  packer.Add(Bed::Record(RecordType::kToIn, {}, 3));
  EXPECT_EQ(packer.size(), 3u);
  EXPECT_EQ(reports, (typename T::Reports{{Version::kV2, {Bed::Record(RecordType::kIsEx, {}, 1)}},
                                          {Version::kV2, {Bed::Record(RecordType::kIsEx, {}, 2)}},
                                          {Version::kV2, {Bed::Record(RecordType::kToIn, {}, 3)}}}));
}

TEST(ReportPackerV1, D_22_VersionOneHasNoLeave) {
  using Bed = HostBed<Igmp>;
  std::vector<Report<Igmp>> reports;
  ReportPacker<Igmp> packer(Version::kV1, 1500, reports);
  packer.Add(Bed::Record(RecordType::kToIn, {}, 1));
  packer.Add(Bed::Record(RecordType::kToEx, {}, 2));
  EXPECT_EQ(reports, (std::vector<Report<Igmp>>{{Version::kV1, {Bed::Record(RecordType::kIsEx, {}, 2)}}}));
}

}  // namespace
}  // namespace bpfcast
