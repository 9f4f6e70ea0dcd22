// One table of packets, run through both hooks: what becomes of each, which counter it moves, and its octets.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);

Frame With(const std::function<void(Frame&)>& change) {
  Frame frame;
  change(frame);
  return frame;
}

Frame From(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return With([=](Frame& f) { f.source = MakeIpv4(a, b, c, d); });
}

Frame To(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return With([=](Frame& f) {
    f.group = MakeIpv4(a, b, c, d);
    f.to = MulticastMac(f.group);
  });
}

Bytes WithProtocol(std::uint8_t high, std::uint8_t low, const MacAddress& to) {
  Bytes frame = Frame{}.Build();
  std::copy(to.begin(), to.end(), frame.begin());
  frame[12] = high;
  frame[13] = low;
  return frame;
}

struct Row {
  std::string name;
  Bytes frame;
  Fate fate = Fate::kForward;
  std::string counter;  // empty: not counted at all
  PortId arrival = kU;
};

// G = 239.1.2.3 is wanted by D1 alone, (*,239.1.2.3). Another station on U is 198.51.100.10.
std::vector<Row> Table() {
  const MacAddress broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const MacAddress station = {0x02, 0xbb, 0, 0, 0, 1};
  return {
      {"TF_01_Unicast", With([](Frame& f) { f.group = MakeIpv4(192, 0, 2, 10); }).Build(), Fate::kPass, ""},
      {"TF_01_Broadcast", With([&](Frame& f) {
                            f.group = MakeIpv4(255, 255, 255, 255);
                            f.to = broadcast;
                          }).Build(),
       Fate::kPass, ""},
      {"TF_01_Arp", WithProtocol(0x08, 0x06, broadcast), Fate::kPass, ""},
      {"TF_01_Lldp", WithProtocol(0x88, 0xcc, {0x01, 0x80, 0xc2, 0, 0, 0x0e}), Fate::kPass, ""},
      {"TF_01_Ipv6", WithProtocol(0x86, 0xdd, {0x33, 0x33, 0, 0, 0, 1}), Fate::kPass, ""},
      {"TF_02_Ospf", To(224, 0, 0, 5).Build(), Fate::kPass, "scope"},
      {"TF_02_Mdns", To(224, 0, 0, 251).Build(), Fate::kPass, "scope"},
      {"TF_04_IgmpToTheGroup", With([](Frame& f) {
                                 f.protocol = 2;
                                 f.ttl = 5;
                               }).Build(),
       Fate::kPass, "ctrl"},
      {"TF_05_Ihl4", With([](Frame& f) { f.ihl = 4; }).Build(), Fate::kDrop, "hdr"},
      {"TF_05_Version5", With([](Frame& f) { f.version = 5; }).Build(), Fate::kDrop, "hdr"},
      {"TF_05_TotalLength19", With([](Frame& f) { f.length_error = 19 - 84; }).Build(), Fate::kDrop, "hdr"},
      {"TF_05_TotalLengthBeyondFrame", With([](Frame& f) { f.length_error = 1; }).Build(), Fate::kDrop,
       "hdr"},
      {"TF_05_IhlBeyondTotalLength", With([](Frame& f) {
                                       f.ihl = 15;
                                       f.payload = Bytes(8);
                                     }).Build(),
       Fate::kDrop, "hdr"},
      {"TF_07_Ttl0", With([](Frame& f) { f.ttl = 0; }).Build(), Fate::kPass, "ttl"},
      {"TF_07_Ttl1", With([](Frame& f) { f.ttl = 1; }).Build(), Fate::kPass, "ttl"},
      {"TF_07_Ttl2", With([](Frame& f) { f.ttl = 2; }).Build(), Fate::kForward, "forwarded"},
      {"TF_09_This", From(0, 0, 0, 0).Build(), Fate::kDrop, "mart"},
      {"TF_09_ZeroNet", From(0, 1, 2, 3).Build(), Fate::kDrop, "mart"},
      {"TF_09_Loopback", From(127, 0, 0, 1).Build(), Fate::kDrop, "mart"},
      {"TF_09_LinkLocal", From(169, 254, 1, 1).Build(), Fate::kDrop, "mart"},
      {"TF_09_Multicast", From(224, 1, 1, 1).Build(), Fate::kDrop, "mart"},
      {"TF_09_ClassE", From(240, 0, 0, 1).Build(), Fate::kDrop, "mart"},
      {"TF_09_Broadcast", From(255, 255, 255, 255).Build(), Fate::kDrop, "mart"},
      {"TF_09_DirectedBroadcastOfD1", From(192, 0, 2, 255).Build(), Fate::kDrop, "mart"},
      {"TF_09_DirectedBroadcastOnD1", From(192, 0, 2, 255).Build(), Fate::kDrop, "mart", kD1},
      {"TF_10_OwnFromUpstream", From(192, 0, 2, 1).Build(), Fate::kDrop, "own"},
      {"TF_10_OwnFromDownstream", From(192, 0, 2, 1).Build(), Fate::kDrop, "own", kD1},
      {"TF_11_SubnetOfD1", From(192, 0, 2, 10).Build(), Fate::kForward, "forwarded", kD1},
      {"TF_11_ForeignOnD1", From(10, 9, 9, 9).Build(), Fate::kDrop, "rpf", kD1},
      {"TF_11_AltnetOfD2", From(10, 9, 9, 9).Build(), Fate::kForward, "forwarded", kD2},
      {"TF_11_SubnetOfD2FromUpstream", From(203, 0, 113, 10).Build(), Fate::kDrop, "rpf"},
      {"TF_11_AltnetOfD2FromUpstream", From(10, 9, 9, 9).Build(), Fate::kForward, "forwarded"},
      {"TF_11_OffPassesAll", From(10, 88, 0, 1).Build(), Fate::kForward, "forwarded", kD3},
      {"TF_13_BlockedSource", From(10, 0, 0, 66).Build(), Fate::kDrop, "nooif"},
      {"TF_13_NobodyWantsIt", To(239, 7, 7, 7).Build(), Fate::kPass, "noroute"},
      {"E_32_UnknownGroupGoesUp", With([](Frame& f) {
                                    f.group = MakeIpv4(239, 7, 7, 7);
                                    f.to = MulticastMac(f.group);
                                    f.source = MakeIpv4(192, 0, 2, 10);
                                  }).Build(),
       Fate::kForward, "forwarded", kD1},
      {"TF_14_RouterAlert", With([](Frame& f) {
                              f.ihl = 6;
                              f.options = {0x94, 4, 0, 0};
                            }).Build(),
       Fate::kPass, "opt"},
      {"TF_14_RecordRoute", With([](Frame& f) {
                              f.ihl = 7;
                              f.options = {7, 7, 4, 0, 0, 0, 0, 0};
                            }).Build(),
       Fate::kPass, "opt"},
      {"TF_14_LooseSourceRoute", With([](Frame& f) {
                                   f.ihl = 7;
                                   f.options = {131, 7, 4, 10, 0, 0, 1, 0};
                                 }).Build(),
       Fate::kDrop, "srcroute"},
      {"TF_14_StrictSourceRouteBehindOthers", With([](Frame& f) {
                                                f.ihl = 9;
                                                f.options = {1, 0x94, 4,  0, 0, 1, 1, 137,
                                                             7, 4,    10, 0, 0, 1, 0, 0};
                                              }).Build(),
       Fate::kDrop, "srcroute"},
      {"TF_14_SourceRouteBehindTheEndIsNoOption", With([](Frame& f) {
                                                    f.ihl = 7;
                                                    f.options = {0, 131, 7, 4, 10, 0, 0, 1};
                                                  }).Build(),
       Fate::kPass, "opt"},
      {"TF_14_OptionOfLengthZero", With([](Frame& f) {
                                     f.ihl = 6;
                                     f.options = {7, 0, 0, 0};
                                   }).Build(),
       Fate::kPass, "opt"},
      {"TF_15_FirstFragment", With([](Frame& f) { f.fragment = 0x2000; }).Build(), Fate::kForward,
       "forwarded"},
      {"TF_15_MiddleFragment", With([](Frame& f) { f.fragment = 0x20b9; }).Build(), Fate::kForward,
       "forwarded"},
      {"TF_15_LastFragment", With([](Frame& f) { f.fragment = 0x0172; }).Build(), Fate::kForward,
       "forwarded"},
      {"TF_20_ToOurUnicastAddress", With([](Frame& f) { f.to = {0x02, 0, 0, 0, 0, 0}; }).Build(),
       Fate::kForward, "forwarded"},
      {"TF_21_SameMacOtherGroup", To(239, 129, 2, 3).Build(), Fate::kPass, "noroute"},
      {"TF_22_ThirdStation", With([&](Frame& f) { f.to = station; }).Build(), Fate::kPass, "l2"},
      {"TF_22_MacOfAnotherGroup", With([](Frame& f) { f.to[5] = 0x77; }).Build(), Fate::kPass, "l2"},
      {"TF_22_BroadcastMac", With([&](Frame& f) { f.to = broadcast; }).Build(), Fate::kForward, "forwarded"},
      {"TF_23_Vlan100", With([](Frame& f) {
                          f.tags = {0x81, 0, 0, 100};
                        }).Build(),
       Fate::kPass, "vlan"},
      {"TF_23_Vlan4095WithPriority", With([](Frame& f) {
                                       f.tags = {0x81, 0, 0xef, 0xff};
                                     }).Build(),
       Fate::kPass, "vlan"},
      {"TF_23_ServiceTag", With([](Frame& f) {
                             f.tags = {0x88, 0xa8, 0, 7};
                           }).Build(),
       Fate::kPass, "vlan"},
      {"TF_23_PriorityTagIsUntagged", With([](Frame& f) {
                                        f.tags = {0x81, 0, 0xa0, 0};
                                      }).Build(),
       Fate::kForward, "forwarded"},
      {"TF_26_ShortPacketWithGarbage", With([](Frame& f) {
                                         f.payload = Bytes(18, 0x11);
                                         f.trailer = Bytes(28, 0xee);
                                       }).Build(),
       Fate::kForward, "forwarded"},
      {"TF_26_LongPacketWithTrailer", With([](Frame& f) { f.trailer = Bytes(9, 0xee); }).Build(),
       Fate::kForward, "forwarded"},
      {"TF_26_ShortPacketWithoutPadding", With([](Frame& f) { f.payload = Bytes(8, 0x11); }).Build(),
       Fate::kForward, "forwarded"},
      {"TF_30_LongestPacket", With([](Frame& f) { f.payload = Bytes(1480, 0x33); }).Build(), Fate::kForward,
       "forwarded"},
  };
}

