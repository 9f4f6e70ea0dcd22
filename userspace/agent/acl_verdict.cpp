#include "agent/acl_verdict.h"

#include <algorithm>

#include "agent/forwardable.h"
#include "routing/boundary.h"

namespace bpfcast {
namespace {

AclStep Step(std::string step, const InterfaceConfig& config, bool permitted, std::string why) {
  return {std::move(step), config.name, permitted, std::move(why)};
}

template <class F>
const std::vector<Prefix<typename F::Address>>& BoundariesOf(const InterfaceConfig& config) {
  const FamilyConfig<F>& family = config.Of<F>();
  return config.role == PortRole::kUpstream ? family.upstream.boundaries : family.downstream.boundaries;
}

/// The boundary that the group does not pass; nothing where it does.
template <class F>
std::optional<std::string> Boundary(const InterfaceConfig& config, const typename F::Address& group) {
  const auto& all = BoundariesOf<F>(config);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.Contains(group); });
  if (found == all.end()) return std::nullopt;
  return "boundaries has " + found->ToString();
}

/// What keeps every stream of the group from the interface, whatever its lists say; nothing where nothing
/// does.
template <class F>
std::optional<std::string> Never(const InterfaceConfig& config, const AclQuestion<F>& question) {
  if (!config.Of<F>().served) return std::string(F::kName) + " is not served there";
  if (!F::IsRoutable(question.group)) return "the group stays on its link and is never forwarded";
  return std::nullopt;
}

template <class F>
AclStep AskedFor(std::string step, const InterfaceConfig& config, const AclQuestion<F>& question) {
  if (const auto never = Never<F>(config, question)) return Step(std::move(step), config, false, *never);
  if (const auto boundary = Boundary<F>(config, question.group)) {
    return Step(std::move(step), config, false, *boundary);
  }
  const AccessList<F>& access = config.Of<F>().access();
  const bool permitted =
      question.source ? access.Permits(question.group, *question.source) : access.Permits(question.group);
  if (!question.source && !access.only_sources.HasAll()) {
    return Step(std::move(step), config, false, "allow-sources is given, and all senders are asked for");
  }
  if (question.source && !access.only_sources.Has(*question.source)) {
    return Step(std::move(step), config, false, "allow-sources does not name the sender");
  }
  return Step(
      std::move(step), config, permitted,
      std::string(permitted ? "permitted " : "denied ") + WhyAccess(access, question.group, question.source));
}

/// C-70: all sources of a source-specific group are asked for by nobody.
template <class F>
AclStep Join(const InterfaceConfig& config, const AclQuestion<F>& question) {
  const auto& ranges = config.Of<F>().downstream.querier.ssm_ranges;
  if (!question.source && IsSsm(ranges, question.group)) {
    return Step("join", config, false, "ssm-ranges has the group: a join must name its source");
  }
  return AskedFor("join", config, question);
}

/// May the host that asks have anything there?
template <class F>
AclStep HostOf(const InterfaceConfig& config, const typename F::Address& host) {
  const HostList<F>& hosts = config.Of<F>().downstream.hosts;
  return Step("host", config, hosts.Permits(host), WhyHost(hosts, host));
}

/// The longest of them that has the address.
template <class Address>
std::optional<Prefix<Address>> Longest(const std::vector<Prefix<Address>>& prefixes, const Address& address) {
  std::optional<Prefix<Address>> longest;
  for (const auto& each : prefixes) {
    if (each.Contains(address) && (!longest || longest->length < each.length)) longest = each;
  }
  return longest;
}

/// As the datapath decides (F-12): the longest prefix wins, and what the interface names itself of two equal
/// ones.
template <class F>
AclStep Source(const AclPort<F>& port, const typename F::Address& source) {
  const InterfaceConfig& config = *port.config;
  const auto step = [&](bool permitted, std::string why) {
    return Step("source", config, permitted, std::move(why));
  };
  if (!F::IsSource(source)) return step(false, "no packet has this source");
  if (!IsForwardable(source)) return step(false, "it is link-local: its packets stay on their link");
  if (const auto nobody = port.nobodys.find(source); nobody != port.nobodys.end()) {
    return step(false, "it " + nobody->second + ": packets that arrive with it are forged");
  }
  if (config.source_check == SourceCheck::kOff) return step(true, "source-check is off");
  const auto& altnets = config.Of<F>().other_sources;
  const auto altnet = Longest(altnets, source);
  if (config.source_check == SourceCheck::kFib) {
    if (altnet) return step(true, "altnet has it, in " + altnet->ToString());
    return step(true, "if the kernel's route to it leads out of the interface (source-check is fib)");
  }
  const auto subnet = Longest(port.subnets, source);
  const unsigned own = std::max(altnet ? altnet->length : 0U, subnet ? subnet->length : 0U);
  if (const auto other = Longest(port.elsewhere, source); other && other->length > own) {
    return step(false, "it is in " + other->WithoutHostBits().ToString() + ", a subnet of a downstream");
  }
  if (subnet)
    return step(true, "it is in " + subnet->WithoutHostBits().ToString() + ", a subnet of the interface");
  if (altnet) return step(true, "altnet has it, in " + altnet->ToString());
  if (config.role == PortRole::kUpstream && altnets.empty()) {
    return step(true, "an upstream without altnet takes all that are in no subnet of a downstream");
  }
  return step(false, "it is neither in a subnet of the interface nor in altnet");
}

