#include "datapath/mroute_plan.h"

#include <algorithm>
#include <utility>

#include "routing/passage_lookup.h"

namespace bpfcast {
namespace {

// F-09, what no interface has to say anything about.
bool IsMartian(const Ipv4Address& source) {
  const auto& bytes = source.bytes();
  return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
}

bool IsMartian(const Ipv6Address& source) {
  constexpr Prefix<Ipv6Address> kMapped{
      Ipv6Address(std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), 96};
  return !Mld::IsSource(source) || Mld::IsLinkLocal(source) || kMapped.Contains(source);
}

// F-02, F-03; of IPv6, scope 0 is reserved.
std::optional<std::uint32_t> JudgeGroup(const Ipv4Address& group) {
  if (Igmp::IsRoutable(group)) return std::nullopt;
  return BPFCAST_SCOPE;
}

std::optional<std::uint32_t> JudgeGroup(const Ipv6Address& group) {
  if (Mld::IsRoutable(group)) return std::nullopt;
  return (group.bytes()[1] & 0x0f) == 0 ? BPFCAST_SCOPE0 : BPFCAST_SCOPE;
}

/// The longest prefix of a scope: there are few, and a stream is decided on once.
template <class F>
std::optional<std::uint32_t> LookUp(const PrefixRules<F>& rules, std::uint32_t scope,
                                    const typename F::Address& address) {
  std::optional<std::uint32_t> found;
  unsigned longest = 0;
  for (auto each = rules.lower_bound({scope, {}, 0}); each != rules.end() && each->first.scope == scope;
       ++each) {
    const PrefixRule<F>& rule = each->first;
    if (found && rule.length <= longest) continue;
    if (!Prefix<typename F::Address>{rule.address, rule.length}.Contains(address)) continue;
    longest = rule.length;
    found = each->second;
  }
  return found;
}

}  // namespace

bool IsAcceptedSource(std::uint32_t verdict) {
  return verdict == BPFCAST_FORWARDED || verdict == BPFCAST_NOROUTE || verdict == BPFCAST_NOOIF ||
         verdict == BPFCAST_LOCAL || verdict == BPFCAST_BOUND;
}

template <class F>
void MroutePlan<F>::SetPort(const DatapathPort& port) {
  ports_[port.id] = port;
  MakeRules();
}

template <class F>
void MroutePlan<F>::RemovePort(PortId port) {
  ports_.erase(port);
  MakeRules();
}

template <class F>
const DatapathPort* MroutePlan<F>::FindPort(PortId port) const {
  const auto found = ports_.find(port);
  return found == ports_.end() ? nullptr : &found->second;
}

template <class F>
const DatapathPort* MroutePlan<F>::FindInterface(std::uint32_t ifindex) const {
  const auto found = std::find_if(ports_.begin(), ports_.end(),
                                  [&](const auto& entry) { return entry.second.ifindex == ifindex; });
  return found == ports_.end() ? nullptr : &found->second;
}

template <class F>
bool MroutePlan<F>::AsksReversePath() const {
  return std::any_of(ports_.begin(), ports_.end(),
                     [](const auto& entry) { return entry.second.source_check == SourceCheck::kFib; });
}

template <class F>
void MroutePlan<F>::MakeRules() {
  std::vector<DatapathPort> ports;
  upstreams_ = PortSet();
  for (const auto& [id, port] : ports_) {
    ports.push_back(port);
    if (port.role == PortRole::kUpstream) upstreams_.Add(id);
  }
  sources_ = MakeSourceRules<F>(ports);
}

template <class F>
void MroutePlan<F>::Apply(const ForwardingUpdate<F>& update) {
  for (const RouteChange<F>& change : update) {
    if (change.route) {
      routes_[change.key] = *change.route;
    } else {
      routes_.erase(change.key);
    }
  }
}

template <class F>
void MroutePlan<F>::Sync(const ForwardingUpdate<F>& table) {
  routes_.clear();
  Apply(table);
}

template <class F>
std::optional<RouteKey<F>> MroutePlan<F>::FindRoute(const RouteKey<F>& stream) const {
  if (routes_.contains(stream)) return stream;
  const RouteKey<F> any{Address(), stream.group};
  if (routes_.contains(any)) return any;
  return std::nullopt;
}

// Of this machine first, then of the port (F-09, F-10, F-12).
template <class F>
std::uint32_t MroutePlan<F>::JudgeSource(const Address& source, const DatapathPort& arrival) const {
  if (IsMartian(source)) return BPFCAST_MART;
  if (const auto everywhere = LookUp<F>(sources_, BPFCAST_SCOPE_ALL, source);
      everywhere && *everywhere != BPFCAST_FORWARDED) {
    return *everywhere;
  }
  const std::uint32_t verdict = LookUp<F>(sources_, static_cast<std::uint32_t>(arrival.id), source)
                                    .value_or(UnknownSourceVerdict<F>(arrival));
  if (verdict != BPFCAST_ASK_FIB) return verdict;
  return reverse_path_(source, arrival.ifindex) ? BPFCAST_FORWARDED : BPFCAST_RPF;
}

template <class F>
PortSet MroutePlan<F>::Usable(const PortSet& ports, PortId arrival) const {
  PortSet usable;
  ports.ForEach([&](PortId id) {
    const DatapathPort* port = FindPort(id);
    if (id != arrival && port != nullptr && port->up && FamilyAbi<F>::Of(*port).served) usable.Add(id);
  });
  return usable;
}

template <class F>
StreamPlan<F> MroutePlan<F>::Decide(const RouteKey<F>& stream, PortId arrival) const {
  StreamPlan<F> plan;
  const DatapathPort* port = FindPort(arrival);
  if (port == nullptr) {
    plan.verdict = BPFCAST_IIF;
    return plan;
  }
  if (const auto refused = JudgeGroup(stream.group)) {
    plan.verdict = *refused;
    return plan;
  }
  plan.verdict = JudgeSource(stream.source, *port);
  plan.route = FindRoute(stream);
  if (plan.verdict != BPFCAST_FORWARDED) return plan;

  const Route* route = plan.route ? &routes_.at(*plan.route) : nullptr;
  const bool upstream = port->role == PortRole::kUpstream;
  if (route == nullptr && upstream) {
    plan.verdict = BPFCAST_NOROUTE;
    return plan;
  }
  // Without a route of its own, what arrives downstream goes upstream (E-32).
  PortSet wanted = upstreams_;
  if (route != nullptr) wanted = upstream ? route->from_upstream : route->from_downstream;
  const std::uint32_t otherwise = route != nullptr && route->local ? BPFCAST_LOCAL : BPFCAST_NOOIF;
  switch (PassageOf(FamilyAbi<F>::Of(*port).passages, stream.group)) {
    case Passage::kAnywhere:
      break;
    case Passage::kNotUpstream:
      if (route != nullptr) {
        if (!upstream) wanted = route->not_upstream;
        break;
      }
      [[fallthrough]];
    case Passage::kNowhere:
      plan.verdict = otherwise == BPFCAST_LOCAL ? BPFCAST_LOCAL : BPFCAST_BOUND;
      return plan;
  }
  plan.outgoing = Usable(wanted, arrival);
  if (plan.outgoing.empty()) plan.verdict = otherwise;
  return plan;
}

template class MroutePlan<Igmp>;
template class MroutePlan<Mld>;

}  // namespace bpfcast
