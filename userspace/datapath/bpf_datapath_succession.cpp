// The part of BpfDatapath that takes over what an earlier agent left in the kernel, and leaves it to the next
// one.
#include <algorithm>
#include <set>

#include "datapath/bpf_datapath.h"
#include "datapath/kernel_time.h"
#include "datapath/netns_cookie.h"
#include "datapath/port_facts.h"
#include "log/log.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

/// Tick() renews it once a second.
constexpr Duration kShortestLease = std::chrono::seconds(3);
constexpr Duration kTransition = std::chrono::minutes(1);

}  // namespace

Result<std::unique_ptr<BpfDatapath>> BpfDatapath::Open(const BpfDatapathConfig& config) {
  const Survival survival =
      config.lease > Duration::zero() ? Survival::kOutlivesAgent : Survival::kEndsWithAgent;
  Result<BpfPins> pins = BpfPins::Open(config.bpffs, config.instance, survival);
  if (!pins) return tl::unexpected(pins.error());
  const Result<std::uint64_t> netns = NetnsCookie();
  if (!netns) return tl::unexpected(netns.error());
  Result<Predecessor> predecessor = Predecessor::Find(*pins, *netns);
  if (!predecessor) return tl::unexpected(predecessor.error());
  const Estate found = predecessor->estate();
  Result<BpfObject> object = LoadObject(*pins, *predecessor);
  if (!object) {
    if (found == Estate::kNone) pins->RemoveAll();
    return tl::unexpected(object.error());
  }
  std::unique_ptr<BpfDatapath> datapath(
      new BpfDatapath(config, std::move(*pins), std::move(*predecessor), std::move(*object)));
  bpfcast_control& control = datapath->object_.control[0];
  control.netns = *netns;
  control.abi = BPFCAST_ABI;
  if (Result<void> succeeded = datapath->Succeed(); !succeeded) return tl::unexpected(succeeded.error());
  datapath->inheritance_.estate = datapath->predecessor_.estate();
  if (Result<void> grown = datapath->oils_.Tick(Time{}); !grown) return tl::unexpected(grown.error());
  Result<PacketEvents> events = PacketEvents::Open(datapath->object_.events());
  if (!events) return tl::unexpected(events.error());
  datapath->events_ = std::move(*events);
  if (Result<RefusedFrames> refused = RefusedFrames::Attach(datapath->object_, datapath->pins_)) {
    datapath->refused_ = std::move(*refused);
  } else {
    Log(Subsystem::kDatapath)
        .debug("frames that a full transmit ring refuses count as sent: {}", refused.error().message);
  }
  return datapath;
}

/// Maps of our version that do not fit were never an agent's that ran.
Result<BpfObject> BpfDatapath::LoadObject(const BpfPins& pins, Predecessor& predecessor) {
  if (predecessor.estate() == Estate::kRoutes) {
    Result<std::optional<BpfObject>> object = BpfObject::LoadWithPinned(pins);
    if (!object) return tl::unexpected(object.error());
    if (*object) return std::move(**object);
    predecessor = Predecessor();
  }
  return BpfObject::Load();
}

/// What is there and cannot be taken over goes; what can be stays as it is.
Result<void> BpfDatapath::Succeed() {
  switch (predecessor_.estate()) {
    case Estate::kNone:
      end_ = End::kCleanStop;
      RenewLease();
      // Before anything is attached: an index of another namespace names another interface here.
      if (!pins_.IsEmpty()) {
        Log(Subsystem::kDatapath)
            .info("removes what is left in {}: its lease ended, or it belongs to another network namespace",
                  pins_.directory());
        pins_.RemoveOthers([](const std::string&) { return false; });
      }
      return PinMaps();
    case Estate::kOpaque:
      RenewLease();
      return PinMaps();
    case Estate::kRoutes:
      RenewLease();
      return Inherit();
  }
  return {};
}

void BpfDatapath::HandOver() {
  RenewLease();
  end_ = End::kLeave;
}

/// `control` last: with it they are a set.
Result<void> BpfDatapath::PinMaps() {
  if (predecessor_.estate() == Estate::kOpaque && pins_.Find(kControlMap)) {
    if (Result<void> renamed = pins_.Rename(kControlMap, kControlBefore); !renamed) return renamed;
  }
  pins_.Unpin(kControlMap);
  int control = -1;
  for (const auto& [name, fd] : object_.maps()) {
    if (name == kControlMap) {
      control = fd;
      continue;
    }
    if (Result<void> pinned = pins_.Pin(fd, name); !pinned) return pinned;
  }
  if (predecessor_.estate() == Estate::kOpaque) return {};
  return pins_.Pin(control, kControlMap);
}

