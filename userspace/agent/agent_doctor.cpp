// The part of Agent that looks for what keeps streams from flowing.
#include <algorithm>
#include <set>

#include "agent/agent.h"
#include "agent/explain_gather.h"
#include "agent/explain_verdict.h"
#include "doctor/probe.h"
#include "doctor/report.h"
#include "os/clock.h"
#include "os/reverse_path.h"

namespace bpfcast {
namespace {

/// One of them is enough to see what is wrong.
constexpr std::size_t kMostComplaints = 5;

/// A stream whose last packet is older does not arrive now.
constexpr Duration kArriving = std::chrono::seconds(10);
/// Streams do not pause for so long.
constexpr Duration kReversePathEpisode = std::chrono::seconds(60);

/// Hosts say again what they want with each query, and what is refused is refused again.
template <class F>
Duration RepetitionOf(const Proxy<F>& proxy, const Port& port) {
  const Querier<F>* querier = proxy.querier(port.id);
  const Timing timing = querier == nullptr ? port.config.Of<F>().timing() : querier->rules().timing;
  return timing.GroupMembershipInterval();
}

template <class F>
void AddLinkFacts(const Proxy<F>& proxy, PortId id, Time now, DoctorPort& port) {
  const LinkCounters& counters = proxy.counters(id);
  port.queries_sent += counters.queries_sent;
  port.reports_received += counters.reports_received.Total();
  if (const auto& query = proxy.last_query(id)) {
    const auto ago =
        static_cast<unsigned>(std::chrono::duration_cast<std::chrono::seconds>(now - query->when).count());
    port.last_query_s = std::min(port.last_query_s.value_or(ago), ago);
  }
  const Querier<F>* querier = proxy.querier(id);
  if (querier == nullptr) return;
  if (port.bridge && port.snooping) {
    for (const auto& [group, merged] : proxy.database().groups()) {
      if (proxy.database().Links(group).contains(id)) port.wanted.push_back(group.ToString());
    }
  }
  const auto other = querier->other_querier();
  if (!other) return;
  port.other_querier = other->ToString();
  port.served = proxy.topology().Serves(id);
}

}  // namespace

void Agent::WatchCounters(Port& port, Time now) {
  DropCounters drops = ipv4_.proxy().counters(port.id).drops;
  drops += ipv6_.proxy().counters(port.id).drops;
  const Duration episode = std::max(RepetitionOf(ipv4_.proxy(), port), RepetitionOf(ipv6_.proxy(), port));
  port.recent.limit.See(drops[DropReason::kLimit], now, episode);
  port.recent.policy.See(drops[DropReason::kPolicy], now, episode);
  port.recent.ssm.See(drops[DropReason::kSsm], now, episode);
  if (port.socket) port.recent.overflows.See(port.socket->Overflows(), now, episode);
}

void Agent::WatchReversePath(Time now) {
  if (config_.bpffs.empty()) reverse_path_drops_.See(ReversePathDrops(), now, kReversePathEpisode);
}

/// Which streams arrive, and those of them that somebody wants and that are refused.
template <class F>
void Agent::AddRefusedStreams(const FamilyAgent<F>& family, const std::vector<PortView>& views,
                              const DatapathCounters& counters, Time now, DoctorFacts& facts) {
  const auto flows = datapath_->Flows(F());
  if (!flows) return;
  const StreamSources<F> sources{ports_, views, family.proxy(), *flows, counters, packet_events_, now};
  std::set<typename F::Address> groups;
  for (const FlowCounters<F>& flow : *flows) {
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (views[i].id == flow.arrival && now - flow.last <= kArriving) facts.ports[i].arriving = true;
    }
    if (flow.dropped > 0) groups.insert(flow.key.group);
  }
  for (const auto& group : groups) {
    if (facts.refused_data.size() == kMostComplaints) return;
    const StreamVerdict verdict = Judge(GatherStream<F>(sources, group, std::nullopt));
    if (verdict.state == StreamState::kDataRefused) {
      facts.refused_data.push_back({verdict.sentence, verdict.next});
    }
  }
}

Result<std::string> Agent::Doctor() {
  std::vector<InterfaceConfig> interfaces;
  for (const auto& [id, port] : ports_) interfaces.push_back(port.config);
  DoctorFacts facts = ProbeMachine(interfaces, config_.config.datapath);
  const std::vector<PortView> views = PortViews();
  const DatapathCounters counters = Counters();
  const Time now = Now();
  facts.agent = true;
  facts.uptime_s = std::chrono::duration<double>(now - started_).count();
  WatchReversePath(now);
  facts.reverse_path_drops_now = reverse_path_drops_.At(now, kReversePathEpisode).count > 0;
  facts.groups_asked_ipv6 = ipv6_.proxy().database().groups().size();
  facts.groups_asked = ipv4_.proxy().database().groups().size() + facts.groups_asked_ipv6;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const PortView& view = views[i];
    DoctorPort& port = facts.ports[i];
    port.waiting = view.waiting;
    port.hook_reason = view.hook_reason;
    if (view.hook) port.hook = HookName(*view.hook);
    for (const PortCounters& each : counters.ports) {
      if (each.id == view.id) port.received = each.received.packets;
    }
    AddLinkFacts(ipv4_.proxy(), view.id, now, port);
    AddLinkFacts(ipv6_.proxy(), view.id, now, port);
    Port& watched = ports_.at(view.id);
    WatchCounters(watched, now);
    const Duration episode =
        std::max(RepetitionOf(ipv4_.proxy(), watched), RepetitionOf(ipv6_.proxy(), watched));
    port.refused_by_limit = watched.recent.limit.At(now, episode);
    port.refused_by_policy = watched.recent.policy.At(now, episode);
    port.refused_ssm = watched.recent.ssm.At(now, episode);
    port.overflows = watched.recent.overflows.At(now, episode);
    port.query_interval_s = static_cast<unsigned>(
        std::chrono::duration_cast<std::chrono::seconds>(watched.config.ipv4.timing().query_interval)
            .count());
    if (view.hook == Hook::kKernel) {
      facts.forwarding = Forwarding::kKernel;
      if (config_.config.datapath != DatapathSetting::kKernel) facts.forwarding_reason = view.hook_reason;
    }
  }
  // What has it then is this agent.
  if (facts.forwarding == Forwarding::kKernel) facts.mroute_interfaces.clear();
  ForEachFamily([&](const auto& family) { AddRefusedStreams(family, views, counters, now, facts); });
  return FindingsJson(Diagnose(facts));
}

}  // namespace bpfcast
