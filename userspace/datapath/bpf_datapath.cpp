#include "datapath/bpf_datapath.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "datapath/bpf_counters.h"
#include "datapath/flow_table.h"
#include "datapath/port_facts.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

bpfcast_source_key ToKey(const SourceRule& rule) {
  bpfcast_source_key key{};
  key.prefixlen = BPFCAST_SCOPE_BITS + rule.length;
  key.scope = rule.scope;
  std::memcpy(&key.address, rule.address.bytes().data(), sizeof key.address);
  return key;
}

std::string Named(const DatapathPort& port) {
  return port.name + " (ifindex " + std::to_string(port.ifindex) + ")";
}

std::string Named(const RouteKey<Igmp>& key) {
  std::string text = "(";
  text += key.source.IsUnspecified() ? "*" : key.source.ToString();
  text += ",";
  text += key.group.ToString();
  return text + ")";
}

bool SameSources(const DatapathPort& a, const DatapathPort& b) {
  return a.role == b.role && a.source_check == b.source_check && a.ipv4 == b.ipv4 && a.ipv6 == b.ipv6;
}

// The clock that the programs read: the time line of the caller may start anywhere.
Time KernelTime() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

Result<std::unique_ptr<BpfDatapath>> BpfDatapath::Open(const BpfDatapathConfig& config) {
  Result<BpfPins> pins = BpfPins::Open(config.bpffs, config.instance);
  if (!pins) return tl::unexpected(pins.error());
  Result<BpfObject> object = BpfObject::Load();
  if (!object) return tl::unexpected(object.error());
  std::unique_ptr<BpfDatapath> datapath(new BpfDatapath(config, std::move(*pins), std::move(*object)));
  if (Result<void> pinned = datapath->PinMaps(); !pinned) return tl::unexpected(pinned.error());
  if (Result<void> grown = datapath->oils_.Tick(Time{}); !grown) return tl::unexpected(grown.error());
  datapath->RenewLease();
  return datapath;
}

BpfDatapath::BpfDatapath(const BpfDatapathConfig& config, BpfPins pins, BpfObject object)
    : config_(config),
      pins_(std::move(pins)),
      object_(std::move(object)),
      device_maps_(object_),
      oils_(device_maps_, BPFCAST_MAX_OILS),
      routes_(object_, oils_) {}

BpfDatapath::~BpfDatapath() = default;

Result<void> BpfDatapath::PinMaps() {
  for (const auto& [name, fd] : object_.maps()) {
    if (Result<void> pinned = pins_.Pin(fd, name); !pinned) return pinned;
  }
  return {};
}

Result<PortAttachment> BpfDatapath::SetPort(const DatapathPort& port) {
  const auto known = ports_.find(port.id);
  const bool same = known != ports_.end() && known->second.port.ifindex == port.ifindex;
  if (!same && !ProbePort(port.name, port.ifindex).ethernet) {
    RemovePort(port.id);
    return Fail(Named(port) +
                " is not an Ethernet interface, and bpfcast serves no others; take it out of the "
                "configuration or use a bridge or veth in front of it");
  }
  if (!same) {
    RemovePort(port.id);
    // An interface that was renamed may come under its new name before it goes under the old one.
    const auto old = std::find_if(ports_.begin(), ports_.end(), [&](const auto& entry) {
      return entry.second.port.ifindex == port.ifindex;
    });
    if (old != ports_.end()) RemovePort(old->first);
  }
  AttachedPort& attached = ports_[port.id];
  const bool same_sources = same && SameSources(attached.port, port);
  attached.port = port;
  Result<void> done = Describe(port, same_sources ? std::nullopt : std::optional(MakeSourceRules(Ports())));
  if (done) done = AttachTc(attached);
  if (!done) {
    RemovePort(port.id);
    return Fail("serve " + Named(port) + ": " + done.error().message);
  }
  AttachXdp(attached);
  return attached.attachment;
}

// Everything that the programs read of a port, before the first packet of it comes. Of the sources, what
// accepts comes before what is taken away, so that no good one is refused in between.
Result<void> BpfDatapath::Describe(const DatapathPort& port, const std::optional<SourceRules>& new_rules) {
  bpfcast_port entry{};
  entry.ifindex = port.ifindex;
  entry.mtu = port.mtu;
  std::copy(port.mac.begin(), port.mac.end(), entry.mac);
  entry.role = port.role == PortRole::kUpstream ? BPFCAST_ROLE_UPSTREAM : BPFCAST_ROLE_DOWNSTREAM;
  entry.ttl_threshold = port.ttl_threshold;
  entry.check_sources = port.source_check != SourceCheck::kOff;
  entry.unknown_sources = static_cast<std::uint8_t>(UnknownSourceVerdict(port));
  const auto id = static_cast<std::uint32_t>(port.id);
  if (new_rules) {
    if (Result<void> written = AddSources(*new_rules); !written) return written;
  }
  if (Result<void> written = object_.ports.Set(id, entry); !written) return written;
  if (new_rules) RemoveOtherSources(*new_rules);
  if (Result<void> written = object_.if_port.Set(port.ifindex, id); !written) return written;
  std::optional<OilPort> oil_port;  // a port that is down is in no list, as one that is not there
  if (port.up) {
    if (Result<void> written = device_maps_.SetPort(port.id, port.ifindex); !written) return written;
    oil_port = OilPort{port.ifindex, port.mtu, port.xdp_target};
  }
  SetOilPort(port.id, oil_port);
  return WriteDefaultRoute();
}

