// What happens in a world, step by step.
#include "world.h"

#include <algorithm>
#include <utility>

#include "envelope.h"
#include "words.h"

namespace bpfcast::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRemembered = 60;

}  // namespace

template <class F>
template <class Words>
void World<F>::Note(Words words) {
  if (!remembers_) return;
  memory_.push_back(std::to_string(std::chrono::duration<double>(now_.time_since_epoch()).count()) + " " +
                    words());
  if (memory_.size() > kRemembered) memory_.pop_front();
}

/// At one instant packets go first, then hosts, then routers from the leaves of the tree to its root (B-26),
/// then what somebody does, then the checks whose bound has passed.
template <class F>
void World<F>::Run(std::uint64_t steps) {
  for (; steps > 0; --steps) {
    const Time arrival = arrivals_.empty() ? kNever : arrivals_.top().at;
    const Time look = looks_.empty() ? kNever : looks_.top().at;
    const auto host = std::min_element(hosts_.begin(), hosts_.end(),
                                       [](const auto& a, const auto& b) { return a.next < b.next; });
    const auto proxy = std::min_element(proxies_.rbegin(), proxies_.rend(),
                                        [](const auto& a, const auto& b) { return a.next < b.next; });
    now_ = std::min({arrival, host->next, proxy->next, next_action_, look});
    if (arrival == now_) {
      const Arrival top = arrivals_.top();
      arrivals_.pop();
      Arrive(top);
    } else if (host->next == now_) {
      std::vector<Report<F>> reports;
      host->model->Fire(now_, reports);
      FollowHost(*host, reports);
    } else if (proxy->next == now_) {
      Note([&] { return proxy->node->name() + ": a timer"; });
      if (sabotage_ == Sabotage::kLostUpdate && dice_.Percent(5)) proxy->node->LoseAnUpdate();
      Take(*proxy, proxy->node->Expire(now_));
    } else if (next_action_ == now_) {
      Act();
    } else {
      const unsigned link = looks_.top().link;
      while (!looks_.empty() && looks_.top().at == now_ && looks_.top().link == link) looks_.pop();
      for (unsigned group = 0; group < groups_; ++group) CheckLink(link, group);
    }
  }
}

template <class F>
void World<F>::Arrive(const Arrival& arrival) {
  const Station& station = links_[arrival.link].stations[arrival.station];
  if (station.kind == StationKind::kHost) {
    Host& host = hosts_[station.who];
    if (!host.model) return;
    std::vector<Report<F>> reports;
    host.model->Hear(arrival.packet->received, now_, reports);
    FollowHost(host, reports);
    return;
  }
  ProxyBox& proxy = proxies_[station.who];
  if (!proxy.ports[static_cast<std::size_t>(station.port)].up) return;
  Note([&] {
    return proxy.node->name() + " hears on link " + std::to_string(arrival.link) + ": " +
           InWords<F>(arrival.packet->received.message) + " from " + arrival.packet->sender.ToString();
  });
  Take(proxy, proxy.node->Receive(station.port, arrival.packet->bytes, now_));
}

/// Mostly hosts that join, leave or change their minds, in bursts; now and then a silence in which everything
/// can expire.
template <class F>
void World<F>::Act() {
  const unsigned what = dice_.Below(100);
  Host& host = hosts_[dice_.Below(static_cast<unsigned>(hosts_.size()))];
  ProxyBox& proxy = proxies_[dice_.Below(static_cast<unsigned>(proxies_.size()))];
  const PortId port{static_cast<std::uint16_t>(dice_.Below(static_cast<unsigned>(proxy.ports.size())))};
  if (what < 80) {
    if (host.model) ChangeSomeFilter(host);
  } else if (what < 90) {
    LiveOrDie(host);
  } else if (what < 97) {
    TogglePort(proxy, port);
  } else {
    Note([&] { return proxy.node->name() + ": a reload"; });
    Take(proxy, proxy.node->Reload(port, now_));
  }
  const unsigned pause = dice_.Below(100);
  next_action_ = now_ + dice_.UpTo(pause < 40   ? Duration(300ms)
                                   : pause < 75 ? Duration(4s)
                                   : pause < 95 ? Duration(60s)
                                                : 4 * variables_.GroupMembershipInterval());
}

template <class F>
void World<F>::ChangeSomeFilter(Host& host) {
  const unsigned group = dice_.Below(groups_);
  const Filter filter = DrawFilter(host, group);
  Note([&] {
    return "host " + host.address.ToString() + " wants of group " + std::to_string(group) + ": " +
           InWords(filter);
  });
  std::vector<Report<F>> reports;
  host.model->Want(group, filter, now_, reports);
  FollowHost(host, reports);
}

