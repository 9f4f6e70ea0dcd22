// IGMP packets on the bed of conformance section G.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/wire/packet_builder.h"
#include "wire/igmp.h"

namespace bpfcast::test::igmp {

inline constexpr Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
inline constexpr Ipv4Address kSsmGroup = MakeIpv4(232, 1, 1, 1);
inline constexpr Ipv4Address kOwn = MakeIpv4(192, 0, 2, 1);
inline constexpr Ipv4Address kHost = MakeIpv4(192, 0, 2, 10);
inline constexpr Ipv4Address kAllHosts = MakeIpv4(224, 0, 0, 1);
inline constexpr Ipv4Address kAllRouters = MakeIpv4(224, 0, 0, 2);
inline constexpr Ipv4Address kReports = MakeIpv4(224, 0, 0, 22);

// Conformance A.7.
inline constexpr std::string_view kV01 = "1100eeff00000000";
inline constexpr std::string_view kV02 = "1164ee9b00000000";
inline constexpr std::string_view kV03 = "110afdf0ef010203";
inline constexpr std::string_view kV04 = "1164ec1e00000000027d0000";
inline constexpr std::string_view kV05 = "110afb73ef010203027d0000";
inline constexpr std::string_view kV06 = "110af373ef0102030a7d0000";
inline constexpr std::string_view kV07 = "110aef70e8010101027d00020a0000010a000002";
inline constexpr std::string_view kV08 = "1200fcfaef010203";
inline constexpr std::string_view kV09 = "1600f8faef010203";
inline constexpr std::string_view kV10 = "1700f7faef010203";
inline constexpr std::string_view kV11 = "2200e8f90000000104000000ef010203";
inline constexpr std::string_view kV12 = "2200e9f90000000103000000ef010203";
inline constexpr std::string_view kV13 = "2200e5f90000000105000001e80101010a000001";
inline constexpr std::string_view kV14 = "2200e4f90000000106000001e80101010a000001";
inline constexpr std::string_view kV15 = "2200ecf00000000201000002e80101010a0000010a00000202000000ef010203";
inline constexpr std::string_view kV16 =
    "46c000240000400001024211c0000201e0000001940400001164ec1e00000000027d0000";
inline constexpr std::string_view kV17 =
    "46c0002800004000010241efc000020ae0000016940400002200e8f90000000104000000ef010203";
inline constexpr std::string_view kV18 = "46c00020000040000102420bc000020ae0000002940400001700f7faef010203";

/// An IGMP message of at least four octets, with the checksum put right.
inline Bytes Summed(Bytes message) {
  PutSum(message, 2, message.size());
  return message;
}
inline Bytes Summed(std::string_view hex) {
  return Summed(Hex(hex));
}

struct Envelope {
  Ipv4Address source = kHost;
  Ipv4Address destination = kReports;
  std::uint8_t ttl = 1;
  Bytes options = {0x94, 4, 0, 0};
  std::uint16_t fragment = 0x4000;
  std::uint8_t protocol = 2;
};

inline Bytes Wrap(const Bytes& message, const Envelope& e = {}) {
  const std::size_t header = 20 + e.options.size();
  Octets out;
  out.U8(0x40 + header / 4).U8(0xc0).U16(header + message.size()).U16(0).U16(e.fragment);
  out.U8(e.ttl).U8(e.protocol).U16(0).Address(e.source).Address(e.destination).Add(e.options);
  Bytes packet = out.bytes();
  PutSum(packet, 10, header);
  packet.insert(packet.end(), message.begin(), message.end());
  return packet;
}

inline Bytes Wrap(std::string_view hex, const Envelope& e = {}) {
  return Wrap(Hex(hex), e);
}
inline Envelope To(const Ipv4Address& destination) {
  return {.destination = destination};
}
inline Envelope From(const Ipv4Address& source) {
  return {.source = source};
}

inline ReceiveRules<Igmp> Rules() {
  ReceiveRules<Igmp> rules;
  rules.own_addresses = {kOwn};
  rules.subnets = {{MakeIpv4(192, 0, 2, 0), 24}};
  return rules;
}

struct Parsing : ParsingOf<Igmp> {
  explicit Parsing(const Bytes& packet, const ReceiveRules<Igmp>& rules = Rules())
      : ParsingOf(packet, rules) {}
};

inline std::string Outcome(const Bytes& packet, const ReceiveRules<Igmp>& rules = Rules()) {
  return Parsing(packet, rules).Outcome();
}

inline GroupRecord<Igmp> Record(RecordType type, const Ipv4Address& group,
                                std::vector<Ipv4Address> sources = {}) {
  return {type, group, std::move(sources)};
}

}  // namespace bpfcast::test::igmp
