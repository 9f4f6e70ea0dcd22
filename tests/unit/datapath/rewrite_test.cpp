// The very functions of the programs, run on the host.
#include "../bpf/rewrite.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "base/address.h"

namespace bpfcast {
namespace {

using Header = std::array<std::uint16_t, 10>;  // host order

std::uint16_t FullChecksum(const Header& header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (i != 5) sum += header[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// 198.51.100.2 -> 239.1.2.3, UDP, length 128, DF.
Header MakeHeader(std::uint16_t id, std::uint8_t ttl) {
  return {0x4500, 128,    id,     0x4000, static_cast<std::uint16_t>(ttl << 8 | 17),
          0,      0xc633, 0x6402, 0xef01, 0x0203};
}

TEST(Rewrite, TF_18_IncrementalIsFullRecomputationForEveryId) {
  for (unsigned id = 0; id <= 0xffff; ++id) {
    const auto number = static_cast<std::uint16_t>(id);
    const std::uint16_t before = FullChecksum(MakeHeader(number, 64));
    const std::uint16_t after = ntohs(checksum_after_ttl(htons(before)));
    ASSERT_EQ(after, FullChecksum(MakeHeader(number, 63))) << id;
  }
}

TEST(Rewrite, TF_18_EdgeSums) {
  EXPECT_EQ(ntohs(checksum_after_ttl(htons(0xfffe))), 0x00ff);
  EXPECT_EQ(ntohs(checksum_after_ttl(htons(0xfeff))), 0x0000);
  EXPECT_EQ(ntohs(checksum_after_ttl(htons(0xff00))), 0x0001);
}

TEST(Rewrite, TF_20_GroupMacIsThatOfTheControlPlane) {
  for (const Ipv4Address& group : {MakeIpv4(239, 129, 2, 3), MakeIpv4(239, 1, 2, 3), MakeIpv4(224, 1, 2, 3),
                                   MakeIpv4(239, 255, 255, 255), MakeIpv4(232, 128, 0, 1)}) {
    std::uint32_t address = 0;
    std::copy(group.bytes().begin(), group.bytes().end(), reinterpret_cast<std::uint8_t*>(&address));
    MacAddress mac{};
    group_mac4(address, mac.data());
    EXPECT_EQ(mac, MulticastMac(group)) << group.ToString();
  }
}

TEST(Rewrite, TF_20_GroupMacOfIpv6IsThatOfTheControlPlane) {
  for (const char* text : {"ff3e::8000:1", "ff0e::1234", "ff05::ffff:ffff", "ff0e:1:2:3:4:5:6789:abcd"}) {
    const Ipv6Address group = *Ipv6Address::Parse(text);
    __be32 words[4];
    std::memcpy(words, group.bytes().data(), sizeof words);
    MacAddress mac{};
    group_mac6(words, mac.data());
    EXPECT_EQ(mac, MulticastMac(group)) << text;
  }
}

}  // namespace
}  // namespace bpfcast
