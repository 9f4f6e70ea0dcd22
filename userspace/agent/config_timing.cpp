#include "agent/config_timing.h"

namespace bpfcast {

const std::map<std::string, TimingSetting, std::less<>>& TimingKeys() {
  static const std::map<std::string, TimingSetting, std::less<>> keys = {
      {"robustness", {.count = &TimingConfig::robustness}},
      {"query-interval", {.duration = &TimingConfig::query_interval}},
      {"query-response-interval", {.duration = &TimingConfig::query_response_interval}},
      {"last-member-query-interval", {.duration = &TimingConfig::last_member_query_interval}},
      {"last-member-query-count", {.optional_count = &TimingConfig::last_member_query_count}},
      {"startup-query-interval", {.optional_duration = &TimingConfig::startup_query_interval}},
      {"startup-query-count", {.optional_count = &TimingConfig::startup_query_count}},
      {"unsolicited-report-interval", {.duration = &TimingConfig::unsolicited_report_interval}},
  };
  return keys;
}

}  // namespace bpfcast
