// Ethernet frames with an IP packet, as senders make them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "wire/family.h"

namespace bpfcast::bpftest {

using Bytes = std::vector<std::uint8_t>;

/// An address from its text; a test with a wrong one ends.
Ipv4Address V4(const std::string& text);
Ipv6Address V6(const std::string& text);

/// What frames of both families have.
struct AnyFrame {
  MacAddress from = {0x02, 0xaa, 0, 0, 0, 0x10};
  Bytes tags;  // VLAN tags, each four octets with its protocol first: 81 00 00 64
  std::uint8_t ttl = 64;
  std::uint8_t protocol = 17;
  Bytes payload = Bytes(64, 0x5a);
  int length_error = 0;  // added to the length field
  Bytes trailer;
};

template <class F>
struct FrameOf;

/// Defaults are the stream of most tests: 198.51.100.10 to 239.1.2.3.
template <>
struct FrameOf<Igmp> : AnyFrame {
  static constexpr std::size_t kHeader = 20;

  MacAddress to = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
  Ipv4Address source = MakeIpv4(198, 51, 100, 10);
  Ipv4Address group = MakeIpv4(239, 1, 2, 3);
  std::uint8_t version = 4;
  std::uint8_t ihl = 5;  // may lie; `options` are put behind the fixed part whatever it says
  std::uint8_t tos = 0;
  std::uint16_t id = 0x1234;
  std::uint16_t fragment = 0x4000;  // flags and offset: DF
  Bytes options;
  int checksum_error = 0;  // added to the header checksum

  Bytes Build() const;
};

/// 2001:db8:f000::10 to ff0e::1234.
template <>
struct FrameOf<Mld> : AnyFrame {
  static constexpr std::size_t kHeader = 40;

  MacAddress to = {0x33, 0x33, 0, 0, 0x12, 0x34};
  Ipv6Address source = V6("2001:db8:f000::10");
  Ipv6Address group = V6("ff0e::1234");
  std::uint8_t version = 6;
  std::uint32_t traffic = 0xb912345;  // class and flow label
  Bytes extensions;                   // headers before the payload; `protocol` says what comes first

  Bytes Build() const;
};

using Frame = FrameOf<Igmp>;
using Frame6 = FrameOf<Mld>;

/// RFC 1071 over any octets.
std::uint16_t InternetChecksum(const Bytes& bytes);
/// The same over a whole header, its checksum field taken as zero.
std::uint16_t HeaderChecksum(const std::uint8_t* header, std::size_t size);

/// What a router makes of a frame of this kind: TTL, checksum, MAC addresses; trailer gone, zeros up to 60
/// octets.
Bytes Forwarded(const Bytes& frame, const MacAddress& egress);

std::string Hex(const Bytes& bytes);

inline constexpr std::size_t kEth = 14;

}  // namespace bpfcast::bpftest
