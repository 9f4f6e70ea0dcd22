// The part of Agent that takes static memberships from its operator and gives them up again (E-07).
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "agent/agent.h"
#include "agent/port_by_name.h"
#include "agent/view_json.h"
#include "log/log.h"

namespace bpfcast {
namespace {

/// An address in its usual form; what is none stays as it is.
std::string Usual(const std::string& text) {
  if (const auto ipv4 = Ipv4Address::Parse(text)) return ipv4->ToString();
  if (const auto ipv6 = Ipv6Address::Parse(text)) return ipv6->ToString();
  return text;
}

/// As in `static-groups`.
std::string MembershipOf(const RpcParams& params) {
  const std::string source = Given(params, "source");
  return (source.empty() ? "" : Usual(source) + "@") + Usual(Given(params, "group"));
}

}  // namespace

std::optional<InterfaceConfig> Agent::Configured(const std::string& interface) const {
  const Config& config = config_.config;
  if (interface == config.upstream.name) return config.upstream;
  const auto named = std::find_if(config.downstreams.begin(), config.downstreams.end(),
                                  [&](const InterfaceConfig& each) { return each.name == interface; });
  return named != config.downstreams.end() ? *named : config.UnnamedDownstream(interface);
}

Result<std::string> Agent::ChangeStatic(
    const RpcParams& params,
    const std::function<Result<std::string>(const InterfaceConfig&, const std::string&)>& change) {
  const std::string name = Given(params, "port");
  const auto configured = Configured(name);
  if (!configured) return NoSuchPort(ports_, name);
  const auto outcome = change(*configured, MembershipOf(params));
  if (!outcome) return outcome;
  Log(Subsystem::kAgent).info("{}", *outcome);
  Port* port = FindPort(name);  // one that no interface has yet gets it when there is one
  const InterfaceConfig wanted = static_additions_.With(*configured);
  if (port != nullptr && port->config != wanted) ChangeSettings(*port, wanted);
  return Text(ViewJson{{"text", *outcome}});
}

Result<std::string> Agent::Join(const RpcParams& params) {
  const std::string until = Given(params, "until");
  if (!until.empty() && until != "stop" && until != "leave") {
    return Fail("'" + until + R"(' is no end of a membership; there are "stop" and "leave")");
  }
  return ChangeStatic(
      params, [&](const InterfaceConfig& configured, const std::string& membership) -> Result<std::string> {
        // "*" stands for any name: there must be something behind it.
        if (FindPort(configured.name) == nullptr) {
          const Link* link = links_->Find(configured.name);
          if (link == nullptr) return NoSuchPort(ports_, configured.name);
          if (link->loopback) return Fail(configured.name + " is a loopback interface: no host is behind it");
        }
        return static_additions_.Join(
            configured, membership,
            until == "leave" ? StaticAdditions::Until::kLeave : StaticAdditions::Until::kStop);
      });
}

Result<std::string> Agent::Leave(const RpcParams& params) {
  return ChangeStatic(params, [&](const InterfaceConfig& configured, const std::string& membership) {
    return static_additions_.Leave(configured, membership);
  });
}

}  // namespace bpfcast
