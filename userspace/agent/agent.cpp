#include "agent/agent.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/link_view.h"
#include "agent/log_text.h"
#include "agent/version.h"
#include "os/clock.h"
#include "os/local_memberships.h"

namespace bpfcast {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
/// How often local memberships are read and failed attempts repeated.
constexpr Duration kRetry = std::chrono::seconds(10);
/// Many sockets that join at once are seen in one sweep.
constexpr Duration kSweepPause = std::chrono::milliseconds(100);

ProxyConfig<Igmp> ToProxyConfig(const Config& config) {
  ProxyConfig<Igmp> proxy;
  proxy.upstream = ToUpstreamConfig(kUpstreamPort, config.upstream, Link());
  return proxy;
}

}  // namespace

Agent::Agent(EventLoop& loop, AgentConfig config, std::unique_ptr<Datapath> datapath)
    : loop_(loop),
      config_(std::move(config)),
      started_(Now()),
      datapath_(std::move(datapath)),
      all_multicast_(config_.flags_path),
      // Only the spread of report delays depends on the seed; two routers that boot together must not share
      // it.
      proxy_(ToProxyConfig(config_.config),
             Random(static_cast<std::uint64_t>(started_.time_since_epoch().count()) ^
                    static_cast<std::uint64_t>(getpid()) << 32)) {
  Port& upstream = ports_[kUpstreamPort];
  upstream.id = kUpstreamPort;
  upstream.role = PortRole::kUpstream;
  upstream.config = config_.config.upstream;
  for (const InterfaceConfig& downstream : config_.config.downstreams) {
    AddDownstream(downstream, PortOrigin::kNamed);
  }
}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::Start(EventLoop& loop, AgentConfig config,
                                            std::unique_ptr<Datapath> datapath) {
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(config), std::move(datapath)));
  Agent* self = agent.get();
  auto links = LinkMonitor::Open(loop, [self] { self->follow_links_ = true; });
  if (!links) return tl::unexpected(links.error());
  agent->links_ = std::move(*links);
  loop.AfterWakeUp([self] { self->FinishTurn(); });
  loop.OnStopSignal([self] { self->OnStop(); });
  loop.OnReloadSignal([self] {
    const auto changes = self->Reload();
    if (changes && changes->empty()) spdlog::info("{}: nothing changed", self->config_.config_file);
  });

  const Time now = Now();
  agent->next_tick_ = now + kTick;
  agent->next_retry_ = now + kRetry;
  agent->next_sweep_ = now;
  agent->FinishTurn();
  // The control socket last: who gets an answer from it finds everything in place.
  auto control = ControlServer::Open(loop, agent->config_.socket_path, agent->Methods());
  if (!control) return tl::unexpected(control.error());
  agent->control_ = std::move(*control);
  return agent;
}

void Agent::Run() {
  spdlog::info("instance '{}' runs: upstream {}, {} downstream", config_.instance,
               config_.config.upstream.name, config_.config.downstreams.size());
  loop_.Run();
  spdlog::info("instance '{}' stopped", config_.instance);
}

void Agent::OnStop() {
  proxy_.Leave(effects_);
  SendPackets();
  loop_.Stop();
}

void Agent::OnPackets(Port& port) {
  const Time now = Now();
  port.socket->Receive(batch_, [&](Direction direction, std::span<const std::uint8_t> packet) {
    if (direction == Direction::kIncoming) {
      proxy_.OnPacket(port.id, packet, now, effects_);
    } else {
      // This machine's own IGMP speaks: a socket may have joined or left.
      next_sweep_ = std::min(next_sweep_, now + kSweepPause);
    }
  });
}

void Agent::OnDeadline() {
  const Time now = Now();
  armed_ = kNever;
  if (proxy_.NextExpiry() <= now) proxy_.Expire(now, effects_);
  if (next_tick_ <= now) {
    next_tick_ = now + kTick;
    datapath_->Tick(now);
    if (control_) control_->CloseIdle(now);
  }
  if (next_retry_ <= now) {
    next_retry_ = now + kRetry;
    links_->RetryReload();
    follow_links_ = recheck_ports_ = true;
    WarnOfGroupsNotAskedFor();
    if (resync_) {
      const auto synced = datapath_->Sync(proxy_.table().All());
      resync_ = !synced;
      if (synced) spdlog::info("the datapath holds every route again");
    }
  }
}

/// D-25. Once for each time that the upstream falls back.
void Agent::WarnOfGroupsNotAskedFor() {
  const Version mode = proxy_.host().mode();
  if (mode == Version::kV3) {
    warned_of_mode_ = mode;
    return;
  }
  if (warned_of_mode_ == mode) return;
  const auto group = proxy_.host().NotAskedFor();
  if (!group) return;
  spdlog::error(
      "{}: the upstream speaks IGMPv{}, which cannot name sources: source-specific groups such as {} are "
      "not asked for; an IGMPv3 querier there serves them",
      config_.config.upstream.name, static_cast<int>(mode), group->ToString());
  warned_of_mode_ = mode;
}

