#include "datapath/bpf_datapath.h"

#include <net/if.h>

#include <algorithm>
#include <set>

#include "datapath/bpf_counters.h"
#include "datapath/fib_check.h"
#include "datapath/flow_table.h"
#include "datapath/kernel_time.h"
#include "datapath/netns_cookie.h"
#include "datapath/port_facts.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

/// Tick() renews it once a second.
constexpr Duration kShortestLease = std::chrono::seconds(3);
constexpr Duration kTransition = std::chrono::minutes(1);

std::string Named(const DatapathPort& port) {
  return port.name + " (ifindex " + std::to_string(port.ifindex) + ")";
}

template <class F>
bool SameRules(const FamilyPort<F>& a, const FamilyPort<F>& b) {
  return a.served == b.served && a.own_addresses == b.own_addresses && a.subnets == b.subnets &&
         a.other_sources == b.other_sources && a.passages == b.passages;
}

bool SameRules(const DatapathPort& a, const DatapathPort& b) {
  return a.role == b.role && a.source_check == b.source_check && SameRules(a.ipv4, b.ipv4) &&
         SameRules(a.ipv6, b.ipv6);
}

Result<void> CheckLinkLayer(const DatapathPort& port) {
  const PortFacts facts = ProbePort(port.name, port.ifindex);
  if (port.ethernet ? facts.ethernet : facts.bare) return {};
  return Fail(Named(port) + " is " +
              (port.ethernet ? "not an Ethernet interface"
                             : "neither an Ethernet interface nor one of IP packets alone (tun, ppp)") +
              ", and bpfcast serves no others; take it out of the configuration or use a bridge or veth in "
              "front of it");
}

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
  if (datapath->predecessor_.estate() == Estate::kNone) datapath->end_ = End::kCleanStop;
  bpfcast_control& control = datapath->object_.control[0];
  control.netns = *netns;
  control.abi = BPFCAST_ABI;
  datapath->RenewLease();
  // An index of another namespace names another interface here.
  if (datapath->predecessor_.estate() == Estate::kNone) {
    datapath->pins_.RemoveOthers([](const std::string&) { return false; });
  }
  if (datapath->predecessor_.estate() == Estate::kRoutes) {
    if (Result<void> inherited = datapath->Inherit(); !inherited) return tl::unexpected(inherited.error());
  } else if (Result<void> pinned = datapath->PinMaps(); !pinned) {
    return tl::unexpected(pinned.error());
  }
  datapath->inheritance_.estate = datapath->predecessor_.estate();
  if (Result<void> grown = datapath->oils_.Tick(Time{}); !grown) return tl::unexpected(grown.error());
  Result<PacketEvents> events = PacketEvents::Open(datapath->object_.events());
  if (!events) return tl::unexpected(events.error());
  datapath->events_ = std::move(*events);
  if (Result<RefusedFrames> refused = RefusedFrames::Attach(datapath->object_, datapath->pins_)) {
    datapath->refused_ = std::move(*refused);
  } else {
    spdlog::debug("frames that a full transmit ring refuses count as sent: {}", refused.error().message);
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

BpfDatapath::BpfDatapath(const BpfDatapathConfig& config, BpfPins pins, Predecessor predecessor,
                         BpfObject object)
    : config_(config),
      pins_(std::move(pins)),
      predecessor_(std::move(predecessor)),
      object_(std::move(object)),
      device_maps_(object_),
      oils_(device_maps_, BPFCAST_MAX_OILS),
      routes_(object_, oils_),
      ipv4_(object_, oils_, routes_),
      ipv6_(object_, oils_, routes_) {}

BpfDatapath::~BpfDatapath() {
  switch (end_) {
    case End::kCleanStop:
      refused_ = RefusedFrames();
      ports_.clear();
      pins_.RemoveAll();
      return;
    case End::kLeavePredecessor:
    case End::kHandOver:
      refused_.Release();
      for (auto& [id, attached] : ports_) {
        attached.xdp.Release();
        attached.tcx.Release();
        attached.filter.Release();
      }
      return;
  }
}

void BpfDatapath::HandOver() {
  if (end_ != End::kCleanStop) return;  // nothing is ours yet
  RenewLease();
  end_ = End::kHandOver;
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
  if (Result<void> written = WriteDefaultRoute(); !written) spdlog::error("{}", written.error().message);
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

Result<PortAttachment> BpfDatapath::SetPort(const DatapathPort& port) {
  const auto known = ports_.find(port.id);
  const bool same = known != ports_.end() && known->second.port.ifindex == port.ifindex;
  if (!same) {
    RemovePort(port.id);
    if (Result<void> checked = CheckLinkLayer(port); !checked) return tl::unexpected(checked.error());
    // An interface that was renamed may come under its new name before it goes under the old one.
    const auto old = std::find_if(ports_.begin(), ports_.end(), [&](const auto& entry) {
      return entry.second.port.ifindex == port.ifindex;
    });
    if (old != ports_.end()) RemovePort(old->first);
  }
  AttachedPort& attached = ports_[port.id];
  const bool described = same && attached.port == port;
  const bool same_rules = same && SameRules(attached.port, port);
  attached.port = port;
  Result<void> done;
  if (!described) attached.xdp_refused = false;
  if (!described) done = Describe(port, same_rules ? std::nullopt : std::optional(MakeRules()));
  if (!done) {
    RemovePort(port.id);
    return Fail("serve " + Named(port) + ": " + done.error().message);
  }
  return Attach(attached);
}

/// On failure the port is gone.
Result<PortAttachment> BpfDatapath::Attach(AttachedPort& attached) {
  const DatapathPort port = attached.port;
  // Going down may be the first word of being deleted, which takes the programs along.
  char name[IF_NAMESIZE];
  const bool stays = port.up && ::if_indextoname(port.ifindex, name) != nullptr;
  if (!stays && (attached.tcx || attached.filter)) return attached.attachment;
  if (Result<void> done = AttachTc(attached); !done) {
    RemovePort(port.id);
    return Fail("serve " + Named(port) + ": " + done.error().message);
  }
  AttachXdp(attached);
  attached.attachment.obstacle = MissingForFibCheck(port);
  return attached.attachment;
}

// Everything that the programs read of a port, before the first packet of it comes.
Result<void> BpfDatapath::Describe(const DatapathPort& port, const std::optional<Rules>& new_rules) {
  if (new_rules) {
    if (Result<void> written = AddRules(*new_rules); !written) return written;
  }
  if (Result<void> written = WriteEntry(port); !written) return written;
  if (new_rules) RemoveOtherRules(*new_rules);
  return WriteDefaultRoute();
}

Result<void> BpfDatapath::WriteEntry(const DatapathPort& port) {
  bpfcast_port entry{};
  entry.ifindex = port.ifindex;
  entry.mtu = static_cast<std::uint16_t>(std::min(port.mtu, 65535U));
  entry.bare = !port.ethernet;
  std::copy(port.mac.begin(), port.mac.end(), entry.mac);
  entry.role = port.role == PortRole::kUpstream ? BPFCAST_ROLE_UPSTREAM : BPFCAST_ROLE_DOWNSTREAM;
  entry.ttl_threshold = port.ttl_threshold;
  entry.ipv4 = DescribeFamily<Igmp>(port);
  entry.ipv6 = DescribeFamily<Mld>(port);
  const auto id = static_cast<std::uint32_t>(port.id);
  if (Result<void> written = object_.ports.Set(id, entry); !written) return written;
  if (Result<void> written = object_.if_port.Set(port.ifindex, id); !written) return written;
  std::optional<OilPort> oil_port;  // a port that is down is in no list, as one that is not there
  if (port.up) {
    if (Result<void> written = device_maps_.SetPort(port.id, port.ifindex); !written) return written;
    oil_port = OilPort{port.ifindex, port.mtu, port.xdp_target && port.ethernet};
  }
  SetOilPort(port.id, oil_port);
  return {};
}

// A list that cannot follow the port costs neither the port nor the other ports of the list anything: Tick
// builds it as soon as it can.
void BpfDatapath::SetOilPort(PortId id, const std::optional<OilPort>& port) {
  if (Result<void> built = oils_.SetPort(id, port); !built) {
    spdlog::warn("some groups do not follow a change of {} yet: {}",
                 port ? "ifindex " + std::to_string(port->ifindex) : "a port that went",
                 built.error().message);
  }
  RefreshRoutes();
}

void BpfDatapath::RemovePort(PortId id) {
  const auto known = ports_.find(id);
  if (known == ports_.end()) return;
  const std::uint32_t ifindex = known->second.port.ifindex;
  ports_.erase(known);
  SetOilPort(id, std::nullopt);
  device_maps_.RemovePort(id);
  object_.if_port.Erase(ifindex);
  ForgetEntry(id);
  const Rules rules = MakeRules();
  if (Result<void> done = AddRules(rules); !done) spdlog::error("{}", done.error().message);
  RemoveOtherRules(rules);
  if (Result<void> done = WriteDefaultRoute(); !done) spdlog::error("{}", done.error().message);
}

void BpfDatapath::ForgetEntry(PortId id) {
  if (Result<void> done = object_.ports.Set(static_cast<std::uint32_t>(id), {}); !done) {
    spdlog::error("{}", done.error().message);
  }
}

BpfDatapath::Rules BpfDatapath::MakeRules() const {
  const std::vector<DatapathPort> ports = Ports();
  return {PortRules<Igmp>(ports), PortRules<Mld>(ports)};
}

Result<void> BpfDatapath::AddRules(const Rules& wanted) {
  if (Result<void> added = ipv4_.AddRules(wanted.ipv4); !added) return added;
  return ipv6_.AddRules(wanted.ipv6);
}

void BpfDatapath::RemoveOtherRules(const Rules& wanted) {
  ipv4_.RemoveOtherRules(wanted.ipv4);
  ipv6_.RemoveOtherRules(wanted.ipv6);
}

void BpfDatapath::RefreshRoutes() {
  routes_.Refresh();
  ipv4_.Refresh();
  ipv6_.Refresh();
}

Result<void> BpfDatapath::WriteDefaultRoute() {
  PortSet upstreams;
  for (const auto& [id, attached] : ports_) {
    if (attached.port.role == PortRole::kUpstream) upstreams.Add(id);
  }
  return routes_.SetDefault(upstreams);
}

Result<void> BpfDatapath::AttachTc(AttachedPort& attached) {
  const int program = attached.port.ethernet ? object_.tc_program() : object_.tc_bare_program();
  const bool lost_link = attached.tcx && !attached.tcx.IsAttached();
  const bool lost_filter = attached.filter && !attached.filter.IsAttached(program);
  if (lost_link || lost_filter) {
    spdlog::warn("{}: somebody took the TC program away; it is attached again", Named(attached.port));
    attached.tcx = BpfLink();
    attached.filter = TcFilter();
  }
  if (attached.tcx || attached.filter) return {};
  std::string refused = "forced";
  if (config_.tc == TcAttachment::kBest) {
    Result<BpfLink> link = BpfLink::AttachTcx(program, attached.port.ifindex, pins_);
    if (link) {
      attached.tcx = std::move(*link);
      return {};
    }
    refused = link.error().message;
  }
  Result<TcFilter> filter = TcFilter::Attach(program, attached.port.ifindex, pins_);
  if (!filter) return Fail(refused + ", and " + filter.error().message);
  attached.filter = std::move(*filter);
  return {};
}

void BpfDatapath::AttachXdp(AttachedPort& attached) {
  const char* const tc = attached.tcx ? "TCX link" : "clsact filter";
  if (attached.port.hook == Hook::kTc) {
    attached.xdp = BpfLink();
    attached.attachment = {Hook::kTc, tc};
    return;
  }
  if (attached.xdp && !attached.xdp.IsAttached()) {
    spdlog::warn("{}: somebody took the XDP program away; it is attached again", Named(attached.port));
    attached.xdp = BpfLink();
  }
  if (!attached.xdp && attached.xdp_refused) return;
  if (!attached.xdp) {
    Result<BpfLink> link = BpfLink::AttachXdp(object_.xdp_program(), attached.port.ifindex, pins_);
    if (!link) {
      std::string reason = std::string(tc) + ", because native XDP: " + link.error().message;
      if (reason != attached.attachment.reason) {  // it is tried again now and then
        spdlog::warn("attach XDP to {}: {}; using TC instead", Named(attached.port), link.error().message);
      }
      attached.attachment = {Hook::kTc, std::move(reason)};
      attached.xdp_refused = !BpfLink::HasXdp(attached.port.ifindex);
      return;
    }
    attached.xdp = std::move(*link);
  }
  attached.attachment = {Hook::kXdp, std::string("native XDP, with a ") + tc + " for what XDP cannot send"};
}

Result<void> BpfDatapath::Apply(const ForwardingUpdate<Igmp>& update) {
  return ipv4_.Apply(update);
}
Result<void> BpfDatapath::Apply(const ForwardingUpdate<Mld>& update) {
  return ipv6_.Apply(update);
}
Result<void> BpfDatapath::Sync(const ForwardingUpdate<Igmp>& table) {
  return ipv4_.Sync(table);
}
Result<void> BpfDatapath::Sync(const ForwardingUpdate<Mld>& table) {
  return ipv6_.Sync(table);
}

void BpfDatapath::Tick(Time now) {
  RenewLease();
  routes_.Tick(now);
  if (Result<void> ticked = oils_.Tick(now); !ticked) spdlog::debug("{}", ticked.error().message);
  if (oils_.Rebuild() == OilPool::Words::kChanged) RefreshRoutes();
}

/// Until the datapath is ours, what forwards goes on for a minute at least, and no longer because of us.
void BpfDatapath::RenewLease() {
  const bool ours = end_ != End::kLeavePredecessor;
  const Time end = KernelTime() + (ours ? std::max(config_.lease, kShortestLease) : kTransition);
  const auto lease = static_cast<std::uint64_t>(end.time_since_epoch().count());
  predecessor_.ProlongLease(end);
  __u64& present = object_.control[0].lease;
  present = ours ? lease : std::max<std::uint64_t>(present, lease);
}

std::vector<DatapathPort> BpfDatapath::Ports() const {
  std::vector<DatapathPort> ports;
  for (const auto& [id, attached] : ports_) ports.push_back(attached.port);
  return ports;
}

Result<DatapathCounters> BpfDatapath::Counters() {
  DatapathCounters counters;
  for (const auto& [id, attached] : ports_) {
    Result<PortCounters> port = ReadPortCounters(object_, id);
    if (!port) return tl::unexpected(port.error());
    counters.ports.push_back(*port);
  }
  if (Result<void> read = ReadVerdicts(object_, counters); !read) return tl::unexpected(read.error());
  return counters;
}

Result<std::vector<RouteCounters<Igmp>>> BpfDatapath::CountersOfRoutes(Igmp) {
  return ipv4_.Counters();
}
Result<std::vector<RouteCounters<Mld>>> BpfDatapath::CountersOfRoutes(Mld) {
  return ipv6_.Counters();
}
Result<std::vector<FlowCounters<Igmp>>> BpfDatapath::Flows(Igmp) {
  return ReadFlows<Igmp>(object_, KernelTime());
}
Result<std::vector<FlowCounters<Mld>>> BpfDatapath::Flows(Mld) {
  return ReadFlows<Mld>(object_, KernelTime());
}

}  // namespace bpfcast
