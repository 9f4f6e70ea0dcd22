#include "routing/proxy.h"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "routing/passage_rules.h"
#include "routing/policy.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {
namespace {

template <class F>
typename F::Address SourceOf(std::span<const std::uint8_t> packet) {
  using Address = typename F::Address;
  if (packet.size() < F::kSourceOffset + Address::kBytes) return {};
  return Address::FromBytes(packet.template subspan<F::kSourceOffset, Address::kBytes>());
}

}  // namespace

template <class F>
Proxy<F>::Proxy(const ProxyConfig<F>& config, Random random)
    : upstream_(config.upstream),
      topology_(config.upstream.port),
      table_(topology_, database_),
      host_(config.upstream.host, database_, random),
      random_(random) {
  ProxyEffects<F> none;  // no link works yet
  FollowUpstreamAccess(Time());
  Link& link = AddLink(upstream_.port);
  link.policer.Configure(upstream_.policing);
  table_.SetUpstreamBoundaries(upstream_.boundaries, none.update);
  FollowPull({}, Time(), none);
  link.passages = PassagesOf(upstream_.port);
  for (const auto& downstream : config.downstreams) SetDownstream(downstream, Time(), none);
}

template <class F>
typename Proxy<F>::Link& Proxy<F>::AddLink(PortId port) {
  const auto [found, is_new] = links_.try_emplace(port);
  if (is_new) senders_.Add(port, random_);
  return found->second;
}

template <class F>
void Proxy<F>::SetDownstream(const DownstreamConfig<F>& config, Time now, ProxyEffects<F>& out) {
  const PortId port = config.port;
  Link& link = AddLink(port);
  link.policer.Configure(config.policing);
  const auto [found, is_new] = downstreams_.try_emplace(port, config);
  Downstream<F>& downstream = found->second;
  if (is_new) {
    topology_.LeaveToOthers(port);  // until it works
    link.standing = downstream.standing();
    link.passages = PassagesOf(port);
    return FollowGroups(port, downstream.Groups(), now, out);
  }
  const DownstreamConfig<F> before = downstream.config();
  std::vector<Address> groups = downstream.Groups();
  downstream.Reconfigure(config, now);
  QuerierEffects<F> effects;
  const bool other_access = before.access != config.access;
  const bool other_hosts = before.hosts != config.hosts;
  if (other_hosts) {
    link.refused_hosts.Clear();
    downstream.EndRefusedHosts(now, effects);
  }
  // Reports that the old list refused left nothing behind: ask for them again.
  if (other_access || other_hosts) downstream.querier().AskNow(now, effects);
  Settle(port, effects, now, out);
  FollowPassages(port, out);
  if (!other_access && !other_hosts && before.boundaries == config.boundaries &&
      before.static_memberships == config.static_memberships) {
    return;
  }
  FollowGroups(port, groups, now, out);
  FollowGroups(port, downstream.Groups(), now, out);
}

template <class F>
void Proxy<F>::RemoveDownstream(PortId port, Time now, ProxyEffects<F>& out) {
  const auto found = downstreams_.find(port);
  if (found == downstreams_.end()) return;
  OnLink(port, LinkState<F>(), now, out);
  for (const Address& group : found->second.Groups()) Want(port, group, {}, now, out);
  topology_.Serve(port);  // for the next that gets this number
  downstreams_.erase(port);
  links_.erase(port);
  senders_.Remove(port);
}

template <class F>
void Proxy<F>::SetUpstream(const UpstreamConfig<F>& config, Time now, ProxyEffects<F>& out) {
  const UpstreamConfig<F> before = std::exchange(upstream_, config);
  upstream_.port = before.port;
  links_.at(upstream_.port).policer.Configure(config.policing);
  FollowPull(before.pull, now, out);
  if (before.boundaries != config.boundaries) table_.SetUpstreamBoundaries(config.boundaries, out.update);
  FollowLoops({}, out);
  FollowAllPassages(out);
  FollowUpstreamAccess(now);
  if (!SpeaksUpstream()) {
    host_.Stop();
  } else if (before.membership != config.membership && links_.at(upstream_.port).state.up) {
    host_.Start(now);
  }
}

