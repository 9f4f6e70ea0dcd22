#include "routing/proxy.h"

#include <algorithm>
#include <utility>

#include "wire/igmp.h"

namespace bpfcast {
namespace {

template <class F>
Topology MakeTopology(const ProxyConfig<F>& config) {
  std::vector<PortId> downstreams;
  for (const auto& downstream : config.downstreams) downstreams.push_back(downstream.port);
  return Topology(config.upstream, std::move(downstreams));
}

}  // namespace

template <class F>
Proxy<F>::Proxy(const ProxyConfig<F>& config, Random random)
    : topology_(MakeTopology(config)), table_(topology_, database_), host_(config.host, database_, random) {
  links_.try_emplace(config.upstream);
  for (const auto& downstream : config.downstreams) {
    links_.try_emplace(downstream.port);
    queriers_.try_emplace(downstream.port, downstream.querier);
  }
}

template <class F>
void Proxy<F>::OnPacket(PortId port, std::span<const std::uint8_t> packet, Time now, ProxyEffects<F>& out) {
  const auto found = links_.find(port);
  if (found == links_.end() || !found->second.state.up) return;
  auto& [state, counters] = found->second;
  const auto received = Codec<F>::Parse(packet, state.rules, counters.drops);
  if (!received) {
    counters.drops.Add(received.error());
    return;
  }
  if (const auto* query = std::get_if<Query<F>>(&received->message)) {
    ++counters.queries_received;
    if (port == topology_.upstream() && host_.running()) host_.OnQuery(*query, now);
    return;
  }
  ++counters.reports_received;
  const auto querier = queriers_.find(port);
  if (querier == queriers_.end() || !querier->second.running())
    return;  // D-36: reports upstream make no state
  QuerierEffects<F> effects;
  querier->second.OnReport(std::get<Report<F>>(received->message), received->source, now, counters.drops,
                           effects);
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
  Querier<F>& querier = queriers_.at(port);
  querier.SetMtu(state.mtu);
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
  for (const auto& [port, querier] : queriers_) next = std::min(next, querier.NextExpiry());
  return next;
}

template <class F>
void Proxy<F>::Expire(Time now, ProxyEffects<F>& out) {
  for (auto& [port, querier] : queriers_) {
    if (querier.NextExpiry() > now) continue;
    QuerierEffects<F> effects;
    querier.Expire(now, effects);
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
  const auto found = queriers_.find(port);
  return found == queriers_.end() ? nullptr : &found->second;
}

template <class F>
const LinkCounters& Proxy<F>::counters(PortId port) const {
  return links_.at(port).counters;
}

template <class F>
void Proxy<F>::Settle(PortId port, const QuerierEffects<F>& effects, Time now, ProxyEffects<F>& out) {
  Send(port, effects.queries, out);
  const Querier<F>& querier = queriers_.at(port);
  for (const Address& group : effects.changed_groups) {
    const auto change = database_.Set(port, group, querier.Membership(group));
    table_.Refresh(group, out.update);
    if (change && host_.running()) host_.OnChange(*change, now);
  }
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

}  // namespace bpfcast
