// The tests' own view of a frame: decoded from the RFCs' pictures, independent of userspace/wire on purpose.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "support/clock.h"
#include "support/netns.h"

namespace bpfcast::test {

using Bytes = std::vector<std::uint8_t>;

/// RFC 9776 4.2.12, and the older messages by their type octet.
enum class IgmpKind { kQueryV1, kQueryV2, kQueryV3, kReportV1, kReportV2, kLeave, kReportV3, kOther };
enum RecordType : std::uint8_t { kIsIn = 1, kIsEx = 2, kToIn = 3, kToEx = 4, kAllow = 5, kBlock = 6 };

struct IgmpRecord {
  std::uint8_t type = 0;
  Ipv4Address group;
  std::vector<Ipv4Address> sources;  // sorted
  bool operator==(const IgmpRecord&) const = default;
};

struct IgmpMessage {
  IgmpKind kind = IgmpKind::kOther;
  bool checksum_good = false;
  Ipv4Address group;          // queries and v1/v2
  std::uint8_t max_resp = 0;  // octet 1
  bool suppress = false;      // S flag
  std::uint8_t qrv = 0;
  std::uint8_t qqic = 0;
  std::vector<Ipv4Address> sources;  // of a v3 query
  std::vector<IgmpRecord> records;   // of a v3 report

  bool IsQuery() const { return kind <= IgmpKind::kQueryV3; }
  bool IsReport() const { return !IsQuery() && kind != IgmpKind::kOther; }
};

struct UdpView {
  std::uint16_t source_port = 0;
  std::uint16_t port = 0;
  bool checksum_good = false;
  Bytes payload;
};

struct Packet {
  enum class Direction { kIn, kOut };  // as the captured interface sees it

  Instant time;
  Direction direction = Direction::kIn;
  Bytes frame;
  MacAddress mac_to{};
  MacAddress mac_from{};
  std::uint16_t ether_type = 0;

  bool is_ipv4 = false;  // the rest is valid only then
  Ipv4Address from;
  Ipv4Address to;
  std::uint8_t ttl = 0;
  std::uint8_t tos = 0;
  std::uint8_t protocol = 0;
  bool header_sum_good = false;
  bool router_alert = false;
  Bytes ip;  // the whole datagram, without Ethernet padding
  std::optional<UdpView> udp;
  std::optional<IgmpMessage> igmp;
};

Packet Decode(Bytes frame);

/// 01:00:5e and the low 23 bits (RFC 1112 6.4).
MacAddress GroupMac(const Ipv4Address& group);
/// RFC 1071 over `data`; 0 when a stored checksum inside it is right.
std::uint16_t InternetChecksum(std::span<const std::uint8_t> data, std::uint32_t sum = 0);

/// "1164ec1e..." to octets.
Bytes FromHex(const std::string& hex);
/// An IGMP message (as in conformance A.7) in IPv4 with TTL 1, TOS 0xc0 and Router Alert, in Ethernet.
Bytes IgmpFrame(const MacAddress& mac_from, const Ipv4Address& from, const Ipv4Address& to,
                const Bytes& message);
/// A UDP datagram (no UDP checksum) in Ethernet, for headers that no socket would send.
struct ForgedUdp {
  Ipv4Address from;
  Ipv4Address to;
  std::uint8_t ttl = 16;
  std::uint8_t version = 4;
  std::uint32_t options = 0;  // one word of IP options; 0: none
};
Bytes UdpFrame(const MacAddress& mac_from, const MacAddress& mac_to, const ForgedUdp& udp);
/// A v3 query; the checksum is computed.
Bytes QueryV3(std::uint8_t max_resp_code, const Ipv4Address& group,
              const std::vector<Ipv4Address>& sources = {}, std::uint8_t qqic = 125);
/// An eight-octet message (RFC 2236): query 0x11, report 0x16, leave 0x17; `code` in tenths of a second.
Bytes IgmpV2(std::uint8_t type, std::uint8_t code, const Ipv4Address& group);
Bytes ReportV3(const std::vector<IgmpRecord>& records);

/// "TO_EX 239.1.2.3 {}": for failure messages.
std::string ToText(const IgmpRecord& record);
std::string ToText(const Packet& packet);

}  // namespace bpfcast::test
