#include <gmock/gmock.h>

#include "unit/wire/packet_builder.h"

namespace bpfcast::test {
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

TEST(IgmpParse, TA_14_EverySingleBitFlipFailsTheChecksum) {
  for (std::size_t bit = 0; bit < 128; ++bit) {
    Bytes message = Hex(kV11);
    message[bit / 8] = static_cast<std::uint8_t>(message[bit / 8] ^ 1u << bit % 8);
    EXPECT_EQ(Outcome(Wrap(message)), "CSUM") << "bit " << bit;
  }
}

TEST(IgmpParse, TA_16_ExtraOctetsCountInTheChecksumAndNowhereElse) {
  const std::string extended = std::string(kV11) + "deadbeef";
  EXPECT_EQ(Parsing(Wrap(Summed(extended))).AsReport().records.size(), 1u);
  EXPECT_EQ(Outcome(Wrap(extended)), "CSUM");
}

TEST(IgmpParse, TA_17_OldReportsMayBeLongerButNotShorterThanEightOctets) {
  EXPECT_EQ(Parsing(Wrap(Summed("16000000ef01020300"), To(kGroup))).AsReport().records.size(), 1u);
  for (const auto* hex : {"16000000ef0102", "12000000ef0102", "17000000ef0102", "22000000000000"}) {
    EXPECT_EQ(Outcome(Wrap(Summed(hex), To(kGroup))), "SHORT") << hex;
  }
  EXPECT_EQ(Outcome(Wrap(Bytes())), "SHORT");
}

TEST(IgmpParse, TA_18_AuxiliaryDataIsSkipped) {
  const auto report =
      Parsing(Wrap(Summed("220000000000000204020000ef010203ffffffffffffffff05000001e80101010a000001")))
          .AsReport();
  EXPECT_THAT(report.records, ElementsAre(Record(RecordType::kToEx, kGroup),
                                          Record(RecordType::kAllow, kSsmGroup, {MakeIpv4(10, 0, 0, 1)})));
}

TEST(IgmpParse, TA_19_AuxiliaryDataThatIsNotThere) {
  EXPECT_EQ(Outcome(Wrap(Summed("220000000000000104ff0000ef010203"))), "TRUNC");
}

TEST(IgmpParse, TA_20_AnUnfinishedRecordDropsTheWholeReport) {
  const Parsing parsing(Wrap(Summed("220000000000000205000001e80101010000000005000064e80101020a000001")));
  EXPECT_EQ(parsing.Outcome(), "TRUNC");
  EXPECT_EQ(parsing.LeftOut(), 0u) << "the bad source of the first record was counted";
}

TEST(IgmpParse, TA_21_TheNumberOfRecordsRules) {
  EXPECT_EQ(Outcome(Wrap(Summed("220000000000000204000000ef010203"))), "TRUNC");
  EXPECT_THAT(Parsing(Wrap(Summed("220000000000000004000000ef010203"))).AsReport().records, IsEmpty());
  EXPECT_THAT(Parsing(Wrap(Summed("220000000000000104000000ef01020304000000ef010204"))).AsReport().records,
              ElementsAre(Record(RecordType::kToEx, kGroup)));
}

TEST(IgmpParse, TA_22_HugeSourceCountsAreNotBelieved) {
  EXPECT_EQ(Outcome(Wrap(Summed("220000000000000105ffffffe80101010a000001"))), "TRUNC");
  EXPECT_EQ(Outcome(Wrap(Summed("110a0000e8010101027dffff0a0000010a000002"), To(kSsmGroup))), "TRUNC");
  EXPECT_EQ(Outcome(Wrap(Summed("220000000000ffff0500000000000000"))), "TRUNC");
}

TEST(IgmpParse, TA_23_UnknownRecordTypesAreSkipped) {
  const Parsing parsing(
      Wrap(Summed("220000000000000504000000ef01020300000001ef0102090a000001"
                  "07000000ef010209ff010000ef0102090000000006000001e80101010a000001")));
  EXPECT_THAT(parsing.AsReport().records,
              ElementsAre(Record(RecordType::kToEx, kGroup),
                          Record(RecordType::kBlock, kSsmGroup, {MakeIpv4(10, 0, 0, 1)})));
  EXPECT_EQ(parsing.left_out[DropReason::kRecordType], 3u);
  EXPECT_EQ(parsing.LeftOut(), 3u);
}

TEST(IgmpParse, TA_24_QueryForNoGroupWithSourcesIsDropped) {
  EXPECT_EQ(Outcome(Wrap(Summed("1164000000000000027d00010a000001"), To(kAllHosts))), "QGROUP");
}

TEST(IgmpParse, TA_24_QueryForAUnicastAddressIsDropped) {
  EXPECT_EQ(Outcome(Wrap(Summed("110a00000a010101027d0000"), To(MakeIpv4(10, 1, 1, 1)))), "QGROUP");
  EXPECT_EQ(Outcome(Wrap(Summed("110a00000a010101"), To(kOwn))), "QGROUP");
}

TEST(IgmpParse, TA_25_RecordsForUnicastAddressesAreLeftOut) {
  const Parsing v3(Wrap(Summed("2200000000000002040000000a01010104000000ef010203")));
  EXPECT_THAT(v3.AsReport().records, ElementsAre(Record(RecordType::kToEx, kGroup)));
  EXPECT_EQ(v3.left_out[DropReason::kGroup], 1u);
  for (const auto* hex : {"120000000a010101", "160000000a010101", "170000000a010101"}) {
    const Parsing old(Wrap(Summed(hex), To(kAllRouters)));
    EXPECT_THAT(old.AsReport().records, IsEmpty());
    EXPECT_EQ(old.left_out[DropReason::kGroup], 1u) << hex;
  }
}

TEST(IgmpParse, TA_26_LinkLocalGroupsAreLeftOut) {
  const Parsing v3(Wrap(Summed("220000000000000304000000e000000104000000e00000fb04000000e0000100")));
  EXPECT_THAT(v3.AsReport().records, ElementsAre(Record(RecordType::kToEx, MakeIpv4(224, 0, 1, 0))));
  EXPECT_EQ(v3.left_out[DropReason::kScope], 2u);
  const Parsing v2(Wrap(Summed("16000000e00000fb"), To(MakeIpv4(224, 0, 0, 251))));
  EXPECT_THAT(v2.AsReport().records, IsEmpty());
  EXPECT_EQ(v2.left_out[DropReason::kScope], 1u);
}

TEST(IgmpParse, TA_27_SourcesThatNoHostCanHaveAreLeftOut) {
  const Parsing report(Wrap(Summed("220000000000000105000004e8010101000000000a0000017f000001e0010101")));
  EXPECT_THAT(report.AsReport().records,
              ElementsAre(Record(RecordType::kAllow, kSsmGroup, {MakeIpv4(10, 0, 0, 1)})));
  EXPECT_EQ(report.left_out[DropReason::kRecordSource], 3u);
  const Parsing query(Wrap(Summed("110a0000e8010101027d0002ffffffff0a000001"), To(kSsmGroup)));
  EXPECT_THAT(query.AsQuery().sources, ElementsAre(MakeIpv4(10, 0, 0, 1)));
  EXPECT_EQ(query.left_out[DropReason::kRecordSource], 1u);
}

TEST(IgmpParse, A_48_AQueryLeftWithoutItsSourcesDoesNotAskForTheGroup) {
  EXPECT_EQ(Outcome(Wrap(Summed("110a0000e8010101027d0001ffffffff"), To(kSsmGroup))), "RECSRC");
}

TEST(IgmpParse, TA_28_RepeatedSourcesAndGroupsStayInWireOrder) {
  const Ipv4Address s = MakeIpv4(10, 0, 0, 1);
  const auto records =
      Parsing(Wrap(Summed("220000000000000205000003e80101010a0000010a0000010a00000106000000e8010101")))
          .AsReport()
          .records;
  EXPECT_THAT(records, ElementsAre(Record(RecordType::kAllow, kSsmGroup, {s, s, s}),
                                   Record(RecordType::kBlock, kSsmGroup)));
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

TEST(IgmpParse, TA_43_ExtensionsChangeNothing) {
  for (const auto* extension : {"0000000400000000", "00000100"}) {
    const std::string hex = std::string("220000008000000104000000ef010203") + extension;
    EXPECT_THAT(Parsing(Wrap(Summed(hex))).AsReport().records,
                ElementsAre(Record(RecordType::kToEx, kGroup)));
  }
}

TEST(IgmpParse, TA_44_ReservedBitsAreIgnored) {
  EXPECT_EQ(Parsing(Wrap(Summed("22ff00007fff000104000000ef010203"))).AsReport(),
            Parsing(Wrap(kV11)).AsReport());
  EXPECT_EQ(Parsing(Wrap(Summed("1164000000000000f27d0000"), To(kAllHosts))).AsQuery(),
            ParsedQuery(kV04, kAllHosts));
}

TEST(IgmpParse, TA_45_OtherTypesAreIgnored) {
  for (const auto* type : {"13", "14", "1e", "30", "ff"}) {
    EXPECT_EQ(Outcome(Wrap(Summed(std::string(type) + "00000000000000"))), "TYPE") << type;
  }
  EXPECT_EQ(Outcome(Wrap(Hex(kV11), {.protocol = 17})), "TYPE");
}

}  // namespace
}  // namespace bpfcast::test