template <class F>
Filter World<F>::DrawFilter(const Host& host, unsigned group) {
  if (dice_.Percent(25)) return {};
  if (host.ability != Version::kV3) return {group != kSsmGroup, 0};
  const bool exclude = group != kSsmGroup && !wide_ && dice_.Percent(50);
  return {exclude, exclude && dice_.Percent(40) ? 0 : dice_.Bits(sources_)};
}

template <class F>
void World<F>::LiveOrDie(Host& host) {
  if (host.model) {
    Note([&] { return "host " + host.address.ToString() + " dies"; });
    host.model.reset();
    host.next = kNever;
    LookAt(host.link, links_[host.link].promises->FallSilent(host.member, now_));
    FollowMember(host.link, host.member, host.ability, Departure::kSilent, [](unsigned) { return Filter(); });
    return;
  }
  host.model = std::make_unique<HostModel<F>>(host.ability, host.leaves, variables_, Dice(dice_.Seed()));
  FollowHost(host, {});
}

template <class F>
void World<F>::TogglePort(ProxyBox& proxy, PortId port) {
  SetPort(proxy, port, !proxy.ports[static_cast<std::size_t>(port)].up);
}

template <class F>
void World<F>::SetPort(ProxyBox& proxy, PortId number, bool up) {
  ProxyPort& port = proxy.ports[static_cast<std::size_t>(number)];
  port.up = up;
  LinkState<F> state;
  state.mtu = links_[port.link].mtu;
  if (up) {
    state.up = true;
    state.address = port.address;
    state.rules.own_addresses = {port.address};
    state.rules.subnets = {Names<F>::Subnet(port.link)};
  }
  Note([&] {
    return proxy.node->name() + ": port on link " + std::to_string(port.link) +
           (up ? " goes up" : " goes down");
  });
  if (number != PortId{0}) {
    Link& link = links_[port.link];
    LookAt(port.link, link.promises->SetRouters(RoutersUp(link), now_));
  } else if (!up) {
    LookAt(port.link, links_[port.link].promises->FallSilent(proxy.member, now_));
  }
  Take(proxy, proxy.node->Link(number, state, now_));
}

template <class F>
unsigned World<F>::RoutersUp(const Link& link) const {
  return static_cast<unsigned>(
      std::count_if(link.routers.begin(), link.routers.end(), [&](const Station& router) {
        return proxies_[router.who].ports[static_cast<std::size_t>(router.port)].up;
      }));
}

template <class F>
void World<F>::Take(ProxyBox& proxy, const typename ProxyNode<F>::Outcome& outcome) {
  const auto number = static_cast<unsigned>(&proxy - proxies_.data());
  proxy.next = proxy.node->Next();
  const ProxyPort& upstream = proxy.ports.front();
  // An older version says a leave once (D-22), and version 1 not at all; what a port that goes down wanted,
  // nobody hears.
  const bool said = upstream.up && proxy.node->mode() != Version::kV1;
  FollowMember(upstream.link, proxy.member, proxy.node->mode(), said ? Departure::kSaid : Departure::kSilent,
               [&](unsigned group) { return upstream.up ? proxy.node->Told(group) : Filter(); });
  for (const auto& [port, packet] : outcome.packets) {
    const ProxyPort& from = proxy.ports[static_cast<std::size_t>(port)];
    const std::string fault = EnvelopeFault<F>(packet.bytes, links_[from.link].mtu);
    if (!fault.empty()) throw Violation(proxy.node->name() + " sent what is not legal: " + fault);
    Transmit(from.link, from.address, {StationKind::kProxy, number, port}, packet.bytes);
  }
  for (std::size_t port = 1; port < proxy.ports.size(); ++port) {
    for (const unsigned group : outcome.groups) CheckLink(proxy.ports[port].link, group);
  }
}

template <class F>
void World<F>::FollowHost(Host& host, const std::vector<Report<F>>& reports) {
  host.next = host.model->Next();
  const bool said = host.model->mode() == Version::kV3 ||
                    (host.model->mode() == Version::kV2 && host.leaves == LeaveHabit::kAlways);
  FollowMember(host.link, host.member, host.model->mode(), said ? Departure::kSaid : Departure::kSilent,
               [&](unsigned group) { return host.model->Told(group); });
  const auto number = static_cast<unsigned>(&host - hosts_.data());
  for (const Report<F>& report : reports) {
    Transmit(host.link, host.address, {StationKind::kHost, number, {}},
             Codec<F>::Serialize(report, host.address).bytes);
  }
}

