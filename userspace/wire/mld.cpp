#include "wire/mld.h"

#include <algorithm>
#include <cassert>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"
#include "wire/checksum.h"
#include "wire/float_code.h"
#include "wire/ipv6.h"
#include "wire/message_parts.h"

namespace bpfcast {
namespace {

using Drop = tl::unexpected<DropReason>;
using Parts = MessageParts<Mld>;

constexpr auto Refuse = &Parts::Refuse;

constexpr std::uint8_t kTypeQuery = 130;
constexpr std::uint8_t kTypeReportV1 = 131;
constexpr std::uint8_t kTypeDone = 132;
constexpr std::uint8_t kTypeReportV2 = 143;

constexpr std::size_t kMessageV1 = 24;  // all of MLDv1
constexpr std::size_t kQueryV2Header = 28;

constexpr Duration kTick = std::chrono::milliseconds(1);  // the unit of Maximum Response Code
constexpr std::uint16_t kLargestLinearCode = 0xffff;

// RFC 9777 5.1 and RFC 2710 3. MLDv1 ends after the group address; its Maximum Response Delay is plain (A-23,
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+    130 query
//   |     Type      |     Code      |           Checksum            |    131 MLDv1 report
//   +---------------+---------------+-------------------------------+    132 MLDv1 Done
//   |     Maximum Response Code     |           Reserved            |
//   +-------------------------------+-------------------------------+
//   |               Multicast Address, 16 octets                    |
//   +---------------------------------------------------------------+
Parts::Parsed ParseQuery(const Ipv6Packet& packet, const ReceiveRules<Mld>& rules, DropCounters& left_out) {
  const std::size_t length = packet.payload.size();
  if (length != kMessageV1 && length < kQueryV2Header) return Drop(DropReason::kQueryLength);

  ByteReader reader(packet.payload);
  reader.Skip(4);
  const std::uint16_t code = reader.U16();
  reader.Skip(2);
  Query<Mld> query;
  query.group = reader.Address<Ipv6Address>();
  if (length >= kQueryV2Header) {
    query.version = Version::kV3;
    // Zero asks for an answer without delay; the host takes it as at least one tick.
    query.max_response_time = DecodeFloat16(code) * kTick;
  } else {
    query.version = Version::kV2;
    query.max_response_time = code * kTick;
  }
  return Parts::FinishQuery(std::move(query), reader, packet, rules, left_out);
}

Parts::Parsed ParseReportV1(const Ipv6Packet& packet, const ReceiveRules<Mld>& rules,
                            DropCounters& left_out) {
  if (packet.payload.size() < kMessageV1) return Drop(DropReason::kShort);
  ByteReader reader(packet.payload);
  const std::uint8_t type = reader.U8();
  reader.Skip(7);
  const auto group = reader.Address<Ipv6Address>();
  return Parts::OldReport(Version::kV2, type == kTypeDone ? RecordType::kToIn : RecordType::kIsEx, group,
                          packet, rules, left_out);
}

bool IsKnownType(std::uint8_t type) {
  return type == kTypeQuery || type == kTypeReportV1 || type == kTypeDone || type == kTypeReportV2;
}

OutgoingPacket<Mld> Finish(ByteWriter message, const Ipv6Address& source, const Ipv6Address& destination) {
  message.PatchU16(Parts::kChecksumOffset, Icmpv6Checksum({source, destination}, message.bytes()));
  return {destination, WrapMld(source, destination, message.bytes())};
}

std::uint16_t MaxRespCode(Duration time, Version version) {
  const auto ticks = static_cast<std::uint64_t>(std::max(time, Duration::zero()) / kTick);
  switch (version) {
    case Version::kV1:  // does not exist here
    case Version::kV2:
      return static_cast<std::uint16_t>(std::min<std::uint64_t>(ticks, kLargestLinearCode));
    case Version::kV3:
      return EncodeFloat16(ticks);
  }
  return 0;
}

OutgoingPacket<Mld> SerializeOldReport(const Report<Mld>& report, const Ipv6Address& source) {
  assert(report.records.size() == 1);
  const GroupRecord<Mld>& record = report.records.front();
  const bool done = record.type == RecordType::kToIn;
  assert((done || record.type == RecordType::kIsEx) && record.sources.empty());
  ByteWriter out;
  out.U8(done ? kTypeDone : kTypeReportV1);
  out.U8(0);
  out.U16(0);
  out.U16(0);
  out.U16(0);
  out.Address(record.group);
  return Finish(std::move(out), source, done ? Mld::kAllRouters : record.group);
}

}  // namespace

ParsedPacket<Mld> Codec<Mld>::Parse(std::span<const std::uint8_t> bytes, const ReceiveRules<Mld>& rules,
                                    DropCounters& left_out) {
  const auto packet = ParseIpv6(bytes);
  if (!packet) return Refuse(packet.error());
  if (Parts::IsOwn(packet->source, rules)) return Refuse(DropReason::kOwn);
  if (packet->protocol != kProtocolIcmpv6) return Refuse(DropReason::kType);
  if (packet->payload.empty()) return Refuse(DropReason::kShort);
  if (!Icmpv6ChecksumIsGood({packet->source, packet->destination}, packet->payload))
    return Refuse(DropReason::kChecksum);
  const std::uint8_t type = packet->payload.front();
  if (!IsKnownType(type)) return Refuse(DropReason::kType);
  if (packet->ttl != 1) return Refuse(DropReason::kTtl);
  if (!packet->router_alert) return Refuse(DropReason::kRouterAlert);
  if (!Mld::IsLinkLocal(packet->source))
    return type == kTypeQuery ? Parts::RefuseQuerier(packet->source) : Refuse(DropReason::kSource);

  Parts::Parsed message = type == kTypeQuery      ? ParseQuery(*packet, rules, left_out)
                          : type == kTypeReportV2 ? Parts::ReportV3(*packet, rules, left_out)
                                                  : ParseReportV1(*packet, rules, left_out);
  if (!message) return Refuse(message.error());
  return ReceivedMessage<Mld>{packet->source, packet->destination, std::move(*message)};
}

OutgoingPacket<Mld> Codec<Mld>::Serialize(const Query<Mld>& query, const Ipv6Address& source) {
  ByteWriter out;
  out.U8(kTypeQuery);
  out.U8(0);
  out.U16(0);
  out.U16(MaxRespCode(query.max_response_time, query.version));
  out.U16(0);
  out.Address(query.group);
  if (query.version == Version::kV3) Parts::PutQueryRest(query, out);
  return Finish(std::move(out), source, query.IsGeneral() ? Mld::kAllNodes : query.group);
}

OutgoingPacket<Mld> Codec<Mld>::Serialize(const Report<Mld>& report, const Ipv6Address& source) {
  if (report.version != Version::kV3) return SerializeOldReport(report, source);
  ByteWriter out;
  out.U8(kTypeReportV2);
  out.U8(0);
  out.U16(0);
  Parts::PutReportRest(report, out);
  return Finish(std::move(out), source, Mld::kReportDestination);
}

Duration Codec<Mld>::EffectiveMaxResponseTime(Duration time, Version version) {
  const std::uint16_t code = MaxRespCode(time, version);
  return (version == Version::kV3 ? DecodeFloat16(code) : code) * kTick;
}

Duration Codec<Mld>::LongestMaxResponseTime(Version version) {
  return (version == Version::kV3 ? kLargestFloatCode16 : kLargestLinearCode) * kTick;
}

Duration Codec<Mld>::EffectiveQueryInterval(Duration interval) {
  return Parts::EffectiveQueryInterval(interval);
}

}  // namespace bpfcast
