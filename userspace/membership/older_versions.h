// OlderVersions: compatibility with hosts and routers of older versions, RFC 9776 section 7.3 (RFC 9777
// section 8.3).
#pragma once

#include <cstdint>

#include "base/time.h"
#include "wire/family.h"
#include "wire/message.h"

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

/// C-66: what a record means in the compatibility mode of its group.
enum class RecordMeaning : std::uint8_t {
  kAsWritten,
  kWithoutSources,  // TO_EX(B) is taken for TO_EX({})
  kIgnored,
};
RecordMeaning MeaningInMode(RecordType type, Version mode);

}  // namespace bpfcast