/// E-08. A list that decides by groups alone may be asked of the merge, as the host side does; one that tells
/// sources apart has to be asked of each link, or somebody's join of the whole group would be refused
/// together with what others name.
template <class F>
void Proxy<F>::FollowUpstreamAccess(Time now) {
  HostConfig<F> host = upstream_.host;
  // F-50: a group that does not pass the upstream is not asked for there. The last rule that matches decides.
  for (const auto& groups : upstream_.boundaries) host.access.rules.push_back({Access::kDeny, groups});
  upstream_access_ = host.access;
  std::unique_ptr<MembershipDatabase<F>> asked;
  if (host.access.TellsSourcesApart()) {
    asked = std::make_unique<MembershipDatabase<F>>();
    for (const auto& [group, state] : database_.groups()) {
      for (const auto& [link, record] : state.links) asked->Set(link, group, Asked(link, group, record));
    }
  }
  host_.Reconfigure(host, asked ? *asked : database_, now);
  asked_ = std::move(asked);
}

/// What of it may be asked for upstream.
template <class F>
MembershipRecord<F> Proxy<F>::Asked(PortId link, const Address& group,
                                    const MembershipRecord<F>& record) const {
  return Permitted(upstream_access_, group, record, [&] {
    return link == upstream_.port ? NamedBy(upstream_.pull, group) : downstreams_.at(link).Named(group);
  });
}

template <class F>
bool Proxy<F>::SpeaksUpstream() const {
  return upstream_.membership == UpstreamMembership::kOwnReports;
}

template <class F>
Passages<F> Proxy<F>::PassagesOf(PortId port) const {
  const auto found = downstreams_.find(port);
  const bool is_upstream = port == topology_.upstream();
  if (topology_.blocked().Contains(port) || (!is_upstream && found == downstreams_.end())) {
    return {{}, Passage::kNowhere};
  }
  PassageLists<F> lists;
  if (is_upstream) {
    lists.nowhere = upstream_.boundaries;
    return ByLongestPrefix(lists);
  }
  lists = found->second.passages();
  lists.not_upstream = upstream_.boundaries;
  if (topology_.blocked().Contains(topology_.upstream())) {
    lists.anywhere.clear();
    lists.otherwise = Passage::kNotUpstream;
  }
  return ByLongestPrefix(lists);
}

template <class F>
void Proxy<F>::OnPacket(PortId port, Packet packet, Time now, ProxyEffects<F>& out) {
  const auto found = links_.find(port);
  if (found == links_.end() || !found->second.state.up) return;
  Link& link = found->second;
  LinkCounters& counters = link.counters;
  if (!link.policer.Admits(SourceOf<F>(packet), packet.size(), now))
    return counters.drops.Add(DropReason::kLimit);
  auto received = Codec<F>::Parse(packet, link.state.rules, counters.drops);
  if (!received) {
    counters.drops.Add(received.error());
    if (received.error() == DropReason::kOwn) OnOwnPacket(port, packet, now, out);
    if (const auto& source = received.error().querier) OnForeignQuery(port, *source, now, out);
    return;
  }
  if (senders_.SenderOf(received->source, packet)) {
    counters.drops.Add(DropReason::kOwn);
    return OnOwnMessage(port, received->source, packet, now, out);
  }
  if (received->foreign) ++counters.foreign_received;
  const auto* query = std::get_if<Query<F>>(&received->message);
  if (query != nullptr) {
    counters.queries_received.Add(query->version);
  } else {
    counters.reports_received.Add(std::get<Report<F>>(received->message).version);
  }
  if (query != nullptr) link.last_query = HeardQuery<F>{received->source, query->version, now};
  if (port != topology_.upstream()) return OnDownstreamMessage(port, *received, now, out);
  if (!host_.running()) return;
  if (query != nullptr) {
    host_.OnQuery(*query, now);
  } else {
    host_.OnReport(std::get<Report<F>>(received->message));
  }
}