class PacketTable : public testing::TestWithParam<Hook> {
 protected:
  void SetUp() override {
    lab_.MakeBed(GetParam());
    DatapathPort d2 = lab_.port(kD2);
    d2.ipv4.other_sources = {{MakeIpv4(10, 9, 0, 0), 16}};
    lab_.Set(d2);
    DatapathPort d3 = lab_.port(kD3);
    d3.source_check = SourceCheck::kOff;
    lab_.Set(d3);
    lab_.Route(kAny, kGroup, {kD1});
    lab_.Route(kAny, MakeIpv4(224, 0, 0, 251), {kD1});  // TF-02: forged
    lab_.Route(kAny, MakeIpv4(224, 0, 0, 5), {kD1});
    lab_.Route(MakeIpv4(10, 0, 0, 66), kGroup, {});
  }
  // The sums of the matrix are those of packets from 198.51.100.2, which is ours on this bed.
  void MoveOwnAddress() {
    DatapathPort up = lab_.port(kU);
    up.ipv4.own_addresses = {MakeIpv4(198, 51, 100, 77)};
    lab_.Set(up);
  }

  Lab lab_;
};

// TF-01 ... TF-30. A packet that is forwarded leaves by D1 when it came from U, and by U when it came from
// D1; those with more than one way are the business of forwarding_test.
TEST_P(PacketTable, EveryPacketHasItsFateItsCounterAndItsOctets) {
  for (Row& row : Table()) {
    SCOPED_TRACE(row.name);
    Bytes sent = row.frame;
    if (row.name == "TF_20_ToOurUnicastAddress") {
      std::copy(lab_.port(kU).mac.begin(), lab_.port(kU).mac.end(), sent.begin());
    }
    const std::uint64_t counter = row.counter.empty() ? 0 : lab_.Counter(row.counter);
    const std::uint64_t sum = lab_.Verdicts();
    const std::uint64_t received = lab_.PortCounter(row.arrival).received.packets;
    const PortOutcome got = RunPort(lab_, GetParam(), sent, lab_.port(row.arrival).ifindex);
    EXPECT_EQ(got.fate, row.fate);
    if (row.counter.empty()) {
      EXPECT_EQ(lab_.Verdicts(), sum);
    } else {
      EXPECT_EQ(lab_.Counter(row.counter), counter + 1) << row.counter;
      EXPECT_EQ(lab_.Verdicts(), sum + 1);  // F-56
      EXPECT_EQ(lab_.PortCounter(row.arrival).received.packets, received + 1);
    }
    if (row.fate == Fate::kPass) {
      EXPECT_EQ(Hex(got.frame), Hex(sent));
    } else if (row.fate == Fate::kForward) {
      Bytes untagged = sent;
      if (sent[12] == 0x81) untagged.erase(untagged.begin() + 12, untagged.begin() + 16);
      const PortId egress = row.arrival == kU ? kD1 : kU;
      Bytes expected = Forwarded(untagged, lab_.port(egress).mac);
      // XDP's source address is the egress program's work (forwarding_test sees it); a downstream with two
      // ways to send ends TC's copy at the last of them.
      if (GetParam() == Hook::kXdp || row.arrival != kU) {
        std::copy(got.frame.begin() + 6, got.frame.begin() + 12, expected.begin() + 6);
      }
      EXPECT_EQ(Hex(got.frame), Hex(expected));
    }
  }
}

