// OlderHosts: compatibility with hosts of older versions, RFC 9776 section 7.3.2 (RFC 9777 section 8.3.2).
#pragma once

#include "base/time.h"
#include "wire/family.h"
#include "wire/message.h"

namespace bpfcast {

/// The Older Version Host Present timers of one group. MLD has no version below kV2, so one of them never
/// runs there.
class OlderHosts {
 public:
  /// C-64: a report of `version` was heard; `until` is one Older Host Present Interval away.
  void OnReport(Version version, Time until);
  /// The oldest version that is present: the compatibility mode of the group.
  Version Mode() const;

  /// kNever when no timer runs.
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
