// BpfDatapath: the Datapath of XDP and TC programs.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datapath/bpf_link.h"
#include "datapath/bpf_object.h"
#include "datapath/bpf_pins.h"
#include "datapath/device_maps.h"
#include "datapath/family_tables.h"
#include "datapath/oil_pool.h"
#include "datapath/packet_events.h"
#include "datapath/predecessor.h"
#include "datapath/refused_frames.h"
#include "datapath/route_array.h"
#include "datapath/tc_filter.h"
#include "routing/datapath.h"

namespace bpfcast {

/// How the TC program is attached.
enum class TcAttachment : std::uint8_t { kBest, kFilter };

struct BpfDatapathConfig {
  std::string instance = "default";
  std::string bpffs = "/sys/fs/bpf";  // pins go to BPFFS/bpfcast/INSTANCE/
  /// The programs pass everything when Tick was not called for so long. Zero: they end with the agent, a
  /// filter of Linux before 6.6 some seconds later.
  Duration lease = std::chrono::minutes(5);
  TcAttachment tc = TcAttachment::kBest;  // TCX where the kernel has it, or a clsact filter anyway
};

/// Owns the programs, the maps, their pins and what attaches them. Destruction is the clean stop: nothing of
/// it is left in the kernel. After a crash the pinned programs go on forwarding until the lease runs out, and
/// so they do after HandOver(); the next agent takes their maps over, and gives their links its own programs.
class BpfDatapath : public Datapath {
 public:
  /// Mounts bpffs when it is missing, loads the programs, with the maps of a dead agent of the same instance
  /// where they fit. What that agent left goes on as it is until TakeOver(), and in case of failure.
  /// Interfaces are those of the network namespace of the calling thread.
  static Result<std::unique_ptr<BpfDatapath>> Open(const BpfDatapathConfig& config);
  BpfDatapath(const BpfDatapath&) = delete;
  BpfDatapath& operator=(const BpfDatapath&) = delete;
  ~BpfDatapath() override;

  const Inheritance& Inherited() const override { return inheritance_; }
  Result<TakenOver> TakeOver(const std::vector<DatapathPort>& ports, const ForwardingUpdate<Igmp>& ipv4,
                             const ForwardingUpdate<Mld>& ipv6) override;
  void HandOver() override;
  Result<PortAttachment> SetPort(const DatapathPort& port) override;
  void RemovePort(PortId port) override;
  Result<void> Apply(const ForwardingUpdate<Igmp>& update) override;
  Result<void> Apply(const ForwardingUpdate<Mld>& update) override;
  Result<void> Sync(const ForwardingUpdate<Igmp>& table) override;
  Result<void> Sync(const ForwardingUpdate<Mld>& table) override;
  void Tick(Time now) override;
  Result<DatapathCounters> Counters() override;
  Result<std::vector<RouteCounters<Igmp>>> CountersOfRoutes(Igmp) override;
  Result<std::vector<RouteCounters<Mld>>> CountersOfRoutes(Mld) override;
  Result<std::vector<FlowCounters<Igmp>>> Flows(Igmp) override;
  Result<std::vector<FlowCounters<Mld>>> Flows(Mld) override;
  int EventsFd() const override { return events_.fd(); }
  std::vector<PacketEvent> TakeEvents() override { return events_.Take(); }

  /// Where the pins are, for display.
  const std::string& pin_directory() const { return pins_.directory(); }
  const BpfObject& object() const { return object_; }
  /// Without it, frames that a transmit ring has no room for count as sent.
  bool CountsRefusedFrames() const { return static_cast<bool>(refused_); }

 private:
  struct AttachedPort {
    DatapathPort port;
    BpfLink xdp;
    BpfLink tcx;
    TcFilter filter;
    PortAttachment attachment;
    bool xdp_refused = false;  // by the driver, which is not asked again before the port changes
  };

  /// What the ports say of sources and groups, for both families.
  struct Rules {
    PortRules<Igmp> ipv4;
    PortRules<Mld> ipv6;
  };

  BpfDatapath(const BpfDatapathConfig& config, BpfPins pins, Predecessor predecessor, BpfObject object);

  static Result<BpfObject> LoadObject(const BpfPins& pins, Predecessor& predecessor);
  Result<void> Succeed();
  Result<void> PinMaps();
  Result<void> Inherit();
  void RemoveLeftPorts();
  void RemoveLeftPins();
  /// `new_rules`: of all ports, if the port changes them.
  Result<void> Describe(const DatapathPort& port, const std::optional<Rules>& new_rules);
  Result<void> WriteEntry(const DatapathPort& port);
  void ForgetEntry(PortId id);
  Result<PortAttachment> Attach(AttachedPort& attached);
  void SetOilPort(PortId id, const std::optional<OilPort>& port);
  Rules MakeRules() const;
  Result<void> AddRules(const Rules& wanted);
  void RemoveOtherRules(const Rules& wanted);
  void RefreshRoutes();
  Result<void> WriteDefaultRoute();
  Result<void> AttachTc(AttachedPort& attached);
  void AttachXdp(AttachedPort& attached);
  void RenewLease();
  std::vector<DatapathPort> Ports() const;

  /// kLeave: what forwards is not ours yet, or another agent's from now on.
  enum class End : std::uint8_t { kLeave, kCleanStop };

  BpfDatapathConfig config_;
  BpfPins pins_;
  Predecessor predecessor_;
  Inheritance inheritance_;
  End end_ = End::kLeave;
  BpfObject object_;
  DeviceMaps device_maps_;
  OilPool oils_;
  RouteArray routes_;
  FamilyTables<Igmp> ipv4_;
  FamilyTables<Mld> ipv6_;
  PacketEvents events_;
  RefusedFrames refused_;
  std::map<PortId, AttachedPort> ports_;
};

}  // namespace bpfcast
