// The part of Agent that lets ports follow their interfaces: late, gone, re-created, renamed, without an
// address.
#include <spdlog/spdlog.h>

#include <utility>

#include "agent/agent.h"
#include "agent/link_view.h"
#include "log/log.h"
#include "os/clock.h"

namespace bpfcast {
namespace {

/// ", 192.0.2.1", ", no IGMP (no IPv4 address)", nothing where the family is not configured.
template <class F>
std::string StateOf(const Port& port) {
  const auto [service, reason] = ServiceOf(port.link, port.role, port.config.Of<F>());
  if (service == Service::kOff) return {};
  if (service != Service::kWorks) return ", no " + std::string(F::kName) + " (" + reason + ")";
  const auto address = SendingAddress(port.link.Addresses<F>());
  return ", " + (address ? address->ToString() : std::string(F::kName) + " without an address");
}

/// The upstream does not serve the family, so nothing of it goes there.
template <class F>
void CloseUpstream(Passages<F>& passages) {
  const auto close = [](Passage& passage) {
    if (passage == Passage::kAnywhere) passage = Passage::kNotUpstream;
  };
  for (PassageRule<F>& rule : passages.rules) close(rule.passage);
  close(passages.otherwise);
}

/// Did the datapath use another hook than it was told to?
bool IsRefused(const Port& port) {
  return port.installed && port.attachment.hook != port.installed->hook &&
         port.attachment.hook != Hook::kKernel;
}

bool ServesOther(const DatapathPort& a, const DatapathPort& b) {
  return a.ipv4.served != b.ipv4.served || a.ipv6.served != b.ipv6.served;
}

}  // namespace

void Agent::FollowLinks() {
  FollowDefaultDownstreams();
  std::vector<const Link*> links;
  for (const auto& [id, port] : ports_) {
    if (const Link* link = links_->Find(port.config.name)) links.push_back(link);
  }
  ForEachFamily([&](auto& family) { family.CollectOwnAddresses(links); });
  // Before anything of a new interface is set up everything of the old one is gone: two ports may have
  // swapped names.
  for (auto& [id, port] : ports_) {
    const Link* link = links_->Find(port.config.name);
    if (port.link.ifindex != 0 && (link == nullptr || link->ifindex != port.link.ifindex)) Disconnect(port);
  }
  for (auto& [id, port] : ports_) FollowLink(port);
  recheck_ports_ = false;
}

void Agent::FollowDefaultDownstreams() {
  // What went away goes first, so that names that come and go (ppp0, ppp1, ...) do not use up the ports.
  std::vector<PortId> gone;
  for (const auto& [id, port] : ports_) {
    if (port.origin != PortOrigin::kDefault) continue;
    const Link* link = links_->Find(port.config.name);
    if (link == nullptr || link->port_of != 0) gone.push_back(id);
  }
  for (const PortId id : gone) RemoveDownstream(id);
  if (!config_.config.default_downstream) return;
  for (const Link* link : links_->All()) {
    // The hosts behind a port of a bridge are behind the bridge.
    if (link->loopback || link->port_of != 0 ||
        !HasServedAddress(*link, *config_.config.default_downstream) || FindPort(link->name) != nullptr)
      continue;
    const auto downstream = config_.config.UnnamedDownstream(link->name);
    if (downstream) AddDownstream(*downstream, PortOrigin::kDefault);
  }
}

void Agent::FollowLink(Port& port) {
  const Link* link = links_->Find(port.config.name);
  if (link != nullptr) {
    if (!port.socket) Connect(port, *link);
    const bool changed = port.link != *link;
    if (changed && link->bridge != port.link.bridge) WarnOfBridge(*link);
    if (changed && link->port_of != port.link.port_of) WarnOfMaster(*link);
    port.link = *link;
    // Somebody took the flag away, or we did when the interface had another role.
    if (port.socket && !link->all_multicast) {
      if (const auto set = all_multicast_.Set(*link); !set) Trouble(port, set.error().message);
    }
    // A program of somebody else that leaves the interface changes nothing of the link.
    if (changed || recheck_ports_ || IsRefused(port)) Install(port);
  }
  // Without a socket the protocol can neither hear nor speak; it starts when there is one.
  ForEachFamily([&](auto& family) { family.OnLink(port, port.socket ? link : nullptr, Now()); });
  ShowState(port, link);
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
  ForEachFamily([&](auto& family) { family.OnLink(port, nullptr, Now()); });
  if (std::exchange(port.installed, std::nullopt)) datapath_->RemovePort(port.id);
  all_multicast_.Clear(port.link.ifindex);
  port.watch = FdWatch();
  port.socket.reset();
  port.link = Link();
  port.trouble.clear();
}

void Agent::Install(Port& port) {
  if (take_over_at_) return;  // all ports at once then
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
    const std::optional<DatapathPort> wanted = Wanted(port);
    if (!wanted) {
      if (std::exchange(port.installed, std::nullopt)) datapath_->RemovePort(port.id);
      return;
    }
    // What stands in the way may have gone without a word, and so may our programs.
    const bool look_again = recheck_ports_ || IsRefused(port) || !port.attachment.obstacle.empty();
    if (port.installed == wanted && (!look_again || attempt > 0)) return;
    if (port.role == PortRole::kUpstream && (!port.installed || ServesOther(*port.installed, *wanted))) {
      recheck_ports_ = true;  // the downstreams come after it
    }
    const auto attached = datapath_->SetPort(*wanted);
    OnAttached(port, *wanted, attached);
    if (!attached) return;
  }
}

