#include "datapath/mroute_datapath.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datapath/counter_names.h"
#include "datapath/kernel_time.h"
#include "datapath/mroute_abi.h"
#include "datapath/mroute_owner.h"
#include "datapath/mroute_warnings.h"
#include "log/log.h"

namespace bpfcast {
namespace {

/// How often the source check by the kernel's routes asks again: they change without a word.
constexpr Duration kRouteCheck = std::chrono::seconds(10);

}  // namespace

Result<std::unique_ptr<MrouteDatapath>> MrouteDatapath::Open(const MrouteDatapathConfig& config) {
  std::unique_ptr<MrouteDatapath> datapath(new MrouteDatapath(config));
  if (!datapath->epoll_) return Fail(std::string("make an epoll descriptor: ") + std::strerror(errno));
  if (config.ipv4) {
    if (Result<void> opened = datapath->OpenHalf(datapath->ipv4_); !opened) {
      return tl::unexpected(opened.error());
    }
  }
  if (config.ipv6) {
    if (Result<void> opened = datapath->OpenHalf(datapath->ipv6_); !opened) {
      return tl::unexpected(opened.error());
    }
  }
  if (!datapath->ipv4_.kernel && !datapath->ipv6_.kernel) {
    return Fail("this kernel has no multicast routing (CONFIG_IP_MROUTE, CONFIG_IPV6_MROUTE)");
  }
  return datapath;
}

MrouteDatapath::MrouteDatapath(const MrouteDatapathConfig& config)
    : config_(config), epoll_(::epoll_create1(EPOLL_CLOEXEC)), ipv4_(reverse_path_), ipv6_(reverse_path_) {}

MrouteDatapath::~MrouteDatapath() = default;

template <class F>
Result<void> MrouteDatapath::OpenHalf(Half<F>& half) {
  if (half.kernel || half.missing) return {};
  if (!HasMroute<F>()) {
    half.missing = true;
    Log(Subsystem::kDatapath)
        .warn("this kernel has no multicast routing of {0}, so {0} is not forwarded; set `{1} = false`",
              MrouteAbi<F>::kFamilyName, MrouteAbi<F>::kConfigKey);
    return {};
  }
  auto socket = MrouteSocket<F>::Open();
  if (!socket) return tl::unexpected(socket.error());
  epoll_event readable{};
  readable.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*socket)->fd(), &readable) != 0) {
    return Fail(std::string("wait for what the kernel asks: ") + std::strerror(errno));
  }
  half.kernel = std::move(*socket);
  half.streams.emplace(*half.kernel, half.plan, half.vifs, config_.limits);
  return {};
}

// ---- Ports.

Result<TakenOver> MrouteDatapath::TakeOver(const std::vector<DatapathPort>& ports,
                                           const ForwardingUpdate<Igmp>& ipv4,
                                           const ForwardingUpdate<Mld>& ipv6) {
  TakenOver taken;
  for (const DatapathPort& port : ports) taken.ports.push_back(SetPort(port));
  taken.ipv4 = Sync(ipv4_, ipv4);
  taken.ipv6 = Sync(ipv6_, ipv6);
  return taken;
}

Result<PortAttachment> MrouteDatapath::SetPort(const DatapathPort& port) {
  Result<void> done = SetPort(ipv4_, port);
  if (done) done = SetPort(ipv6_, port);
  if (!done) {
    RemovePort(port.id);
    return Fail("serve " + port.name + " (ifindex " + std::to_string(port.ifindex) +
                "): " + done.error().message);
  }
  return PortAttachment{Hook::kKernel, config_.reason};
}

template <class F>
Result<void> MrouteDatapath::SetPort(Half<F>& half, const DatapathPort& port) {
  const DatapathPort* known = half.plan.FindPort(port.id);
  const bool served = FamilyAbi<F>::Of(port).served;
  // An interface that was renamed may come under its new name before it goes under the old one.
  if (const DatapathPort* old = half.plan.FindInterface(port.ifindex); old != nullptr && old->id != port.id) {
    RemovePort(half, old->id);
  }
  if (known != nullptr && (known->ifindex != port.ifindex || !served)) {
    RemovePort(half, port.id);
    known = nullptr;
  }
  if (!served) return {};
  if (Result<void> opened = OpenHalf(half); !opened) return opened;
  if (half.missing || (known != nullptr && *known == port)) return {};
  if (known == nullptr) {
    const auto vif = half.vifs.Add(port.id);
    if (!vif) {
      return Fail(
          "the kernel's multicast routing serves " + std::to_string(kMaxVifs) +
          R"( interfaces (MAXVIFS), and that many are in use; set `datapath = "bpf"`, or name fewer)");
    }
    if (Result<void> added = half.kernel->AddVif(*vif, port.ifindex); !added) {
      half.vifs.Remove(*vif);
      return added;
    }
    WarnOfObstacles(F(), port);
  }
  half.plan.SetPort(port);
  half.streams->RefreshAll(KernelTime());
  return {};
}

void MrouteDatapath::RemovePort(PortId port) {
  RemovePort(ipv4_, port);
  RemovePort(ipv6_, port);
}

template <class F>
void MrouteDatapath::RemovePort(Half<F>& half, PortId port) {
  const auto vif = half.vifs.Find(port);
  if (!vif) return;
  const Time now = KernelTime();
  // First the interface: a packet that came on it behind its entry would be asked about once, by a number
  // that is nobody's any more, and its stream be held for 10 s wherever it comes then.
  half.kernel->RemoveVif(*vif);
  half.streams->RemoveArrivals(port, now);
  half.plan.RemovePort(port);
  half.streams->RefreshAll(now);  // before its number is another port's
  half.vifs.Remove(*vif);
}

