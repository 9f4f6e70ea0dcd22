// LinkRules: what every group on a link shares, and the queries that follow from it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "membership/timing.h"
#include "wire/message.h"

namespace bpfcast {

/// Only the querier sends queries and lowers timers (C-56).
enum class RouterRole : std::uint8_t { kQuerier, kNonQuerier };

/// C-81, C-82: what a leave does when the hosts of the group are known.
enum class FastLeave : std::uint8_t { kOff, kTracked };

struct LinkRules {
  Timing timing;
  RouterRole role = RouterRole::kQuerier;
  Version version = Version::kV3;           // format of our queries (C-60, C-62)
  std::size_t max_sources_per_query = 366;  // what fits the MTU
  std::size_t max_sources_per_group = 512;
  std::size_t max_hosts_per_group = 256;
  FastLeave fast_leave = FastLeave::kOff;
  Time hosts_known_from = Time::min();  // before it there may be hosts that had no chance to report yet
};

/// A query of this link without group and sources. Older versions carry neither QRV nor QQIC.
template <class F>
Query<F> MakeQuery(const LinkRules& rules, Duration max_response_time) {
  Query<F> query;
  query.version = rules.version;
  query.max_response_time = max_response_time;
  if (rules.version == Version::kV3) {
    constexpr unsigned kMaxQrv = 7;  // B-24: a larger value is sent as 0
    query.robustness = rules.timing.robustness <= kMaxQrv ? rules.timing.robustness : 0;
    query.query_interval = rules.timing.query_interval;
  }
  return query;
}

}  // namespace bpfcast
