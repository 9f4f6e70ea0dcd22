// Agent: wires the proxy to sockets, links, clock, datapath and control socket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/control.h"
#include "agent/port.h"
#include "agent/views.h"
#include "os/event_loop.h"
#include "os/interface_flags.h"
#include "os/link_monitor.h"
#include "routing/datapath.h"
#include "routing/proxy.h"

namespace bpfcast {

struct AgentConfig {
  std::string instance;
  std::string config_file;
  std::string socket_path;
  std::string flags_path;  // record of the interface flags that we set
  std::string bpffs;       // for display
  Config config;
};

/// After the start nothing ends it but Run()'s stop signal: what fails is logged, by name, and tried again.
/// Destruction leaves the machine as it was found.
class Agent {
 public:
  /// `loop` outlives the agent.
  static Result<std::unique_ptr<Agent>> Start(EventLoop& loop, AgentConfig config,
                                              std::unique_ptr<Datapath> datapath);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Returns after SIGTERM or SIGINT, when the upstream has been left.
  void Run();

 private:
  Agent(EventLoop& loop, AgentConfig config, std::unique_ptr<Datapath> datapath);

  // Ports follow their interfaces.
  void FollowLinks();
  void FollowLink(Port& port, const std::vector<Ipv4Address>& own_addresses);
  void Connect(Port& port, const Link& link);
  void Disconnect(Port& port);
  void Install(Port& port);
  void ShowState(Port& port, const std::string& waiting);
  void Trouble(Port& port, const std::string& message);

  // What happens in one turn of the loop.
  void OnPackets(Port& port);
  void OnDeadline();
  void OnStop();
  void FinishTurn();
  void SweepLocalMemberships(Time now);
  void ApplyUpdate();
  void SendPackets();

  RpcMethods Methods();
  std::vector<PortView> PortViews();
  DatapathCounters Counters();
  std::vector<RouteCounters<Igmp>> CountersOfRoutes();
  Port& PortOf(PortId id) { return ports_[static_cast<std::size_t>(id)]; }

  EventLoop& loop_;
  AgentConfig config_;
  Time started_;
  std::unique_ptr<Datapath> datapath_;
  AllMulticastFlags all_multicast_;
  Proxy<Igmp> proxy_;
  std::vector<Port> ports_;  // by PortId
  std::unique_ptr<LinkMonitor> links_;
  std::unique_ptr<ControlServer> control_;
  PacketBatch batch_;

  ProxyEffects<Igmp> effects_;  // of this turn
  bool follow_links_ = true;
  bool recheck_ports_ = true;  // drivers change what they can do without a word; look again now and then
  bool resync_ = false;        // the datapath refused something: give it the whole table again
  Time next_tick_{};
  Time next_retry_{};
  Time next_sweep_{};
  Time armed_ = kNever;
  std::set<Ipv4Address> local_groups_;
  std::set<Ipv4Address> local_upstream_groups_;  // those of them that are joined on the upstream
};

}  // namespace bpfcast
