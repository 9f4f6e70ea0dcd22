// MessageParts: what IGMP and MLD messages have in common, which is all behind their first octets. Only the
// codecs use it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/byte_reader.h"
#include "wire/byte_writer.h"
#include "wire/ip_packet.h"
#include "wire/message.h"

namespace bpfcast {

template <class F>
struct MessageParts {
  using Address = typename F::Address;
  using Packet = IpPacket<Address>;
  using Parsed = tl::expected<Message<F>, DropReason>;

  /// Octets of a v3 report before its records.
  static constexpr std::size_t kReportHeader = 8;
  static constexpr std::size_t kChecksumOffset = 2;

  using Refused = tl::unexpected<Refusal<F>>;
  static Refused Refuse(DropReason reason) { return Refused({reason, std::nullopt}); }
  /// A query from an address that no querier may have.
  static Refused RefuseQuerier(const Address& source) { return Refused({DropReason::kSource, source}); }

  static bool IsOwn(const Address& address, const ReceiveRules<F>& rules);

  /// Completes a query of which all up to the group has been read. `rest` stands behind the group, where the
  /// newest version goes on.
  static Parsed FinishQuery(Query<F> query, ByteReader rest, const Packet& packet,
                            const ReceiveRules<F>& rules, DropCounters& left_out);
  /// A report or leave of an older version, which names one group: `type` is what it means (C-65).
  static Parsed OldReport(Version version, RecordType type, const Address& group, const Packet& packet,
                          const ReceiveRules<F>& rules, DropCounters& left_out);
  /// A report of the newest version, from its first octet on.
  static Parsed ReportV3(const Packet& packet, const ReceiveRules<F>& rules, DropCounters& left_out);

  /// What follows the group in a query of the newest version.
  static void PutQueryRest(const Query<F>& query, ByteWriter& out);
  /// What follows the checksum in a report of the newest version.
  static void PutReportRest(const Report<F>& report, ByteWriter& out);

  /// `interval` as a Querier's Query Interval Code and back.
  static Duration EffectiveQueryInterval(Duration interval);

 private:
  static bool QueryMayGoTo(const Address& to, const Query<F>& query, const ReceiveRules<F>& rules);
};

extern template struct MessageParts<Igmp>;
extern template struct MessageParts<Mld>;

}  // namespace bpfcast
