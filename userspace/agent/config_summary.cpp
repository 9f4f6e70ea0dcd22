#include "agent/config_summary.h"

#include "agent/config_access.h"
#include "agent/config_keys.h"
#include "agent/config_words.h"

namespace bpfcast {
namespace {

/// In the order in which they are tried; the last one that matches decides.
template <class F>
std::string Rules(const AccessList<F>& access) {
  std::string text;
  for (const AccessRule<F>& rule : access.rules) {
    text += rule.access == Access::kPermit ? "permit:" : "deny:";
    if (rule.source.length > 0) text += rule.source.ToString() + "@";
    text += rule.group.ToString() + ",";
  }
  return text + (access.otherwise == Access::kPermit ? "else:permit" : "else:deny");
}

std::string Describe(const std::string& begin, const InterfaceConfig& interface) {
  const InterfaceConfig usual =
      DefaultInterface(interface.role, {interface.ipv4.served, interface.ipv6.served});
  std::string line = begin;
  for (const InterfaceKey& key : InterfaceKeys()) {
    if (key.family == KeyFamily::kIgmp && !interface.ipv4.served) continue;
    if (key.family == KeyFamily::kMld && !interface.ipv6.served) continue;
    const std::string shown = key.show(interface);
    if (!shown.empty() && shown != key.show(usual))
      line.append(" ").append(key.name).append("=").append(shown);
  }
  // Only igmpproxy.conf can say it, which knows no IPv6.
  if (!ToAccessSetting(interface.ipv4.access(), interface.ipv6.access())) {
    line += " access=" + Rules(interface.ipv4.access());
  }
  return line;
}

}  // namespace

std::vector<std::string> Summary(const Config& config) {
  std::vector<std::string> lines;
  if (!config.upstream.ipv4.served) lines.emplace_back("ipv4=false");
  if (!config.upstream.ipv6.served) lines.emplace_back("ipv6=false");
  if (config.datapath != DatapathSetting()) lines.push_back("datapath=" + WordOf(config.datapath));
  const LoopGuardMode loop_guard = config.upstream.ipv4.upstream.loop_guard;
  if (loop_guard != LoopGuardMode()) lines.push_back("loop-guard=" + WordOf(loop_guard));
  lines.push_back(Describe("upstream " + config.upstream.name, config.upstream));
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
