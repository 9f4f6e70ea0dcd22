// Frames for the wire, written from the RFCs' pictures: control messages that no kernel would send at that
// moment, and streams with headers that no socket would send.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/packet.h"

namespace bpfcast::test {

/// "1164ec1e..." to octets.
Bytes FromHex(const std::string& hex);

/// A message (as in conformance A.7) in the envelope of: TTL 1 and Router Alert, in Ethernet.
/// An MLD checksum of 0 is filled in, for it depends on the addresses.
Bytes IgmpFrame(const MacAddress& mac_from, const AnyAddress& from, const AnyAddress& to,
                const Bytes& message);

/// A v3 query of the group's family. `max_resp_code` as on the wire: tenths of a second, or milliseconds.
Bytes QueryV3(std::uint16_t max_resp_code, const AnyAddress& group,
              const std::vector<AnyAddress>& sources = {}, std::uint8_t qqic = 125);
/// The Max Resp Code of a time that needs no exponent.
std::uint16_t MaxRespCode(IpVersion version, Clock::duration time);
/// An eight-octet message (RFC 2236): query 0x11, report 0x16, leave 0x17; `code` in tenths of a second.
Bytes IgmpV2(std::uint8_t type, std::uint8_t code, const Ipv4Address& group);
/// RFC 2710: query 130, report 131, done 132; `code` in milliseconds.
Bytes MldV1(std::uint8_t type, std::uint16_t code, const Ipv6Address& group);
/// The records are of one family and at least one.
Bytes ReportV3(const std::vector<IgmpRecord>& records);

struct ForgedUdp {
  AnyAddress from;
  AnyAddress to;
  std::uint8_t ttl = 16;
  std::optional<std::uint8_t> version{};  // another one in the IP header than the addresses have
  std::uint32_t options = 0;              // one word of IPv4 options; 0: none
};
/// A UDP datagram in Ethernet; in IPv4 without UDP checksum.
Bytes UdpFrame(const MacAddress& mac_from, const MacAddress& mac_to, const ForgedUdp& udp);

}  // namespace bpfcast::test
