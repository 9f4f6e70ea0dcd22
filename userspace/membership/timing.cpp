#include "membership/timing.h"

#include <sstream>
#include <string_view>

#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string ToText(Duration duration) {
  std::ostringstream text;
  text.precision(12);
  text << std::chrono::duration<double>(duration).count() << "s";
  return text.str();
}

/// "IGMPv3", "MLDv2".
template <class F>
std::string ProtocolName(Version version) {
  const int number = static_cast<int>(version) - static_cast<int>(F::kOldestVersion) + 1;
  return std::string(F::kName) + "v" + std::to_string(number);
}

/// A value of the configuration with the name that the operator knows it by.
struct Named {
  std::string_view name;
  Duration value;

  std::string ToString() const { return std::string(name) + " " + ToText(value); }
};

std::string OutOfRange(const Named& setting, std::string_view limit, Duration value,
                       const std::string& reason) {
  return setting.ToString() + " is out of range: " + std::string(limit) + " " + ToText(value) + " " + reason;
}

void WarnWhenRounded(const Named& setting, Duration effective, std::vector<std::string>& warnings) {
  if (effective == setting.value) return;
  warnings.push_back(setting.ToString() + " cannot be put in a query exactly; using " + ToText(effective));
}

Result<Duration> Positive(const Named& setting) {
  if (setting.value > Duration::zero()) return setting.value;
  return Fail(setting.ToString() + " is out of range: it must be longer than 0s");
}

Result<unsigned> Count(std::string_view name, unsigned value) {
  constexpr unsigned kLargest = 255;
  if (value >= 1 && value <= kLargest) return value;
  return Fail(std::string(name) + " " + std::to_string(value) + " is out of range: 1 to 255 is possible");
}

/// One unit of the Max Resp Code: 0.1 s or 1 ms.
template <class F>
Duration ShortestMaxResponseTime(Version version) {
  const Duration longest = Codec<F>::LongestMaxResponseTime(version);
  Duration unit = milliseconds(1);
  while (unit < longest && Codec<F>::EffectiveMaxResponseTime(unit, version) != unit) unit *= 10;
  return unit;
}

/// What goes into queries as Max Resp Code (B-03, B-08).
template <class F>
Result<Duration> MaxResponseTime(const Named& setting, Version version, std::vector<std::string>& warnings) {
  const std::string reason = "can be put in an " + ProtocolName<F>(version) + " query";
  const Duration longest = Codec<F>::LongestMaxResponseTime(version);
  if (setting.value > longest) return Fail(OutOfRange(setting, "at most", longest, reason));
  const Duration shortest = ShortestMaxResponseTime<F>(version);
  if (setting.value < shortest) return Fail(OutOfRange(setting, "at least", shortest, reason));
  const Duration effective = Codec<F>::EffectiveMaxResponseTime(setting.value, version);
  WarnWhenRounded(setting, effective, warnings);
  return effective;
}

/// What goes into queries as Querier's Query Interval Code (B-02); only the newest version carries it.
template <class F>
Result<Duration> QueryInterval(const Named& setting, Version version, std::vector<std::string>& warnings) {
  constexpr Duration kShortest = seconds(1);
  constexpr Duration kLongest = seconds(31744);
  if (setting.value < kShortest) return Fail(OutOfRange(setting, "at least", kShortest, "is needed"));
  if (setting.value > kLongest)
    return Fail(OutOfRange(setting, "at most", kLongest, "can be put in a query"));
  if (version != Version::kV3) return setting.value;
  const Duration effective = Codec<F>::EffectiveQueryInterval(setting.value);
  WarnWhenRounded(setting, effective, warnings);
  return effective;
}

}  // namespace

Duration Timing::GroupMembershipInterval() const {
  const int responses = membership_interval == MembershipInterval::kRfc9776 ? 2 : 1;
  return robustness * query_interval + responses * query_response_interval;
}

Duration Timing::OtherQuerierPresentInterval() const {
  return robustness * query_interval + query_response_interval / 2;
}

Duration Timing::LastMemberQueryTime() const {
  return last_member_query_count * last_member_query_interval;
}

Duration Timing::OlderHostPresentInterval() const {
  return robustness * query_interval + query_response_interval;
}

template <class F>
Result<Timing> MakeTiming(const TimingConfig& config, Version version, std::vector<std::string>& warnings) {
  const Named qi{"query-interval", config.query_interval};
  const Named qri{"query-response-interval", config.query_response_interval};
  const Named lmqi{"last-member-query-interval", config.last_member_query_interval};

  const auto robustness = Count("robustness", config.robustness);
  if (!robustness) return tl::unexpected(robustness.error());
  const auto query_interval = QueryInterval<F>(qi, version, warnings);
  if (!query_interval) return tl::unexpected(query_interval.error());
  const auto query_response_interval = MaxResponseTime<F>(qri, version, warnings);
  if (!query_response_interval) return tl::unexpected(query_response_interval.error());
  // Rounding may bring the two together, so both pairs are compared.
  if (qri.value >= qi.value || *query_response_interval >= *query_interval) {
    return Fail(qri.ToString() + " is out of range: it must be shorter than " + qi.ToString());
  }
  // IGMPv1 has no specific queries, so it limits nothing.
  const auto last_member_query_interval =
      version == Version::kV1 ? Positive(lmqi) : MaxResponseTime<F>(lmqi, version, warnings);
  if (!last_member_query_interval) return tl::unexpected(last_member_query_interval.error());
  const auto unsolicited_report_interval =
      Positive({"unsolicited-report-interval", config.unsolicited_report_interval});
  if (!unsolicited_report_interval) return tl::unexpected(unsolicited_report_interval.error());
  const auto last_member_query_count =
      Count("last-member-query-count", config.last_member_query_count.value_or(*robustness));
  if (!last_member_query_count) return tl::unexpected(last_member_query_count.error());
  const auto startup_query_interval =
      Positive({"startup-query-interval", config.startup_query_interval.value_or(*query_interval / 4)});
  if (!startup_query_interval) return tl::unexpected(startup_query_interval.error());
  const auto startup_query_count =
      Count("startup-query-count", config.startup_query_count.value_or(*robustness));
  if (!startup_query_count) return tl::unexpected(startup_query_count.error());
  if (*robustness == 1) {
    warnings.push_back(
        "robustness 1 tolerates no lost packet: one lost report interrupts a stream; 2 or more is safe");
  }

  Timing timing;
  timing.robustness = *robustness;
  timing.query_interval = *query_interval;
  timing.query_response_interval = *query_response_interval;
  timing.last_member_query_interval = *last_member_query_interval;
  timing.unsolicited_report_interval = *unsolicited_report_interval;
  timing.last_member_query_count = *last_member_query_count;
  timing.startup_query_interval = *startup_query_interval;
  timing.startup_query_count = *startup_query_count;
  timing.membership_interval = config.membership_interval;
  return timing;
}

template Result<Timing> MakeTiming<Igmp>(const TimingConfig&, Version, std::vector<std::string>&);
template Result<Timing> MakeTiming<Mld>(const TimingConfig&, Version, std::vector<std::string>&);

}  // namespace bpfcast