std::optional<DatapathPort> Agent::Wanted(Port& port) {
  // A downstream without an address is no part of the tree.
  if (!MayForward(port.link, port.role, port.config.ipv4) &&
      !MayForward(port.link, port.role, port.config.ipv6)) {
    return std::nullopt;
  }
  port.choice = ChooseHook(port.config.hook, ProbePort(port.link.name, port.link.ifindex));
  DatapathPort wanted = ToDatapathPort(port.id, port.role, port.config, port.link, port.choice);
  const Port& upstream = ports_.at(kUpstreamPort);
  wanted.ipv4.passages = ipv4_.proxy().PassagesOf(port.id);
  wanted.ipv6.passages = ipv6_.proxy().PassagesOf(port.id);
  if (port.role == PortRole::kDownstream && upstream.installed) {
    if (!upstream.installed->ipv4.served) CloseUpstream(wanted.ipv4.passages);
    if (!upstream.installed->ipv6.served) CloseUpstream(wanted.ipv6.passages);
  }
  return wanted;
}

void Agent::OnAttached(Port& port, const DatapathPort& wanted, const Result<PortAttachment>& attached) {
  if (!attached) {
    port.installed.reset();
    return Trouble(port, attached.error().message);
  }
  port.installed = wanted;
  port.attachment = *attached;
  if (attached->hook == wanted.hook) port.attachment.reason = port.choice.reason;
  if (!attached->obstacle.empty()) port.attachment.reason += "; " + attached->obstacle;
  port.trouble.clear();
}

void Agent::ShowState(Port& port, const Link* link) {
  if (take_over_at_ == Time::min()) return;  // the turn is not over yet
  std::string waiting = WaitingReason(link, port.role, port.config);
  const bool usable = waiting.empty();
  if (usable && !port.socket) waiting = "no IGMP and MLD socket";
  if (usable && port.socket && !port.installed)
    waiting = port.trouble.empty() ? "not attached" : port.trouble;
  if (usable && take_over_at_) {
    waiting =
        "another version of bpfcastd forwarded here, and still does until hosts have said what they want";
  }
  port.waiting = waiting;
  std::string shown = "waiting (" + waiting + ")";
  if (waiting.empty()) {
    shown = "up" + StateOf<Igmp>(port) + StateOf<Mld>(port) + ", " +
            std::string(HookName(port.attachment.hook)) + " (" + port.attachment.reason + ")";
  }
  if (shown == port.shown) return;
  port.shown = std::move(shown);
  // on a downstream without an IPv4 address nothing works as its owner wants it to.
  const bool unserved = link != nullptr && port.origin != PortOrigin::kDefault && port.link.admin_up &&
                        port.link.running &&
                        (ServiceOf(port.link, port.role, port.config.ipv4).service == Service::kWaits ||
                         !port.attachment.obstacle.empty());
  Log(Subsystem::kLinks)
      .log(unserved ? spdlog::level::err : spdlog::level::info, "{}: {}", port.config.name, port.shown);
}

void Agent::WarnOfBridge(const Link& link) {
  if (!link.bridge || !link.bridge->snooping || !link.bridge->never_router_port) return;
  Log(Subsystem::kLinks)
      .warn(
          "{0}: this bridge snoops and never counts as a multicast router, so joins of IGMPv2 hosts do not "
          "reach "
          "bpfcastd; run: ip link set {0} type bridge mcast_router 1",
          link.name);
}

void Agent::WarnOfMaster(const Link& link) const {
  if (link.port_of == 0) return;
  std::string master = "another interface";
  for (const Link* each : links_->All()) {
    if (each->ifindex == link.port_of) master = each->name;
  }
  Log(Subsystem::kLinks)
      .warn(
          "{0}: this is a port of {1}, which gets what hosts there say, and sends to them, too; name {1} in "
          "its "
          "place, never both",
          link.name, master);
}

void Agent::Trouble(Port& port, const std::string& message) {
  if (message == port.trouble) return;
  port.trouble = message;
  Log(Subsystem::kLinks).error("{}", message);
}

}  // namespace bpfcast