/// an operator hears of it, but not of each packet.
template <class F>
void Proxy<F>::OnForeignQuery(PortId port, const Address& source, Time now, ProxyEffects<F>& out) {
  if (!links_.at(port).notices.Admits(LinkEvent::kForeignQuery, now)) return;
  LinkNotice<F> notice;
  notice.event = LinkEvent::kForeignQuery;
  notice.router = source;
  out.notices.push_back({port, notice});
}

template <class F>
void Proxy<F>::OnOwnPacket(PortId port, Packet packet, Time now, ProxyEffects<F>& out) {
  ReceiveRules<F> as_we_send;
  as_we_send.require_router_alert_in_queries = as_we_send.require_router_alert_in_reports = true;
  DropCounters left_out;
  const auto received = Codec<F>::Parse(packet, as_we_send, left_out);
  if (received) OnOwnMessage(port, received->source, packet, now, out);
}

/// E-41, C-59. The frames that we send are not among those that arrive, so that these came around, or are
/// another's.
template <class F>
void Proxy<F>::OnOwnMessage(PortId port, const Address& source, Packet packet, Time now,
                            ProxyEffects<F>& out) {
  if (const auto sender = senders_.SenderOf(source, packet)) {
    LoopGuard::Notices notices;
    loop_guard_.OnHeard(*sender, port, now + QuietTime(*sender), notices);
    FollowLoops(std::move(notices), out);
    if (loop_guard_.AreLooped(*sender, port)) return;
  }
  const auto found = downstreams_.find(port);
  if (found == downstreams_.end() || !found->second.querier().running()) return;
  QuerierEffects<F> effects;
  found->second.querier().OnRefused(LinkEvent::kOwnAddress, source, now, effects);
  Settle(port, effects, now, out);
}

/// After how long without a packet of ours the port is out of hearing: queries come once in a query interval,
/// and so do the answers to those of the upstream querier.
template <class F>
Duration Proxy<F>::QuietTime(PortId port) const {
  const auto found = downstreams_.find(port);
  const Timing& timing =
      found == downstreams_.end() ? upstream_.host.timing : found->second.config().querier.timing;
  return timing.robustness * timing.query_interval + timing.query_response_interval;
}

template <class F>
void Proxy<F>::OnDownstreamMessage(PortId port, ReceivedMessage<F>& received, Time now,
                                   ProxyEffects<F>& out) {
  Downstream<F>& downstream = downstreams_.at(port);
  Querier<F>& querier = downstream.querier();
  if (!querier.running()) return;
  DropCounters& drops = links_.at(port).counters.drops;
  QuerierEffects<F> effects;
  if (const auto* query = std::get_if<Query<F>>(&received.message)) {
    querier.OnQuery(*query, received.source, now, drops, effects);
  } else {
    Report<F>& report = std::get<Report<F>>(received.message);
    if (!downstream.config().hosts.Permits(received.source)) {
      return RefuseHost(report, received.source, now, links_.at(port).refused_hosts, drops);
    }
    report = ApplyAccess(downstream.config().access, std::move(report), drops);
    querier.OnReport(report, received.source, now, drops, effects);
    // Sources may be named while the state stays in EXCLUDE mode.
    if (asked_ || downstream.config().access.TellsSourcesApart()) {
      for (const GroupRecord<F>& record : report.records) effects.changed_groups.push_back(record.group);
    }
  }
  Settle(port, effects, now, out);
}

