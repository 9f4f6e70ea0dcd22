// IGMPv1, v2 and v3 inside IPv4 (RFC 1112, RFC 2236, RFC 9776).
#pragma once

#include "wire/message.h"

namespace bpfcast {

template <>
struct Codec<Igmp> {
  /// Parses a whole IPv4 packet (from its IP header on; link-layer padding may follow, A-11).
  /// A message is taken whole or not at all; the reason for dropping it is returned and not counted
  /// here. Records and sources that are left out of an accepted report are counted in `left_out` (A-26, A-47,
  ///
  static ParsedPacket<Igmp> Parse(std::span<const std::uint8_t> packet, const ReceiveRules<Igmp>& rules,
                                  DropCounters& left_out);

  /// A complete packet as ask: TTL 1, TOS 0xc0, Router Alert, DF, checksums.
  /// The caller keeps queries and reports within the MTU.
  static OutgoingPacket<Igmp> Serialize(const Query<Igmp>& query, const Ipv4Address& source);

  /// v1 and v2 reports carry exactly one record: IS_EX({}) becomes a report, TO_IN({}) a leave.
  static OutgoingPacket<Igmp> Serialize(const Report<Igmp>& report, const Ipv4Address& source);

  /// What is left of `time` after encoding as Max Resp Code of `version` and decoding.
  static Duration EffectiveMaxResponseTime(Duration time, Version version);
  /// The longest Max Response Time that `version` can carry.
  static Duration LongestMaxResponseTime(Version version);
  /// The same for the Querier's Query Interval Code.
  static Duration EffectiveQueryInterval(Duration interval);
};

}  // namespace bpfcast
