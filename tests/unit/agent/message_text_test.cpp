#include "agent/message_text.h"

#include <gtest/gtest.h>

#include <vector>

#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

Ipv4Address V4(const char* text) {
  return *Ipv4Address::Parse(text);
}

TEST(MessageText, AReportNamesItsRecordsAndTheirSources) {
  const Report<Igmp> report{Version::kV3,
                            {{RecordType::kToEx, V4("239.1.1.1"), {}},
                             {RecordType::kAllow, V4("232.1.1.1"), {V4("10.0.0.1"), V4("10.0.0.2")}}}};
  const auto packet = Codec<Igmp>::Serialize(report, V4("192.0.2.10"));
  EXPECT_EQ(MessageText<Igmp>(packet.bytes),
            "IGMPv3 report from 192.0.2.10: TO_EX 239.1.1.1 {}, ALLOW 232.1.1.1 {10.0.0.1, 10.0.0.2}");
}

TEST(MessageText, ALongReportIsCutShort) {
  Report<Igmp> report;
  for (std::uint8_t n = 1; n <= 20; ++n) {
    report.records.push_back({RecordType::kIsEx, Ipv4Address({239, 1, 1, n}), {}});
  }
  const auto packet = Codec<Igmp>::Serialize(report, V4("192.0.2.10"));
  const std::string text = MessageText<Igmp>(packet.bytes);
  EXPECT_NE(text.find("IS_EX 239.1.1.8 {}, and 12 more"), std::string::npos) << text;
}

TEST(MessageText, WhatCannotBeReadIsSaidWithItsReason) {
  const std::vector<std::uint8_t> cut = {0x46, 0, 0};
  EXPECT_EQ(MessageText<Igmp>(cut), "IGMP packet of 3 octets, not taken: IPHDR");
  EXPECT_EQ(MessageText<Mld>(cut), "MLD packet of 3 octets, not taken: IPHDR");
}

}  // namespace
}  // namespace bpfcast
