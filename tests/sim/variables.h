// The variables that everybody in one world agrees on, and the intervals of the RFCs that follow from them:
// calculated here once more, so that an error in the core's own is seen.
#pragma once

#include "base/time.h"
#include "membership/timing.h"

namespace bpfcast::sim {

struct Variables {
  unsigned robustness = 2;
  Duration query_interval{};
  Duration query_response_interval{};
  Duration last_member_query_interval{};
  unsigned last_member_query_count = 2;
  Duration unsolicited_report_interval = std::chrono::seconds(1);

  TimingConfig ToConfig() const {
    TimingConfig config;
    config.robustness = robustness;
    config.query_interval = query_interval;
    config.query_response_interval = query_response_interval;
    config.last_member_query_interval = last_member_query_interval;
    config.last_member_query_count = last_member_query_count;
    config.unsolicited_report_interval = unsolicited_report_interval;
    return config;
  }

  /// RFC 9776 8.4, 8.5, 8.13, 8.6, 8.10.
  Duration GroupMembershipInterval() const {
    return robustness * query_interval + 2 * query_response_interval;
  }
  Duration OtherQuerierPresentInterval() const {
    return robustness * query_interval + query_response_interval / 2;
  }
  Duration OlderHostPresentInterval() const { return robustness * query_interval + query_response_interval; }
  Duration StartupQueryInterval() const { return query_interval / 4; }
  Duration LastMemberQueryTime() const { return last_member_query_count * last_member_query_interval; }
  /// RFC 9776 8.12, 7.2.1: for hosts.
  Duration OlderQuerierPresentInterval() const {
    return robustness * query_interval + query_response_interval;
  }

  /// RFC 2236 8.10, RFC 2710 7.10; RFC 1112 has the delay of its reports for it.
  static constexpr Duration kOlderUnsolicitedReportInterval = std::chrono::seconds(10);
  /// RFC 1112 appendix I: a host of version 1 draws its delay up to this, whatever the query says.
  static constexpr Duration kDelayOfVersion1 = std::chrono::seconds(10);
};

}  // namespace bpfcast::sim