// A list that cannot follow the port costs neither the port nor the other ports of the list anything: Tick
// builds it as soon as it can.
void BpfDatapath::SetOilPort(PortId id, const std::optional<OilPort>& port) {
  if (Result<void> built = oils_.SetPort(id, port); !built) {
    spdlog::warn("some groups do not follow a change of {} yet: {}",
                 port ? "ifindex " + std::to_string(port->ifindex) : "a port that went",
                 built.error().message);
  }
  routes_.Refresh();
}

void BpfDatapath::RemovePort(PortId id) {
  const auto known = ports_.find(id);
  if (known == ports_.end()) return;
  const std::uint32_t ifindex = known->second.port.ifindex;
  ports_.erase(known);
  SetOilPort(id, std::nullopt);
  device_maps_.RemovePort(id);
  object_.if_port.Erase(ifindex);
  if (Result<void> done = object_.ports.Set(static_cast<std::uint32_t>(id), {}); !done) {
    spdlog::error("{}", done.error().message);
  }
  const SourceRules rules = MakeSourceRules(Ports());
  if (Result<void> done = AddSources(rules); !done) spdlog::error("{}", done.error().message);
  RemoveOtherSources(rules);
  if (Result<void> done = WriteDefaultRoute(); !done) spdlog::error("{}", done.error().message);
}

Result<void> BpfDatapath::AddSources(const SourceRules& wanted) {
  for (const auto& [rule, verdict] : wanted) {
    const auto known = sources_.find(rule);
    if (known != sources_.end() && known->second == verdict) continue;
    if (Result<void> written = object_.sources.Set(ToKey(rule), verdict); !written) return written;
    sources_[rule] = verdict;
  }
  return {};
}

void BpfDatapath::RemoveOtherSources(const SourceRules& wanted) {
  std::erase_if(sources_, [&](const auto& entry) {
    if (wanted.contains(entry.first)) return false;
    object_.sources.Erase(ToKey(entry.first));
    return true;
  });
}

Result<void> BpfDatapath::WriteDefaultRoute() {
  PortSet upstreams;
  for (const auto& [id, attached] : ports_) {
    if (attached.port.role == PortRole::kUpstream) upstreams.Add(id);
  }
  return routes_.SetDefault(upstreams);
}

Result<void> BpfDatapath::AttachTc(AttachedPort& attached) {
  if (attached.tcx || attached.filter) return {};
  std::string refused = "forced";
  if (config_.tc == TcAttachment::kBest) {
    Result<BpfLink> link = BpfLink::AttachTcx(object_.tc_program(), attached.port.ifindex, pins_);
    if (link) {
      attached.tcx = std::move(*link);
      return {};
    }
    refused = link.error().message;
  }
  Result<TcFilter> filter = TcFilter::Attach(object_.tc_program(), attached.port.ifindex, pins_);
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
  if (!attached.xdp) {
    Result<BpfLink> link = BpfLink::AttachXdp(object_.xdp_program(), attached.port.ifindex, pins_);
    if (!link) {
      spdlog::warn("attach XDP to {}: {}; using TC instead", Named(attached.port), link.error().message);
      attached.attachment = {Hook::kTc, std::string(tc) + ", because native XDP: " + link.error().message};
      return;
    }
    attached.xdp = std::move(*link);
  }
  attached.attachment = {Hook::kXdp, std::string("native XDP, with a ") + tc + " for what XDP cannot send"};
}

Result<void> BpfDatapath::Apply(const ForwardingUpdate<Igmp>& update) {
  std::string failed;
  std::string cause;
  for (const RouteChange<Igmp>& change : update) {
    if (!change.route) {
      routes_.Remove(change.key);
      continue;
    }
    if (Result<void> set = routes_.Set(change.key, *change.route); !set) {
      failed += (failed.empty() ? "" : ", ") + Named(change.key);
      cause = set.error().message;
    }
  }
  if (failed.empty()) return {};
  return Fail("not forwarded: " + failed + ": " + cause);
}

Result<void> BpfDatapath::Sync(const ForwardingUpdate<Igmp>& table) {
  std::set<RouteKey<Igmp>> wanted;
  for (const RouteChange<Igmp>& change : table) {
    if (change.route) wanted.insert(change.key);
  }
  ForwardingUpdate<Igmp> update = table;
  for (const auto& [key, entry] : routes_.entries()) {
    if (!wanted.contains(key)) update.push_back({key, std::nullopt});
  }
  return Apply(update);
}

void BpfDatapath::Tick(Time now) {
  RenewLease();
  routes_.Tick(now);
  if (Result<void> ticked = oils_.Tick(now); !ticked) spdlog::debug("{}", ticked.error().message);
  if (oils_.Rebuild() == OilPool::Words::kChanged) routes_.Refresh();
}

void BpfDatapath::RenewLease() {
  const Time end = KernelTime() + config_.lease;
  object_.control[0].lease = static_cast<std::uint64_t>(end.time_since_epoch().count());
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
  std::vector<RouteCounters<Igmp>> counters;
  for (const auto& [key, entry] : routes_.entries()) {
    Result<RouteCounters<Igmp>> route = routes_.Counters(key, entry);
    if (!route) return tl::unexpected(route.error());
    counters.push_back(*route);
  }
  return counters;
}

Result<std::vector<FlowCounters<Igmp>>> BpfDatapath::Flows(Igmp) {
  return ReadFlows(object_, KernelTime());
}

Result<void> BpfDatapath::Apply(const ForwardingUpdate<Mld>&) {
  return {};
}

Result<void> BpfDatapath::Sync(const ForwardingUpdate<Mld>&) {
  return {};
}

Result<std::vector<RouteCounters<Mld>>> BpfDatapath::CountersOfRoutes(Mld) {
  return {};
}

Result<std::vector<FlowCounters<Mld>>> BpfDatapath::Flows(Mld) {
  return {};
}

}  // namespace bpfcast
