// The tests' own view of a frame: decoded from the RFCs' pictures, independent of userspace/wire on purpose.
// IGMP's words are used for both families: MLDv1 is version 2, MLDv2 is version 3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/any_address.h"
#include "support/clock.h"
#include "support/netns.h"

namespace bpfcast::test {

using Bytes = std::vector<std::uint8_t>;

/// RFC 9776 4.2.12, RFC 9777 5.2.12, and the older messages by their type octet.
enum class IgmpKind { kQueryV1, kQueryV2, kQueryV3, kReportV1, kReportV2, kLeave, kReportV3, kOther };
enum RecordType : std::uint8_t { kIsIn = 1, kIsEx = 2, kToIn = 3, kToEx = 4, kAllow = 5, kBlock = 6 };

struct IgmpRecord {
  std::uint8_t type = 0;
  AnyAddress group;
  std::vector<AnyAddress> sources;  // sorted
  bool operator==(const IgmpRecord&) const = default;
};

struct IgmpMessage {
  IgmpKind kind = IgmpKind::kOther;
  bool checksum_good = false;
  AnyAddress group;  // queries and v1/v2
  std::uint16_t max_resp =
      0;                  // the code as it is on the wire: tenths of a second in IGMP, milliseconds in MLD
  bool suppress = false;  // S flag
  std::uint8_t qrv = 0;
  std::uint8_t qqic = 0;
  std::vector<AnyAddress> sources;  // of a v3 query
  std::vector<IgmpRecord> records;  // of a v3 report

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

  std::optional<IpVersion> ip_version;  // the rest is valid only with one
  AnyAddress from;
  AnyAddress to;
  std::uint8_t ttl = 0;          // Hop Limit
  std::uint8_t tos = 0;          // Traffic Class
  std::uint8_t protocol = 0;     // of the payload, behind Hop-by-Hop Options
  bool header_sum_good = false;  // true for IPv6, which has none
  bool router_alert = false;
  Bytes ip;  // the whole datagram, without Ethernet padding
  std::optional<UdpView> udp;
  std::optional<IgmpMessage> igmp;
};

Packet Decode(Bytes frame);

/// 01:00:5e and the low 23 bits (RFC 1112 6.4), 33:33 and the low 32 bits (RFC 2464 7).
MacAddress GroupMac(const AnyAddress& group);
/// RFC 1071 over `data`; 0 when a stored checksum inside it is right.
std::uint16_t InternetChecksum(std::span<const std::uint8_t> data, std::uint32_t sum = 0);
/// What the pseudo header adds to the sum of `length` octets of `protocol` (RFC 768, RFC 8200 8.1).
std::uint32_t PseudoHeaderSum(const AnyAddress& from, const AnyAddress& to, std::uint8_t protocol,
                              std::size_t length);

/// "TO_EX 239.1.2.3 {}": for failure messages.
std::string ToText(const IgmpRecord& record);
std::string ToText(const Packet& packet);

}  // namespace bpfcast::test
