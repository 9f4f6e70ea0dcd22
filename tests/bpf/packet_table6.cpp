#include <algorithm>
#include <functional>

#include "bpf/packet_table.h"

namespace bpfcast::bpftest {
namespace {

// RFC 8200: protocol numbers of extension headers, and one of eight octets each.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kIcmp = 58;
constexpr std::uint8_t kDestination = 60;

Bytes Options(std::uint8_t next) {
  return {next, 0, 1, 4, 0, 0, 0, 0};  // PadN
}
Bytes RouterAlert(std::uint8_t next) {
  return {next, 0, 5, 2, 0, 0, 1, 0};
}
Bytes Fragment(std::uint8_t next, std::uint16_t offset_and_more) {
  return {next,
          0,
          static_cast<std::uint8_t>(offset_and_more >> 8),
          static_cast<std::uint8_t>(offset_and_more),
          0x11,
          0x22,
          0x33,
          0x44};
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes With(const std::function<void(Frame6&)>& change) {
  Frame6 frame;
  change(frame);
  return frame.Build();
}
Bytes From(const std::string& source) {
  return With([&](Frame6& f) { f.source = V6(source); });
}
Bytes To(const std::string& group) {
  return With([&](Frame6& f) {
    f.group = V6(group);
    f.to = MulticastMac(f.group);
  });
}
Bytes Hop(std::uint8_t limit) {
  return With([&](Frame6& f) { f.ttl = limit; });
}
// `first` names what comes first in `extensions`.
Bytes Extended(std::uint8_t first, const Bytes& extensions) {
  return With([&](Frame6& f) {
    f.protocol = first;
    f.extensions = extensions;
  });
}
// An ICMPv6 message of the type, to the group of the matrix.
Bytes Icmp(std::uint8_t type, std::uint8_t first, const Bytes& extensions, std::uint8_t limit) {
  return With([&](Frame6& f) {
    f.protocol = first;
    f.extensions = extensions;
    f.ttl = limit;
    f.payload = Bytes(24, 0);
    f.payload[0] = type;
  });
}
Bytes Tagged(const Bytes& tag) {
  return With([&](Frame6& f) { f.tags = tag; });
}

}  // namespace

template <>
std::vector<Row> PacketTable<Mld>() {
  const MacAddress broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const MacAddress station = {0x02, 0xbb, 0, 0, 0, 1};
  Bytes nine;
  for (int i = 0; i < 9; ++i) nine = nine + Options(i < 8 ? kDestination : 17);
  const std::string own = "2001:db8:f001::1";
  return {
      {"TF_01_Unicast", With([&](Frame6& f) {
         f.group = V6("2001:db8:f001::10");
         f.to = station;
       }),
       Fate::kPass, ""},
      {"TF_01_NeighbourAdvertisement", With([&](Frame6& f) {
         f.group = V6("fe80::1");
         f.to = station;
         f.protocol = kIcmp;
         f.ttl = 255;
       }),
       Fate::kPass, ""},
      {"TF_01_NeighbourSolicitation", To("ff02::1:ff00:10"), Fate::kPass, "scope"},
      {"TF_03_InterfaceLocal", To("ff01::1"), Fate::kPass, "scope"},
      {"TF_03_LinkLocal", To("ff02::1234"), Fate::kPass, "scope"},
      {"TF_03_LinkLocalTransient", To("ff12::1234"), Fate::kPass, "scope"},
      {"TF_03_Scope0", To("ff00::1"), Fate::kDrop, "scope0"},
      {"TF_03_Scope0Transient", To("ff30::1"), Fate::kDrop, "scope0"},
      {"TF_03_Realm", To("ff03::1"), Fate::kForward, "forwarded"},
      {"TF_03_Site", To("ff05::1"), Fate::kForward, "forwarded"},
      {"TF_03_Organization", To("ff08::1"), Fate::kForward, "forwarded"},
      {"TF_03_Global", To("ff0e::1"), Fate::kForward, "forwarded"},
      {"TF_03_ScopeFIsGlobal", To("ff0f::1"), Fate::kForward, "forwarded"},
      {"TF_04_Query", Icmp(130, kHopByHop, RouterAlert(kIcmp), 1), Fate::kPass, "ctrl"},
      {"TF_04_ReportV1", Icmp(131, kHopByHop, RouterAlert(kIcmp), 1), Fate::kPass, "ctrl"},
      {"TF_04_Done", Icmp(132, kHopByHop, RouterAlert(kIcmp), 1), Fate::kPass, "ctrl"},
      {"TF_04_ReportV2", Icmp(143, kHopByHop, RouterAlert(kIcmp), 1), Fate::kPass, "ctrl"},
      {"TF_04_ReportWithoutHopByHop", Icmp(131, kIcmp, {}, 5), Fate::kPass, "ctrl"},
      {"TF_04_QueryBehindDestinationOptions", Icmp(130, kDestination, Options(kIcmp), 5), Fate::kPass,
       "ctrl"},
      {"TF_04_ReportInAFirstFragment", Icmp(143, kFragment, Fragment(kIcmp, 1), 5), Fate::kPass, "ctrl"},
      {"TF_04_OtherIcmpIsData", Icmp(128, kIcmp, {}, 5), Fate::kForward, "forwarded"},
      {"TF_04_Type129IsData", Icmp(129, kIcmp, {}, 5), Fate::kForward, "forwarded"},
      {"TF_04_Type133IsData", Icmp(133, kIcmp, {}, 5), Fate::kForward, "forwarded"},
      {"TF_05_Version5", With([](Frame6& f) { f.version = 5; }), Fate::kDrop, "hdr"},
      {"TF_05_Version4", With([](Frame6& f) { f.version = 4; }), Fate::kDrop, "hdr"},
      {"TF_05_PayloadBeyondFrame", With([](Frame6& f) { f.length_error = 1; }), Fate::kDrop, "hdr"},
      {"TF_05_PayloadFarBeyondFrame", With([](Frame6& f) { f.length_error = 0xffff - 64; }), Fate::kDrop,
       "hdr"},
      {"TF_07_HopLimit0", Hop(0), Fate::kPass, "ttl"},
      {"TF_07_HopLimit1", Hop(1), Fate::kPass, "ttl"},
      {"TF_07_HopLimit2", Hop(2), Fate::kForward, "forwarded"},
      {"TF_09_Unspecified", From("::"), Fate::kDrop, "mart"},
      {"TF_09_Loopback", From("::1"), Fate::kDrop, "mart"},
      {"TF_09_LinkLocal", From("fe80::5"), Fate::kDrop, "mart"},
      {"TF_09_LastOfLinkLocal", From("febf:ffff::5"), Fate::kDrop, "mart"},
      {"TF_09_LinkLocalOnD1", From("fe80::5"), Fate::kDrop, "mart", kD1},
      {"TF_09_Multicast", From("ff0e::1"), Fate::kDrop, "mart"},
      {"TF_09_Mapped", From("::ffff:10.0.0.1"), Fate::kDrop, "mart"},
      {"TF_09_BehindLinkLocal", From("fec0::5"), Fate::kForward, "forwarded"},
      {"TF_09_UniqueLocal", From("fd00::5"), Fate::kForward, "forwarded"},
      {"TF_09_BesideLoopback", From("::2"), Fate::kForward, "forwarded"},
      {"TF_09_ZerosInFrontOnly", From("0:0:0:1::1"), Fate::kForward, "forwarded"},
      {"TF_10_OwnFromUpstream", From(own), Fate::kDrop, "own"},
      {"TF_10_OwnFromDownstream", From(own), Fate::kDrop, "own", kD1},
      {"TF_11_SubnetOfD1", From("2001:db8:f001::10"), Fate::kForward, "forwarded", kD1},
      {"TF_11_ForeignOnD1", From("2001:db9::9"), Fate::kDrop, "rpf", kD1},
      {"TF_11_AltnetOfD2", From("2001:db9::9"), Fate::kForward, "forwarded", kD2},
      {"TF_11_SubnetOfD2FromUpstream", From("2001:db8:f002::10"), Fate::kDrop, "rpf"},
      {"TF_11_AltnetOfD2FromUpstream", From("2001:db9::9"), Fate::kForward, "forwarded"},
      {"TF_11_OffPassesAll", From("2001:dba::1"), Fate::kForward, "forwarded", kD3},
      {"TF_13_BlockedSource", From("2001:db8::66"), Fate::kDrop, "nooif"},
      {"TF_13_NobodyWantsIt", To("ff0e::7777"), Fate::kPass, "noroute"},
      {"E_32_UnknownGroupGoesUp", With([](Frame6& f) {
         f.group = V6("ff0e::7777");
         f.to = MulticastMac(f.group);
         f.source = V6("2001:db8:f001::10");
       }),
       Fate::kForward, "forwarded", kD1},
      {"TF_14_HopByHopOptions", Extended(kHopByHop, Options(17)), Fate::kPass, "opt"},
      {"TF_14_RouterAlertOnUdp", Extended(kHopByHop, RouterAlert(17)), Fate::kPass, "opt"},
      {"TF_14_HopByHopInFrontOfData", Icmp(128, kHopByHop, RouterAlert(kIcmp), 64), Fate::kPass, "opt"},
      {"TF_14_RoutingHeader", Extended(kRouting, Bytes{17, 0, 4, 0, 0, 0, 0, 0}), Fate::kPass, "opt"},
      {"TF_14_RoutingHeaderBehindDestinationOptions",
       Extended(kDestination, Options(kRouting) + Bytes{17, 0, 4, 0, 0, 0, 0, 0}), Fate::kPass, "opt"},
      {"TF_14_DestinationOptionsAreForTheReceivers", Extended(kDestination, Options(17)), Fate::kForward,
       "forwarded"},
      {"TF_14_LongDestinationOptions", Extended(kDestination, Bytes{17, 1, 1, 12} + Bytes(12, 0)),
       Fate::kForward, "forwarded"},
      {"TF_14_AChainWithoutEndInSight", Extended(kDestination, nine), Fate::kPass, "opt"},
      {"TF_14_OptionsBeyondTheFrame", With([](Frame6& f) {
         f.protocol = kDestination;
         f.extensions = {17, 40, 0, 0};
         f.payload = Bytes(8, 0);
       }),
       Fate::kPass, "opt"},
      {"TF_14_NoNextHeader", Extended(59, {}), Fate::kForward, "forwarded"},
      {"TF_14_AFragmentHeaderThatIsCut", With([](Frame6& f) {
         f.protocol = kFragment;
         f.extensions = {17, 0, 0x05, 0xa8, 0, 0};
         f.payload.clear();
       }),
       Fate::kPass, "opt"},
      {"TF_14_NoNextHeaderBehindDestinationOptions", With([](Frame6& f) {
         f.protocol = kDestination;
         f.extensions = Options(59);
         f.payload.clear();
       }),
       Fate::kForward, "forwarded"},
      {"TF_14_TF_04_ATrailerHasNoHeaders", With([](Frame6& f) {
         f.protocol = kIcmp;
         f.payload.clear();
         f.trailer = {143, 0, 0, 0, 0, 0};
       }),
       Fate::kPass, "opt"},
      {"TF_15_FirstFragment", Extended(kFragment, Fragment(17, 0x0001)), Fate::kForward, "forwarded"},
      {"TF_15_MiddleFragment", Extended(kFragment, Fragment(17, 0x05a9)), Fate::kForward, "forwarded"},
      {"TF_15_LastFragment", Extended(kFragment, Fragment(17, 0x0b50)), Fate::kForward, "forwarded"},
      {"TF_15_ALaterFragmentHasNoHeadersToRead", Icmp(143, kFragment, Fragment(kIcmp, 0x0008), 5),
       Fate::kForward, "forwarded"},
      {"TF_20_ToOurUnicastAddress", With([](Frame6& f) { f.to = {0x02, 0, 0, 0, 0, 0}; }), Fate::kForward,
       "forwarded"},
      {"TF_21_SameMacOtherGroup", To("ff0e:1::1234"), Fate::kPass, "noroute"},
      {"TF_22_ThirdStation", With([&](Frame6& f) { f.to = station; }), Fate::kPass, "l2"},
      {"TF_22_MacOfAnotherGroup", With([](Frame6& f) { f.to[5] = 0x77; }), Fate::kPass, "l2"},
      {"TF_22_BroadcastMac", With([&](Frame6& f) { f.to = broadcast; }), Fate::kForward, "forwarded"},
      {"TF_23_Vlan100", Tagged({0x81, 0, 0, 100}), Fate::kPass, "vlan"},
      {"TF_23_Vlan4095WithPriority", Tagged({0x81, 0, 0xef, 0xff}), Fate::kPass, "vlan"},
      {"TF_23_ServiceTag", Tagged({0x88, 0xa8, 0, 7}), Fate::kPass, "vlan"},
      {"TF_23_PriorityTagIsUntagged", Tagged({0x81, 0, 0xa0, 0}), Fate::kForward, "forwarded"},
      {"TF_23_PriorityTagBeforeMld", With([](Frame6& f) {
         f.tags = {0x81, 0, 0xa0, 0};
         f.protocol = kIcmp;
         f.payload[0] = 131;
       }),
       Fate::kPass, "ctrl"},
      {"TF_26_ShortPacketWithGarbage", With([](Frame6& f) {
         f.payload = Bytes(2, 0x11);
         f.trailer = Bytes(28, 0xee);
       }),
       Fate::kForward, "forwarded"},
      {"TF_26_LongPacketWithTrailer", With([](Frame6& f) { f.trailer = Bytes(9, 0xee); }), Fate::kForward,
       "forwarded"},
      {"TF_26_ShortPacketWithoutPadding", With([](Frame6& f) { f.payload = Bytes(2, 0x11); }), Fate::kForward,
       "forwarded"},
      {"TF_26_NoPayload", With([](Frame6& f) { f.payload.clear(); }), Fate::kForward, "forwarded"},
      {"TF_30_LongestPacket", With([](Frame6& f) { f.payload = Bytes(1460, 0x33); }), Fate::kForward,
       "forwarded"},
  };
}

template <>
void AddRoutesOfTable<Mld>(Lab& lab) {
  for (const char* group : {"ff00::1", "ff30::1", "ff01::1", "ff02::1234", "ff12::1234", "ff02::1:ff00:10",
                            "ff03::1", "ff05::1", "ff08::1", "ff0e::1", "ff0f::1"}) {
    lab.Route(Ipv6Address(), V6(group), {kD1});
  }
}

}  // namespace bpfcast::bpftest
