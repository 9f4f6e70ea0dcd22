// The part of Agent that lets ports follow their interfaces: late, gone, re-created, renamed, without an
// address.
#include <spdlog/spdlog.h>

#include <utility>

#include "agent/agent.h"
#include "agent/link_view.h"
#include "os/clock.h"

namespace bpfcast {

void Agent::FollowLinks() {
  FollowDefaultDownstreams();
  std::vector<Ipv4Address> own_addresses;
  for (const auto& [id, port] : ports_) {
    const Link* link = links_->Find(port.config.name);
    if (link == nullptr) continue;
    for (const LinkAddress& address : link->addresses) own_addresses.push_back(address.local);
  }
  // Before anything of a new interface is set up everything of the old one is gone: two ports may have
  // swapped names.
  for (auto& [id, port] : ports_) {
    const Link* link = links_->Find(port.config.name);
    if (port.link.ifindex != 0 && (link == nullptr || link->ifindex != port.link.ifindex)) Disconnect(port);
  }
  for (auto& [id, port] : ports_) FollowLink(port, own_addresses);
  recheck_ports_ = false;
}

void Agent::FollowDefaultDownstreams() {
  // What went away goes first, so that names that come and go (ppp0, ppp1, ...) do not use up the ports.
  std::vector<PortId> gone;
  for (const auto& [id, port] : ports_) {
    if (port.origin == PortOrigin::kDefault && links_->Find(port.config.name) == nullptr) gone.push_back(id);
  }
  for (const PortId id : gone) RemoveDownstream(id);
  if (!config_.config.default_downstream) return;
  for (const Link* link : links_->All()) {
    if (link->loopback || link->addresses.empty() || FindPort(link->name) != nullptr) continue;
    const auto downstream = config_.config.UnnamedDownstream(link->name);
    if (downstream) AddDownstream(*downstream, PortOrigin::kDefault);
  }
}

void Agent::FollowLink(Port& port, const std::vector<Ipv4Address>& own_addresses) {
  const Link* link = links_->Find(port.config.name);
  if (link != nullptr) {
    if (!port.socket) Connect(port, *link);
    const bool changed = port.link != *link;
    if (changed && link->bridge != port.link.bridge) WarnOfBridge(*link);
    port.link = *link;
    // Somebody took the flag away, or we did when the interface had another role.
    if (port.socket && !link->all_multicast) {
      if (const auto set = all_multicast_.Set(*link); !set) Trouble(port, set.error().message);
    }
    if (changed || recheck_ports_) Install(port);
  }
  // Without a socket the protocol can neither hear nor speak; it starts when there is one.
  proxy_.OnLink(port.id, ToLinkState(port.socket ? link : nullptr, own_addresses), Now(), effects_);
  std::string waiting = WaitingReason(link, port.role);
  if (waiting.empty() && !port.socket) waiting = "no IGMP socket";
  if (waiting.empty() && !port.installed) waiting = port.trouble.empty() ? "not attached" : port.trouble;
  ShowState(port, waiting);
}

void Agent::Connect(Port& port, const Link& link) {
  if (const auto set = all_multicast_.Set(link); !set) return Trouble(port, set.error().message);
  auto socket = GroupSocket::Open(link.ifindex, link.name);
  if (!socket) return Trouble(port, socket.error().message);
  port.socket = std::move(*socket);
  port.watch = FdWatch(loop_, port.socket->fd());
  port.watch.OnReadable([this, &port] { OnPackets(port); });
  next_sweep_ = Now();  // sockets may have joined before we came
}

void Agent::Disconnect(Port& port) {
  proxy_.OnLink(port.id, LinkState<Igmp>(), Now(), effects_);
  if (std::exchange(port.installed, std::nullopt)) datapath_->RemovePort(port.id);
  all_multicast_.Clear(port.link.ifindex);
  port.watch = FdWatch();
  port.socket.reset();
  port.link = Link();
  port.trouble.clear();
  port.send_failure.clear();
}

void Agent::Install(Port& port) {
  // A downstream without an address is no part of the tree.
  if (port.role == PortRole::kDownstream && !port.link.PrimaryAddress()) {
    if (std::exchange(port.installed, std::nullopt)) datapath_->RemovePort(port.id);
    return;
  }
  // A port that goes down keeps its program as it is: attaching XDP takes some links down, and would do so
  // for ever; and going down may be the first word of being deleted.
  if (!port.link.admin_up || !port.link.running) {
    if (!port.installed || !port.installed->up) return;
    DatapathPort down = *port.installed;
    down.up = false;
    if (const auto told = datapath_->SetPort(down); !told) {
      port.installed.reset();
      return Trouble(port, told.error().message);
    }
    port.installed = down;
    return;
  }
  // Some drivers accept redirected frames only once they run a program, so the facts are asked again
  // afterwards.
  for (int attempt = 0; attempt < 2; ++attempt) {
    port.choice = ChooseHook(port.config.hook, ProbePort(port.link.name, port.link.ifindex));
    const DatapathPort wanted = ToDatapathPort(port.id, port.role, port.config, port.link, port.choice);
    if (port.installed == wanted) return;
    auto attached = datapath_->SetPort(wanted);
    if (!attached) {
      port.installed.reset();
      return Trouble(port, attached.error().message);
    }
    port.installed = wanted;
    port.attachment.hook = attached->hook;
    port.attachment.reason = attached->hook == wanted.hook ? port.choice.reason : attached->reason;
    port.trouble.clear();
  }
}

void Agent::ShowState(Port& port, const std::string& waiting) {
  const bool first = port.shown.empty();
  std::string shown = waiting.empty() ? "up" : "waiting (" + waiting + ")";
  port.waiting = waiting;
  if (!first && shown == port.shown) return;
  port.shown = std::move(shown);
  if (!waiting.empty() || !port.installed) {
    spdlog::info("{}: {}", port.config.name, port.shown);
    return;
  }
  const auto address = port.link.PrimaryAddress();
  spdlog::info("{}: up, {}, {} ({})", port.config.name, address ? address->ToString() : "no address",
               port.attachment.hook == Hook::kXdp ? "xdp" : "tc", port.attachment.reason);
}

void Agent::WarnOfBridge(const Link& link) {
  if (!link.bridge || !link.bridge->snooping || !link.bridge->never_router_port) return;
  spdlog::warn(
      "{0}: this bridge snoops and never counts as a multicast router, so joins of IGMPv2 hosts do not reach "
      "bpfcastd; run: ip link set {0} type bridge mcast_router 1",
      link.name);
}

void Agent::Trouble(Port& port, const std::string& message) {
  if (message == port.trouble) return;
  port.trouble = message;
  spdlog::error("{}", message);
}

}  // namespace bpfcast
