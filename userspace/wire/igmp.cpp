#include "wire/igmp.h"

#include <algorithm>
#include <cassert>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"
#include "wire/checksum.h"
#include "wire/float_code.h"
#include "wire/ipv4.h"

namespace bpfcast {
namespace {

using std::chrono::seconds;

using Drop = tl::unexpected<DropReason>;
using Parsed = tl::expected<Message<Igmp>, DropReason>;

constexpr std::uint8_t kProtocolIgmp = 2;
constexpr std::uint8_t kTypeQuery = 0x11;
constexpr std::uint8_t kTypeReportV1 = 0x12;
constexpr std::uint8_t kTypeReportV2 = 0x16;
constexpr std::uint8_t kTypeLeave = 0x17;
constexpr std::uint8_t kTypeReportV3 = 0x22;

constexpr std::size_t kShortMessage = 8;  // all of v1 and v2, and the header of a v3 report
constexpr std::size_t kQueryV3Header = 12;
constexpr std::size_t kChecksumOffset = 2;

constexpr Duration kTick = std::chrono::milliseconds(100);  // the unit of Max Resp Code
constexpr Duration kMaxResponseTimeV1 = seconds(10);        // RFC 1112 has no field for it
constexpr std::uint8_t kSuppressFlag = 0x08;
constexpr std::uint8_t kRobustnessMask = 0x07;

/// Where a packet may be addressed, beside the multicast addresses of its message.
bool IsOwn(const Ipv4Address& address, const ReceiveRules<Igmp>& rules) {
  return std::find(rules.own_addresses.begin(), rules.own_addresses.end(), address) !=
         rules.own_addresses.end();
}

/// 0.0.0.0 is a host without an address yet, or a snooping switch that queries.
bool SourceIsAcceptable(const Ipv4Address& source, const ReceiveRules<Igmp>& rules) {
  if (source.IsUnspecified()) return true;
  if (!Igmp::IsSource(source)) return false;
  return !rules.check_subnet || std::any_of(rules.subnets.begin(), rules.subnets.end(),
                                            [&](const auto& subnet) { return subnet.Contains(source); });
}

/// Sources that no host can have are left out; the rest still counts.
std::vector<Ipv4Address> TakeSources(ByteReader& reader, std::size_t count, DropCounters& left_out) {
  std::vector<Ipv4Address> sources;
  sources.reserve(std::min(count, reader.remaining() / Ipv4Address::kBytes));
  for (std::size_t i = 0; i < count; ++i) {
    const Ipv4Address source = reader.Ipv4();
    if (Igmp::IsSource(source)) {
      sources.push_back(source);
    } else {
      left_out.Add(DropReason::kRecordSource);
    }
  }
  return sources;
}

// RFC 9776 4.1. Versions 1 and 2 end after the group address; their Max Resp Code is plain.
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |  Type = 0x11  | Max Resp Code |           Checksum            |
//   +---------------+---------------+-------------------------------+
//   |                         Group Address                         |
//   +-+-----+-+-----+---------------+-------------------------------+
//   |E| Res |S| QRV |     QQIC      |     Number of Sources (N)     |
//   +-+-----+-+-----+---------------+-------------------------------+
//   |                        N source addresses                     |
//   +---------------------------------------------------------------+
Parsed ParseQuery(const Ipv4Packet& packet, const ReceiveRules<Igmp>& rules, DropCounters& left_out) {
  const std::size_t length = packet.payload.size();
  if (length != kShortMessage && length < kQueryV3Header) return Drop(DropReason::kQueryLength);

  ByteReader reader(packet.payload);
  reader.Skip(1);
  const std::uint8_t code = reader.U8();
  reader.Skip(2);
  Query<Igmp> query;
  query.group = reader.Ipv4();
  std::size_t source_count = 0;
  if (length >= kQueryV3Header) {
    query.version = Version::kV3;
    // Zero asks for an answer without delay; the host takes it as at least one tick.
    query.max_response_time = DecodeFloat8(code) * kTick;
    const std::uint8_t flags = reader.U8();
    query.suppress_router_processing = (flags & kSuppressFlag) != 0;
    query.robustness = flags & kRobustnessMask;
    query.query_interval = seconds(DecodeFloat8(reader.U8()));
    source_count = reader.U16();
    if (!reader.Has(source_count * Ipv4Address::kBytes)) return Drop(DropReason::kTruncated);
  } else if (code == 0) {
    query.version = Version::kV1;
    query.max_response_time = kMaxResponseTimeV1;
    query.group = Ipv4Address();  // RFC 1112 appendix I: ignored on receipt
  } else {
    query.version = Version::kV2;
    query.max_response_time = code * kTick;
  }

  if (query.IsGeneral() ? source_count > 0 : !query.group.IsMulticast()) return Drop(DropReason::kQueryGroup);
  const Ipv4Address& expected = query.IsGeneral() ? Igmp::kAllNodes : query.group;
  if (packet.destination != expected && !IsOwn(packet.destination, rules))
    return Drop(DropReason::kDestination);
  query.sources = TakeSources(reader, source_count, left_out);
  // Left without any of its sources it would ask for the whole group.
  if (source_count > 0 && query.sources.empty()) return Drop(DropReason::kRecordSource);
  return query;
}

/// Counts a group that no state is made for.
bool GroupIsUsable(const Ipv4Address& group, DropCounters& left_out) {
  if (Igmp::IsRoutable(group)) return true;
  left_out.Add(group.IsMulticast() ? DropReason::kScope : DropReason::kGroup);
  return false;
}

//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |     Type      |    Unused     |           Checksum            |    0x12 v1 report (RFC 1112)
//   +---------------+---------------+-------------------------------+    0x16 v2 report (RFC 2236)
//   |                         Group Address                         |    0x17 leave
//   +---------------------------------------------------------------+
Parsed ParseOldReport(std::uint8_t type, const Ipv4Packet& packet, const ReceiveRules<Igmp>& rules,
                      DropCounters& left_out) {
  if (packet.payload.size() < kShortMessage) return Drop(DropReason::kShort);
  ByteReader reader(packet.payload);
  reader.Skip(4);
  const Ipv4Address group = reader.Ipv4();
  const Ipv4Address& to = packet.destination;
  const bool to_routers = type == kTypeLeave && to == Igmp::kAllRouters;
  // No destination is right for a group that is not multicast, so such a report counts as what it is.
  if (group.IsMulticast() && to != group && !to_routers && !IsOwn(to, rules))
    return Drop(DropReason::kDestination);

  Report<Igmp> report;
  report.version = type == kTypeReportV1 ? Version::kV1 : Version::kV2;
  if (GroupIsUsable(group, left_out)) {
    report.records.push_back({type == kTypeLeave ? RecordType::kToIn : RecordType::kIsEx, group, {}});
  }
  return report;
}

/// The first four octets of a record, and the length of what follows its group address.
struct RecordHeader {
  std::uint8_t type = 0;
  std::size_t aux_bytes = 0;
  std::size_t sources = 0;
};

RecordHeader TakeRecordHeader(ByteReader& reader) {
  RecordHeader header;
  header.type = reader.U8();
  header.aux_bytes = reader.U8() * 4u;
  header.sources = reader.U16();
  return header;
}

/// Nothing of a report counts unless all of its records are there.
bool RecordsFit(ByteReader reader, std::size_t count) {
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const RecordHeader header = TakeRecordHeader(reader);
    reader.Skip(Ipv4Address::kBytes * (1 + header.sources) + header.aux_bytes);
  }
  return reader.ok();
}

// RFC 9776 4.2
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |  Type = 0x22  |   Reserved    |           Checksum            |
//   +-+-------------+---------------+-------------------------------+
//   |E|           Flags             |  Number of Group Records (M)  |
//   +-+-----------------------------+-------------------------------+
//   |                         M group records                       |
//   +---------------------------------------------------------------+
// and each record
//   +---------------+---------------+-------------------------------+
//   |  Record Type  | Aux Data Len  |     Number of Sources (N)     |
//   +---------------+---------------+-------------------------------+
//   |                       Multicast Address                       |
//   +---------------------------------------------------------------+
//   |          N source addresses, Aux Data Len * 4 octets          |
//   +---------------------------------------------------------------+
Parsed ParseReportV3(const Ipv4Packet& packet, const ReceiveRules<Igmp>& rules, DropCounters& left_out) {
  if (packet.payload.size() < kShortMessage) return Drop(DropReason::kShort);
  const Ipv4Address& to = packet.destination;
  if (to != Igmp::kReportDestination && to != Igmp::kAllNodes && !IsOwn(to, rules))
    return Drop(DropReason::kDestination);
  ByteReader reader(packet.payload);
  reader.Skip(6);
  const std::size_t count = reader.U16();
  if (!RecordsFit(reader, count)) return Drop(DropReason::kTruncated);

  Report<Igmp> report;
  for (std::size_t i = 0; i < count; ++i) {
    const RecordHeader header = TakeRecordHeader(reader);
    const Ipv4Address group = reader.Ipv4();
    ByteReader sources(reader.Take(header.sources * Ipv4Address::kBytes));
    reader.Skip(header.aux_bytes);
    if (header.type < static_cast<std::uint8_t>(RecordType::kIsIn) ||
        header.type > static_cast<std::uint8_t>(RecordType::kBlock)) {
      left_out.Add(DropReason::kRecordType);
    } else if (GroupIsUsable(group, left_out)) {
      report.records.push_back(
          {static_cast<RecordType>(header.type), group, TakeSources(sources, header.sources, left_out)});
    }
  }
  return report;
}

bool IsKnownType(std::uint8_t type) {
  return type == kTypeQuery || type == kTypeReportV1 || type == kTypeReportV2 || type == kTypeLeave ||
         type == kTypeReportV3;
}

OutgoingPacket<Igmp> Finish(ByteWriter message, const Ipv4Address& source, const Ipv4Address& destination) {
  message.PatchU16(kChecksumOffset, InternetChecksum(message.bytes()));
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

std::uint8_t QueryIntervalCode(Duration interval) {
  const auto whole = std::chrono::duration_cast<seconds>(std::max(interval, Duration::zero()));
  return EncodeFloat8(static_cast<std::uint64_t>(whole.count()));
}

std::uint16_t Count16(std::size_t count) {
  assert(count <= 0xffff);
  return static_cast<std::uint16_t>(count);
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
  out.Ipv4(record.group);
  return Finish(std::move(out), source, leave ? Igmp::kAllRouters : record.group);
}

}  // namespace

tl::expected<ReceivedMessage<Igmp>, DropReason> Codec<Igmp>::Parse(std::span<const std::uint8_t> bytes,
                                                                   const ReceiveRules<Igmp>& rules,
                                                                   DropCounters& left_out) {
  const auto packet = ParseIpv4(bytes);
  if (!packet) return Drop(packet.error());
  if (IsOwn(packet->source, rules)) return Drop(DropReason::kOwn);
  if (packet->protocol != kProtocolIgmp) return Drop(DropReason::kType);
  if (packet->payload.empty()) return Drop(DropReason::kShort);
  if (!ChecksumIsGood(packet->payload)) return Drop(DropReason::kChecksum);
  const std::uint8_t type = packet->payload.front();
  if (!IsKnownType(type)) return Drop(DropReason::kType);
  if (rules.strict_ttl && packet->ttl != 1) return Drop(DropReason::kTtl);
  const bool needs_router_alert =
      type == kTypeQuery ? rules.require_router_alert_in_queries : rules.require_router_alert_in_reports;
  if (needs_router_alert && !packet->router_alert) return Drop(DropReason::kRouterAlert);
  if (!SourceIsAcceptable(packet->source, rules)) return Drop(DropReason::kSource);

  Parsed message = type == kTypeQuery      ? ParseQuery(*packet, rules, left_out)
                   : type == kTypeReportV3 ? ParseReportV3(*packet, rules, left_out)
                                           : ParseOldReport(type, *packet, rules, left_out);
  if (!message) return Drop(message.error());
  return ReceivedMessage<Igmp>{packet->source, packet->destination, std::move(*message)};
}

OutgoingPacket<Igmp> Codec<Igmp>::Serialize(const Query<Igmp>& query, const Ipv4Address& source) {
  ByteWriter out;
  out.U8(kTypeQuery);
  out.U8(MaxRespCode(query.max_response_time, query.version));
  out.U16(0);
  out.Ipv4(query.group);
  if (query.version == Version::kV3) {
    const unsigned robustness = query.robustness <= kRobustnessMask ? query.robustness : 0;  // B-24
    out.U8(static_cast<std::uint8_t>((query.suppress_router_processing ? kSuppressFlag : 0) | robustness));
    out.U8(QueryIntervalCode(query.query_interval));
    out.U16(Count16(query.sources.size()));
    for (const Ipv4Address& address : query.sources) out.Ipv4(address);
  }
  return Finish(std::move(out), source, query.IsGeneral() ? Igmp::kAllNodes : query.group);
}

OutgoingPacket<Igmp> Codec<Igmp>::Serialize(const Report<Igmp>& report, const Ipv4Address& source) {
  if (report.version != Version::kV3) return SerializeOldReport(report, source);
  ByteWriter out;
  out.U8(kTypeReportV3);
  out.U8(0);
  out.U16(0);
  out.U16(0);
  out.U16(Count16(report.records.size()));
  for (const GroupRecord<Igmp>& record : report.records) {
    out.U8(static_cast<std::uint8_t>(record.type));
    out.U8(0);
    out.U16(Count16(record.sources.size()));
    out.Ipv4(record.group);
    for (const Ipv4Address& address : record.sources) out.Ipv4(address);
  }
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
  return seconds(DecodeFloat8(QueryIntervalCode(interval)));
}

}  // namespace bpfcast
