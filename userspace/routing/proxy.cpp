#include "routing/proxy.h"

#include <algorithm>
#include <utility>

#include "routing/policy.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
template <class F>
Proxy<F>::Proxy(const ProxyConfig<F>& config, Random random)
    : topology_(config.upstream.port),
      table_(topology_, database_),
      host_(config.upstream.host, database_, random) {
  links_.try_emplace(config.upstream.port);
  for (const auto& downstream : config.downstreams) {
    links_.try_emplace(downstream.port);
    downstreams_.try_emplace(downstream.port, Downstream{Querier<F>(downstream.querier), downstream.access,
                                                         downstream.foreign_querier});
  }
}

template <class F>
void Proxy<F>::SetDownstream(const DownstreamConfig<F>& config, Time now, ProxyEffects<F>& out) {
  links_.try_emplace(config.port);
  const auto [found, is_new] = downstreams_.try_emplace(
      config.port, Downstream{Querier<F>(config.querier), config.access, config.foreign_querier});
  if (is_new) return;
  Downstream& downstream = found->second;
  downstream.foreign_querier = config.foreign_querier;
  const bool other_access = downstream.access != config.access;
  downstream.access = config.access;
  downstream.querier.Reconfigure(config.querier, now);
  QuerierEffects<F> effects;
  // Reports that the old list refused left nothing behind: ask for them again.
  if (other_access) downstream.querier.AskNow(now, effects);
  Settle(config.port, effects, now, out);
  if (!other_access) return;
  std::vector<Address> groups;
  for (const auto& [group, state] : downstream.querier.groups()) groups.push_back(group);
  for (const Address& group : groups) FollowGroup(config.port, group, now, out);
}

template <class F>
void Proxy<F>::RemoveDownstream(PortId port, Time now, ProxyEffects<F>& out) {
  if (!downstreams_.contains(port)) return;
  OnLink(port, LinkState<F>(), now, out);
  topology_.Serve(port);  // for the next that gets this number
  downstreams_.erase(port);
  links_.erase(port);
}

template <class F>
void Proxy<F>::SetUpstream(const UpstreamConfig<F>& config, Time now, ProxyEffects<F>&) {
  host_.Reconfigure(config.host, now);
}

template <class F>
void Proxy<F>::OnPacket(PortId port, std::span<const std::uint8_t> packet, Time now, ProxyEffects<F>& out) {
  const auto found = links_.find(port);
  if (found == links_.end() || !found->second.state.up) return;
  auto& [state, counters] = found->second;
  auto received = Codec<F>::Parse(packet, state.rules, counters.drops);
  if (!received) {
    counters.drops.Add(received.error());
    if (received.error() == DropReason::kOwn) OnOwnAddress(port, now, out);
    return;
  }
  const auto* query = std::get_if<Query<F>>(&received->message);
  ++(query != nullptr ? counters.queries_received : counters.reports_received);
  if (port != topology_.upstream()) return OnDownstreamMessage(port, *received, now, out);
  if (!host_.running()) return;
  if (query != nullptr) {
    host_.OnQuery(*query, now);
  } else {
    host_.OnReport(std::get<Report<F>>(received->message));
  }
}

/// C-59. The frames that we send are not among those that arrive, so that these are another's, or came
/// around.
template <class F>
void Proxy<F>::OnOwnAddress(PortId port, Time now, ProxyEffects<F>& out) {
  const auto found = downstreams_.find(port);
  if (found == downstreams_.end() || !found->second.querier.running()) return;
  QuerierEffects<F> effects;
  found->second.querier.OnRefused(LinkEvent::kOwnAddress, *links_.at(port).state.address, now, effects);
  Settle(port, effects, now, out);
}

template <class F>
void Proxy<F>::OnDownstreamMessage(PortId port, ReceivedMessage<F>& received, Time now,
                                   ProxyEffects<F>& out) {
  Downstream& downstream = downstreams_.at(port);
  if (!downstream.querier.running()) return;
  QuerierEffects<F> effects;
  if (const auto* query = std::get_if<Query<F>>(&received.message)) {
    downstream.querier.OnQuery(*query, received.source, now, links_.at(port).counters.drops, effects);
  } else {
    DropCounters& drops = links_.at(port).counters.drops;
    const Report<F> report =
        ApplyAccess(downstream.access, std::move(std::get<Report<F>>(received.message)), drops);
    downstream.querier.OnReport(report, received.source, now, drops, effects);
  }
  Settle(port, effects, now, out);
}