void Agent::FinishTurn() {
  if (std::exchange(follow_links_, false)) FollowLinks();
  if (const Time now = Now(); next_sweep_ <= now) SweepLocalMemberships(now);
  ApplyUpdate();
  SendPackets();
  LogNotices();
  const Time next = std::min({proxy_.NextExpiry(), next_tick_, next_retry_, next_sweep_});
  if (next == armed_) return;
  armed_ = next;
  loop_.SetDeadline(next, [this] { OnDeadline(); });
}

void Agent::SweepLocalMemberships(Time now) {
  next_sweep_ = now + kRetry;
  const auto memberships = ReadLocalMemberships();
  if (!memberships) {
    spdlog::warn("{}", memberships.error().message);
    return;
  }
  std::set<Ipv4Address> groups;
  std::set<Ipv4Address> upstream;
  for (const auto& [id, port] : ports_) {
    const auto joined = memberships->find(port.link.ifindex);
    if (joined == memberships->end()) continue;
    for (const Ipv4Address& group : joined->second) {
      if (!Igmp::IsRoutable(group)) continue;
      groups.insert(group);
      if (port.role == PortRole::kUpstream) upstream.insert(group);
    }
  }
  for (const Ipv4Address& group : groups) {
    if (!local_groups_.contains(group)) proxy_.OnLocalMembership(group, LocalMembership::kJoined, effects_);
  }
  for (const Ipv4Address& group : local_groups_) {
    if (!groups.contains(group)) proxy_.OnLocalMembership(group, LocalMembership::kNone, effects_);
  }
  for (const Ipv4Address& group : local_upstream_groups_) {
    if (!upstream.contains(group)) proxy_.OnLocalLeaveUpstream(group, now);
  }
  local_groups_ = std::move(groups);
  local_upstream_groups_ = std::move(upstream);
}

void Agent::ApplyUpdate() {
  if (effects_.update.empty()) return;
  const auto applied = datapath_->Apply(std::exchange(effects_.update, {}));
  if (applied) return;
  // Once until it is mended: what the network asks for must not fill the log.
  if (!std::exchange(resync_, true)) spdlog::error("{}", applied.error().message);
}

void Agent::SendPackets() {
  for (const SendPacket<Igmp>& send : std::exchange(effects_.packets, {})) {
    const auto found = ports_.find(send.port);
    if (found == ports_.end() || !found->second.socket) continue;
    Port& port = found->second;
    const auto sent = port.socket->Send(send.packet.destination, send.packet.bytes);
    const std::string failure = sent ? std::string() : sent.error().message;
    if (std::exchange(port.send_failure, failure) != failure && !sent) spdlog::error("{}", failure);
  }
}

void Agent::LogNotices() {
  for (const PortNotice<Igmp>& notice : std::exchange(effects_.notices, {})) {
    const auto found = ports_.find(notice.port);
    if (found != ports_.end()) spdlog::warn("{}", Describe(notice.notice, found->second.config.name));
  }
}

RpcMethods Agent::Methods() {
  RpcMethods methods;
  methods["status"] = [this] {
    const InstanceView instance{config_.instance, std::string(kVersion), getpid(),
                                Now() - started_, config_.config_file,   config_.bpffs};
    return StatusJson(instance, PortViews(), proxy_, Counters(), Now());
  };
  methods["ports"] = [this] { return PortsJson(PortViews(), proxy_, Counters(), Now()); };
  methods["groups"] = [this]() -> Result<std::string> {
    const auto routes = datapath_->CountersOfRoutes(Igmp());
    if (!routes) return tl::unexpected(routes.error());
    return GroupsJson(PortViews(), proxy_, *routes, Now());
  };
  methods["flows"] = [this]() -> Result<std::string> {
    const auto flows = datapath_->Flows(Igmp());
    if (!flows) return tl::unexpected(flows.error());
    return FlowsJson(PortViews(), proxy_, *flows, Now());
  };
  methods["reload"] = [this]() -> Result<std::string> {
    const auto changes = Reload();
    if (!changes) return tl::unexpected(changes.error());
    return ReloadJson(*changes);
  };
  return methods;
}

std::vector<PortView> Agent::PortViews() {
  std::vector<PortView> views;
  views.reserve(ports_.size());
  for (auto& [id, port] : ports_) {
    PortView view;
    view.id = id;
    view.name = port.config.name;
    view.role = port.role;
    view.waiting = port.waiting;
    view.ifindex = port.link.ifindex;
    view.address = port.link.PrimaryAddress();
    if (port.installed) {
      view.hook = port.attachment.hook;
      view.hook_reason = port.attachment.reason;
    } else {
      view.hook_reason = port.trouble;
    }
    if (port.socket) view.receive_overflows = port.socket->Overflows();
    views.push_back(std::move(view));
  }
  return views;
}

DatapathCounters Agent::Counters() {
  auto counters = datapath_->Counters();
  if (counters) return std::move(*counters);
  spdlog::error("{}", counters.error().message);
  return {};
}

}  // namespace bpfcast