/// A member whose version changed says nothing of what it tells differently from now on.
template <class F>
void World<F>::FollowMember(unsigned number, unsigned member, Version mode, Departure how,
                            const std::function<Filter(unsigned)>& told) {
  Promises& promises = *links_[number].promises;
  if (promises.Mode(member) != mode) {
    how = Departure::kSilent;
    LookAt(number, promises.SetMode(member, mode, now_));
  }
  for (unsigned group = 0; group < groups_; ++group) {
    const Filter filter = told(group);
    if (filter == promises.Told(member, group)) continue;
    Note([&] {
      return "link " + std::to_string(number) + ": member " + std::to_string(member) + " tells of group " +
             std::to_string(group) + ": " + InWords(filter);
    });
    LookAt(number, promises.Tell(member, group, filter, how, now_));
  }
}

template <class F>
void World<F>::Transmit(unsigned number, const Address& sender, const Station& from,
                        std::vector<std::uint8_t> bytes) {
  Link& link = links_[number];
  // Everybody insists on the envelope of the RFC here, and nothing of a packet may be left out.
  ReceiveRules<F> rules;
  rules.require_router_alert_in_queries = true;
  rules.require_router_alert_in_reports = true;
  DropCounters left_out;
  auto received = Codec<F>::Parse(bytes, rules, left_out);
  if (!received)
    throw Violation("a packet was sent that nobody takes: " + std::string(ToString(received.error())));
  const auto packet = std::make_shared<const Packet>(Packet{sender, std::move(bytes), *std::move(received)});
  const Message<F>& message = packet->received.message;
  if (const auto* report = std::get_if<Report<F>>(&message);
      report != nullptr && report->version != Version::kV3) {
    for (const GroupRecord<F>& record : report->records) {
      if (record.type == RecordType::kIsEx)
        link.promises->HearOlderReport(Names<F>::Number(record.group), report->version, now_);
    }
  }
  if (IsSabotaged(message)) return;
  const bool lost = link.loss->Takes(sender, message, now_);
  // Where two routers share a link they lose the same: one that heard less than the other would end what it
  // did not hear of.
  const bool lost_for_all = lost && (link.traits.routers > 1 || dice_.Percent(50));
  Note([&] {
    return "link " + std::to_string(number) + ": " + sender.ToString() + " sends " + InWords<F>(message) +
           (lost_for_all ? " (lost)"
            : lost       ? " (lost for some)"
                         : "");
  });
  if (lost_for_all) return;
  for (unsigned s = 0; s < link.stations.size(); ++s) {
    const Station& station = link.stations[s];
    if (station.kind == from.kind && station.who == from.who && station.port == from.port) continue;
    if (lost && dice_.Percent(60)) continue;
    for (unsigned copies = dice_.Percent(link.duplicates_percent) ? 2 : 1; copies > 0; --copies) {
      const Duration delay =
          link.traits.in_order ? link.traits.longest_delay : dice_.UpTo(link.traits.longest_delay);
      arrivals_.push({now_ + delay, ++order_, number, s, packet});
    }
  }
}

template <class F>
bool World<F>::IsSabotaged(const Message<F>& message) const {
  if (const auto* query = std::get_if<Query<F>>(&message))
    return sabotage_ == Sabotage::kLostQueries && query->IsGeneral();
  const auto& records = std::get<Report<F>>(message).records;
  return sabotage_ == Sabotage::kLostLeaves &&
         std::any_of(records.begin(), records.end(), [](const auto& record) {
           return record.type == RecordType::kToIn || record.type == RecordType::kBlock;
         });
}

/// What the link gets is what any of its routers forwards.
template <class F>
void World<F>::CheckLink(unsigned number, unsigned group) const {
  const Link& link = links_[number];
  const std::string fault = link.promises->Check(group, now_, [&](unsigned g, unsigned source) {
    return std::any_of(link.routers.begin(), link.routers.end(), [&](const Station& router) {
      const ProxyBox& proxy = proxies_[router.who];
      return proxy.ports[static_cast<std::size_t>(router.port)].up &&
             proxy.node->Forwards(router.port, g, source);
    });
  });
  if (!fault.empty()) throw Violation("link " + std::to_string(number) + ": " + fault);
}

template <class F>
void World<F>::LookAt(unsigned link, const std::vector<Time>& times) {
  for (const Time at : times) looks_.push({at, link});
}

template class World<Igmp>;
template class World<Mld>;

}  // namespace bpfcast::sim
