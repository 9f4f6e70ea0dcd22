// Parsed messages: only sensible values. Older versions are translated already, with their version kept
// (C-65).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "base/time.h"
#include "wire/drop_reason.h"
#include "wire/family.h"

namespace bpfcast {

/// RFC 9776 4.2.13, RFC 9777 5.2.12; the values are those on the wire.
enum class RecordType : std::uint8_t { kIsIn = 1, kIsEx = 2, kToIn = 3, kToEx = 4, kAllow = 5, kBlock = 6 };

template <class F>
struct GroupRecord {
  RecordType type = RecordType::kIsIn;
  typename F::Address group;
  std::vector<typename F::Address> sources;

  bool operator==(const GroupRecord&) const = default;
};

template <class F>
struct Query {
  Version version = Version::kV3;
  typename F::Address group;  // unspecified in a General Query
  std::vector<typename F::Address> sources;
  Duration max_response_time{};
  bool suppress_router_processing = false;  // S flag
  unsigned robustness = 0;                  // QRV; 0: none on the wire (B-20)
  Duration query_interval{};                // QQI; 0: none on the wire (B-21)

  bool IsGeneral() const { return group.IsUnspecified(); }
  bool operator==(const Query&) const = default;
};

/// A v1 or v2 report is one record IS_EX({}), a leave one record TO_IN({}); `version` says so.
template <class F>
struct Report {
  Version version = Version::kV3;
  std::vector<GroupRecord<F>> records;

  bool operator==(const Report&) const = default;
};

template <class F>
using Message = std::variant<Query<F>, Report<F>>;

/// A message with the IP addresses it travelled under.
template <class F>
struct ReceivedMessage {
  typename F::Address source;
  typename F::Address destination;
  Message<F> message;
  bool foreign = false;  // the source is in none of the link's subnets, and that is tolerated
};

/// Why a packet was not taken.
template <class F>
struct Refusal {
  DropReason reason{};
  operator DropReason() const { return reason; }

  /// Of a query that was refused for its source (kSource): that source, which an operator has to hear of
  ///
  std::optional<typename F::Address> querier;
};

template <class F>
using ParsedPacket = tl::expected<ReceivedMessage<F>, Refusal<F>>;

/// A complete IP packet, ready for a link; the link-layer destination is MulticastMac(destination).
template <class F>
struct OutgoingPacket {
  typename F::Address destination;
  std::vector<std::uint8_t> bytes;
};

/// What the receiving side of a link accepts.
template <class F>
struct ReceiveRules {
  std::vector<typename F::Address> own_addresses;
  std::vector<Prefix<typename F::Address>> subnets;
  // MLD's rules are not the operator's to loosen, so the rest is for IGMP.
  bool strict_ttl = true;
  bool require_router_alert_in_queries = false;
  bool require_router_alert_in_reports = false;
  bool check_subnet = false;                     // A-08, I-19

  bool operator==(const ReceiveRules&) const = default;
};

/// Octets <-> messages of one family. Specialised in wire/igmp.h and wire/mld.h; the only place that knows
/// formats and units.
template <class F>
struct Codec;

}  // namespace bpfcast
