#include "agent/agent.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "agent/link_view.h"
#include "agent/version.h"
#include "agent/views_acl.h"
#include "agent/views_debug.h"
#include "config/check.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
/// How often local memberships are read and failed attempts repeated.
constexpr Duration kRetry = std::chrono::seconds(10);
/// Many sockets that join at once are seen in one sweep.
constexpr Duration kSweepPause = std::chrono::milliseconds(100);

/// Only the spread of report delays depends on the seed; two routers that boot together must not share it.
std::uint64_t Seed(Time now) {
  return static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ static_cast<std::uint64_t>(getpid())
                                                                          << 32;
}

template <class F>
FamilyPortView ToView(const Port& port) {
  FamilyPortView view;
  view.service = ServiceOf(port.link, port.role, port.config.Of<F>());
  // Of a link that is down only that can be told.
  std::string problem = LinkProblem(port.link.ifindex == 0 ? nullptr : &port.link);
  if (!problem.empty() && view.service.service != Service::kOff) {
    view.service = {Service::kWaits, std::move(problem)};
  }
  if (const auto address = SendingAddress(port.link.Addresses<F>())) view.address = address->ToString();
  return view;
}

}  // namespace

Agent::Agent(EventLoop& loop, AgentConfig config, std::unique_ptr<Datapath> datapath)
    : loop_(loop),
      config_(std::move(config)),
      started_(Now()),
      datapath_(std::move(datapath)),
      all_multicast_(config_.flags_path),
      static_additions_(config_.joined_until_stop_path, config_.joined_until_leave_path),
      ipv4_(static_additions_.With(config_.config.upstream), Random(Seed(started_)), *datapath_, ports_),
      ipv6_(static_additions_.With(config_.config.upstream), Random(Seed(started_) + 1), *datapath_, ports_),
      deadline_(loop) {
  Port& upstream = ports_[kUpstreamPort];
  upstream.id = kUpstreamPort;
  upstream.role = PortRole::kUpstream;
  upstream.config = static_additions_.With(config_.config.upstream);
  for (const InterfaceConfig& downstream : config_.config.downstreams) {
    AddDownstream(downstream, PortOrigin::kNamed);
  }
}

Agent::~Agent() {
  if (take_over_at_) all_multicast_.HandOver();  // what forwards is still the agent's before
}

Result<std::unique_ptr<Agent>> Agent::Open(EventLoop& loop, AgentConfig config,
                                           std::unique_ptr<Datapath> datapath) {
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(config), std::move(datapath)));
  Agent* self = agent.get();
  auto links = LinkMonitor::Open(loop, [self] { self->follow_links_ = true; });
  if (!links) return tl::unexpected(links.error());
  agent->links_ = std::move(*links);
  if (auto changes = XdpFeatureChanges::Open()) {
    agent->feature_changes_ = std::move(*changes);
    agent->feature_watch_ = FdWatch(loop, agent->feature_changes_->fd());
    agent->feature_watch_.OnReadable([self] {
      self->feature_changes_->Take();
      self->follow_links_ = self->recheck_ports_ = true;
    });
  } else {
    Log(Subsystem::kAgent).debug("ports are looked at every 10 s: {}", changes.error().message);
  }
  if (const int events = agent->datapath_->EventsFd(); events >= 0) {
    agent->datapath_watch_ = FdWatch(loop, events);
    agent->datapath_watch_.OnReadable([self] { self->OnPacketEvents(); });
  }

  const Time now = Now();
  agent->WatchReversePath(now);
  agent->reverse_path_drops_.Forget();  // of the time before
  agent->next_tick_ = now + kTick;
  agent->next_retry_ = now + kRetry;
  agent->next_sweep_ = now;
  // What may fail comes before anything of the agent before is touched. Nobody gets an answer until
  // everything is in place: the loop does not run yet.
  auto control = ControlServer::Open(loop, agent->config_.socket_path, agent->Methods());
  if (!control) return tl::unexpected(control.error());
  agent->control_ = std::move(*control);
  return agent;
}

void Agent::Stop() {
  ForEachFamily([](auto& family) { family.Leave(); });
  static_additions_.Stop();
  if (std::exchange(take_over_at_, std::nullopt)) {  // what goes on without us ends, too
    const auto ended = datapath_->TakeOver({}, {}, {});
    if (!ended) Log(Subsystem::kAgent).error("what the agent before left goes on: {}", ended.error().message);
  }
}

std::vector<std::string> Agent::OwnedPaths() const {
  std::vector<std::string> paths = {config_.socket_path, config_.flags_path, config_.joined_until_stop_path,
                                    std::filesystem::path(config_.joined_until_leave_path).parent_path()};
  if (!config_.bpffs.empty()) paths.push_back(config_.bpffs);
  return paths;
}

void Agent::OnPackets(Port& port) {
  const Time now = Now();
  port.socket->Receive(batch_,
                       [&](Direction direction, IpVersion version, std::span<const std::uint8_t> packet) {
                         if (direction == Direction::kOutgoing) {
                           // This machine's own IGMP or MLD speaks: a socket may have joined or left.
                           next_sweep_ = std::min(next_sweep_, now + kSweepPause);
                           return;
                         }
                         switch (version) {
                           case IpVersion::kIpv4:
                             return ipv4_.OnPacket(port.id, packet, now);
                           case IpVersion::kIpv6:
                             return ipv6_.OnPacket(port.id, packet, now);
                         }
                       });
}

