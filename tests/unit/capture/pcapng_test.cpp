// Against draft-ietf-opsawg-pcapng, octet by octet.
#include "capture/pcapng.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdio>

namespace bpfcast {
namespace {

static_assert(std::endian::native == std::endian::little, "the octets below are in this order");

std::string Hex(const std::string& octets) {
  std::string text;
  for (const char octet : octets) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(octet)));
    text += two;
  }
  return text;
}

TEST(PcapNg, TheSectionSaysItsOrderVersionAndApplication) {
  EXPECT_EQ(Hex(PcapNgHeader()),
            "0a0d0d0a"
            "34000000"
            "4d3c2b1a"
            "0100"
            "0000"
            "ffffffffffffffff"
            "0400"
            "0f00"
            "6270666361737420636170747572650"
            "0"  // bpfcast capture
            "00000000"
            "34000000");
}

TEST(PcapNg, AnInterfaceHasItsLinkTypeItsNameAndNanoseconds) {
  EXPECT_EQ(Hex(PcapNgInterface("lan1", LinkKind::kEthernet)),
            "01000000"
            "28000000"
            "0100"
            "0000"
            "00000000"
            "0200"
            "0400"
            "6c616e31"
            "0900"
            "0100"
            "09000000"
            "00000000"
            "28000000");
  EXPECT_EQ(Hex(PcapNgInterface("ppp", LinkKind::kBare)),
            "01000000"
            "28000000"
            "6500"
            "0000"
            "00000000"
            "0200"
            "0300"
            "70707000"
            "0900"
            "0100"
            "09000000"
            "00000000"
            "28000000");
}

TEST(PcapNg, AFrameHasPortTimeLengthsDirectionAndComment) {
  CapturedFrame frame;
  frame.time = std::chrono::nanoseconds(0x0102030405060708);
  frame.port = 3;
  frame.direction = FrameDirection::kOut;
  frame.length = 1500;
  frame.octets = {0xaa, 0xbb, 0xcc, 0xdd, 0xee};
  EXPECT_EQ(Hex(PcapNgFrame(frame, "")),
            "06000000"
            "34000000"
            "03000000"
            "04030201"
            "08070605"
            "05000000"
            "dc050000"
            "aabbccddee000000"
            "0200"
            "0400"
            "02000000"
            "00000000"
            "34000000");
  frame.direction = FrameDirection::kIn;
  EXPECT_EQ(Hex(PcapNgFrame(frame, "hello")),
            "06000000"
            "40000000"
            "03000000"
            "04030201"
            "08070605"
            "05000000"
            "dc050000"
            "aabbccddee000000"
            "0100"
            "0500"
            "68656c6c6f000000"
            "0200"
            "0400"
            "01000000"
            "00000000"
            "40000000");
}

}  // namespace
}  // namespace bpfcast