Result<void> BpfDatapath::Inherit() {
  for (std::uint32_t id = 0; id < BPFCAST_MAX_PORTS; ++id) {
    const Result<bpfcast_port> port = object_.ports.Get(id);
    if (!port) return tl::unexpected(port.error());
    if (port->ifindex == 0) continue;
    const PortRole role = port->role == BPFCAST_ROLE_UPSTREAM ? PortRole::kUpstream : PortRole::kDownstream;
    inheritance_.ports.push_back({static_cast<PortId>(id), port->ifindex, role});
  }
  Result<std::vector<InheritedRoute<Igmp>>> ipv4 = ipv4_.Inherit();
  if (!ipv4) return tl::unexpected(ipv4.error());
  Result<std::vector<InheritedRoute<Mld>>> ipv6 = ipv6_.Inherit();
  if (!ipv6) return tl::unexpected(ipv6.error());
  inheritance_.ipv4 = std::move(*ipv4);
  inheritance_.ipv6 = std::move(*ipv6);
  return {};
}

/// In an order in which packets always find all of what they need: what they may need, then who needs it, and
/// last the end of what nobody needs any more.
Result<TakenOver> BpfDatapath::TakeOver(const std::vector<DatapathPort>& ports,
                                        const ForwardingUpdate<Igmp>& ipv4,
                                        const ForwardingUpdate<Mld>& ipv6) {
  RenewLease();
  TakenOver taken;
  std::vector<Result<PortAttachment>>& answers = taken.ports;
  for (const DatapathPort& port : ports) {
    if (Result<void> known = CheckLinkLayer(port); known) {
      ports_[port.id].port = port;
      answers.emplace_back();
    } else {
      answers.emplace_back(tl::unexpected(known.error()));
    }
  }
  const Rules rules = MakeRules();
  Result<void> added = AddRules(rules);
  if (!added) {
    // There is no room for the old ones beside them.
    ipv4_.RemoveLeftRules();
    ipv6_.RemoveLeftRules();
    added = AddRules(rules);
  }
  if (!added) {
    ports_.clear();
    return tl::unexpected(added.error());
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (!answers[i]) continue;
    if (Result<void> written = WriteEntry(ports[i]); !written) {
      RemovePort(ports[i].id);
      answers[i] = Fail("serve " + Named(ports[i]) + ": " + written.error().message);
    }
  }
  if (Result<void> written = WriteDefaultRoute(); !written)
    Log(Subsystem::kDatapath).error("{}", written.error().message);
  taken.ipv4 = Sync(ipv4);
  taken.ipv6 = Sync(ipv6);
  // From here on our set decides, of the packets that our programs see.
  if (predecessor_.estate() == Estate::kOpaque) {
    if (Result<void> pinned = pins_.Pin(object_.control_map(), kControlMap); !pinned) {
      ports_.clear();
      return tl::unexpected(pinned.error());
    }
  }
  end_ = End::kCleanStop;
  RemoveLeftPorts();  // an interface that has no role any more is not to pass for one that has
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (answers[i]) answers[i] = Attach(ports_.at(ports[i].id));
  }
  ipv4_.RemoveLeftRules();
  ipv6_.RemoveLeftRules();
  if (taken.ipv4 && taken.ipv6) oils_.FreeReserved();
  RemoveLeftPins();
  predecessor_ = Predecessor();
  inheritance_ = Inheritance();
  RenewLease();
  return taken;
}

void BpfDatapath::RemoveLeftPorts() {
  std::set<std::uint32_t> known;
  for (const auto& [id, attached] : ports_) known.insert(attached.port.ifindex);
  for (const InheritedPort& port : inheritance_.ports) {
    if (!known.contains(port.ifindex)) object_.if_port.Erase(port.ifindex);
    if (ports_.contains(port.id)) continue;
    device_maps_.RemovePort(port.id);
    ForgetEntry(port.id);
  }
}

void BpfDatapath::RemoveLeftPins() {
  std::set<std::string> pins;
  for (const auto& [name, fd] : object_.maps()) pins.insert(name);
  for (const auto& [id, attached] : ports_) {
    pins.insert({attached.xdp.pin(), attached.tcx.pin(), attached.filter.pin()});
  }
  pins.insert(refused_.pin());
  pins_.RemoveOthers([&](const std::string& name) { return pins.contains(name); });
}

/// Until the datapath is ours, what forwards goes on for a minute at least, and no longer because of us.
void BpfDatapath::RenewLease() {
  const bool ours = end_ == End::kCleanStop;
  const Time end = KernelTime() + (ours ? std::max(config_.lease, kShortestLease) : kTransition);
  const auto lease = static_cast<std::uint64_t>(end.time_since_epoch().count());
  predecessor_.ProlongLease(end);
  __u64& present = object_.control[0].lease;
  present = ours ? lease : std::max<std::uint64_t>(present, lease);
}

}  // namespace bpfcast
