#include "wire/igmp.h"

#include <algorithm>
#include <cassert>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"
#include "wire/checksum.h"
#include "wire/float_code.h"
#include "wire/ipv4.h"
#include "wire/message_parts.h"

namespace bpfcast {
namespace {

using std::chrono::seconds;

using Drop = tl::unexpected<DropReason>;
using Parts = MessageParts<Igmp>;

constexpr auto Refuse = &Parts::Refuse;

constexpr std::uint8_t kTypeQuery = 0x11;
constexpr std::uint8_t kTypeReportV1 = 0x12;
constexpr std::uint8_t kTypeReportV2 = 0x16;
constexpr std::uint8_t kTypeLeave = 0x17;
constexpr std::uint8_t kTypeReportV3 = 0x22;

constexpr std::size_t kShortMessage = 8;  // all of v1 and v2
constexpr std::size_t kQueryV3Header = 12;

constexpr Duration kTick = std::chrono::milliseconds(100);  // the unit of Max Resp Code
constexpr Duration kMaxResponseTimeV1 = seconds(10);        // RFC 1112 has no field for it

/// 0.0.0.0 is a host without an address yet, or a snooping switch that queries.
bool SourceIsPossible(const Ipv4Address& source) {
  return source.IsUnspecified() || Igmp::IsSource(source);
}

///
bool IsForeign(const Ipv4Address& source, const ReceiveRules<Igmp>& rules) {
  return !source.IsUnspecified() && std::none_of(rules.subnets.begin(), rules.subnets.end(),
                                                 [&](const auto& subnet) { return subnet.Contains(source); });
}

// RFC 9776 4.1. Versions 1 and 2 end after the group address; their Max Resp Code is plain.
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |  Type = 0x11  | Max Resp Code |           Checksum            |
//   +---------------+---------------+-------------------------------+
//   |                         Group Address                         |
//   +---------------------------------------------------------------+
Parts::Parsed ParseQuery(const Ipv4Packet& packet, const ReceiveRules<Igmp>& rules, DropCounters& left_out) {
  const std::size_t length = packet.payload.size();
  if (length != kShortMessage && length < kQueryV3Header) return Drop(DropReason::kQueryLength);

  ByteReader reader(packet.payload);
  reader.Skip(1);
  const std::uint8_t code = reader.U8();
  reader.Skip(2);
  Query<Igmp> query;
  query.group = reader.Address<Ipv4Address>();
  if (length >= kQueryV3Header) {
    query.version = Version::kV3;
    // Zero asks for an answer without delay; the host takes it as at least one tick.
    query.max_response_time = DecodeFloat8(code) * kTick;
  } else if (code == 0) {
    query.version = Version::kV1;
    query.max_response_time = kMaxResponseTimeV1;
    query.group = Ipv4Address();  // RFC 1112 appendix I: ignored on receipt
  } else {
    query.version = Version::kV2;
    query.max_response_time = code * kTick;
  }
  return Parts::FinishQuery(std::move(query), reader, packet, rules, left_out);
}

//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |     Type      |    Unused     |           Checksum            |    0x12 v1 report (RFC 1112)
//   +---------------+---------------+-------------------------------+    0x16 v2 report (RFC 2236)
//   |                         Group Address                         |    0x17 leave
//   +---------------------------------------------------------------+
Parts::Parsed ParseOldReport(const Ipv4Packet& packet, const ReceiveRules<Igmp>& rules,
                             DropCounters& left_out) {
  if (packet.payload.size() < kShortMessage) return Drop(DropReason::kShort);
  ByteReader reader(packet.payload);
  const std::uint8_t type = reader.U8();
  reader.Skip(3);
  const auto group = reader.Address<Ipv4Address>();
  return Parts::OldReport(type == kTypeReportV1 ? Version::kV1 : Version::kV2,
                          type == kTypeLeave ? RecordType::kToIn : RecordType::kIsEx, group, packet, rules,
                          left_out);
}

bool IsKnownType(std::uint8_t type) {
  return type == kTypeQuery || type == kTypeReportV1 || type == kTypeReportV2 || type == kTypeLeave ||
         type == kTypeReportV3;
}

OutgoingPacket<Igmp> Finish(ByteWriter message, const Ipv4Address& source, const Ipv4Address& destination) {
  message.PatchU16(Parts::kChecksumOffset, InternetChecksum(message.bytes()));
  return {destination, WrapIgmp(source, destination, message.bytes())};
}

std::uint64_t Ticks(Duration time) {
  return static_cast<std::uint64_t>(std::max(time, Duration::zero()) / kTick);
}

std::uint8_t MaxRespCode(Duration time, Version version) {
  switch (version) {
    case Version::kV1:
      return 0;
    case Version::kV2:  // at least 1: code 0 would make it a v1 query
      return static_cast<std::uint8_t>(std::clamp<std::uint64_t>(Ticks(time), 1, 255));
    case Version::kV3:
      return EncodeFloat8(Ticks(time));
  }
  return 0;
}

OutgoingPacket<Igmp> SerializeOldReport(const Report<Igmp>& report, const Ipv4Address& source) {
  assert(report.records.size() == 1);
  const GroupRecord<Igmp>& record = report.records.front();
  const bool leave = record.type == RecordType::kToIn;
  assert((leave || record.type == RecordType::kIsEx) && record.sources.empty());
  assert(!leave || report.version == Version::kV2);
  ByteWriter out;
  out.U8(leave ? kTypeLeave : report.version == Version::kV1 ? kTypeReportV1 : kTypeReportV2);
  out.U8(0);
  out.U16(0);
  out.Address(record.group);
  return Finish(std::move(out), source, leave ? Igmp::kAllRouters : record.group);
}

}  // namespace

ParsedPacket<Igmp> Codec<Igmp>::Parse(std::span<const std::uint8_t> bytes, const ReceiveRules<Igmp>& rules,
                                      DropCounters& left_out) {
  const auto packet = ParseIpv4(bytes);
  if (!packet) return Refuse(packet.error());
  if (Parts::IsOwn(packet->source, rules)) return Refuse(DropReason::kOwn);
  if (packet->protocol != kProtocolIgmp) return Refuse(DropReason::kType);
  if (packet->payload.empty()) return Refuse(DropReason::kShort);
  if (!ChecksumIsGood(packet->payload)) return Refuse(DropReason::kChecksum);
  const std::uint8_t type = packet->payload.front();
  if (!IsKnownType(type)) return Refuse(DropReason::kType);
  if (rules.strict_ttl && packet->ttl != 1) return Refuse(DropReason::kTtl);
  const bool needs_router_alert =
      type == kTypeQuery ? rules.require_router_alert_in_queries : rules.require_router_alert_in_reports;
  if (needs_router_alert && !packet->router_alert) return Refuse(DropReason::kRouterAlert);
  const bool foreign = IsForeign(packet->source, rules);
  if (!SourceIsPossible(packet->source) || (foreign && rules.check_subnet))
    return type == kTypeQuery ? Parts::RefuseQuerier(packet->source) : Refuse(DropReason::kSource);

  Parts::Parsed message = type == kTypeQuery      ? ParseQuery(*packet, rules, left_out)
                          : type == kTypeReportV3 ? Parts::ReportV3(*packet, rules, left_out)
                                                  : ParseOldReport(*packet, rules, left_out);
  if (!message) return Refuse(message.error());
  return ReceivedMessage<Igmp>{packet->source, packet->destination, std::move(*message), foreign};
}

OutgoingPacket<Igmp> Codec<Igmp>::Serialize(const Query<Igmp>& query, const Ipv4Address& source) {
  ByteWriter out;
  out.U8(kTypeQuery);
  out.U8(MaxRespCode(query.max_response_time, query.version));
  out.U16(0);
  out.Address(query.group);
  if (query.version == Version::kV3) Parts::PutQueryRest(query, out);
  return Finish(std::move(out), source, query.IsGeneral() ? Igmp::kAllNodes : query.group);
}

OutgoingPacket<Igmp> Codec<Igmp>::Serialize(const Report<Igmp>& report, const Ipv4Address& source) {
  if (report.version != Version::kV3) return SerializeOldReport(report, source);
  ByteWriter out;
  out.U8(kTypeReportV3);
  out.U8(0);
  out.U16(0);
  Parts::PutReportRest(report, out);
  return Finish(std::move(out), source, Igmp::kReportDestination);
}

Duration Codec<Igmp>::EffectiveMaxResponseTime(Duration time, Version version) {
  switch (version) {
    case Version::kV1:
      return kMaxResponseTimeV1;
    case Version::kV2:
      return MaxRespCode(time, version) * kTick;
    case Version::kV3:
      return DecodeFloat8(MaxRespCode(time, version)) * kTick;
  }
  return time;
}

Duration Codec<Igmp>::LongestMaxResponseTime(Version version) {
  switch (version) {
    case Version::kV1:
      return kMaxResponseTimeV1;
    case Version::kV2:
      return 255 * kTick;
    case Version::kV3:
      return kLargestFloatCode8 * kTick;
  }
  return kMaxResponseTimeV1;
}

Duration Codec<Igmp>::EffectiveQueryInterval(Duration interval) {
  return Parts::EffectiveQueryInterval(interval);
}

}  // namespace bpfcast