template <class F>
AclStep PassUp(const InterfaceConfig& config, const InterfaceConfig& upstream,
               const AclQuestion<F>& question) {
  if (const auto boundary = Boundary<F>(config, question.group))
    return Step("pass", config, false, *boundary);
  if (const auto boundary = Boundary<F>(upstream, question.group))
    return Step("pass", upstream, false, *boundary);
  const ForwardUp<F>& up = config.Of<F>().downstream.forward_up;
  switch (up.mode) {
    case ForwardUpMode::kAlways:
      return Step("pass", config, true, "forward-up is always");
    case ForwardUpMode::kQuerierOnly:
      return Step("pass", config, true, "while bpfcast is the querier there (forward-up is querier-only)");
    case ForwardUpMode::kNever:
      return Step("pass", config, false, "forward-up is never");
    case ForwardUpMode::kListed:
      break;
  }
  const bool listed = IsBounded(up.groups, question.group);
  return Step("pass", config, listed,
              listed ? "forward-up names the group" : "forward-up does not name the group");
}

}  // namespace

/// In words that both grammars know.
template <class F>
std::string WhyAccess(const AccessList<F>& access, const typename F::Address& group,
                      const std::optional<typename F::Address>& source) {
  const AccessRule<F>* rule = source ? access.Deciding(group, *source) : access.Deciding(group);
  if (rule != nullptr) {
    const std::string from = rule->source.length == 0 ? "" : " from " + rule->source.ToString();
    return "by the entry " + rule->group.ToString() + from;
  }
  // An entry of deny-sources names no group.
  const bool named = std::any_of(access.rules.begin(), access.rules.end(), [&](const AccessRule<F>& each) {
    return each.group.length > 0 && each.group.Contains(group);
  });
  if (!named) return "because no list names the group";
  return source ? "because the lists name the group with other senders alone"
                : "because the lists name the group with single senders alone";
}

template <class F>
std::string WhyHost(const HostList<F>& hosts, const typename F::Address& host) {
  using List = Allowed<typename F::Address>;
  if (const auto* denied = List::Find(hosts.denied, host)) return "deny-hosts has " + denied->ToString();
  if (!hosts.allowed.IsListed()) return "deny-hosts does not name it";
  const auto* allowed = List::Find(hosts.allowed.networks(), host);
  return allowed != nullptr ? "allow-hosts has " + allowed->ToString() : "allow-hosts does not name it";
}

template <class F>
std::vector<AclStep> MayReceive(const AclPort<F>& port, const AclPort<F>& upstream,
                                const AclQuestion<F>& question) {
  std::vector<AclStep> steps;
  if (port.config->role == PortRole::kDownstream) {
    if (question.host) steps.push_back(HostOf<F>(*port.config, *question.host));
    steps.push_back(Join(*port.config, question));
  }
  steps.push_back(AskedFor("ask", *upstream.config, question));
  if (question.source) steps.push_back(Source(upstream, *question.source));
  return steps;
}

template <class F>
std::vector<AclStep> MaySend(const AclPort<F>& port, const AclPort<F>& upstream,
                             const AclQuestion<F>& question) {
  std::vector<AclStep> steps;
  if (question.source) steps.push_back(Source(port, *question.source));
  if (const auto never = Never<F>(*port.config, question)) {
    steps.push_back(Step("pass", *port.config, false, *never));
  } else if (port.config->role == PortRole::kDownstream) {
    steps.push_back(PassUp(*port.config, *upstream.config, question));
  } else if (const auto boundary = Boundary<F>(*port.config, question.group)) {
    steps.push_back(Step("pass", *port.config, false, *boundary));
  } else {
    steps.push_back(Step("pass", *port.config, true, "to the downstreams that asked for it"));
  }
  return steps;
}

template std::string WhyAccess(const AccessList<Igmp>&, const Ipv4Address&,
                               const std::optional<Ipv4Address>&);
template std::string WhyAccess(const AccessList<Mld>&, const Ipv6Address&, const std::optional<Ipv6Address>&);
template std::string WhyHost(const HostList<Igmp>&, const Ipv4Address&);
template std::string WhyHost(const HostList<Mld>&, const Ipv6Address&);
template std::vector<AclStep> MayReceive(const AclPort<Igmp>&, const AclPort<Igmp>&,
                                         const AclQuestion<Igmp>&);
template std::vector<AclStep> MayReceive(const AclPort<Mld>&, const AclPort<Mld>&, const AclQuestion<Mld>&);
template std::vector<AclStep> MaySend(const AclPort<Igmp>&, const AclPort<Igmp>&, const AclQuestion<Igmp>&);
template std::vector<AclStep> MaySend(const AclPort<Mld>&, const AclPort<Mld>&, const AclQuestion<Mld>&);

}  // namespace bpfcast
