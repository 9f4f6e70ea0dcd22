// OlderVersions: compatibility with hosts and routers of older versions, RFC 9776 section 7.3 (RFC 9777
// section 8.3).
#pragma once

#include <cstdint>

#include "base/time.h"
#include "wire/family.h"

namespace bpfcast {

/// What an older General Query on a link does to us: to the format of our queries there (C-62), or to the
/// version that we report in (D-20).
enum class OlderQueriers : std::uint8_t {
  kFollow,  // the oldest version on the link is used
  kWarn,    // ours stays as it is configured
};

/// The Older Version Present timers: of the hosts of one group (C-64), or of the queriers of one link (C-62).
/// MLD has no version below kV2, so one of them never runs there.
class OlderVersions {
 public:
  /// A message of `version` was heard, which stays present `until` then. kV3 is not older than anything.
  void OnHeard(Version version, Time until);
  /// The oldest version that is present.
  Version Oldest() const;
  /// Until when Oldest() is present; kNever for kV3.
  Time OldestExpires() const;

  /// The next timer of any version; kNever when none runs.
  Time NextExpiry() const;
  void Expire(Time now);

 private:
  Time v1_timer_ = kNever;  // kNever: not running
  Time v2_timer_ = kNever;
};

/// C-69: what messages older than ours may do.
enum class OlderMessages : std::uint8_t {
  kAccept,
  kIgnoreV1Reports,  // a forged one would pin a group for the Older Host Present Interval
  kIgnoreAll,        // a link for source-specific groups: reports, leaves and queries
};

/// Is a report, or leave, of `version` to be ignored?
bool IsIgnored(OlderMessages older_messages, Version version);

}  // namespace bpfcast
