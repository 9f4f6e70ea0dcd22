// Why a received control packet, record or source was not used. Every reason has a counter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bpfcast {

enum class DropReason : std::uint8_t {
  kIpHeader,      // IPHDR: the IP header is broken or the packet is cut
  kFragment,      // FRAG: a fragment; the kernel reassembles
  kChecksum,      // CSUM
  kTtl,           // TTL: TTL or Hop Limit not 1
  kRouterAlert,   // RA: missing where it is required
  kSource,        // SRC: source address not acceptable
  kDestination,   // DST
  kOwn,           // OWN: our own packet came back
  kQueryLength,   // QLEN: no version has this length
  kShort,         // SHORT
  kTruncated,     // TRUNC: counts do not fit the payload
  kType,          // TYPE: not a message we know
  kQueryGroup,    // QGROUP: a query whose group is no multicast address, or sources without a group
  kGroup,         // GROUP: record for an address that is not multicast
  kScope,         // SCOPE: record for a link-local group
  kRecordType,    // RECTYPE
  kRecordSource,  // RECSRC: source in a list that no host can have
  kSsm,           // SSM: exclude mode or an old version for a source-specific group (C-70)
  kLimit,         // LIMIT
  kPolicy,        // POLICY (C-85)
  kCount
};

/// The short name of conformance X-12: "CSUM".
std::string_view ToString(DropReason reason);

/// One counter for each reason.
class DropCounters {
 public:
  void Add(DropReason reason, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(reason)] += n; }
  DropCounters& operator+=(const DropCounters& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return *this;
  }
  std::uint64_t operator[](DropReason reason) const { return counts_[static_cast<std::size_t>(reason)]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(DropReason::kCount)> counts_{};
};

}  // namespace bpfcast