// ---- Routes.

template <class F>
Result<void> MrouteDatapath::Apply(Half<F>& half, const ForwardingUpdate<F>& update) {
  half.plan.Apply(update);
  if (!half.streams) return {};
  std::vector<typename F::Address> groups;
  for (const RouteChange<F>& change : update) groups.push_back(change.key.group);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  const Time now = KernelTime();
  for (const auto& group : groups) half.streams->Refresh(group, now);
  return {};
}

template <class F>
Result<void> MrouteDatapath::Sync(Half<F>& half, const ForwardingUpdate<F>& table) {
  half.plan.Sync(table);
  if (half.streams) half.streams->RefreshAll(KernelTime());
  return {};
}

Result<void> MrouteDatapath::Apply(const ForwardingUpdate<Igmp>& update) {
  return Apply(ipv4_, update);
}
Result<void> MrouteDatapath::Apply(const ForwardingUpdate<Mld>& update) {
  return Apply(ipv6_, update);
}
Result<void> MrouteDatapath::Sync(const ForwardingUpdate<Igmp>& table) {
  return Sync(ipv4_, table);
}
Result<void> MrouteDatapath::Sync(const ForwardingUpdate<Mld>& table) {
  return Sync(ipv6_, table);
}

// ---- What the kernel asks, and time that passes.

template <class F>
void MrouteDatapath::Answer(Half<F>& half, std::vector<PacketEvent>& events) {
  if (half.streams) half.streams->Answer(half.kernel->TakeUpcalls(), KernelTime(), events);
}

std::vector<PacketEvent> MrouteDatapath::TakeEvents() {
  std::vector<PacketEvent> events;
  Answer(ipv4_, events);
  Answer(ipv6_, events);
  return events;
}

void MrouteDatapath::Tick(Time) {
  const Time now = KernelTime();
  const bool ask = !asked_routes_ || now - *asked_routes_ >= kRouteCheck;
  if (ask) asked_routes_ = now;
  const auto tick = [&](auto& half) {
    if (!half.streams) return;
    half.streams->Sample(now);
    if (ask && half.plan.AsksReversePath()) half.streams->RefreshAll(now);
  };
  tick(ipv4_);
  tick(ipv6_);
}

// ---- Counters.

template <class F>
void MrouteDatapath::AddCounters(Half<F>& half, DatapathCounters& counters) {
  if (!half.streams) return;
  half.streams->Count(KernelTime());
  const auto& verdicts = half.streams->verdicts();
  counters.forwarded += verdicts[BPFCAST_FORWARDED];
  for (std::size_t i = 0; i < counters.drops.size(); ++i) counters.drops[i].packets += verdicts[i + 1];
  for (std::size_t number = 0; number < kMaxVifs; ++number) {
    const Vif vif = static_cast<Vif>(number);
    const auto port = half.vifs.PortOf(vif);
    const auto count = port ? half.kernel->CountOfVif(vif) : std::nullopt;
    if (!count) continue;
    const auto known = std::find_if(counters.ports.begin(), counters.ports.end(),
                                    [&](const PortCounters& each) { return each.id == *port; });
    PortCounters& sum = known != counters.ports.end() ? *known : counters.ports.emplace_back();
    sum.id = *port;
    sum.received.packets += count->received.packets;
    sum.received.bytes += count->received.bytes;
    sum.transmitted.packets += count->transmitted.packets;
    sum.transmitted.bytes += count->transmitted.bytes;
  }
}

Result<DatapathCounters> MrouteDatapath::Counters() {
  static_assert(BPFCAST_FORWARDED == 0);
  DatapathCounters counters;
  for (std::size_t reason = 1; reason < BPFCAST_COUNTER_COUNT; ++reason) {
    counters.drops.push_back({kCounterNames[reason], 0});
  }
  AddCounters(ipv4_, counters);
  AddCounters(ipv6_, counters);
  for (PortCounters& port : counters.ports) {
    ReasonCounts reasons{};
    const auto add = [&](const auto& half) {
      if (!half.streams) return;
      const ReasonCounts of_half = half.streams->ReasonsOf(port.id);
      for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i] += of_half[i];
    };
    add(ipv4_);
    add(ipv6_);
    SetReasons(reasons, port);
  }
  const auto streams = [](const auto& half) { return half.streams ? half.streams->size() : 0; };
  counters.tables = {{"streams-ipv4", streams(ipv4_), config_.limits.streams},
                     {"streams-ipv6", streams(ipv6_), config_.limits.streams}};
  return counters;
}

Result<std::vector<RouteCounters<Igmp>>> MrouteDatapath::CountersOfRoutes(Igmp) {
  if (!ipv4_.streams) return {};
  ipv4_.streams->Count(KernelTime());
  return ipv4_.streams->CountersOfRoutes();
}
Result<std::vector<RouteCounters<Mld>>> MrouteDatapath::CountersOfRoutes(Mld) {
  if (!ipv6_.streams) return {};
  ipv6_.streams->Count(KernelTime());
  return ipv6_.streams->CountersOfRoutes();
}
Result<std::vector<FlowCounters<Igmp>>> MrouteDatapath::Flows(Igmp) {
  if (!ipv4_.streams) return {};
  ipv4_.streams->Count(KernelTime());
  return ipv4_.streams->Flows();
}
Result<std::vector<FlowCounters<Mld>>> MrouteDatapath::Flows(Mld) {
  if (!ipv6_.streams) return {};
  ipv6_.streams->Count(KernelTime());
  return ipv6_.streams->Flows();
}

}  // namespace bpfcast
