#include "os/group_filter.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A packet as a SOCK_DGRAM packet socket filters it.
struct Frame {
  Bytes packet;
  std::uint16_t ether_type = ETH_P_IP;
  std::uint8_t type = PACKET_MULTICAST;
  std::uint16_t vlan_tag = 0;
  bool has_vlan_tag = false;
};

/// What a load gives; a program that loads from beyond the end takes nothing.
bool Load(const Frame& frame, std::uint32_t at, std::size_t size, std::uint32_t& out) {
  if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
    out = frame.ether_type;
  } else if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
    out = frame.type;
  } else if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)) {
    out = frame.has_vlan_tag ? 1 : 0;
  } else if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_VLAN_TAG)) {
    out = frame.vlan_tag;
  } else if (at + size <= frame.packet.size()) {
    out = 0;
    for (std::size_t i = 0; i < size; ++i) out = out << 8 | frame.packet[at + i];
  } else {
    return false;
  }
  return true;
}

/// Runs the program as the kernel does (Documentation/networking/filter.rst), as far as it is used.
bool Takes(const Frame& frame) {
  const std::vector<sock_filter> program = GroupFilter();
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  for (std::size_t pc = 0; pc < program.size(); ++pc) {
    const auto& [code, jt, jf, k] = program[pc];
    switch (code) {
      case BPF_LD | BPF_B | BPF_ABS:
        if (!Load(frame, k, 1, a)) return false;
        break;
      case BPF_LD | BPF_H | BPF_ABS:
        if (!Load(frame, k, 2, a)) return false;
        break;
      case BPF_LD | BPF_B | BPF_IND:
        if (!Load(frame, x + k, 1, a)) return false;
        break;
      case BPF_LDX | BPF_IMM:
        x = k;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= k;
        break;
      case BPF_ALU | BPF_ADD | BPF_K:
        a += k;
        break;
      case BPF_ALU | BPF_LSH | BPF_K:
        a <<= k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        pc += a == k ? jt : jf;
        break;
      case BPF_RET | BPF_K:
        return k != 0;
      default:
        ADD_FAILURE() << "instruction " << pc << " has code " << code;
        return false;
    }
  }
  ADD_FAILURE() << "the program has no end";
  return false;
}

Bytes Igmp3Report() {
  return Codec<Igmp>::Serialize(Report<Igmp>{Version::kV3, {{RecordType::kToEx, MakeIpv4(239, 1, 2, 3), {}}}},
                                MakeIpv4(192, 0, 2, 10))
      .bytes;
}

/// MLDv1 has 131 and 132, MLDv2 has 143; queries are 130.
Bytes MldMessage(Version version, RecordType type) {
  return Codec<Mld>::Serialize(Report<Mld>{version, {{type, *Ipv6Address::Parse("ff0e::1234"), {}}}},
                               *Ipv6Address::Parse("fe80::a"))
      .bytes;
}

Bytes MldQuery() {
  return Codec<Mld>::Serialize(Query<Mld>(), *Ipv6Address::Parse("fe80::1")).bytes;
}

Frame OfIpv6(Bytes packet) {
  return {std::move(packet), ETH_P_IPV6};
}

/// The same message without its Hop-by-Hop header, and with another next header instead.
Frame WithoutHopByHop(Bytes packet, std::uint8_t next_header) {
  packet[6] = next_header;
  packet.erase(packet.begin() + 40, packet.begin() + 48);
  return OfIpv6(std::move(packet));
}

TEST(GroupFilter, TakesIgmpWhateverItsHeaderLengthAndType) {
  EXPECT_TRUE(Takes({Igmp3Report()}));
  Bytes unknown = Igmp3Report();
  unknown[24] = 0x13;
  EXPECT_TRUE(Takes({unknown})) << "A-49: the parser counts it";
}

TEST(GroupFilter, TakesEveryMessageOfMld) {
  EXPECT_TRUE(Takes(OfIpv6(MldQuery())));
  EXPECT_TRUE(Takes(OfIpv6(MldMessage(Version::kV2, RecordType::kIsEx))));
  EXPECT_TRUE(Takes(OfIpv6(MldMessage(Version::kV2, RecordType::kToIn))));
  EXPECT_TRUE(Takes(OfIpv6(MldMessage(Version::kV3, RecordType::kToEx))));
}

TEST(GroupFilter, A_06_TakesMldWithoutAHopByHopHeaderToCountIt) {
  EXPECT_TRUE(Takes(WithoutHopByHop(MldMessage(Version::kV3, RecordType::kToEx), 58)));
}

TEST(GroupFilter, FindsMldBehindAHopByHopHeaderOfAnyLength) {
  Bytes packet = MldQuery();
  packet[41] = 2;
  packet.insert(packet.begin() + 48, 16, 0);
  EXPECT_TRUE(Takes(OfIpv6(packet)));
  packet[64] = 128;  // echo request
  EXPECT_FALSE(Takes(OfIpv6(packet)));
}

TEST(GroupFilter, A_12_TakesLongerChainsOfHeadersForTheParserToRefuse) {
  for (const std::uint8_t header : {0, 43, 44, 60}) {
    Bytes packet = MldQuery();
    packet[40] = header;
    EXPECT_TRUE(Takes(OfIpv6(packet))) << int{header};
  }
}

TEST(GroupFilter, LeavesOtherTraffic) {
  Bytes udp = Igmp3Report();
  udp[9] = 17;
  EXPECT_FALSE(Takes({udp}));
  EXPECT_FALSE(Takes(WithoutHopByHop(MldQuery(), 17)));
  Bytes neighbours = MldQuery();
  for (const std::uint8_t type : {1, 128, 133, 134, 135, 136, 142, 144, 151}) {
    neighbours[48] = type;
    EXPECT_FALSE(Takes(OfIpv6(neighbours))) << int{type};
    EXPECT_FALSE(Takes(WithoutHopByHop(neighbours, 58))) << int{type};
  }
  Bytes udp_with_options = MldQuery();
  udp_with_options[40] = 17;
  EXPECT_FALSE(Takes(OfIpv6(udp_with_options)));
  EXPECT_FALSE(Takes({Igmp3Report(), ETH_P_ARP}));
  EXPECT_FALSE(Takes({MldQuery(), ETH_P_IP})) << "the EtherType decides, not the packet";
  EXPECT_FALSE(Takes({Igmp3Report(), ETH_P_IPV6}));
}

TEST(GroupFilter, LeavesFramesOfOtherHostsAndVlans) {
  for (const Frame& frame : {Frame{Igmp3Report()}, OfIpv6(MldQuery())}) {
    Frame other = frame;
    other.type = PACKET_OTHERHOST;
    EXPECT_FALSE(Takes(other));
    other.type = PACKET_OUTGOING;
    EXPECT_TRUE(Takes(other)) << "this machine's own memberships";
    other.vlan_tag = 0x2005;
    EXPECT_TRUE(Takes(other)) << "Linux 6.1 leaves it there when a VLAN's interface has taken the tag off";
    other.has_vlan_tag = true;
    EXPECT_FALSE(Takes(other));
    other.vlan_tag = 0xe000;
    EXPECT_TRUE(Takes(other)) << "a priority without a VLAN";
  }
}

TEST(GroupFilter, LeavesWhatIsCutShort) {
  for (const std::size_t size : {0, 6, 39, 40, 41, 47, 48}) {
    Bytes packet = MldQuery();
    packet.resize(size);
    EXPECT_FALSE(Takes(OfIpv6(packet))) << size;
  }
  EXPECT_FALSE(Takes({Bytes{0x46}}));
}

}  // namespace
}  // namespace bpfcast