template <class F>
void Proxy<F>::OnLink(PortId port, const LinkState<F>& state, Time now, ProxyEffects<F>& out) {
  const auto found = links_.find(port);
  if (found == links_.end()) return;
  const LinkState<F> before = std::exchange(found->second.state, state);
  if (before.address != state.address) senders_.SetAddress(port, state.address);
  if (!state.up) {
    LoopGuard::Notices notices;
    loop_guard_.Forget(port, notices);
    FollowLoops(std::move(notices), out);
  }
  if (port == topology_.upstream()) {
    host_.SetMtu(state.mtu);
    // a report may leave from the unspecified address, so the host side runs whenever the link is up.
    // a link that comes back, and an address that changed, get the whole state announced.
    if (!state.up) {
      host_.Stop();
    } else if (SpeaksUpstream() && (!before.up || before.address != state.address)) {
      host_.Start(now);
    }
    return;
  }
  Querier<F>& querier = downstreams_.at(port).querier();
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
void Proxy<F>::Adopt(const std::vector<InheritedRoute<F>>& routes, Time now, ProxyEffects<F>& out) {
  std::unordered_set<Address> changed;  // each is entered once, not for each port: there may be many of both
  for (auto& [port, report] : ReportsBehind(routes)) {
    const auto found = downstreams_.find(port);
    if (found == downstreams_.end() || !found->second.querier().running()) continue;
    Downstream<F>& downstream = found->second;
    DropCounters& drops = links_.at(port).counters.drops;
    QuerierEffects<F> effects;
    downstream.querier().Adopt(ApplyAccess(downstream.config().access, std::move(report), drops), now, drops,
                               effects);
    for (const LinkNotice<F>& notice : effects.notices) out.notices.push_back({port, notice});
    for (const Address& group : effects.changed_groups) {
      Enter(port, group, downstream.Wanted(group), now, out);
      changed.insert(group);
    }
  }
  for (const Address& group : changed) table_.Refresh(group, out.update);
}

template <class F>
void Proxy<F>::OnLocalMembership(const Address& group, LocalMembership membership, ProxyEffects<F>& out) {
  table_.SetLocal(group, membership, out.update);
}

template <class F>
void Proxy<F>::OnLocalLeaveUpstream(const Address& group, Time now) {
  const MembershipRecord<F>& wanted = (asked_ ? *asked_ : database_).Merged(group);
  if (host_.running() && !wanted.IsEmpty()) host_.OnChange({group, {}, wanted}, now);
}

template <class F>
Time Proxy<F>::NextExpiry() const {
  Time next = std::min(host_.NextExpiry(), loop_guard_.NextExpiry());
  for (const auto& [port, downstream] : downstreams_)
    next = std::min(next, downstream.querier().NextExpiry());
  return next;
}

template <class F>
void Proxy<F>::Expire(Time now, ProxyEffects<F>& out) {
  for (auto& [port, downstream] : downstreams_) {
    if (downstream.querier().NextExpiry() > now) continue;
    QuerierEffects<F> effects;
    downstream.querier().Expire(now, effects);
    Settle(port, effects, now, out);
  }
  if (loop_guard_.NextExpiry() <= now) {
    LoopGuard::Notices notices;
    loop_guard_.Expire(now, notices);
    FollowLoops(std::move(notices), out);
  }
  if (host_.NextExpiry() > now) return;
  HostEffects<F> reports;
  host_.Expire(now, reports);
  if (!reports.empty()) last_report_ = now;
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
  return found == downstreams_.end() ? nullptr : &found->second.querier();
}

template <class F>
const LinkCounters& Proxy<F>::counters(PortId port) const {
  return links_.at(port).counters;
}

template <class F>
const RefusedHosts<F>& Proxy<F>::refused_hosts(PortId port) const {
  return links_.at(port).refused_hosts;
}

template <class F>
const std::optional<HeardQuery<F>>& Proxy<F>::last_query(PortId port) const {
  return links_.at(port).last_query;
}

template <class F>
void Proxy<F>::Settle(PortId port, const QuerierEffects<F>& effects, Time now, ProxyEffects<F>& out) {
  Send(port, effects.queries, out);
  for (const LinkNotice<F>& notice : effects.notices) out.notices.push_back({port, notice});
  FollowStanding(port, now, out);
  FollowGroups(port, effects.changed_groups, now, out);
}

template <class F>
void Proxy<F>::FollowStanding(PortId port, Time now, ProxyEffects<F>& out) {
  const Downstream<F>& downstream = downstreams_.at(port);
  const Standing standing = downstream.standing();
  const Standing before = std::exchange(links_.at(port).standing, standing);
  if (standing == before) return;
  if (standing.served != before.served) {
    if (standing.served) {
      topology_.Serve(port);
    } else {
      topology_.LeaveToOthers(port);
    }
    table_.RefreshPort(port, out.update);
  }
  if (standing.counts != before.counts) FollowGroups(port, downstream.Groups(), now, out);
  FollowPassages(port, out);
}

template <class F>
void Proxy<F>::FollowLoops(LoopGuard::Notices notices, ProxyEffects<F>& out) {
  for (LoopNotice& notice : notices) {
    notice.guard = upstream_.loop_guard;
    out.loops.push_back(notice);
  }
  const PortSet blocked = upstream_.loop_guard == LoopGuardMode::kBlock ? loop_guard_.looped() : PortSet();
  if (blocked == topology_.blocked()) return;
  topology_.Block(blocked);
  table_.RefreshAll(out.update);
  FollowAllPassages(out);
}

template <class F>
void Proxy<F>::FollowPassages(PortId port, ProxyEffects<F>& out) {
  Passages<F> passages = PassagesOf(port);
  if (passages == links_.at(port).passages) return;
  links_.at(port).passages = std::move(passages);
  auto& changed = out.passages_changed;
  if (std::find(changed.begin(), changed.end(), port) == changed.end()) changed.push_back(port);
}

template <class F>
void Proxy<F>::FollowAllPassages(ProxyEffects<F>& out) {
  for (const auto& [port, link] : links_) FollowPassages(port, out);
}

/// What the upstream pulls by itself is kept as the wish of the upstream link.
template <class F>
void Proxy<F>::FollowPull(const std::vector<StaticMembership<F>>& before, Time now, ProxyEffects<F>& out) {
  const StaticRecords<F> wanted = RecordsOf(upstream_.pull);
  for (const auto& [group, record] : RecordsOf(before)) {
    if (!wanted.contains(group)) Want(upstream_.port, group, {}, now, out);
  }
  for (const auto& [group, record] : wanted) Want(upstream_.port, group, record, now, out);
}

template <class F>
void Proxy<F>::FollowGroups(PortId port, const std::vector<Address>& groups, Time now, ProxyEffects<F>& out) {
  const Downstream<F>& downstream = downstreams_.at(port);
  for (const Address& group : groups) Want(port, group, downstream.Wanted(group), now, out);
}

template <class F>
void Proxy<F>::Want(PortId link, const Address& group, const MembershipRecord<F>& record, Time now,
                    ProxyEffects<F>& out) {
  Enter(link, group, record, now, out);
  table_.Refresh(group, out.update);
}

/// The databases and the upstream; the forwarding table follows later.
template <class F>
void Proxy<F>::Enter(PortId link, const Address& group, const MembershipRecord<F>& record, Time now,
                     ProxyEffects<F>& out) {
  auto change = database_.Set(link, group, record);
  if (asked_) change = asked_->Set(link, group, Asked(link, group, record));
  if (!change) return;
  if (host_.running()) host_.OnChange(*change, now);
  if (!SpeaksUpstream()) out.told.push_back(group);
}

template <class F>
void Proxy<F>::Send(PortId port, const std::vector<Query<F>>& queries, ProxyEffects<F>& out) {
  Link& link = links_.at(port);
  if (!link.state.address) return;
  for (const Query<F>& query : queries) {
    Send(port, Codec<F>::Serialize(query, *link.state.address), out);
    ++link.counters.queries_sent;
  }
}

template <class F>
void Proxy<F>::Send(const HostEffects<F>& reports, ProxyEffects<F>& out) {
  Link& link = links_.at(topology_.upstream());
  for (const Report<F>& report : reports) {
    Send(topology_.upstream(), Codec<F>::Serialize(report, link.state.address.value_or(Address())), out);
    ++link.counters.reports_sent;
  }
}

template <class F>
void Proxy<F>::Send(PortId port, OutgoingPacket<F> packet, ProxyEffects<F>& out) {
  senders_.Sign(port, packet.bytes);
  out.packets.push_back({port, std::move(packet)});
}

template class Proxy<Igmp>;
template class Proxy<Mld>;

}  // namespace bpfcast
