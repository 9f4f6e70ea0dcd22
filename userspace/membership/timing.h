// Timing: the variables of RFC 9776 section 8 (RFC 9777 section 9) for one interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/family.h"

namespace bpfcast {

/// I-01: how long a report counts.
enum class MembershipInterval : std::uint8_t {
  kRfc9776,  // RV * QI + 2 * QRI
  kRfc3376,  // RV * QI + QRI: RFC 3376, RFC 3810 and most other routers
};

/// What an operator may set; what is not set follows from the rest (B.1).
struct TimingConfig {
  unsigned robustness = 2;                                         // B-01
  Duration query_interval = std::chrono::seconds(125);             // B-02
  Duration query_response_interval = std::chrono::seconds(10);     // B-03
  Duration last_member_query_interval = std::chrono::seconds(1);   // B-08
  Duration unsolicited_report_interval = std::chrono::seconds(1);  // B-11
  std::optional<unsigned> last_member_query_count;                 // B-09: robustness
  std::optional<Duration> startup_query_interval;                  // B-06: query interval / 4
  std::optional<unsigned> startup_query_count;                     // B-07: robustness
  MembershipInterval membership_interval = MembershipInterval::kRfc9776;

  bool operator==(const TimingConfig&) const = default;
};

/// The effective values: what can be encoded on the wire is what our timers use (A-62, TB-04, TB-05).
struct Timing {
  unsigned robustness = 2;
  Duration query_interval{};
  Duration query_response_interval{};
  Duration last_member_query_interval{};
  Duration unsolicited_report_interval{};
  unsigned last_member_query_count = 2;
  Duration startup_query_interval{};
  unsigned startup_query_count = 2;
  MembershipInterval membership_interval = MembershipInterval::kRfc9776;

  /// B-04: RV * QI + 2 * QRI (RFC 9776 8.4), or as I-01 has it.
  Duration GroupMembershipInterval() const;
  /// B-05: RV * QI + QRI / 2.
  Duration OtherQuerierPresentInterval() const;
  /// B-10: LMQI * LMQC, the leave latency.
  Duration LastMemberQueryTime() const;
  /// B-13: RV * QI + QRI.
  Duration OlderHostPresentInterval() const;

  bool operator==(const Timing&) const = default;
};

/// Checks the limits of B-01..B-03 and B-08, and rounds to what `version` of the family can say on the wire.
/// Fails with a sentence that names the variable and its limit. What is legal but unwise (robustness 1) is
/// described in `warnings`.
template <class F>
Result<Timing> MakeTiming(const TimingConfig& config, Version version, std::vector<std::string>& warnings);

}  // namespace bpfcast