template <class F>
void Proxy<F>::OnLink(PortId port, const LinkState<F>& state, Time now, ProxyEffects<F>& out) {
  const auto found = links_.find(port);
  if (found == links_.end()) return;
  const LinkState<F> before = std::exchange(found->second.state, state);
  if (port == topology_.upstream()) {
    host_.SetMtu(state.mtu);
    // a report may leave from the unspecified address, so the host side runs whenever the link is up.
    // a link that comes back, and an address that changed, get the whole state announced.
    if (!state.up) {
      host_.Stop();
    } else if (!before.up || before.address != state.address) {
      host_.Start(now);
    }
    return;
  }
  Querier<F>& querier = downstreams_.at(port).querier;
  querier.SetMtu(state.mtu);
  if (state.address) querier.SetAddress(*state.address);
  const bool usable = state.up && state.address.has_value();
  if (usable == querier.running()) return;
  QuerierEffects<F> effects;
  if (usable) {
    querier.Start(now, effects);
  } else {
    querier.Stop(effects);
  }
  Settle(port, effects, now, out);
}

template <class F>
void Proxy<F>::OnLocalMembership(const Address& group, LocalMembership membership, ProxyEffects<F>& out) {
  table_.SetLocal(group, membership, out.update);
}

template <class F>
void Proxy<F>::OnLocalLeaveUpstream(const Address& group, Time now) {
  const MembershipRecord<F>& wanted = database_.Merged(group);
  if (host_.running() && !wanted.IsEmpty()) host_.OnChange({group, {}, wanted}, now);
}

template <class F>
Time Proxy<F>::NextExpiry() const {
  Time next = host_.NextExpiry();
  for (const auto& [port, downstream] : downstreams_) next = std::min(next, downstream.querier.NextExpiry());
  return next;
}

template <class F>
void Proxy<F>::Expire(Time now, ProxyEffects<F>& out) {
  for (auto& [port, downstream] : downstreams_) {
    if (downstream.querier.NextExpiry() > now) continue;
    QuerierEffects<F> effects;
    downstream.querier.Expire(now, effects);
    Settle(port, effects, now, out);
  }
  if (host_.NextExpiry() > now) return;
  HostEffects<F> reports;
  host_.Expire(now, reports);
  Send(reports, out);
}

template <class F>
void Proxy<F>::Leave(ProxyEffects<F>& out) {
  if (!host_.running()) return;
  HostEffects<F> reports;
  host_.Leave(reports);
  Send(reports, out);
}

template <class F>
const Querier<F>* Proxy<F>::querier(PortId port) const {
  const auto found = downstreams_.find(port);
  return found == downstreams_.end() ? nullptr : &found->second.querier;
}

template <class F>
const LinkCounters& Proxy<F>::counters(PortId port) const {
  return links_.at(port).counters;
}

template <class F>
void Proxy<F>::Settle(PortId port, const QuerierEffects<F>& effects, Time now, ProxyEffects<F>& out) {
  Send(port, effects.queries, out);
  for (const LinkNotice<F>& notice : effects.notices) out.notices.push_back({port, notice});
  FollowRole(port, out);
  for (const Address& group : effects.changed_groups) FollowGroup(port, group, now, out);
}

/// E-30, C-57: one router serves a link.
template <class F>
void Proxy<F>::FollowRole(PortId port, ProxyEffects<F>& out) {
  const Downstream& downstream = downstreams_.at(port);
  const bool serves = downstream.querier.role() == RouterRole::kQuerier ||
                      downstream.foreign_querier == ForeignQuerier::kKeepForwarding;
  if (serves == topology_.Serves(port)) return;
  if (serves) {
    topology_.Serve(port);
  } else {
    topology_.LeaveToOthers(port);
  }
  table_.RefreshPort(port, out.update);
}

template <class F>
void Proxy<F>::FollowGroup(PortId port, const Address& group, Time now, ProxyEffects<F>& out) {
  const Downstream& downstream = downstreams_.at(port);
  // Reports were filtered when they came; this holds when the access list changes later.
  const auto wanted = Permitted(downstream.access, group, downstream.querier.Membership(group));
  const auto change = database_.Set(port, group, wanted);
  table_.Refresh(group, out.update);
  if (change && host_.running()) host_.OnChange(*change, now);
}

template <class F>
void Proxy<F>::Send(PortId port, const std::vector<Query<F>>& queries, ProxyEffects<F>& out) {
  Link& link = links_.at(port);
  if (!link.state.address) return;
  for (const Query<F>& query : queries) {
    out.packets.push_back({port, Codec<F>::Serialize(query, *link.state.address)});
    ++link.counters.queries_sent;
  }
}

template <class F>
void Proxy<F>::Send(const HostEffects<F>& reports, ProxyEffects<F>& out) {
  Link& link = links_.at(topology_.upstream());
  for (const Report<F>& report : reports) {
    out.packets.push_back(
        {topology_.upstream(), Codec<F>::Serialize(report, link.state.address.value_or(Address()))});
    ++link.counters.reports_sent;
  }
}

template class Proxy<Igmp>;
template class Proxy<Mld>;

}  // namespace bpfcast
