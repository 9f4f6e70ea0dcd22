// MembershipRecord: the (filter-mode, source-list) of one multicast address, RFC 4605 section 4.1.
#pragma once

#include <cstdint>

#include "membership/source_set.h"

namespace bpfcast {

enum class FilterMode : std::uint8_t { kInclude, kExclude };

/// What one link, or the proxy as a whole, wants of a group. INCLUDE({}) is "nothing" and the same as no
/// record. Made from a router state by E-02: INC(A) -> INCLUDE(A), EXC(X,Y) -> EXCLUDE(Y). So Wants() is
/// C-04.
template <class F>
struct MembershipRecord {
  FilterMode mode = FilterMode::kInclude;
  SourceSet<F> sources;

  bool IsEmpty() const { return mode == FilterMode::kInclude && sources.empty(); }
  bool Wants(const typename F::Address& source) const {
    return sources.Contains(source) == (mode == FilterMode::kInclude);
  }
  bool operator==(const MembershipRecord&) const = default;
};

}  // namespace bpfcast
