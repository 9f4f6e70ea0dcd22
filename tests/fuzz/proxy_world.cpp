#include "fuzz/proxy_world.h"

namespace bpfcast::fuzz {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class F>
ProxyWorld<F>::ProxyWorld(Script& script) : script_(script) {
  ProxyConfig<F> config;
  upstream_.port = kUpstream;
  upstream_.host = SomeHostSettings();
  config.upstream = upstream_;
  for (std::size_t i = 1 + script_.Below(kPorts - 1); i > 0; --i) {
    const auto port = static_cast<PortId>(i);
    settings_[port] = SomeSettings(port);
    config.downstreams.push_back(settings_[port]);
  }
  proxy_.emplace(config, Random(script_.Octet()));
  for (std::size_t i = 0; i < kPorts; ++i) {
    LinkState<F> state;
    state.up = true;
    state.address = Cast<F>::Own(i);
    state.rules.own_addresses = {*state.address};
    state.rules.subnets = {Cast<F>::Subnet()};
    SetLink(static_cast<PortId>(i), state);
  }
}

template <class F>
void ProxyWorld<F>::Run() {
  while (!script_.ended()) {
    Step();
    CheckTable();
    CheckDatabase();
    CheckForwarding();
    CheckLimits();
  }
  for (std::size_t i = 1; i < kPorts; ++i) SetLink(static_cast<PortId>(i), LinkState<F>());
  Check(proxy_->database().groups().empty(), "without links nobody wants anything");
  CheckTable();
  CheckForwarding();
  ProxyEffects<F> effects;
  proxy_->Leave(effects);
  Take(effects);
  Check(!proxy_->host().running() && proxy_->NextExpiry() == kNever, "what has ended waits for nothing");
}

template <class F>
void ProxyWorld<F>::Step() {
  switch (script_.Below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return NewestReport();
    case 5:
      return OlderReport();
    case 6:
    case 7:
      return AnyQuery();
    case 8:
      return AnyOctets();
    case 9:
      return BrokenReport();
    case 10:
      return ChangeLink(SomePort());
    case 11:
      return ChangeSettings();
    case 12: {
      const Address group = Cast<F>::Group(script_.Below(Cast<F>::kGroups));
      const bool joins = local_.insert(group).second;
      if (!joins) local_.erase(group);
      ProxyEffects<F> effects;
      proxy_->OnLocalMembership(group, joins ? LocalMembership::kJoined : LocalMembership::kNone, effects);
      if (!joins) proxy_->OnLocalLeaveUpstream(group, now_);
      return Take(effects);
    }
    default:
      return LetTimePass();
  }
}

template <class F>
std::vector<typename F::Address> ProxyWorld<F>::SomeSources() {
  std::vector<Address> sources;
  for (std::uint8_t bits = script_.Octet(), i = 0; bits != 0; bits >>= 1, ++i) {
    if ((bits & 1) != 0) sources.push_back(Cast<F>::Source(i));
  }
  return sources;
}

template <class F>
Timing ProxyWorld<F>::SomeTiming(std::uint8_t bits, Version version) {
  TimingConfig config;
  if ((bits & 1) != 0 && version != Version::kV1) {  // its hosts take up to ten seconds
    config.query_interval = seconds(5);
    config.query_response_interval = seconds(1);
    config.last_member_query_interval = milliseconds(200);
  }
  if ((bits & 2) != 0) config.robustness = 3;
  std::vector<std::string> warnings;
  return MakeTiming<F>(config, version, warnings).value();
}

template <class F>
DownstreamConfig<F> ProxyWorld<F>::SomeSettings(PortId port) {
  DownstreamConfig<F> settings;
  settings.port = port;
  QuerierConfig<F>& querier = settings.querier;
  const std::uint8_t bits = script_.Octet();
  if ((bits & 0x04) != 0) querier.version = (bits & 0x08) != 0 ? F::kOldestVersion : Version::kV2;
  querier.timing = SomeTiming(bits, querier.version);
  querier.max_groups = kMostGroups;
  querier.max_sources_per_group = kMostSources;
  querier.max_hosts_per_group = kMostHosts;
  if ((bits & 0x10) != 0) querier.fast_leave = (bits & 0x20) != 0 ? FastLeave::kAlways : FastLeave::kTracked;
  if ((bits & 0x40) != 0) querier.older_queriers = OlderQueriers::kWarn;
  const std::uint8_t more = script_.Octet();
  if ((more & 0x01) != 0) querier.older_messages = OlderMessages::kIgnoreAll;
  if ((more & 0x02) != 0) querier.lowered_by = LoweredBy::kAnyRouter;
  if ((more & 0x04) != 0) querier.exclude_lists = ExcludeLists::kIgnored;
  if ((more & 0x08) != 0) querier.source_overflow = SourceOverflow::kWiden;
  if ((more & 0x10) != 0) settings.foreign_querier = ForeignQuerier::kKeepForwarding;
  if ((more & 0x20) != 0) settings.access.rules.push_back({Access::kDeny, {Cast<F>::Group(0)}});
  if ((more & 0x40) != 0)
    settings.access.rules.push_back({Access::kDeny, {Address(), 0}, {Cast<F>::Source(2)}});
  return settings;
}

template <class F>
HostConfig<F> ProxyWorld<F>::SomeHostSettings() {
  HostConfig<F> host;
  const std::uint8_t bits = script_.Octet();
  if ((bits & 0x04) != 0) host.version = (bits & 0x08) != 0 ? F::kOldestVersion : Version::kV2;
  host.timing = SomeTiming(bits, host.version);
  if ((bits & 0x10) != 0) host.access.rules.push_back({Access::kDeny, {Cast<F>::Group(1)}});
  return host;
}

template <class F>
void ProxyWorld<F>::NewestReport() {
  const PortId port = SomePort();
  const Address host = Cast<F>::Host(script_.Below(6));
  Report<F> report;
  for (std::size_t n = 1 + script_.Below(3); n > 0; --n) {
    const auto type = static_cast<RecordType>(1 + script_.Below(6));
    const Address group = Cast<F>::Group(script_.Below(Cast<F>::kGroups));
    report.records.push_back({type, group, SomeSources()});
  }
  Receive(port, Codec<F>::Serialize(report, host).bytes);
}

template <class F>
void ProxyWorld<F>::OlderReport() {
  const PortId port = SomePort();
  const Address host = Cast<F>::Host(script_.Below(6));
  const std::uint8_t bits = script_.Octet();
  Report<F> report;
  report.version = (bits & 1) != 0 ? F::kOldestVersion : Version::kV2;
  const bool leave = (bits & 2) != 0 && report.version == Version::kV2;
  report.records.push_back(
      {leave ? RecordType::kToIn : RecordType::kIsEx, Cast<F>::Group(script_.Below(Cast<F>::kGroups)), {}});
  Receive(port, Codec<F>::Serialize(report, host).bytes);
}

template <class F>
void ProxyWorld<F>::AnyQuery() {
  const PortId port = SomePort();
  const std::uint8_t bits = script_.Octet();
  Query<F> query;
  if ((bits & 0x01) != 0) query.version = (bits & 0x02) != 0 ? F::kOldestVersion : Version::kV2;
  constexpr Duration kTimes[] = {milliseconds(0), milliseconds(100), seconds(1), seconds(10), seconds(20)};
  query.max_response_time = script_.OneOf(kTimes);
  query.suppress_router_processing = (bits & 0x04) != 0;
  query.robustness = bits >> 5;
  constexpr Duration kIntervals[] = {seconds(0), seconds(5), seconds(125), seconds(31744)};
  query.query_interval = script_.OneOf(kIntervals);
  if ((bits & 0x08) != 0) {
    query.group = Cast<F>::Group(script_.Below(6));
    if ((bits & 0x10) != 0) query.sources = SomeSources();
  }
  Receive(port, Codec<F>::Serialize(query, Cast<F>::Router(script_.Below(6))).bytes);
}

template <class F>
void ProxyWorld<F>::AnyOctets() {
  const PortId port = SomePort();
  const auto octets = script_.Take(script_.Octet());
  Receive(port, {octets.begin(), octets.end()});
}

template <class F>
void ProxyWorld<F>::BrokenReport() {
  const PortId port = SomePort();
  const Report<F> report{Version::kV3, {{RecordType::kToEx, Cast<F>::Group(0), {}}}};
  auto packet = Codec<F>::Serialize(report, Cast<F>::Host(1)).bytes;
  const std::size_t at = script_.Below(packet.size());
  packet[at] = static_cast<std::uint8_t>(packet[at] ^ script_.Octet());
  Receive(port, packet);
}

template <class F>
void ProxyWorld<F>::ChangeLink(PortId port) {
  LinkState<F> state;
  const std::uint8_t bits = script_.Octet();
  state.up = (bits & 1) == 0;
  if ((bits & 2) == 0)
    state.address = Cast<F>::Own(static_cast<std::size_t>(port) + ((bits & 4) != 0 ? 4 : 0));
  if (state.address) state.rules.own_addresses = {*state.address};
  state.rules.subnets = {Cast<F>::Subnet()};
  state.rules.check_subnet = (bits & 8) != 0;
  constexpr std::size_t kMtus[] = {1500, 1280, 9000};
  state.mtu = script_.OneOf(kMtus);
  SetLink(port, state);
}

template <class F>
void ProxyWorld<F>::SetLink(PortId port, const LinkState<F>& state) {
  links_[port] = state;
  ProxyEffects<F> effects;
  proxy_->OnLink(port, state, now_, effects);
  Take(effects);
}

template <class F>
void ProxyWorld<F>::ChangeSettings() {
  const PortId port = SomePort();
  ProxyEffects<F> effects;
  if (port == kUpstream) {
    upstream_.host = SomeHostSettings();
    proxy_->SetUpstream(upstream_, now_, effects);
  } else if (settings_.contains(port) && script_.Below(4) == 0) {
    settings_.erase(port);
    proxy_->RemoveDownstream(port, now_, effects);
  } else {
    const bool is_new = !settings_.contains(port);
    settings_[port] = SomeSettings(port);
    proxy_->SetDownstream(settings_[port], now_, effects);
    if (is_new) proxy_->OnLink(port, links_.at(port), now_, effects);
  }
  Take(effects);
}

template <class F>
void ProxyWorld<F>::LetTimePass() {
  constexpr Duration kSpans[] = {milliseconds(1), milliseconds(10), milliseconds(990), seconds(2),
                                 seconds(10),     seconds(130),     seconds(270),      seconds(2000)};
  const Time end = now_ + script_.OneOf(kSpans);
  // From deadline to deadline as an event loop does, or late, as after a sleep of the machine.
  const std::size_t steps = script_.Below(4) == 0 ? 0 : 100;
  for (std::size_t i = 0; i < steps && proxy_->NextExpiry() < end; ++i) {
    ExpireAt(std::max(now_, proxy_->NextExpiry()));
  }
  ExpireAt(end);
}

template <class F>
void ProxyWorld<F>::ExpireAt(Time now) {
  now_ = now;
  ProxyEffects<F> effects;
  proxy_->Expire(now_, effects);
  Check(proxy_->NextExpiry() > now_, "no deadline stays behind");
  Take(effects);
}

template <class F>
void ProxyWorld<F>::Receive(PortId port, const std::vector<std::uint8_t>& packet) {
  ProxyEffects<F> effects;
  proxy_->OnPacket(port, packet, now_, effects);
  Take(effects);
}

template <class F>
void ProxyWorld<F>::Take(const ProxyEffects<F>& effects) {
  Check(effects.packets.size() <= 500, "a call is answered with few packets");
  for (const SendPacket<F>& sent : effects.packets) CheckPacket(sent);
  for (const RouteChange<F>& change : effects.update) {
    if (change.route) {
      routes_[change.key] = *change.route;
    } else {
      Check(routes_.erase(change.key) == 1, "what is removed was there");
    }
  }
}

template <class F>
void ProxyWorld<F>::CheckPacket(const SendPacket<F>& sent) const {
  const LinkState<F>& link = links_.at(sent.port);
  Check(link.up, "packets go out on links that work");
  Check(sent.packet.bytes.size() <= link.mtu, "packets fit the link");
  DropCounters left_out;
  const auto parsed = Codec<F>::Parse(sent.packet.bytes, {}, left_out);
  if (!parsed) {
    // from the unspecified address, while there is no other.
    Check(parsed.error().reason == DropReason::kSource && !link.address, "what we send we would take;",
          [&] { return std::string(ToString(parsed.error().reason)); });
    return;
  }
  Check(left_out[DropReason::kRecordType] + left_out[DropReason::kGroup] + left_out[DropReason::kScope] +
                left_out[DropReason::kRecordSource] ==
            0,
        "what we send is taken as a whole");
  const bool is_report = std::holds_alternative<Report<F>>(parsed->message);
  Check(is_report == (sent.port == kUpstream), "reports go upstream, queries downstream");
  Check(is_report || parsed->source == link.address, "queries are sent from the address of the link");
}

template <class F>
void ProxyWorld<F>::CheckTable() const {
  const ForwardingTable<F>& table = proxy_->table();
  std::set<Address> groups = local_;
  for (const auto& [group, state] : proxy_->database().groups()) groups.insert(group);
  for (const auto& [group, routes] : table.groups()) {
    groups.insert(group);
    Check(!routes.empty(), "no empty entry is kept");
  }
  std::map<RouteKey<F>, Route> all;
  for (const Address& group : groups) {
    const auto desired = table.Desired(group);
    const auto found = table.groups().find(group);
    Check(found == table.groups().end() ? desired.empty() : found->second == desired,
          "the table is what is desired, made from scratch;", [&] { return group.ToString(); });
    all.insert(desired.begin(), desired.end());
  }
  Check(all == routes_, "who follows the changes has the table");
}

template <class F>
void ProxyWorld<F>::CheckDatabase() const {
  const MembershipDatabase<F>& database = proxy_->database();
  std::size_t records = 0;
  for (const auto& [port, settings] : settings_) {
    const Querier<F>& querier = *proxy_->querier(port);
    for (const auto& entry : querier.groups()) {
      const Address& group = entry.first;
      const auto wanted = Permitted(settings.access, group, querier.Membership(group));
      const auto& links = database.Links(group);
      const auto found = links.find(port);
      Check(found == links.end() ? wanted.IsEmpty() : found->second == wanted,
            "the database has what each link wants;", [&] { return group.ToString(); });
      if (!wanted.IsEmpty()) ++records;
    }
  }
  for (const auto& [group, entry] : database.groups()) {
    Check(!entry.links.empty(), "no group stays that nobody wants");
    Check(entry.merged == MembershipDatabase<F>::Merge(entry.links), "the merge is that of the links");
    records -= entry.links.size();
  }
  Check(records == 0, "the database has nothing else");
}

/// E-31, C-04, asked of each link for each source, the plain way.
template <class F>
void ProxyWorld<F>::CheckForwarding() const {
  constexpr std::size_t kSources = 9;  // one more than scripts ever name
  for (std::size_t g = 0; g < Cast<F>::kGroups; ++g) {
    const Address group = Cast<F>::Group(g);
    for (std::size_t s = 1; s < kSources; ++s) {
      const Address source = Cast<F>::Source(s);
      PortSet expected;
      for (const auto& [port, settings] : settings_) {
        const Querier<F>& querier = *proxy_->querier(port);
        const bool serves = querier.role() == RouterRole::kQuerier ||
                            settings.foreign_querier == ForeignQuerier::kKeepForwarding;
        if (serves && Permitted(settings.access, group, querier.Membership(group)).Wants(source))
          expected.Add(port);
      }
      auto found = routes_.find({source, group});
      if (found == routes_.end()) found = routes_.find({Address(), group});
      const PortSet actual = found == routes_.end() ? PortSet() : found->second.from_upstream;
      Check(actual == expected, "each link gets what it wants, and nothing else;",
            [&] { return source.ToString() + " to " + group.ToString(); });
    }
  }
}

template <class F>
void ProxyWorld<F>::CheckLimits() const {
  for (const auto& [port, settings] : settings_) {
    const Querier<F>& querier = *proxy_->querier(port);
    Check(querier.groups().size() <= kMostGroups, "groups are limited");
    for (const auto& [group, state] : querier.groups()) {
      Check(!state.IsEmpty(), "no empty state is kept");
      Check(querier.NextExpiry() <= state.NextExpiry(), "no deadline of a group is missed");
      Check(state.Requested().size() + state.Excluded().size() <= kMostSources, "sources are limited");
      Check(state.hosts().size() <= kMostHosts, "hosts are limited");
    }
    Check(proxy_->NextExpiry() <= querier.NextExpiry(), "no deadline of a link is missed");
  }
  Check(proxy_->NextExpiry() <= proxy_->host().NextExpiry(), "no deadline of the host side is missed");
}

template class ProxyWorld<Igmp>;
template class ProxyWorld<Mld>;

}  // namespace bpfcast::fuzz
