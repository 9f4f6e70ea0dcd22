#include "cli/stream_packet.h"

#include <gtest/gtest.h>

#include <vector>

namespace bpfcast {
namespace {

// The picture in stream_packet.h.
const std::vector<std::uint8_t> kOctets = {'b', 'p', 'f', 'c', 'a',  's',  't',  1,      // magic
                                           1,   2,   3,   4,   5,    6,    7,    8,      // stream
                                           0,   0,   0,   0,   0,    0,    1,    0,      // number 256
                                           0,   0,   0,   0,   0x3b, 0x9a, 0xca, 0x00};  // a second
constexpr StreamPacket kPacket{0x0102030405060708, 256, 1'000'000'000};

TEST(StreamPacket, IsWrittenAsInItsPicture) {
  const auto octets = WriteStreamPacket(kPacket);
  EXPECT_EQ(std::vector<std::uint8_t>(octets.begin(), octets.end()), kOctets);
}

TEST(StreamPacket, IsReadFromThePayloadThatBeginsWithIt) {
  EXPECT_EQ(ReadStreamPacket(kOctets), kPacket);
  std::vector<std::uint8_t> longer = kOctets;
  longer.resize(1316);
  EXPECT_EQ(ReadStreamPacket(longer), kPacket);
}

TEST(StreamPacket, IsNotReadFromPayloadOfOthers) {
  EXPECT_FALSE(ReadStreamPacket({}));
  std::vector<std::uint8_t> cut = kOctets;
  cut.pop_back();
  EXPECT_FALSE(ReadStreamPacket(cut));
  for (std::size_t i = 0; i < 8; ++i) {
    std::vector<std::uint8_t> other = kOctets;
    other[i] ^= 1;
    EXPECT_FALSE(ReadStreamPacket(other)) << i;
  }
}

}  // namespace
}  // namespace bpfcast