// Whatever the length, the program reads inside the frame. (The kernel gives TC no frame as short as that to
// test.)
TEST_P(PacketTable, TF_05_ACutFrameIsNeverForwarded) {
  const Bytes whole = Frame{}.Build();
  for (std::size_t size = 14; size < whole.size(); ++size) {
    const Bytes frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const std::uint32_t action = RunXdp(lab_, frame, lab_.port(kU).ifindex).action;
    EXPECT_EQ(action, size < 34 ? 2U : 1U)
        << size;  // XDP_PASS while the addresses are not there, then XDP_DROP
  }
}

// TF-17: the sums are those of the matrix.
TEST_P(PacketTable, TF_17_TtlAndChecksumOfTheMatrix) {
  MoveOwnAddress();
  struct Case {
    std::uint8_t ttl;
    std::uint16_t before;
    std::uint16_t after;
  };
  for (const Case& c :
       {Case{255, 0x4dfe, 0x4efe}, {128, 0xccfe, 0xcdfe}, {64, 0x0cff, 0x0dff}, {2, 0x4aff, 0x4bff}}) {
    Frame frame;
    frame.source = MakeIpv4(198, 51, 100, 2);
    frame.ttl = c.ttl;
    frame.payload = Bytes(108, 1);
    Bytes sent = frame.Build();
    ASSERT_EQ(sent[24] << 8 | sent[25], c.before);
    const PortOutcome got = RunPort(lab_, GetParam(), sent, lab_.port(kU).ifindex);
    ASSERT_EQ(got.fate, Fate::kForward);
    EXPECT_EQ(got.frame[22], c.ttl - 1);
    EXPECT_EQ(got.frame[24] << 8 | got.frame[25], c.after);
  }
}

