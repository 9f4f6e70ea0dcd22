// The part of Agent that takes over from the agent before, and hands over to the next one.
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/agent.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

/// How long after a failure it is tried again.
constexpr Duration kAgain = std::chrono::seconds(10);

}  // namespace

/// What forwards goes by numbers: an interface keeps the one that it had with the agent before. Else it is
/// the number that rested longest: what still speaks of the port that had it last must not mean this one.
PortId Agent::NumberFor(const std::string& interface) {
  const std::vector<InheritedPort>& inherited = datapath_->Inherited().ports;
  const std::uint32_t ifindex = if_nametoindex(interface.c_str());
  const auto its = std::find_if(inherited.begin(), inherited.end(), [&](const InheritedPort& port) {
    return port.ifindex == ifindex && port.role == PortRole::kDownstream && !ports_.contains(port.id);
  });
  if (its != inherited.end()) return its->id;
  const auto is_reserved = [&](PortId id) {
    return ports_.size() + inherited.size() < kMaxPorts &&
           std::any_of(inherited.begin(), inherited.end(),
                       [&](const InheritedPort& port) { return port.id == id; });
  };
  for (const InheritedPort& port : inherited) last_port_ = std::max(last_port_, port.id);
  do {
    last_port_ = static_cast<PortId>((static_cast<std::size_t>(last_port_) + 1) % kMaxPorts);
  } while (ports_.contains(last_port_) || is_reserved(last_port_));
  return last_port_;
}

/// The end of the first turn's look at the links: members of the agent before are ours now.
void Agent::Adopt(Time now) {
  const Inheritance& inherited = datapath_->Inherited();
  switch (inherited.estate) {
    case Estate::kNone:
      take_over_at_ = now;
      return;
    case Estate::kRoutes:
      ipv4_.Adopt(Adoptable(inherited.ipv4), now);
      ipv6_.Adopt(Adoptable(inherited.ipv6), now);
      take_over_at_ = now;
      Log(Subsystem::kAgent)
          .info("instance '{}' takes over from the agent before: {} IPv4 and {} IPv6 routes",
                config_.instance, inherited.ipv4.size(), inherited.ipv6.size());
      return;
    case Estate::kOpaque:
      take_over_at_ = HostsKnown();
      Log(Subsystem::kAgent)
          .warn(
              "instance '{}': another version of bpfcastd left streams flowing whose routes this one cannot "
              "read: they go on as they are for {} s, until hosts have said what they want",
              config_.instance, std::chrono::ceil<std::chrono::seconds>(*take_over_at_ - now).count());
      for (auto& [id, port] : ports_) ShowState(port, links_->Find(port.config.name));
      return;
  }
}

template <class F>
std::vector<InheritedRoute<F>> Agent::Adoptable(const std::vector<InheritedRoute<F>>& routes) const {
  PortSet same;
  for (const InheritedPort& port : datapath_->Inherited().ports) {
    const auto found = ports_.find(port.id);
    if (port.role == PortRole::kDownstream && found != ports_.end() &&
        found->second.link.ifindex == port.ifindex) {
      same.Add(port.id);
    }
  }
  std::vector<InheritedRoute<F>> adoptable = routes;
  for (InheritedRoute<F>& route : adoptable) route.downstreams.Keep(same);
  return adoptable;
}

/// When every link has had its startup queries and the time to answer the last of them.
Time Agent::HostsKnown() const {
  Time known = Now();
  const auto wait_for = [&](const auto* querier) {
    if (querier != nullptr && querier->running()) known = std::max(known, querier->rules().hosts_known_from);
  };
  for (const auto& [id, port] : ports_) {
    wait_for(ipv4_.proxy().querier(id));
    wait_for(ipv6_.proxy().querier(id));
  }
  return known;
}

void Agent::TakeOver(Time now) {
  std::vector<DatapathPort> wanted;
  for (auto& [id, port] : ports_) {  // the upstream first: what downstreams may do depends on it
    port.installed.reset();
    if (port.link.ifindex == 0 || !port.link.admin_up || !port.link.running) continue;
    port.installed = Wanted(port);
    if (port.installed) wanted.push_back(*port.installed);
  }
  const auto taken = datapath_->TakeOver(wanted, ipv4_.proxy().table().All(), ipv6_.proxy().table().All());
  if (!taken) {
    Log(Subsystem::kAgent)
        .error("{}; it is tried again in {} s", taken.error().message,
               std::chrono::ceil<std::chrono::seconds>(kAgain).count());
    for (auto& [id, port] : ports_) port.installed.reset();
    take_over_at_ = now + kAgain;
    return;
  }
  take_over_at_.reset();
  for (std::size_t i = 0; i < wanted.size(); ++i)
    OnAttached(ports_.at(wanted[i].id), wanted[i], taken->ports[i]);
  ipv4_.TookOver(taken->ipv4);
  ipv6_.TookOver(taken->ipv6);
  std::set<std::uint32_t> used;
  for (const auto& [id, port] : ports_) used.insert(port.link.ifindex);
  all_multicast_.ClearOthers(used);
  recheck_ports_ = true;  // some drivers can do more once they run a program
  FollowLinks();
}

void Agent::HandOver() {
  ForEachFamily([](auto& family) { family.Settle(); });
  datapath_->HandOver();
  all_multicast_.HandOver();
  if (take_over_at_) take_over_at_ = kNever;
  if (config_.bpffs.empty()) {
    Log(Subsystem::kAgent)
        .warn(
            "instance '{}' hands over, but the kernel's multicast routing ends with this agent: streams "
            "pause "
            "until the next one has started",
            config_.instance);
  } else {
    Log(Subsystem::kAgent)
        .info("instance '{}' hands over: streams go on without an agent for {} s at most", config_.instance,
              std::chrono::duration_cast<std::chrono::seconds>(config_.config.lease).count());
  }
}

}  // namespace bpfcast
