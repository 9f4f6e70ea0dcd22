#include <algorithm>
#include <functional>

#include "bpf/packet_table.h"

namespace bpfcast::bpftest {
namespace {

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

}  // namespace

// Another station on U is 198.51.100.10.
template <>
std::vector<Row> PacketTable<Igmp>() {
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
      {"TF_14_SourceRouteInTheLastOctetOfAll", With([](Frame& f) {
                                                 f.ihl = 6;
                                                 f.options = {1, 1, 1, 131};
                                                 f.payload.clear();
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

template <>
void AddRoutesOfTable<Igmp>(Lab& lab) {
  lab.Route(Ipv4Address(), MakeIpv4(224, 0, 0, 251), {kD1});  // TF-02: forged
  lab.Route(Ipv4Address(), MakeIpv4(224, 0, 0, 5), {kD1});
}

}  // namespace bpfcast::bpftest
