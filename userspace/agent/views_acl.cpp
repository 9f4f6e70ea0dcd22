#include "agent/views_acl.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/acl_verdict.h"
#include "agent/port_by_name.h"
#include "agent/view_json.h"
#include "base/zone.h"
#include "datapath/source_rules.h"

namespace bpfcast {
namespace {

/// What the datapath takes from no port, whatever is set (F-09).
template <class F>
std::map<typename F::Address, std::string> Nobodys(const Ports& ports) {
  std::map<typename F::Address, std::string> nobodys;
  for (const auto& each : ports) {
    const Port& port = each.second;
    for (const LinkAddress<F>& address : port.link.Addresses<F>()) {
      if (address.state == AddressState::kDuplicate) continue;
      nobodys[address.local] = "is an address of " + port.config.name + " itself";
    }
  }
  for (const auto& each : ports) {
    const Port& port = each.second;
    for (const LinkAddress<F>& address : port.link.Addresses<F>()) {
      if (const auto broadcast = DirectedBroadcast(address.subnet)) {
        nobodys.try_emplace(*broadcast, "is the broadcast address of " + port.config.name);
      }
    }
  }
  return nobodys;
}

template <class F>
AclPort<F> ToAclPort(const Port& port, const Ports& ports) {
  AclPort<F> acl{&port.config, {}, {}, Nobodys<F>(ports)};
  for (const LinkAddress<F>& address : port.link.Addresses<F>()) acl.subnets.push_back(address.subnet);
  if (port.role == PortRole::kDownstream) return acl;
  for (const auto& each : ports) {
    const Port& other = each.second;
    if (other.role == PortRole::kUpstream) continue;
    for (const LinkAddress<F>& address : other.link.Addresses<F>()) acl.elsewhere.push_back(address.subnet);
  }
  return acl;
}

/// What the reports of a host come from.
template <class F>
const char* FamilyExample() {
  return std::is_same_v<F, Igmp> ? "an IPv4 address" : "its link-local address, fe80::...";
}

/// Can a report come from it (A-09)?
template <class F>
bool IsHost(const typename F::Address& address) {
  if constexpr (std::is_same_v<F, Mld>) return Mld::IsLinkLocal(address);
  return !address.IsMulticast();
}

/// Of what is no source (F::IsSource).
template <class Address>
const char* Kind(const Address& address) {
  if (address.IsMulticast()) return "a group";
  if (address.IsUnspecified()) return "the unspecified address";
  if (address.ToString() == "255.255.255.255") return "the broadcast address";
  return "reserved, or of a loopback interface";
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
    if (!F::IsSource(*question.source)) {
      return Fail("'" + source + "' is the source of no packet: it is " + Kind(*question.source) +
                  "; write the address of one sender");
    }
  }
  const bool send = direction == "send";
  if (const std::string host = Given(params, "host"); !host.empty()) {
    if (send || port.role == PortRole::kUpstream) {
      return Fail("a host asks for a stream on a downstream; where it is sent there is none");
    }
    if (const auto zone = ZoneOf(host); !zone.empty()) {
      return Fail("'" + host + "' names an interface; write the host without " + std::string(zone));
    }
    question.host = F::Address::Parse(host);
    if (!question.host || !IsHost<F>(*question.host)) {
      return Fail("'" + host + "' is no host of " + port.config.name + "; write " + FamilyExample<F>());
    }
  }
  const auto ask = send ? MaySend<F> : MayReceive<F>;
  const auto steps = ask(ToAclPort<F>(port, ports), ToAclPort<F>(ports.at(kUpstreamPort), ports), question);
  ViewJson json;
  json["port"] = port.config.name;
  json["direction"] = send ? "send" : "receive";
  json["group"] = group.ToString();
  json["source"] = question.source ? ViewJson(question.source->ToString()) : ViewJson();
  json["host"] = question.host ? ViewJson(question.host->ToString()) : ViewJson();
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
  const Port* port = FindPort(ports, name);
  if (port == nullptr) return NoSuchPort(ports, name);
  const std::string text = Given(params, "group");
  if (const auto ipv4 = Ipv4Address::Parse(text); ipv4 && ipv4->IsMulticast()) {
    return Answer<Igmp>(params, *port, ports, *ipv4);
  }
  if (const auto ipv6 = Ipv6Address::Parse(text); ipv6 && ipv6->IsMulticast()) {
    return Answer<Mld>(params, *port, ports, *ipv6);
  }
  if (const auto zone = ZoneOf(text); !zone.empty()) {
    return Fail("'" + text + "' names an interface; write the group without " + std::string(zone));
  }
  return Fail("'" + text + "' is no group; write one of 224.0.0.0/4 or ff00::/8");
}

}  // namespace bpfcast
