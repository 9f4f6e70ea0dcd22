#include "wire/message_parts.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/float_code.h"

namespace bpfcast {
namespace {

using std::chrono::seconds;

using Drop = tl::unexpected<DropReason>;

constexpr std::uint8_t kSuppressFlag = 0x08;
constexpr std::uint8_t kRobustnessMask = 0x07;

std::uint8_t QueryIntervalCode(Duration interval) {
  const auto whole = std::chrono::duration_cast<seconds>(std::max(interval, Duration::zero()));
  return EncodeFloat8(static_cast<std::uint64_t>(whole.count()));
}

std::uint16_t Count16(std::size_t count) {
  assert(count <= 0xffff);
  return static_cast<std::uint16_t>(count);
}

/// Sources that no host can have are left out; the rest still counts.
template <class F>
std::vector<typename F::Address> TakeSources(ByteReader& reader, std::size_t count, DropCounters& left_out) {
  using Address = typename F::Address;
  std::vector<Address> sources;
  sources.reserve(std::min(count, reader.remaining() / Address::kBytes));
  for (std::size_t i = 0; i < count; ++i) {
    const auto source = reader.Address<Address>();
    if (F::IsSource(source)) {
      sources.push_back(source);
    } else {
      left_out.Add(DropReason::kRecordSource);
    }
  }
  return sources;
}

/// Counts a group that no state is made for.
template <class F>
bool GroupIsUsable(const typename F::Address& group, DropCounters& left_out) {
  if (F::IsRoutable(group)) return true;
  left_out.Add(group.IsMulticast() ? DropReason::kScope : DropReason::kGroup);
  return false;
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

bool IsRecordType(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(RecordType::kIsIn) &&
         type <= static_cast<std::uint8_t>(RecordType::kBlock);
}

/// Nothing of a report counts unless all of its records are there.
template <class F>
bool RecordsFit(ByteReader reader, std::size_t count) {
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const RecordHeader header = TakeRecordHeader(reader);
    reader.Skip(F::Address::kBytes * (1 + header.sources) + header.aux_bytes);
  }
  return reader.ok();
}

}  // namespace

template <class F>
bool MessageParts<F>::IsOwn(const Address& address, const ReceiveRules<F>& rules) {
  return std::find(rules.own_addresses.begin(), rules.own_addresses.end(), address) !=
         rules.own_addresses.end();
}

/// any address of the interface, multicast ones included; but a General Query has one of those only.
template <class F>
bool MessageParts<F>::QueryMayGoTo(const Address& to, const Query<F>& query, const ReceiveRules<F>& rules) {
  if (to == F::kAllNodes || IsOwn(to, rules)) return true;
  return !query.IsGeneral() && (to == query.group || to == F::kAllRouters || to == F::kReportDestination);
}

// RFC 9776 4.1, RFC 9777 5.1
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-----+-+-----+---------------+-------------------------------+
//   |E| Res |S| QRV |     QQIC      |     Number of Sources (N)     |
//   +-+-----+-+-----+---------------+-------------------------------+
//   |                        N source addresses                     |
//   +---------------------------------------------------------------+
template <class F>
auto MessageParts<F>::FinishQuery(Query<F> query, ByteReader rest, const Packet& packet,
                                  const ReceiveRules<F>& rules, DropCounters& left_out) -> Parsed {
  std::size_t source_count = 0;
  if (query.version == Version::kV3) {
    const std::uint8_t flags = rest.U8();
    query.suppress_router_processing = (flags & kSuppressFlag) != 0;
    query.robustness = flags & kRobustnessMask;
    query.query_interval = seconds(DecodeFloat8(rest.U8()));
    source_count = rest.U16();
    if (!rest.Has(source_count * Address::kBytes)) return Drop(DropReason::kTruncated);
  }
  if (query.IsGeneral() ? source_count > 0 : !query.group.IsMulticast()) return Drop(DropReason::kQueryGroup);
  if (!QueryMayGoTo(packet.destination, query, rules)) return Drop(DropReason::kDestination);
  query.sources = TakeSources<F>(rest, source_count, left_out);
  // Left without any of its sources it would ask for the whole group.
  if (source_count > 0 && query.sources.empty()) return Drop(DropReason::kRecordSource);
  return query;
}

template <class F>
auto MessageParts<F>::OldReport(Version version, RecordType type, const Address& group, const Packet& packet,
                                const ReceiveRules<F>& rules, DropCounters& left_out) -> Parsed {
  const Address& to = packet.destination;
  const bool to_routers = type == RecordType::kToIn && to == F::kAllRouters;
  // No destination is right for a group that is not multicast, so such a report counts as what it is.
  if (group.IsMulticast() && to != group && !to_routers && !IsOwn(to, rules))
    return Drop(DropReason::kDestination);
  Report<F> report;
  report.version = version;
  if (GroupIsUsable<F>(group, left_out)) report.records.push_back({type, group, {}});
  return report;
}

// RFC 9776 4.2, RFC 9777 5.2
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |     Type      |   Reserved    |           Checksum            |
//   +-+-------------+---------------+-------------------------------+
//   |E|           Flags             |     Number of Records (M)     |
//   +-+-----------------------------+-------------------------------+
//   |                            M records                          |
//   +---------------------------------------------------------------+
// and each record
//   +---------------+---------------+-------------------------------+
//   |  Record Type  | Aux Data Len  |     Number of Sources (N)     |
//   +---------------+---------------+-------------------------------+
//   |                       Multicast Address                       |
//   +---------------------------------------------------------------+
//   |          N source addresses, Aux Data Len * 4 octets          |
//   +---------------------------------------------------------------+
template <class F>
auto MessageParts<F>::ReportV3(const Packet& packet, const ReceiveRules<F>& rules, DropCounters& left_out)
    -> Parsed {
  if (packet.payload.size() < kReportHeader) return Drop(DropReason::kShort);
  const Address& to = packet.destination;
  if (to != F::kReportDestination && to != F::kAllNodes && !IsOwn(to, rules))
    return Drop(DropReason::kDestination);
  ByteReader reader(packet.payload);
  reader.Skip(6);
  const std::size_t count = reader.U16();
  if (!RecordsFit<F>(reader, count)) return Drop(DropReason::kTruncated);

  Report<F> report;
  for (std::size_t i = 0; i < count; ++i) {
    const RecordHeader header = TakeRecordHeader(reader);
    const auto group = reader.Address<Address>();
    ByteReader sources(reader.Take(header.sources * Address::kBytes));
    reader.Skip(header.aux_bytes);
    if (!IsRecordType(header.type)) {
      left_out.Add(DropReason::kRecordType);
    } else if (GroupIsUsable<F>(group, left_out)) {
      report.records.push_back(
          {static_cast<RecordType>(header.type), group, TakeSources<F>(sources, header.sources, left_out)});
    }
  }
  return report;
}

template <class F>
void MessageParts<F>::PutQueryRest(const Query<F>& query, ByteWriter& out) {
  const unsigned robustness = query.robustness <= kRobustnessMask ? query.robustness : 0;  // B-24
  out.U8(static_cast<std::uint8_t>((query.suppress_router_processing ? kSuppressFlag : 0) | robustness));
  out.U8(QueryIntervalCode(query.query_interval));
  out.U16(Count16(query.sources.size()));
  for (const Address& source : query.sources) out.Address(source);
}

template <class F>
void MessageParts<F>::PutReportRest(const Report<F>& report, ByteWriter& out) {
  out.U16(0);
  out.U16(Count16(report.records.size()));
  for (const GroupRecord<F>& record : report.records) {
    out.U8(static_cast<std::uint8_t>(record.type));
    out.U8(0);
    out.U16(Count16(record.sources.size()));
    out.Address(record.group);
    for (const Address& source : record.sources) out.Address(source);
  }
}

template <class F>
Duration MessageParts<F>::EffectiveQueryInterval(Duration interval) {
  return seconds(DecodeFloat8(QueryIntervalCode(interval)));
}

template struct MessageParts<Igmp>;
template struct MessageParts<Mld>;

}  // namespace bpfcast