// TF-18: end-around carry, through the programs.
TEST_P(PacketTable, TF_18_EdgeSums) {
  MoveOwnAddress();
  struct Case {
    std::uint16_t id;
    std::uint16_t before;
    std::uint16_t after;
  };
  for (const Case& c : {Case{0x1f34, 0xfffe, 0x00ff}, {0x2033, 0xfeff, 0x0000}, {0x2032, 0xff00, 0x0001}}) {
    Frame frame;
    frame.source = MakeIpv4(198, 51, 100, 2);
    frame.id = c.id;
    frame.payload = Bytes(108, 1);
    const Bytes sent = frame.Build();
    ASSERT_EQ(sent[24] << 8 | sent[25], c.before);
    const PortOutcome got = RunPort(lab_, GetParam(), sent, lab_.port(kU).ifindex);
    ASSERT_EQ(got.fate, Fate::kForward);
    EXPECT_EQ(got.frame[24] << 8 | got.frame[25], c.after);
  }
}

// TF-06: the update is incremental, so a sum that was wrong is still wrong by as much.
TEST_P(PacketTable, TF_06_ABadSumStaysBad) {
  Frame frame;
  frame.checksum_error = 1;
  const PortOutcome got = RunPort(lab_, GetParam(), frame.Build(), lab_.port(kU).ifindex);
  ASSERT_EQ(got.fate, Fate::kForward);
  const int right = HeaderChecksum(&got.frame[kEth], 20);
  EXPECT_EQ(got.frame[24] << 8 | got.frame[25], right + 1);
}

