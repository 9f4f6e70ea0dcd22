#include "agent/family_agent.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "agent/family_words.h"
#include "agent/link_view.h"
#include "agent/log_text.h"
#include "agent/message_text.h"
#include "log/log.h"
#include "os/local_memberships.h"

namespace bpfcast {
namespace {

template <class F>
ProxyConfig<F> ToProxyConfig(const InterfaceConfig& upstream) {
  ProxyConfig<F> proxy;
  proxy.upstream = ToUpstreamConfig<F>(kUpstreamPort, upstream, Link());
  return proxy;
}

}  // namespace

template <class F>
FamilyAgent<F>::FamilyAgent(const InterfaceConfig& upstream, Random random, Datapath& datapath, Ports& ports)
    : datapath_(datapath), ports_(ports), proxy_(ToProxyConfig<F>(upstream), random) {}

template <class F>
void FamilyAgent<F>::Configure(const Port& port, Time now) {
  if (port.role == PortRole::kUpstream) {
    proxy_.SetUpstream(ToUpstreamConfig<F>(port.id, port.config, port.link), now, effects_);
    kernel_host_.TellAll(proxy_);
  } else {
    proxy_.SetDownstream(ToDownstreamConfig<F>(port.id, port.config, port.link), now, effects_);
  }
}

template <class F>
void FamilyAgent<F>::Remove(PortId downstream, Time now) {
  Settle();  // what the port still has to say, it says itself
  proxy_.RemoveDownstream(downstream, now, effects_);
  ApplyUpdate();  // no route names the port any more
}

template <class F>
void FamilyAgent<F>::Leave() {
  proxy_.Leave(effects_);
  kernel_host_.Detach();
  Settle();
}

template <class F>
void FamilyAgent<F>::CollectOwnAddresses(const std::vector<const Link*>& links) {
  own_addresses_.clear();
  for (const Link* link : links) {
    const auto known = AddressesKnownEverywhere<F>(*link);
    own_addresses_.insert(own_addresses_.end(), known.begin(), known.end());
  }
}

template <class F>
void FamilyAgent<F>::OnLink(const Port& port, const Link* link, Time now) {
  if (link == nullptr) send_failures_.erase(port.id);
  proxy_.OnLink(port.id, ToLinkState<F>(link, port.role, port.config.Of<F>(), own_addresses_), now, effects_);
  if (port.role == PortRole::kUpstream) FollowKernelHost(port, link);
}

template <class F>
void FamilyAgent<F>::FollowKernelHost(const Port& upstream, const Link* link) {
  const FamilyConfig<F>& config = upstream.config.Of<F>();
  const bool speaks = config.served && config.upstream.membership == UpstreamMembership::kKernel;
  if (!speaks || link == nullptr) return kernel_host_.Detach();
  kernel_host_.Attach(proxy_, link->ifindex, link->name);
}

template <class F>
void FamilyAgent<F>::OnPacket(PortId port, std::span<const std::uint8_t> packet, Time now) {
  LogMessage("in", port, packet);
  proxy_.OnPacket(port, packet, now, effects_);
}

template <class F>
void FamilyAgent<F>::LogMessage(const char* direction, PortId port,
                                std::span<const std::uint8_t> packet) const {
  spdlog::logger& log = Log(FamilyWords<F>::kSubsystem);
  const auto found = ports_.find(port);
  if (!log.should_log(spdlog::level::debug) || found == ports_.end()) return;
  log.debug("{} {}: {}", found->second.config.name, direction, MessageText<F>(packet));
}

template <class F>
void FamilyAgent<F>::SweepLocalMemberships(Time now) {
  const auto memberships = ReadLocalMemberships<F>();
  if (!memberships) {
    Log(FamilyWords<F>::kSubsystem).warn("{}", memberships.error().message);
    return;
  }
  std::set<Address> groups;
  std::set<Address> upstream;
  for (const auto& [id, port] : ports_) {
    if (!port.config.template Of<F>().served) continue;
    const auto joined = memberships->find(port.link.ifindex);
    if (joined == memberships->end()) continue;
    for (const auto& [group, users] : joined->second) {
      if (!F::IsRoutable(group) || users <= kernel_host_.Users(port.link.ifindex, group)) continue;
      groups.insert(group);
      if (port.role == PortRole::kUpstream) upstream.insert(group);
    }
  }
  for (const Address& group : groups) {
    if (!local_groups_.contains(group)) proxy_.OnLocalMembership(group, LocalMembership::kJoined, effects_);
  }
  for (const Address& group : local_groups_) {
    if (!groups.contains(group)) proxy_.OnLocalMembership(group, LocalMembership::kNone, effects_);
  }
  for (const Address& group : local_upstream_groups_) {
    if (!upstream.contains(group)) proxy_.OnLocalLeaveUpstream(group, now);
  }
  local_groups_ = std::move(groups);
  local_upstream_groups_ = std::move(upstream);
}

template <class F>
void FamilyAgent<F>::Adopt(const std::vector<InheritedRoute<F>>& routes, Time now) {
  proxy_.Adopt(routes, now, effects_);
}

template <class F>
void FamilyAgent<F>::TookOver(const Result<void>& routes) {
  effects_.update.clear();
  serves_ = true;
  resync_ = !routes;
  if (!routes) Log(FamilyWords<F>::kSubsystem).error("{}", routes.error().message);
}

template <class F>
void FamilyAgent<F>::Expire(Time now) {
  if (proxy_.NextExpiry() <= now) proxy_.Expire(now, effects_);
}

template <class F>
void FamilyAgent<F>::Retry() {
  WarnOfGroupsNotAskedFor();
  WarnOfOlderQuerier();
  kernel_host_.Retry(proxy_);
  if (!resync_) return;
  const auto synced = datapath_.Sync(proxy_.table().All());
  resync_ = !synced;
  if (synced) Log(FamilyWords<F>::kSubsystem).info("the datapath holds every {} route again", F::kName);
}

template <class F>
void FamilyAgent<F>::Settle() {
  ApplyUpdate();
  kernel_host_.Tell(proxy_, std::exchange(effects_.told, {}));
  SendPackets();
  LogNotices();
}

template <class F>
void FamilyAgent<F>::ApplyUpdate() {
  if (!serves_) effects_.update.clear();
  if (effects_.update.empty()) return;
  const auto applied = datapath_.Apply(std::exchange(effects_.update, {}));
  if (applied) return;
  // Once until it is mended: what the network asks for must not fill the log.
  if (!std::exchange(resync_, true)) Log(FamilyWords<F>::kSubsystem).error("{}", applied.error().message);
}

template <class F>
void FamilyAgent<F>::SendPackets() {
  for (const SendPacket<F>& send : std::exchange(effects_.packets, {})) {
    const auto found = ports_.find(send.port);
    if (found == ports_.end() || !found->second.socket) continue;
    LogMessage("out", send.port, send.packet.bytes);
    const auto sent = found->second.socket->Send(send.packet.destination, send.packet.bytes);
    const std::string failure = sent ? std::string() : sent.error().message;
    if (std::exchange(send_failures_[send.port], failure) != failure && !sent)
      Log(FamilyWords<F>::kSubsystem).error("{}", failure);
  }
}

template <class F>
void FamilyAgent<F>::LogNotices() {
  for (const PortNotice<F>& notice : std::exchange(effects_.notices, {})) {
    const auto found = ports_.find(notice.port);
    if (found != ports_.end())
      Log(FamilyWords<F>::kSubsystem).warn("{}", Describe(notice.notice, found->second.config.name));
  }
  for (const LoopNotice& notice : std::exchange(effects_.loops, {})) {
    const auto one = ports_.find(notice.one);
    const auto other = ports_.find(notice.other);
    if (one == ports_.end() || other == ports_.end()) continue;
    const bool begins = notice.state == LoopNotice::State::kBegan;
    Log(FamilyWords<F>::kSubsystem)
        .log(begins ? spdlog::level::err : spdlog::level::info, "{}",
             Describe<F>(notice, one->second.config.name, other->second.config.name));
  }
}

/// An older querier upstream that is not followed does not understand what it hears. Once until it is gone.
template <class F>
void FamilyAgent<F>::WarnOfOlderQuerier() {
  const Version oldest = proxy_.host().OldestQuerier();
  const bool ignored = oldest < proxy_.host().mode();
  if (std::exchange(warned_of_older_querier_, ignored) || !ignored) return;
  Log(FamilyWords<F>::kSubsystem)
      .warn(
          "{}: a router there sends {} queries and does not understand {} reports, which compat-querier = "
          "\"fixed\" keeps; nothing may be sent to us until it is \"auto\" or the router speaks {}",
          ports_.at(kUpstreamPort).config.name, ProtocolName<F>(oldest),
          ProtocolName<F>(proxy_.host().mode()), ProtocolName<F>(proxy_.host().mode()));
}

/// D-25. Once for each time that the upstream falls back.
template <class F>
void FamilyAgent<F>::WarnOfGroupsNotAskedFor() {
  const Version mode = proxy_.host().mode();
  if (mode == Version::kV3) {
    warned_of_mode_ = mode;
    return;
  }
  if (warned_of_mode_ == mode) return;
  const auto group = proxy_.host().NotAskedFor();
  if (!group) return;
  Log(FamilyWords<F>::kSubsystem)
      .error(
          "{}: the upstream speaks {}, which cannot name sources: source-specific groups such as {} are not "
          "asked "
          "for; an {} querier there serves them",
          ports_.at(kUpstreamPort).config.name, ProtocolName<F>(mode), group->ToString(),
          ProtocolName<F>(Version::kV3));
  warned_of_mode_ = mode;
}

template class FamilyAgent<Igmp>;
template class FamilyAgent<Mld>;

}  // namespace bpfcast
