#include <gmock/gmock.h>

#include "unit/wire/igmp_packets.h"

namespace bpfcast::test::igmp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Query<Igmp> ParsedQuery(std::string_view hex, const Ipv4Address& to) {
  return Parsing(Wrap(hex, To(to))).AsQuery();
}

TEST(IgmpParse, TA_01_V1GeneralQueryMeansTenSeconds) {
  const auto query = ParsedQuery(kV01, kAllHosts);
  EXPECT_EQ(query.version, Version::kV1);
  EXPECT_TRUE(query.IsGeneral());
  EXPECT_EQ(query.max_response_time, seconds(10));
}

TEST(IgmpParse, TA_01_TheGroupOfAV1QueryIsIgnored) {
  EXPECT_TRUE(Parsing(Wrap(Summed("11000000ef010203"), To(kAllHosts))).AsQuery().IsGeneral());
}

TEST(IgmpParse, TA_02_V2Queries) {
  const auto general = ParsedQuery(kV02, kAllHosts);
  EXPECT_EQ(general.version, Version::kV2);
  EXPECT_TRUE(general.IsGeneral());
  EXPECT_EQ(general.max_response_time, seconds(10));
  const auto specific = ParsedQuery(kV03, kGroup);
  EXPECT_EQ(specific.version, Version::kV2);
  EXPECT_EQ(specific.group, kGroup);
  EXPECT_EQ(specific.max_response_time, seconds(1));
}

TEST(IgmpParse, TA_03_V3Queries) {
  const Query<Igmp> general{Version::kV3, {}, {}, seconds(10), false, 2, seconds(125)};
  EXPECT_EQ(ParsedQuery(kV04, kAllHosts), general);
  Query<Igmp> specific{Version::kV3, kGroup, {}, seconds(1), false, 2, seconds(125)};
  EXPECT_EQ(ParsedQuery(kV05, kGroup), specific);
  specific.suppress_router_processing = true;
  EXPECT_EQ(ParsedQuery(kV06, kGroup), specific);
  EXPECT_THAT(ParsedQuery(kV07, kSsmGroup).sources,
              ElementsAre(MakeIpv4(10, 0, 0, 1), MakeIpv4(10, 0, 0, 2)));
}

TEST(IgmpParse, TA_04_OldReportsAreTranslatedAndKeepTheirVersion) {
  const auto v1 = Parsing(Wrap(kV08, To(kGroup))).AsReport();
  EXPECT_EQ(v1, (Report<Igmp>{Version::kV1, {Record(RecordType::kIsEx, kGroup)}}));
  const auto v2 = Parsing(Wrap(kV09, To(kGroup))).AsReport();
  EXPECT_EQ(v2, (Report<Igmp>{Version::kV2, {Record(RecordType::kIsEx, kGroup)}}));
  const auto leave = Parsing(Wrap(kV10, To(kAllRouters))).AsReport();
  EXPECT_EQ(leave, (Report<Igmp>{Version::kV2, {Record(RecordType::kToIn, kGroup)}}));
}

TEST(IgmpParse, TA_05_V3Records) {
  const Ipv4Address s1 = MakeIpv4(10, 0, 0, 1);
  const Ipv4Address s2 = MakeIpv4(10, 0, 0, 2);
  const auto records = [](std::string_view hex) { return Parsing(Wrap(hex)).AsReport().records; };
  EXPECT_THAT(records(kV11), ElementsAre(Record(RecordType::kToEx, kGroup)));
  EXPECT_THAT(records(kV12), ElementsAre(Record(RecordType::kToIn, kGroup)));
  EXPECT_THAT(records(kV13), ElementsAre(Record(RecordType::kAllow, kSsmGroup, {s1})));
  EXPECT_THAT(records(kV14), ElementsAre(Record(RecordType::kBlock, kSsmGroup, {s1})));
  EXPECT_THAT(records(kV15),
              ElementsAre(Record(RecordType::kIsIn, kSsmGroup, {s1, s2}), Record(RecordType::kIsEx, kGroup)));
}

TEST(IgmpParse, TA_10_QueryOfNoKnownLengthIsIgnored) {
  for (const std::size_t length : {4, 7, 9, 10, 11}) {
    Bytes message(length);
    message[0] = 0x11;
    message[1] = 100;
    PutSum(message, 2, length);
    EXPECT_EQ(Outcome(Wrap(message, To(kAllHosts))), "QLEN") << length;
  }
  for (const std::size_t length : {12, 1400}) {
    Bytes message(length);
    message[0] = 0x11;
    PutSum(message, 2, length);
    EXPECT_EQ(Parsing(Wrap(message, To(kAllHosts))).AsQuery().version, Version::kV3) << length;
  }
}

TEST(IgmpParse, TA_17_OldReportsMayBeLongerButNotShorterThanEightOctets) {
  EXPECT_EQ(Parsing(Wrap(Summed("16000000ef01020300"), To(kGroup))).AsReport().records.size(), 1u);
  for (const auto* hex : {"16000000ef0102", "12000000ef0102", "17000000ef0102", "22000000000000"}) {
    EXPECT_EQ(Outcome(Wrap(Summed(hex), To(kGroup))), "SHORT") << hex;
  }
  EXPECT_EQ(Outcome(Wrap(Bytes())), "SHORT");
}

TEST(IgmpParse, TA_39_TheCodeIsLinearInEightOctetsAndFloatingInTwelve) {
  EXPECT_EQ(ParsedQuery(kV02, kAllHosts).max_response_time, seconds(10));
  EXPECT_EQ(Parsing(Wrap(Summed("118f000000000000"), To(kAllHosts))).AsQuery().max_response_time,
            milliseconds(14300));
  EXPECT_EQ(Parsing(Wrap(Summed("118f000000000000027d0000"), To(kAllHosts))).AsQuery().max_response_time,
            milliseconds(24800));
  EXPECT_EQ(Parsing(Wrap(Summed("11c8000000000000"), To(kAllHosts))).AsQuery().max_response_time,
            seconds(20));
}

TEST(IgmpParse, TA_40_CodeZeroIsNoDelayInV3AndTenSecondsInEightOctets) {
  EXPECT_EQ(Parsing(Wrap(Summed("1100000000000000027d0000"), To(kAllHosts))).AsQuery().max_response_time,
            Duration::zero());
  EXPECT_EQ(ParsedQuery(kV01, kAllHosts).max_response_time, seconds(10));
}

TEST(IgmpParse, TA_45_OtherTypesAreIgnored) {
  for (const auto* type : {"13", "14", "1e", "30", "ff"}) {
    EXPECT_EQ(Outcome(Wrap(Summed(std::string(type) + "00000000000000"))), "TYPE") << type;
  }
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.protocol = 17})), "TYPE");
}

}  // namespace
}  // namespace bpfcast::test::igmp
