#include "agent/config_summary.h"

#include <chrono>
#include <sstream>
#include <utility>

namespace bpfcast {
namespace {

const char* Name(HookSetting hook) {
  switch (hook) {
    case HookSetting::kAuto:
      return "auto";
    case HookSetting::kXdp:
      return "xdp";
    case HookSetting::kTc:
      return "tc";
  }
  return "";
}

std::string Networks(const std::vector<Prefix<Ipv4Address>>& networks) {
  std::string text;
  for (const auto& network : networks) text += (text.empty() ? "" : ",") + network.ToString();
  return text;
}

/// In the order in which they are tried; the last one that matches decides.
std::string Rules(const AccessList<Igmp>& access) {
  std::string text;
  for (const auto& rule : access.rules) {
    text += rule.access == Access::kPermit ? "permit:" : "deny:";
    if (rule.source.length > 0) text += rule.source.ToString() + "@";
    text += rule.group.ToString() + ",";
  }
  return text + (access.otherwise == Access::kPermit ? "else:permit" : "else:deny");
}

class Line {
 public:
  explicit Line(std::string begin) : text_(std::move(begin)) {}
  template <class Value>
  void Add(const char* key, const Value& value, const Value& usual) {
    if (value == usual) return;
    std::ostringstream text;
    text << ' ' << key << '=' << value;
    text_ += text.str();
  }
  void Add(const char* key, Duration value, Duration usual) {
    Add(key, std::chrono::duration<double>(value).count(), std::chrono::duration<double>(usual).count());
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string Describe(const std::string& begin, const InterfaceConfig& interface) {
  const InterfaceConfig usual;
  std::vector<std::string> none;
  const Timing timing = *MakeTiming<Igmp>({}, interface.ipv4.version(), none);
  Line line(begin);
  const auto yes = [](bool value) { return std::string(value ? "true" : "false"); };
  line.Add("hook", std::string(Name(interface.hook)), std::string(Name(usual.hook)));
  line.Add("source-check", std::string(interface.source_check == SourceCheck::kOff ? "off" : "subnet"),
           std::string("subnet"));
  line.Add("altnet", Networks(interface.ipv4.other_sources), std::string());
  line.Add("ttl-threshold", unsigned{interface.ttl_threshold}, unsigned{usual.ttl_threshold});
  line.Add("version", static_cast<int>(interface.ipv4.version()), static_cast<int>(usual.ipv4.version()));
  line.Add("compat-querier",
           std::string(interface.ipv4.downstream.querier.older_queriers == OlderQueriers::kWarn ? "fixed"
                                                                                                : "auto"),
           std::string("auto"));
  line.Add("fast-leave", yes(interface.ipv4.downstream.querier.fast_leave == FastLeave::kTracked),
           yes(false));
  line.Add("forward-if-not-querier",
           yes(interface.ipv4.downstream.foreign_querier == ForeignQuerier::kKeepForwarding), yes(false));
  line.Add("access", Rules(interface.ipv4.access()), Rules(usual.ipv4.access()));
  line.Add("robustness", interface.ipv4.timing().robustness, timing.robustness);
  line.Add("query-interval", interface.ipv4.timing().query_interval, timing.query_interval);
  line.Add("query-response-interval", interface.ipv4.timing().query_response_interval,
           timing.query_response_interval);
  line.Add("last-member-query-interval", interface.ipv4.timing().last_member_query_interval,
           timing.last_member_query_interval);
  line.Add("last-member-query-count", interface.ipv4.timing().last_member_query_count,
           interface.ipv4.timing().robustness);
  line.Add("startup-query-interval", interface.ipv4.timing().startup_query_interval,
           interface.ipv4.timing().query_interval / 4);
  line.Add("startup-query-count", interface.ipv4.timing().startup_query_count,
           interface.ipv4.timing().robustness);
  line.Add("unsolicited-report-interval", interface.ipv4.timing().unsolicited_report_interval,
           timing.unsolicited_report_interval);
  return line.text();
}

}  // namespace

std::vector<std::string> Summary(const Config& config) {
  std::vector<std::string> lines{Describe("upstream " + config.upstream.name, config.upstream)};
  for (const InterfaceConfig& downstream : config.downstreams) {
    lines.push_back(Describe("downstream " + downstream.name, downstream));
  }
  if (config.default_downstream) {
    lines.push_back(Describe("downstream (every other interface)", *config.default_downstream));
  }
  for (const std::string& name : config.disabled) lines.push_back("disabled " + name);
  if (!config.user.empty()) lines.push_back("user " + config.user);
  return lines;
}

}  // namespace bpfcast
