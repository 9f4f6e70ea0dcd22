// The part of Agent that looks for what keeps streams from flowing.
#include <algorithm>
#include <set>

#include "agent/agent.h"
#include "agent/explain_gather.h"
#include "agent/explain_verdict.h"
#include "doctor/probe.h"
#include "doctor/report.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

/// One of them is enough to see what is wrong.
constexpr std::size_t kMostComplaints = 5;

template <class F>
void AddLinkFacts(const Proxy<F>& proxy, PortId id, DoctorPort& port) {
  const LinkCounters& counters = proxy.counters(id);
  port.queries_sent += counters.queries_sent;
  port.reports_received += counters.reports_received;
  port.queries_received += counters.queries_received;
  port.refused_by_limit += counters.drops[DropReason::kLimit];
  port.refused_by_policy += counters.drops[DropReason::kPolicy];
  port.refused_ssm += counters.drops[DropReason::kSsm];
  const Querier<F>* querier = proxy.querier(id);
  if (querier == nullptr) return;
  const auto other = querier->other_querier();
  if (!other) return;
  port.other_querier = other->ToString();
  port.served = proxy.topology().Serves(id);
}

}  // namespace

/// Streams that somebody wants and whose packets come and are refused.
template <class F>
void Agent::AddRefusedStreams(const FamilyAgent<F>& family, const std::vector<PortView>& views,
                              const DatapathCounters& counters, DoctorFacts& facts) {
  const auto flows = datapath_->Flows(F());
  if (!flows) return;
  const StreamSources<F> sources{ports_, views, family.proxy(), *flows, counters, packet_events_, Now()};
  std::set<typename F::Address> groups;
  for (const FlowCounters<F>& flow : *flows) {
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
  facts.agent = true;
  facts.uptime_s = std::chrono::duration<double>(Now() - started_).count();
  facts.groups_asked = ipv4_.proxy().database().groups().size() + ipv6_.proxy().database().groups().size();
  for (std::size_t i = 0; i < views.size(); ++i) {
    const PortView& view = views[i];
    DoctorPort& port = facts.ports[i];
    port.waiting = view.waiting;
    port.hook_reason = view.hook_reason;
    port.overflows = view.receive_overflows;
    if (view.hook) port.hook = HookName(*view.hook);
    for (const PortCounters& each : counters.ports) {
      if (each.id == view.id) port.received = each.received.packets;
    }
    AddLinkFacts(ipv4_.proxy(), view.id, port);
    AddLinkFacts(ipv6_.proxy(), view.id, port);
    port.query_interval_s = static_cast<unsigned>(std::chrono::duration_cast<std::chrono::seconds>(
                                                      ports_.at(view.id).config.ipv4.timing().query_interval)
                                                      .count());
    if (view.hook == Hook::kKernel) {
      facts.forwarding = Forwarding::kKernel;
      if (config_.config.datapath != DatapathSetting::kKernel) facts.forwarding_reason = view.hook_reason;
    }
  }
  // What has it then is this agent.
  if (facts.forwarding == Forwarding::kKernel) facts.mroute_interfaces.clear();
  ForEachFamily([&](const auto& family) { AddRefusedStreams(family, views, counters, facts); });
  return FindingsJson(Diagnose(facts));
}

}  // namespace bpfcast
