// LinkNotice: what an operator wants to hear of a link.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "wire/family.h"

namespace bpfcast {

/// Transitions are told always, the others at most once a minute each.
enum class LinkEvent : std::uint8_t {
  kYielded,        // `router` is the querier now (C-51)
  kTookOver,       // `router` and all others were not heard for the Other Querier Present Interval (C-54)
  kOlderQuery,     // `router` sends queries of the older `version` (C-61, C-62)
  kNewerQuery,     // `router` sends queries of the newer `version` (C-61)
  kTimingDiffers,  // the querier's `robustness` or `query_interval` is not ours (B-27)
  kOwnAddress,     // another machine uses an address of ours, or our own packets come back in a loop (C-59)
  kForeignQuery,   // `router` sends queries from an address that no router of the link can have
  kReservedGroup,  // `router`, a host, asks for the reserved source-specific `group` (C-73)
};
inline constexpr std::size_t kLinkEvents = 8;

template <class F>
struct LinkNotice {
  LinkEvent event{};
  typename F::Address router;
  Version version = Version::kV3;
  unsigned robustness = 0;
  Duration query_interval{};
  typename F::Address group{};
};

/// Whether a notice may be given, when each event may be told once a minute.
class NoticeLimit {
 public:
  NoticeLimit() { silent_until_.fill(Time::min()); }

  bool Admits(LinkEvent event, Time now) {
    Time& silent_until = silent_until_[static_cast<std::size_t>(event)];
    if (now < silent_until) return false;
    silent_until = now + std::chrono::minutes(1);
    return true;
  }

 private:
  std::array<Time, kLinkEvents> silent_until_;
};

}  // namespace bpfcast
