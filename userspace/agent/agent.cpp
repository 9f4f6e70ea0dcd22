#include "agent/agent.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

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

constexpr PortId kUpstream{0};

ProxyConfig<Igmp> ToProxyConfig(const Config& config) {
  ProxyConfig<Igmp> proxy;
  proxy.upstream = kUpstream;
  proxy.host.timing = config.upstream.timing;
  for (std::size_t i = 0; i < config.downstreams.size(); ++i) {
    DownstreamConfig<Igmp> downstream;
    downstream.port = static_cast<PortId>(i + 1);
    downstream.querier.timing = config.downstreams[i].timing;
    proxy.downstreams.push_back(std::move(downstream));
  }
  return proxy;
}

std::vector<Port> MakePorts(const Config& config) {
  std::vector<Port> ports(config.downstreams.size() + 1);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    ports[i].id = static_cast<PortId>(i);
    ports[i].role = i == 0 ? PortRole::kUpstream : PortRole::kDownstream;
    ports[i].config = i == 0 ? config.upstream : config.downstreams[i - 1];
  }
  return ports;
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
                    static_cast<std::uint64_t>(getpid()) << 32)),
      ports_(MakePorts(config_.config)) {}

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
    if (resync_) {
      const auto synced = datapath_->Sync(proxy_.table().All());
      resync_ = !synced;
      if (synced) spdlog::info("the datapath holds every route again");
    }
  }
}

void Agent::FinishTurn() {
  if (std::exchange(follow_links_, false)) FollowLinks();
  if (const Time now = Now(); next_sweep_ <= now) SweepLocalMemberships(now);
  ApplyUpdate();
  SendPackets();
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
  for (const Port& port : ports_) {
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
    Port& port = PortOf(send.port);
    if (!port.socket) continue;
    if (const auto sent = port.socket->Send(send.packet.destination, send.packet.bytes); !sent) {
      Trouble(port, sent.error().message);
    }
  }
}

RpcMethods Agent::Methods() {
  RpcMethods methods;
  methods["status"] = [this] {
    const InstanceView instance{config_.instance, std::string(kVersion), getpid(),
                                Now() - started_, config_.config_file,   config_.bpffs};
    return StatusJson(instance, PortViews(), proxy_, Counters());
  };
  methods["ports"] = [this] { return PortsJson(PortViews(), proxy_, Counters()); };
  methods["groups"] = [this] { return GroupsJson(PortViews(), proxy_, CountersOfRoutes(), Now()); };
  return methods;
}

std::vector<PortView> Agent::PortViews() {
  std::vector<PortView> views;
  views.reserve(ports_.size());
  for (Port& port : ports_) {
    PortView view;
    view.id = port.id;
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

std::vector<RouteCounters<Igmp>> Agent::CountersOfRoutes() {
  auto counters = datapath_->CountersOfRoutes();
  if (counters) return std::move(*counters);
  spdlog::error("{}", counters.error().message);
  return {};
}

DatapathCounters Agent::Counters() {
  auto counters = datapath_->Counters();
  if (counters) return std::move(*counters);
  spdlog::error("{}", counters.error().message);
  return {};
}

}  // namespace bpfcast
