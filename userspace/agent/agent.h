// Agent: wires the proxies to sockets, links, clock, datapath and control socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/control.h"
#include "agent/family_agent.h"
#include "agent/lasting_trouble.h"
#include "agent/packet_event_log.h"
#include "agent/port.h"
#include "agent/static_additions.h"
#include "agent/views.h"
#include "config/config.h"
#include "datapath/xdp_features.h"
#include "os/event_loop.h"
#include "os/icmpv6_socket.h"
#include "os/interface_flags.h"
#include "os/link_monitor.h"
#include "routing/datapath.h"
#include "routing/policer.h"

namespace bpfcast {

struct DoctorFacts;
class MetricFamilies;

struct AgentConfig {
  std::string instance;
  std::string config_file;
  std::string socket_path;
  std::string flags_path;              // record of the interface flags that we set
  std::string bpffs;                   // for display; empty: the kernel forwards
  std::string joined_until_stop_path;  // records of static memberships that were added
  std::string joined_until_leave_path;
  Config config;
  std::function<RpcResult()> reload;  // reads the file again; gives ReloadJson()
};

/// What fails is logged, by name, and tried again. Destruction leaves the machine as it was found, or, handed
/// over, as it forwards; but before the first turn as it is.
class Agent {
 public:
  /// What may fail at the start. `loop` outlives the agent.
  static Result<std::unique_ptr<Agent>> Open(EventLoop& loop, AgentConfig config,
                                             std::unique_ptr<Datapath> datapath);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Call it once to begin, and after each wake-up of the loop: what happened in between is acted on.
  void FinishTurn();
  /// Does what `config` changes, and nothing else, by the end of the turn.
  void Configure(Config config);
  /// Leaves the upstream, by the end of the turn, which is to be the last one.
  void Stop();
  /// Leaves everything as it forwards to the next agent. It is to be the end.
  void HandOver();

  const std::string& instance() const { return config_.instance; }
  const Config& config() const { return config_.config; }
  /// What it has on this machine, for whom it is to belong to.
  std::vector<std::string> OwnedPaths() const;
  /// What Prometheus reads of it; see metric_list.h.
  void AddMetrics(MetricFamilies& out);

 private:
  Agent(EventLoop& loop, AgentConfig config, std::unique_ptr<Datapath> datapath);

  // Configuration.
  void ChangeUpstream(const InterfaceConfig& config);
  void ChangeDownstreams(const Config& config);
  void ChangeSettings(Port& port, const InterfaceConfig& config);
  /// False when all ports are taken.
  bool AddDownstream(const InterfaceConfig& config, PortOrigin origin);
  /// An interface as the file has it; nothing when it has no role.
  std::optional<InterfaceConfig> Configured(const std::string& interface) const;
  Result<std::string> Join(const RpcParams& params);
  Result<std::string> Leave(const RpcParams& params);
  Result<std::string> ChangeStatic(
      const RpcParams& params,
      const std::function<Result<std::string>(const InterfaceConfig& configured,
                                              const std::string& membership)>& change);
  PortId NumberFor(const std::string& interface);
  void RemoveDownstream(PortId id);
  Port* FindPort(const std::string& interface);

  // From the agent before, and to the next one.
  void Adopt(Time now);
  /// What each family's routes led to, as far as ports are still the same.
  template <class F>
  std::vector<InheritedRoute<F>> Adoptable(const std::vector<InheritedRoute<F>>& routes) const;
  Time HostsKnown() const;
  void TakeOver(Time now);

  // Ports follow their interfaces.
  void FollowLinks();
  void FollowDefaultDownstreams();
  void FollowLink(Port& port);
  void Connect(Port& port, const Link& link);
  void Disconnect(Port& port);
  void Install(Port& port);
  /// What the datapath is to be told of a port that is up; nothing when no family is served there.
  std::optional<DatapathPort> Wanted(Port& port);
  void OnAttached(Port& port, const DatapathPort& wanted, const Result<PortAttachment>& attached);
  void ShowState(Port& port, const Link* link);
  static void WarnOfBridge(const Link& link);
  void WarnOfMaster(const Link& link) const;
  void Trouble(Port& port, const std::string& message);

  // Single packets that the datapath tells of.
  void OnPacketEvents();
  void TellSender(const PacketEvent& event, Time now);
  void ComplainSeldom(const std::string& failure, Time now);

  // What happens in one turn of the loop.
  void OnPackets(Port& port);
  void OnDeadline();

  /// Calls `work` with the agent of each family.
  template <class Work>
  void ForEachFamily(Work work) {
    work(ipv4_);
    work(ipv6_);
  }

  RpcMethods Methods();
  template <class Rows>
  Result<std::string> BothFamilies(Rows rows) const;
  Result<std::string> Explain(const RpcParams& params);
  template <class F>
  Result<std::string> ExplainStream(const FamilyAgent<F>& family, const typename F::Address& group,
                                    const std::string& source);
  Result<std::string> Doctor();
  /// Notes what rose, so that Doctor() tells what is over.
  void WatchCounters(Port& port, Time now);
  void WatchReversePath(Time now);
  template <class F>
  void AddRefusedStreams(const FamilyAgent<F>& family, const std::vector<PortView>& views,
                         const DatapathCounters& counters, Time now, DoctorFacts& facts);
  std::vector<PortView> PortViews();
  /// Logs what fails, once until it works again.
  Result<DatapathCounters> ReadCounters();
  /// The same; none when they cannot be read.
  DatapathCounters Counters() { return ReadCounters().value_or(DatapathCounters()); }

  EventLoop& loop_;
  AgentConfig config_;
  Time started_;
  std::unique_ptr<Datapath> datapath_;
  FdWatch datapath_watch_;  // after the datapath: ends before it
  AllMulticastFlags all_multicast_;
  StaticAdditions static_additions_;
  Ports ports_;
  FamilyAgent<Igmp> ipv4_;
  FamilyAgent<Mld> ipv6_;
  std::unique_ptr<LinkMonitor> links_;
  std::optional<XdpFeatureChanges> feature_changes_;  // not before Linux 6.3
  FdWatch feature_watch_;
  std::unique_ptr<ControlServer> control_;
  PacketBatch batch_;
  PacketEventLog packet_events_;
  RecentCount reverse_path_drops_;  // while the kernel forwards
  LastingTrouble counters_trouble_;
  std::optional<Icmpv6Socket> icmpv6_;
  Time next_complaint_{};
  TokenBucket packets_too_big_;

  /// What an earlier agent left forwards until then; nothing once this agent's datapath does.
  std::optional<Time> take_over_at_ = Time::min();
  bool follow_links_ = true;
  bool recheck_ports_ = true;  // what drivers can do may change without a word; look again now and then
  PortId last_port_ = kUpstreamPort;  // the number that was given last
  bool ports_exhausted_ = false;      // said once
  Time next_tick_{};
  Time next_retry_{};
  Time next_sweep_{};
  Deadline deadline_;
  Time armed_ = kNever;
};

}  // namespace bpfcast
