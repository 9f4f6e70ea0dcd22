// Family: what differs between IGMP and MLD above the octets. Everything above `wire` is one text on these
// tags.
//
// IGMP's words are used for both. The MLD synonyms stand here, once:
//   Group Membership Interval (GMI)       Multicast Address Listening Interval (MALI)
//   Last Member Query Interval/Count/Time Last Listener Query Interval/Count/Time
//   group timer                           filter timer
//   Leave                                 Done
//   IGMPv2, IGMPv3                        MLDv1, MLDv2 (there is no MLD for IGMPv1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"

namespace bpfcast {

/// Protocol version in IGMP's count: MLDv1 is kV2, MLDv2 is kV3.
enum class Version : std::uint8_t { kV1 = 1, kV2 = 2, kV3 = 3 };

struct Igmp {
  using Address = Ipv4Address;

  static constexpr std::string_view kName = "IGMP";
  static constexpr Version kOldestVersion = Version::kV1;

  /// General Queries go to the first, v3 reports to the second, v2 leaves to the third.
  static constexpr Address kAllNodes = MakeIpv4(224, 0, 0, 1);
  static constexpr Address kReportDestination = MakeIpv4(224, 0, 0, 22);
  static constexpr Address kAllRouters = MakeIpv4(224, 0, 0, 2);

  /// Source-specific ranges by default: 232/8 (RFC 4607).
  static std::vector<Prefix<Address>> SsmRanges() { return {{MakeIpv4(232, 0, 0, 0), 8}}; }

  /// Groups that an upstream link bounds by default: SSDP (F-50, F-51). Not all of 239.255/16, as RFC 2365
  /// has it: streams are sent there, too (I-06).
  static std::vector<Prefix<Address>> DefaultBoundaries() { return {{MakeIpv4(239, 255, 255, 250), 32}}; }

  /// 232.0.0.0/24, which RFC 4607 reserves (C-73).
  static constexpr bool IsReservedSsm(const Address& group) {
    return Prefix<Address>{MakeIpv4(232, 0, 0, 0), 24}.Contains(group);
  }

  /// Octets on the wire, for splitting by MTU: IP header with Router Alert, then the fixed parts.
  static constexpr std::size_t kEnvelopeSize = 24;
  static constexpr std::size_t kSourceOffset = 12;  // of the source address in the IP header
  static constexpr std::size_t kReportHeaderSize = 8;
  static constexpr std::size_t kRecordHeaderSize = 8;
  static constexpr std::size_t kQueryHeaderSize = 12;

  /// False for groups that a proxy neither reports nor forwards: 224.0.0.0/24 (A-47, D-06, F-02).
  static constexpr bool IsRoutable(const Address& group) {
    return group.IsMulticast() && !Prefix<Address>{MakeIpv4(224, 0, 0, 0), 24}.Contains(group);
  }
  /// May a record or query name it as a source? Not 0/8, 127/8, 224/4, 240/4.
  static constexpr bool IsSource(const Address& source) {
    const std::uint8_t first = source.bytes()[0];
    return first != 0 && first != 127 && first < 224;
  }

  /// The lower one is the querier; specific queries elect nobody (C-51).
  static constexpr Address ElectionId(const Address& router) { return router; }
  static constexpr bool kSpecificQueriesElect = false;
};

struct Mld {
  using Address = Ipv6Address;

  static constexpr std::string_view kName = "MLD";
  static constexpr Version kOldestVersion = Version::kV2;

  static constexpr Address kAllNodes{
      std::array<std::uint8_t, 16>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  static constexpr Address kReportDestination{
      std::array<std::uint8_t, 16>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};
  static constexpr Address kAllRouters{
      std::array<std::uint8_t, 16>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

  /// ff3x::/32 for every scope x (RFC 4607).
  static std::vector<Prefix<Address>> SsmRanges() {
    std::vector<Prefix<Address>> ranges;
    for (std::uint8_t second = 0x30; second <= 0x3f; ++second) {
      ranges.push_back({Address(std::array<std::uint8_t, 16>{0xff, second}), 32});
    }
    return ranges;
  }
  /// Scopes 3, 4 and 5, realm-, admin- and site-local, with every set of flags (F-50).
  static std::vector<Prefix<Address>> DefaultBoundaries() {
    std::vector<Prefix<Address>> bounded;
    for (std::uint8_t flags = 0; flags < 16; ++flags) {
      for (std::uint8_t scope = 3; scope <= 5; ++scope) {
        const auto second = static_cast<std::uint8_t>(flags << 4 | scope);
        bounded.push_back({Address(std::array<std::uint8_t, 16>{0xff, second}), 16});
      }
    }
    return bounded;
  }
  /// ff3x::/96 with a group id below 0x40000000, which RFC 4607 reserves (C-73).
  static constexpr bool IsReservedSsm(const Address& group) {
    const auto& bytes = group.bytes();
    if (bytes[0] != 0xff || (bytes[1] & 0xf0) != 0x30) return false;
    for (std::size_t i = 2; i < 12; ++i) {
      if (bytes[i] != 0) return false;
    }
    return bytes[12] < 0x40;
  }

  static constexpr std::size_t kEnvelopeSize = 48;
  static constexpr std::size_t kSourceOffset = 8;
  static constexpr std::size_t kReportHeaderSize = 8;
  static constexpr std::size_t kRecordHeaderSize = 20;
  static constexpr std::size_t kQueryHeaderSize = 28;

  /// False for scopes 0 (reserved), 1 (interface-local) and 2 (link-local): A-47, D-06, F-03.
  static constexpr bool IsRoutable(const Address& group) {
    return group.IsMulticast() && (group.bytes()[1] & 0x0f) > 2;
  }
  /// Not ::, ::1, ff00::/8.
  static constexpr bool IsSource(const Address& source) {
    constexpr Address kLoopback{std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return !source.IsMulticast() && !source.IsUnspecified() && source != kLoopback;
  }

  /// fe80::/10: what every MLD message is sent from.
  static constexpr bool IsLinkLocal(const Address& address) {
    return address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0x80;
  }

  /// The interface identifier decides (C-52).
  static constexpr std::uint64_t ElectionId(const Address& router) {
    std::uint64_t id = 0;
    for (std::size_t i = Address::kBytes / 2; i < Address::kBytes; ++i) id = id << 8 | router.bytes()[i];
    return id;
  }
  static constexpr bool kSpecificQueriesElect = true;
};

/// Is the group in one of the source-specific ranges (C-70, D-19)?
template <class Address>
bool IsSsm(const std::vector<Prefix<Address>>& ranges, const Address& group) {
  for (const Prefix<Address>& range : ranges) {
    if (range.Contains(group)) return true;
  }
  return false;
}

}  // namespace bpfcast
