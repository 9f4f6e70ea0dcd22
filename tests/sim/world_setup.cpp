// What a seed makes: variables, links, proxies and hosts.
#include <algorithm>

#include "world.h"

namespace bpfcast::sim {
namespace {

using namespace std::chrono_literals;

}  // namespace

template <class F>
World<F>::World(std::uint64_t seed, Sabotage sabotage) : dice_(seed), sabotage_(sabotage) {
  now_ = Time(Duration(1h));
  MakeVariables();
  AddLink(0);  // above the root: nobody
  std::vector<unsigned> below_root;
  for (unsigned n = 1 + dice_.Below(3); n > 0; --n) below_root.push_back(AddLink(1));
  AddProxy(0, below_root);
  // A chain, or two proxies side by side that share a link.
  for (unsigned n = dice_.Below(3); n > 0; --n) {
    const unsigned above = 1 + dice_.Below(static_cast<unsigned>(links_.size()) - 1);
    std::vector<unsigned> below = {AddLink(1)};
    if (dice_.Percent(30)) below.push_back(AddLink(1));
    AddProxy(above, below);
  }
  if (dice_.Percent(40)) {
    const unsigned above = 1 + dice_.Below(static_cast<unsigned>(links_.size()) - 1);
    const unsigned shared = AddLink(2);
    AddProxy(above, {shared});
    AddProxy(above,
             dice_.Percent(50) ? std::vector<unsigned>{shared} : std::vector<unsigned>{shared, AddLink(1)});
  }
  for (unsigned link = 1; link < links_.size(); ++link) AddHosts(link);
  for (ProxyBox& proxy : proxies_) {
    for (unsigned port = 0; port < proxy.ports.size(); ++port)
      SetPort(proxy, PortId{static_cast<std::uint16_t>(port)}, true);
  }
  next_action_ = now_ + 1s;
}

template <class F>
void World<F>::MakeVariables() {
  wide_ = dice_.Percent(15);
  older_ = !wide_ && dice_.Percent(60);
  lossless_ = dice_.Percent(40);
  delays_ = dice_.Percent(60);
  if (wide_) {
    groups_ = 3;
    sources_ = 20;
  }
  variables_.robustness = dice_.Percent(70) ? 2 : 3;
  if (older_) {
    // Hosts of version 1 answer within 10 s whatever they are told, so a shorter interval would be no promise
    // to them.
    variables_.query_interval = dice_.Percent(50) ? 60s : 125s;
    variables_.query_response_interval = 10s;
  } else {
    const unsigned pick = dice_.Below(3);
    variables_.query_interval = pick == 0 ? 20s : pick == 1 ? 60s : 125s;
    variables_.query_response_interval = pick == 0 ? 4s : dice_.Percent(50) ? 2s : 10s;
  }
  variables_.last_member_query_interval = dice_.Percent(60) ? 1s : dice_.Percent(50) ? 500ms : 2s;
  // LMQT leaves no time for the way of the last answer (I-16): where packets take time, one query more.
  variables_.last_member_query_count = variables_.robustness + (delays_ ? 1 : 0);
}

template <class F>
unsigned World<F>::AddLink(unsigned routers) {
  Link link;
  link.traits.routers = routers;
  if (older_ && dice_.Percent(25)) {
    link.traits.version =
        F::kOldestVersion == Version::kV1 && dice_.Percent(40) ? Version::kV1 : Version::kV2;
  }
  link.traits.fast_leave = dice_.Percent(25);
  // A leave that arrives late ends at once what was joined again meanwhile: that is the price of fast leave.
  link.traits.in_order = link.traits.fast_leave || dice_.Percent(60);
  if (delays_ && dice_.Percent(80))
    link.traits.longest_delay = link.traits.in_order ? dice_.UpTo(20ms) : dice_.UpTo(60ms);
  link.traits.lossless = lossless_ || dice_.Percent(20);
  link.duplicates_percent = dice_.Percent(50) ? 0 : 20;
  // Small ones split what is split, but the list of a record in EXCLUDE mode stays whole: it may be cut, not
  // split.
  constexpr std::size_t kSmallest = F::kEnvelopeSize + F::kReportHeaderSize + F::kRecordHeaderSize;
  const std::size_t small = kSmallest + F::Address::kBytes * (wide_ ? 6 : 4);
  link.mtu = dice_.Percent(50) ? small : 1500;
  unsigned percent = link.traits.lossless ? 0 : 15 + dice_.Below(50);
  if (sabotage_ == Sabotage::kLoss) percent = 60;
  const Duration slack = 4 * link.traits.longest_delay + 200ms;
  link.loss = std::make_unique<Loss<F>>(variables_, slack, percent, Dice(dice_.Seed()));
  if (sabotage_ == Sabotage::kLoss) link.loss->LoseWithoutLimit();
  link.promises = std::make_unique<Promises>(variables_, link.traits, groups_, sources_);
  links_.push_back(std::move(link));
  return static_cast<unsigned>(links_.size() - 1);
}

template <class F>
unsigned World<F>::AddProxy(unsigned upstream, const std::vector<unsigned>& downstreams) {
  const auto number = static_cast<unsigned>(proxies_.size());
  std::vector<std::string> warnings;
  ProxyConfig<F> config;
  config.upstream.port = PortId{0};
  config.upstream.host.timing = *MakeTiming<F>(variables_.ToConfig(), Version::kV3, warnings);
  ProxyBox proxy;
  proxy.ports.push_back({upstream, Names<F>::Station(upstream, 5 + number), false});
  for (const unsigned link : downstreams) {
    const LinkTraits& traits = links_[link].traits;
    DownstreamConfig<F> downstream;
    downstream.port = PortId{static_cast<std::uint16_t>(proxy.ports.size())};
    downstream.querier.timing = *MakeTiming<F>(variables_.ToConfig(), traits.version, warnings);
    downstream.querier.version = traits.version;
    downstream.querier.fast_leave = traits.fast_leave ? FastLeave::kTracked : FastLeave::kOff;
    if (traits.routers > 1 && dice_.Percent(25)) downstream.foreign_querier = ForeignQuerier::kKeepForwarding;
    config.downstreams.push_back(downstream);
    // Lower than all others on the link: the first of two is the querier.
    const auto rank = static_cast<unsigned>(1 + links_[link].routers.size());
    proxy.ports.push_back({link, Names<F>::Station(link, rank), false});
    links_[link].routers.push_back({StationKind::kProxy, number, downstream.port});
  }
  for (unsigned port = 0; port < proxy.ports.size(); ++port) {
    links_[proxy.ports[port].link].stations.push_back(
        {StationKind::kProxy, number, PortId{static_cast<std::uint16_t>(port)}});
  }
  proxy.member = links_[upstream].promises->AddMember(Version::kV3);
  proxy.node = std::make_unique<ProxyNode<F>>("proxy " + std::to_string(number), config, groups_, sources_,
                                              dice_.Seed());
  proxies_.push_back(std::move(proxy));
  return number;
}

template <class F>
void World<F>::AddHosts(unsigned link) {
  for (unsigned n = 1 + dice_.Below(3); n > 0; --n) {
    Host host;
    host.link = link;
    host.address = Names<F>::Station(link, 40 + static_cast<unsigned>(hosts_.size()));
    if (older_ && dice_.Percent(45)) {
      host.ability = F::kOldestVersion == Version::kV1 && dice_.Percent(35) ? Version::kV1 : Version::kV2;
    }
    host.leaves = dice_.Percent(60) ? LeaveHabit::kAlways : LeaveHabit::kWhenLastReporter;
    host.member = links_[link].promises->AddMember(host.ability);
    links_[link].stations.push_back({StationKind::kHost, static_cast<unsigned>(hosts_.size()), {}});
    hosts_.push_back(std::move(host));
    LiveOrDie(hosts_.back());
  }
}

template <class F>
std::string World<F>::Describe() const {
  const auto seconds = [](Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
  };
  std::string text = std::string(F::kName) + ", RV " + std::to_string(variables_.robustness) + ", QI " +
                     seconds(variables_.query_interval) + ", QRI " +
                     seconds(variables_.query_response_interval) + ", LMQI " +
                     seconds(variables_.last_member_query_interval) + ", LMQC " +
                     std::to_string(variables_.last_member_query_count) + "\n";
  for (unsigned l = 0; l < links_.size(); ++l) {
    const Link& link = links_[l];
    text += "link " + std::to_string(l) + ": v" + std::to_string(static_cast<int>(link.traits.version)) +
            ", delay " + seconds(link.traits.longest_delay) + (link.traits.in_order ? "" : ", out of order") +
            (link.traits.lossless ? "" : ", losses") + (link.traits.fast_leave ? ", fast leave" : "") +
            ", MTU " + std::to_string(link.mtu) + ";";
    for (const Station& station : link.stations) {
      if (station.kind == StationKind::kProxy) {
        text += " proxy " + std::to_string(station.who) + (station.port == PortId{0} ? " (upstream)" : "") +
                " " + proxies_[station.who].ports[static_cast<std::size_t>(station.port)].address.ToString();
      } else {
        const Host& host = hosts_[station.who];
        text += " host v" + std::to_string(static_cast<int>(host.ability)) + " " + host.address.ToString() +
                " (member " + std::to_string(host.member) + ")";
      }
    }
    text += "\n";
  }
  return text;
}

template class World<Igmp>;
template class World<Mld>;

}  // namespace bpfcast::sim
