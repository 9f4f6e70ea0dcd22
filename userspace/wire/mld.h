// MLDv1 and MLDv2 inside IPv6 (RFC 2710, RFC 9777). MLDv1 is Version::kV2, MLDv2 is Version::kV3.
#pragma once

#include "wire/message.h"

namespace bpfcast {

template <>
struct Codec<Mld> {
  /// Parses a whole IPv6 packet (from its IP header on; link-layer padding may follow, A-11).
  /// A message is taken whole or not at all; the reason for dropping it is returned and not counted
  /// here. Records and sources that are left out of an accepted report are counted in `left_out` (A-26, A-47,
  ///
  /// Hop Limit 1, Router Alert and a link-local source are asked for always (RFC 9777 6.2, 7.4, 7.6), so of
  /// `rules` only the own addresses count.
  static ParsedPacket<Mld> Parse(std::span<const std::uint8_t> packet, const ReceiveRules<Mld>& rules,
                                 DropCounters& left_out);

  /// A complete packet as ask: Hop Limit 1, Hop-by-Hop Options with Router Alert, checksum.
  /// The caller keeps queries and reports within the MTU.
  static OutgoingPacket<Mld> Serialize(const Query<Mld>& query, const Ipv6Address& source);

  /// MLDv1 reports carry exactly one record: IS_EX({}) becomes a report, TO_IN({}) a Done.
  static OutgoingPacket<Mld> Serialize(const Report<Mld>& report, const Ipv6Address& source);

  /// What is left of `time` after encoding as Maximum Response Code of `version` and decoding.
  static Duration EffectiveMaxResponseTime(Duration time, Version version);
  /// The longest Maximum Response Time that `version` can carry.
  static Duration LongestMaxResponseTime(Version version);
  /// The same for the Querier's Query Interval Code.
  static Duration EffectiveQueryInterval(Duration interval);
};

}  // namespace bpfcast
