#include "datapath/bpf_datapath.h"

#include <net/if.h>

#include <algorithm>

#include "datapath/bpf_counters.h"
#include "datapath/fib_check.h"
#include "datapath/flow_table.h"
#include "datapath/kernel_time.h"
#include "datapath/port_facts.h"
#include "log/log.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

template <class F>
bool SameRules(const FamilyPort<F>& a, const FamilyPort<F>& b) {
  return a.served == b.served && a.own_addresses == b.own_addresses && a.subnets == b.subnets &&
         a.other_sources == b.other_sources && a.passages == b.passages;
}

bool SameRules(const DatapathPort& a, const DatapathPort& b) {
  return a.role == b.role && a.source_check == b.source_check && SameRules(a.ipv4, b.ipv4) &&
         SameRules(a.ipv6, b.ipv6);
}

}  // namespace

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
      object_.control[0].lease = 0;  // who still holds a program sees that it serves nothing
      pins_.RemoveAll();
      return;
    case End::kLeave:
      refused_.Release();
      for (auto& [id, attached] : ports_) {
        attached.xdp.Release();
        attached.tcx.Release();
        attached.filter.Release();
      }
      return;
  }
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
    Log(Subsystem::kDatapath)
        .warn("some groups do not follow a change of {} yet: {}",
              port ? "ifindex " + std::to_string(port->ifindex) : "a port that went", built.error().message);
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
  if (Result<void> done = AddRules(rules); !done) Log(Subsystem::kDatapath).error("{}", done.error().message);
  RemoveOtherRules(rules);
  if (Result<void> done = WriteDefaultRoute(); !done)
    Log(Subsystem::kDatapath).error("{}", done.error().message);
}

void BpfDatapath::ForgetEntry(PortId id) {
  if (Result<void> done = object_.ports.Set(static_cast<std::uint32_t>(id), {}); !done) {
    Log(Subsystem::kDatapath).error("{}", done.error().message);
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
    Log(Subsystem::kDatapath)
        .warn("{}: somebody took the TC program away; it is attached again", Named(attached.port));
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
    Log(Subsystem::kDatapath)
        .warn("{}: somebody took the XDP program away; it is attached again", Named(attached.port));
    attached.xdp = BpfLink();
  }
  if (!attached.xdp && attached.xdp_refused) return;
  if (!attached.xdp) {
    Result<BpfLink> link = BpfLink::AttachXdp(object_.xdp_program(), attached.port.ifindex, pins_);
    if (!link) {
      std::string reason = std::string(tc) + ", because native XDP: " + link.error().message;
      if (reason != attached.attachment.reason) {  // it is tried again now and then
        Log(Subsystem::kDatapath)
            .warn("attach XDP to {}: {}; using TC instead", Named(attached.port), link.error().message);
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
  if (Result<void> ticked = oils_.Tick(now); !ticked)
    Log(Subsystem::kDatapath).debug("{}", ticked.error().message);
  if (oils_.Rebuild() == OilPool::Words::kChanged) RefreshRoutes();
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
  counters.tables = {{"routes", ipv4_.routes() + ipv6_.routes() + 1, BPFCAST_MAX_ROUTES},  // with the default
                     {"port-lists", oils_.slots_taken(), BPFCAST_MAX_OILS}};
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
