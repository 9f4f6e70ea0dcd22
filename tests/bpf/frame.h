// Ethernet frames with an IPv4 packet, as senders make them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"

namespace bpfcast::bpftest {

using Bytes = std::vector<std::uint8_t>;

/// An IPv4 packet in a frame. Defaults are the stream of most tests: 198.51.100.10 to 239.1.2.3.
struct Frame {
  MacAddress to = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
  MacAddress from = {0x02, 0xaa, 0, 0, 0, 0x10};
  Bytes tags;  // VLAN tags, each four octets with its protocol first: 81 00 00 64
  Ipv4Address source = MakeIpv4(198, 51, 100, 10);
  Ipv4Address group = MakeIpv4(239, 1, 2, 3);
  std::uint8_t version = 4;
  std::uint8_t ihl = 5;  // may lie; `options` are put behind the fixed part whatever it says
  std::uint8_t tos = 0;
  std::uint16_t id = 0x1234;
  std::uint16_t fragment = 0x4000;  // flags and offset: DF
  std::uint8_t ttl = 64;
  std::uint8_t protocol = 17;
  Bytes options;
  Bytes payload = Bytes(64, 0x5a);
  int length_error = 0;    // added to the total length
  int checksum_error = 0;  // added to the header checksum
  Bytes trailer;

  Bytes Build() const;
};

/// RFC 1071 over a whole header, its checksum field taken as zero.
std::uint16_t HeaderChecksum(const std::uint8_t* header, std::size_t size);

/// What a router makes of a frame of this kind: TTL, checksum, MAC addresses; trailer gone, zeros up to 60
/// octets.
Bytes Forwarded(const Bytes& frame, const MacAddress& egress);

std::string Hex(const Bytes& bytes);

inline constexpr std::size_t kEth = 14;

}  // namespace bpfcast::bpftest
