#include "agent/views_acl.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/acl_verdict.h"
#include "agent/view_json.h"

namespace bpfcast {
namespace {

template <class F>
AclPort<F> ToAclPort(const Port& port, const Ports& ports) {
  AclPort<F> acl{&port.config, {}, {}};
  for (const LinkAddress<F>& address : port.link.Addresses<F>()) acl.subnets.push_back(address.subnet);
  if (port.role == PortRole::kDownstream) return acl;
  for (const auto& each : ports) {
    const Port& other = each.second;
    if (other.role == PortRole::kUpstream) continue;
    for (const LinkAddress<F>& address : other.link.Addresses<F>()) acl.elsewhere.push_back(address.subnet);
  }
  return acl;
}

std::string Given(const RpcParams& params, const char* name) {
  const auto found = params.find(name);
  return found == params.end() ? "" : found->second;
}

template <class F>
Result<std::string> Answer(const RpcParams& params, const Port& port, const Ports& ports,
                           const typename F::Address& group) {
  const std::string source = Given(params, "source");
  const std::string direction = Given(params, "direction");
  if (!direction.empty() && direction != "receive" && direction != "send") {
    return Fail("'" + direction + R"(' is no direction; there are "receive" and "send")");
  }
  AclQuestion<F> question{group, std::nullopt};
  if (!source.empty()) {
    question.source = F::Address::Parse(source);
    if (!question.source) {
      return Fail("'" + source + "' is no source of " + group.ToString() +
                  "; write an address of its family");
    }
  }
  const bool send = direction == "send";
  const auto ask = send ? MaySend<F> : MayReceive<F>;
  const auto steps = ask(ToAclPort<F>(port, ports), ToAclPort<F>(ports.at(kUpstreamPort), ports), question);
  ViewJson json;
  json["port"] = port.config.name;
  json["direction"] = send ? "send" : "receive";
  json["group"] = group.ToString();
  json["source"] = question.source ? ViewJson(question.source->ToString()) : ViewJson();
  json["permitted"] =
      std::all_of(steps.begin(), steps.end(), [](const AclStep& step) { return step.permitted; });
  json["steps"] = ViewJson::array();
  for (const AclStep& step : steps) {
    json["steps"].push_back(
        {{"step", step.step}, {"port", step.port}, {"permitted", step.permitted}, {"why", step.why}});
  }
  return Text(json);
}

}  // namespace

Result<std::string> AclJson(const RpcParams& params, const Ports& ports) {
  const std::string name = Given(params, "port");
  const auto port = std::find_if(ports.begin(), ports.end(),
                                 [&](const auto& each) { return each.second.config.name == name; });
  if (port == ports.end()) {
    std::string known;
    for (const auto& [id, each] : ports) known += (known.empty() ? "" : ", ") + each.config.name;
    return Fail("there is no port '" + name + "'; there are " + known);
  }
  const std::string text = Given(params, "group");
  if (const auto ipv4 = Ipv4Address::Parse(text); ipv4 && ipv4->IsMulticast()) {
    return Answer<Igmp>(params, port->second, ports, *ipv4);
  }
  if (const auto ipv6 = Ipv6Address::Parse(text); ipv6 && ipv6->IsMulticast()) {
    return Answer<Mld>(params, port->second, ports, *ipv6);
  }
  return Fail("'" + text + "' is no group; write one of 224.0.0.0/4 or ff00::/8");
}

}  // namespace bpfcast
