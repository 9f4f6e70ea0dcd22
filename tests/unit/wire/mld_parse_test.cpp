#include <gmock/gmock.h>

#include "unit/wire/mld_packets.h"

namespace bpfcast::test::mld {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// `length` octets of a query to all nodes with a code of 10 s.
Bytes QueryOfLength(std::size_t length) {
  Bytes message(length);
  message[0] = 130;
  if (length > 5) {
    message[4] = 0x27;
    message[5] = 0x10;
  }
  return WrapSummed(message, To(kAllNodes));
}

TEST(MldParse, TA_11_TheLengthTellsTheVersionOfAQuery) {
  for (const std::size_t length : {4, 8, 23, 25, 26, 27}) {
    EXPECT_EQ(Outcome(QueryOfLength(length)), "QLEN") << length;
  }
  EXPECT_EQ(Parsing(QueryOfLength(24)).AsQuery().version, Version::kV2);
  EXPECT_EQ(Parsing(QueryOfLength(28)).AsQuery().version, Version::kV3);
  EXPECT_EQ(Parsing(QueryOfLength(1400)).AsQuery().version, Version::kV3);
}

TEST(MldParse, TA_17_ReportsMayBeLongerButNotShorterThanTheirFields) {
  for (const auto hex : {kV23, kV24}) {
    const Ipv6Address to = hex == kV23 ? kGroup : kAllRouters;
    EXPECT_EQ(Outcome(WrapSummed(hex.substr(0, 46), To(to))), "SHORT");
    EXPECT_EQ(Parsing(WrapSummed(std::string(hex) + "00", To(to))).AsReport().records.size(), 1u);
  }
  EXPECT_EQ(Outcome(WrapSummed("8f000000000000")), "SHORT");
  EXPECT_EQ(Outcome(Wrap(Bytes())), "SHORT");
  EXPECT_THAT(Parsing(WrapSummed("8f00000000000000")).AsReport().records, IsEmpty());
}

TEST(MldParse, TA_39_A_63_TheCodeIsLinearInMldv1AndFloatingInMldv2) {
  const auto time = [](std::string_view hex) {
    return Parsing(WrapSummed(hex, To(kAllNodes))).AsQuery().max_response_time;
  };
  EXPECT_EQ(time("820000008fff000000000000000000000000000000000000"), milliseconds(0x8fff));
  EXPECT_EQ(time("820000008fff000000000000000000000000000000000000027d0000"), milliseconds(65528));
  EXPECT_EQ(time("82000000ffff000000000000000000000000000000000000"), milliseconds(65535));
  EXPECT_EQ(time("82000000ffff000000000000000000000000000000000000027d0000"), milliseconds(8387584));
}

TEST(MldParse, TA_40_CodeZeroIsNoDelayInBothVersions) {
  for (const auto* hex : {"820000000000000000000000000000000000000000000000",
                          "820000000000000000000000000000000000000000000000027d0000"}) {
    EXPECT_EQ(Parsing(WrapSummed(hex, To(kAllNodes))).AsQuery().max_response_time, Duration::zero());
  }
}

TEST(MldParse, TA_44_ReservedFieldsAreIgnored) {
  EXPECT_EQ(Parsing(WrapSummed("82ff00002710ffff00000000000000000000000000000000f27d0000", To(kAllNodes)))
                .AsQuery(),
            Parsing(WrapSummed(kV21, To(kAllNodes))).AsQuery());
  EXPECT_EQ(Parsing(WrapSummed("83ff0000ffffffffff0e0000000000000000000000001234", To(kGroup))).AsReport(),
            Parsing(WrapSummed(kV23, To(kGroup))).AsReport());
}

TEST(MldParse, TA_45_OtherTypesAreIgnored) {
  for (const auto* type : {"80", "85", "86", "87", "88", "89", "97", "98", "99", "01", "ff"}) {
    EXPECT_EQ(Outcome(WrapSummed(std::string(type) + "00000000000000")), "TYPE") << type;
  }
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = Hex("1100050200000100")})), "TYPE") << "UDP";
  EXPECT_EQ(Outcome(WrapSummed(kV25, {.headers = {}, .next_header = 17})), "TYPE") << "UDP";
}

}  // namespace
}  // namespace bpfcast::test::mld