// TF-19: nothing but MAC addresses, TTL and checksum changes, over random packets.
TEST_P(PacketTable, TF_19_AllOtherOctetsStay) {
  const std::uint32_t seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&](unsigned max) { return std::uniform_int_distribution<unsigned>(0, max)(random); };
  for (int i = 0; i < 100000; ++i) {
    Frame frame;
    frame.tos = static_cast<std::uint8_t>(up_to(255));
    frame.id = static_cast<std::uint16_t>(up_to(65535));
    frame.fragment = static_cast<std::uint16_t>(up_to(65535));
    frame.ttl = static_cast<std::uint8_t>(2 + up_to(253));
    frame.protocol = 17;
    frame.payload = Bytes(up_to(1480));
    for (auto& byte : frame.payload) byte = static_cast<std::uint8_t>(random());
    const Bytes sent = frame.Build();
    const PortOutcome got = RunPort(lab_, GetParam(), sent, lab_.port(kU).ifindex);
    ASSERT_EQ(got.fate, Fate::kForward) << "seed " << seed << ": " << Hex(sent);
    Bytes expected = Forwarded(sent, lab_.port(kD1).mac);
    if (GetParam() == Hook::kXdp)
      std::copy(got.frame.begin() + 6, got.frame.begin() + 12, expected.begin() + 6);
    ASSERT_EQ(got.frame, expected) << "seed " << seed << ": " << Hex(sent) << " became " << Hex(got.frame);
  }
}

// TF-20: the MAC address comes from the group's low 23 bits.
TEST_P(PacketTable, TF_20_GroupMac) {
  lab_.Route(kAny, MakeIpv4(239, 129, 2, 3), {kD1});
  const PortOutcome got = RunPort(lab_, GetParam(), To(239, 129, 2, 3).Build(), lab_.port(kU).ifindex);
  ASSERT_EQ(got.fate, Fate::kForward);
  EXPECT_EQ(Hex(Bytes(got.frame.begin(), got.frame.begin() + 6)), "0100 5e01 0203");
}

INSTANTIATE_TEST_SUITE_P(Hooks, PacketTable, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& info) { return info.param == Hook::kXdp ? "Xdp" : "Tc"; });

TEST(Programs, TheVerifierLooksAtFewInstructions) {
  Lab lab;
  const BpfObject& object = lab.datapath().object();
  const std::pair<const char*, int> programs[] = {{"bpfcast_xdp", object.xdp_program()},
                                                  {"bpfcast_egress", object.egress_program()},
                                                  {"bpfcast_tc", object.tc_program()}};
  for (const auto& [name, program] : programs) {
    const std::uint32_t instructions = VerifiedInstructions(program);
    std::printf("%s: %u instructions verified\n", name, instructions);
    EXPECT_GT(instructions, 0U) << name;
    EXPECT_LT(instructions, 20000U) << name;  // a million is the kernel's limit, and loading takes time
  }
}

// What a packet costs up to its redirect. The figure is for the reader; that every run forwarded is the
// claim.
TEST(Programs, WhatOnePacketCosts) {
  constexpr int kRuns = 500;
  constexpr int kPackets = 200;  // fewer than its TTL has steps
  for (const Hook hook : {Hook::kXdp, Hook::kTc}) {
    Lab lab;
    lab.MakeBed(hook);
    lab.Route(kAny, kGroup, {kD1});
    const Bytes frame = With([](Frame& f) { f.ttl = 255; }).Build();
    std::vector<std::uint32_t> times;
    for (int i = 0; i < kRuns; ++i) {
      times.push_back(MeasureProgram(lab, hook, frame, lab.port(kU).ifindex, kPackets));
    }
    std::sort(times.begin(), times.end());
    std::printf("%s: %u ns a packet, %u at best\n", hook == Hook::kXdp ? "XDP" : "TC", times[kRuns / 2],
                times[0]);
    EXPECT_EQ(lab.Counter("forwarded"), static_cast<std::uint64_t>(kRuns) * kPackets);
  }
}

}  // namespace
}  // namespace bpfcast::bpftest