void Agent::OnDeadline() {
  const Time now = Now();
  armed_ = kNever;
  ForEachFamily([&](auto& family) { family.Expire(now); });
  if (next_tick_ <= now) {
    next_tick_ = now + kTick;
    datapath_->Tick(now);
    if (control_) control_->CloseIdle(now);
    for (auto& [id, port] : ports_) WatchCounters(port, now);
  }
  if (next_retry_ <= now) {
    next_retry_ = now + kRetry;
    links_->RetryReload();
    follow_links_ = recheck_ports_ = true;
    WatchReversePath(now);
    ForEachFamily([](auto& family) { family.Retry(); });
  }
}

void Agent::FinishTurn() {
  if (std::exchange(follow_links_, false)) FollowLinks();
  if (take_over_at_ == Time::min()) Adopt(Now());
  if (const Time now = Now(); next_sweep_ <= now) {
    next_sweep_ = now + kRetry;
    ForEachFamily([&](auto& family) { family.SweepLocalMemberships(now); });
  }
  ForEachFamily([&](auto& family) {
    for (const PortId id : family.TakeChangedPassages()) {
      if (const auto port = ports_.find(id); port != ports_.end()) Install(port->second);
    }
  });
  if (const Time now = Now(); take_over_at_ && *take_over_at_ <= now) TakeOver(now);
  ForEachFamily([](auto& family) { family.Settle(); });
  const Time next = std::min({ipv4_.NextExpiry(), ipv6_.NextExpiry(), next_tick_, next_retry_, next_sweep_,
                              take_over_at_.value_or(kNever)});
  if (next == armed_) return;
  armed_ = next;
  deadline_.Set(next, [this] { OnDeadline(); });
}

RpcMethods Agent::Methods() {
  RpcMethods methods;
  methods["status"].call = [this](const RpcParams&) {
    const InstanceView instance{config_.instance, std::string(kVersion), getpid(),
                                Now() - started_, config_.config_file,   config_.bpffs};
    return StatusJson(instance, PortViews(), ipv4_.proxy(), ipv6_.proxy(), Counters(), Now());
  };
  methods["ports"].call = [this](const RpcParams&) {
    return PortsJson(PortViews(), ipv4_.proxy(), ipv6_.proxy(), Counters(), Now());
  };
  methods["groups"].call = [this](const RpcParams&) {
    return BothFamilies([&]<class F>(const FamilyAgent<F>& family) -> Result<std::string> {
      const auto routes = datapath_->CountersOfRoutes(F());
      if (!routes) return tl::unexpected(routes.error());
      return GroupsJson(PortViews(), family.proxy(), *routes, Now());
    });
  };
  methods["flows"].call = [this](const RpcParams&) {
    return BothFamilies([&]<class F>(const FamilyAgent<F>& family) -> Result<std::string> {
      const auto flows = datapath_->Flows(F());
      if (!flows) return tl::unexpected(flows.error());
      return FlowsJson(PortViews(), family.proxy(), *flows, Now());
    });
  };
  methods["events"].call = [this](const RpcParams&) { return EventsJson(packet_events_, Now()); };
  methods["explain"] = {[this](const RpcParams& params) { return Explain(params); }, {"group"}, {"source"}};
  methods["doctor"].call = [this](const RpcParams&) { return Doctor(); };
  methods["config"].optional = {"all"};
  methods["config"].call = [this](const RpcParams& params) -> Result<std::string> {
    const bool every = Given(params, "all") == "true";
    return EffectiveJson(config_.config, every ? Settings::kAll : Settings::kNotDefault);
  };
  methods["acl"] = {[this](const RpcParams& params) { return AclJson(params, ports_); },
                    {"port", "group"},
                    {"source", "host", "direction"}};
  methods["join"] = {
      [this](const RpcParams& params) { return Join(params); }, {"port", "group"}, {"source", "until"}};
  methods["leave"] = {
      [this](const RpcParams& params) { return Leave(params); }, {"port", "group"}, {"source"}};
  methods["debug"] = {Debug, {}, {"subsystem", "level"}};
  methods["reload"].call = [this](const RpcParams&) { return config_.reload(); };
  return methods;
}

/// The rows of both families, IPv4 first.
template <class Rows>
Result<std::string> Agent::BothFamilies(Rows rows) const {
  auto first = rows(ipv4_);
  if (!first) return first;
  auto second = rows(ipv6_);
  if (!second) return second;
  return JoinArrays(std::move(*first), *second);
}

std::vector<PortView> Agent::PortViews() {
  std::vector<PortView> views;
  views.reserve(ports_.size());
  for (auto& [id, port] : ports_) {
    PortView view;
    view.id = id;
    view.name = port.config.name;
    view.role = port.role;
    view.config = &port.config;
    view.waiting = port.waiting;
    view.taking_over = take_over_at_.has_value();
    view.ifindex = port.link.ifindex;
    view.ipv4 = ToView<Igmp>(port);
    view.ipv6 = ToView<Mld>(port);
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

Result<DatapathCounters> Agent::ReadCounters() {
  auto counters = datapath_->Counters();
  if (counters) {
    if (counters_trouble_.IsOver()) Log(Subsystem::kAgent).info("packets of ports can be read again");
  } else if (counters_trouble_.IsNews(counters.error().message)) {
    Log(Subsystem::kAgent).error("views and metrics are without packets: {}", counters.error().message);
  }
  return counters;
}

}  // namespace bpfcast
