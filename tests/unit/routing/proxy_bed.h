// A Proxy<F> on the bed of conformance section G and a virtual clock: upstream U, downstreams D1 and D2.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "routing/passage_lookup.h"
#include "routing/proxy.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {

/// The addresses of the bed, as text.
template <class F>
struct BedText;

template <>
struct BedText<Igmp> {
  static constexpr const char* kOwnOnU = "198.51.100.2";
  static constexpr const char* kOwnOnD1 = "192.0.2.1";
  static constexpr const char* kOwnOnD2 = "203.0.113.1";
  static constexpr const char* kNewOnU = "198.51.100.77";
  static constexpr const char* kHost1 = "192.0.2.10";
  static constexpr const char* kHost2 = "192.0.2.11";
  static constexpr const char* kHost3 = "203.0.113.10";
  static constexpr const char* kUpstreamRouter = "198.51.100.1";
  static constexpr const char* kUpstreamHost = "198.51.100.9";
  static constexpr const char* kGroup = "239.1.2.3";
  static constexpr const char* kOtherGroup = "239.9.9.9";
  static constexpr const char* kSsmGroup = "232.1.1.1";
  static constexpr const char* kSource = "10.0.0.0";
  static constexpr const char* kLinkLocal[] = {"224.0.0.1", "224.0.0.251", "224.0.0.5"};
};

template <>
struct BedText<Mld> {
  static constexpr const char* kOwnOnU = "fe80::2";
  static constexpr const char* kOwnOnD1 = "fe80::1:1";
  static constexpr const char* kOwnOnD2 = "fe80::2:1";
  static constexpr const char* kNewOnU = "fe80::77";
  static constexpr const char* kHost1 = "fe80::1:10";
  static constexpr const char* kHost2 = "fe80::1:11";
  static constexpr const char* kHost3 = "fe80::2:10";
  static constexpr const char* kUpstreamRouter = "fe80::1";
  static constexpr const char* kUpstreamHost = "fe80::9";
  static constexpr const char* kGroup = "ff0e::1234";
  static constexpr const char* kOtherGroup = "ff08::9:9";
  static constexpr const char* kSsmGroup = "ff3e::8000:1";
  static constexpr const char* kSource = "2001:db8::";
  static constexpr const char* kLinkLocal[] = {"ff02::1", "ff02::fb", "ff01::5"};
};

template <class F>
class ProxyBed : public testing::Test {
 protected:
  using Address = typename F::Address;
  using Text = BedText<F>;
  using Records = std::vector<GroupRecord<F>>;

  static constexpr PortId kU{0};
  static constexpr PortId kD1{1};
  static constexpr PortId kD2{2};

  static Address A(const char* text) { return *Address::Parse(text); }
  static inline const Address kGroup = A(Text::kGroup);
  static inline const Address kOtherGroup = A(Text::kOtherGroup);
  static inline const Address kSsmGroup = A(Text::kSsmGroup);
  static inline const Address kHost1 = A(Text::kHost1);
  static inline const Address kHost2 = A(Text::kHost2);
  static inline const Address kHost3 = A(Text::kHost3);
  static inline const Address kUpstreamRouter = A(Text::kUpstreamRouter);
  static inline const Address kUpstreamHost = A(Text::kUpstreamHost);
  static Address Own(PortId port) {
    return A(port == kU ? Text::kOwnOnU : port == kD1 ? Text::kOwnOnD1 : Text::kOwnOnD2);
  }

  /// A report from the unspecified address, which the next router would not take, stands here without its
  /// records.
  struct Sent {
    double at;
    PortId port;
    ReceivedMessage<F> message;
    std::vector<std::uint8_t> bytes;
  };

  explicit ProxyBed(const ProxyConfig<F>& config = MakeConfig()) : proxy(config, Random(1)) {
    for (const PortId port : {kU, kD1, kD2}) {
      passages[port] = proxy.PassagesOf(port);
      Up(port);
    }
    sent.clear();
  }

  static ProxyConfig<F> MakeConfig() {
    std::vector<std::string> warnings;
    ProxyConfig<F> config;
    config.upstream.port = kU;
    config.upstream.host.timing = *MakeTiming<F>({}, Version::kV3, warnings);
    for (const PortId port : {kD1, kD2}) {
      DownstreamConfig<F> downstream;
      downstream.port = port;
      downstream.querier.timing = config.upstream.host.timing;
      config.downstreams.push_back(downstream);
    }
    return config;
  }
  static DownstreamConfig<F> MakeDownstream(PortId port) {
    DownstreamConfig<F> config = MakeConfig().downstreams.front();
    config.port = port;
    return config;
  }

  static Address S(std::uint8_t n) {
    auto bytes = A(Text::kSource).bytes();
    bytes.back() = n;
    return Address(bytes);
  }
  static GroupRecord<F> Record(RecordType type, std::vector<Address> sources = {}, Address group = kGroup) {
    return {type, group, std::move(sources)};
  }
  static MembershipRecord<F> Include(std::initializer_list<Address> sources) {
    return {FilterMode::kInclude, sources};
  }
  static MembershipRecord<F> Exclude(std::initializer_list<Address> sources) {
    return {FilterMode::kExclude, sources};
  }

  static Time At(double seconds) { return Time(Duration(static_cast<Duration::rep>(seconds * 1e9 + 0.5))); }

  /// As LinkState asks for it: for IPv4 the addresses of all ports are own ones.
  static LinkState<F> Working(const Address& address) {
    LinkState<F> state;
    state.up = true;
    state.address = address;
    if constexpr (Address::kBytes == 4) state.rules.own_addresses = {Own(kU), Own(kD1), Own(kD2)};
    state.rules.own_addresses.push_back(address);
    state.rules.subnets = {{address, 24}};
    return state;
  }
  void Up(PortId port) { Up(port, Own(port)); }
  void Up(PortId port, const Address& address) { Link(port, Working(address)); }
  void Down(PortId port) { Link(port, {}); }
  void Link(PortId port, const LinkState<F>& state) {
    ProxyEffects<F> effects;
    proxy.OnLink(port, state, now, effects);
    Take(effects);
  }
  void Configure(const DownstreamConfig<F>& config) {
    ProxyEffects<F> effects;
    const bool is_new = proxy.querier(config.port) == nullptr;
    proxy.SetDownstream(config, now, effects);
    if (is_new) passages[config.port] = proxy.PassagesOf(config.port);
    Take(effects);
  }
  void Configure(const UpstreamConfig<F>& config) {
    ProxyEffects<F> effects;
    proxy.SetUpstream(config, now, effects);
    Take(effects);
  }
  void Remove(PortId port) {
    ProxyEffects<F> effects;
    proxy.RemoveDownstream(port, now, effects);
    passages.erase(port);
    Take(effects);
  }

  /// Steps from deadline to deadline up to `seconds`, so that nothing fires late.
  void AdvanceTo(double seconds) {
    const Time end = At(seconds);
    while (proxy.NextExpiry() <= end) {
      now = std::max(now, proxy.NextExpiry());
      ProxyEffects<F> effects;
      proxy.Expire(now, effects);
      Take(effects);
      ASSERT_GT(proxy.NextExpiry(), now) << "a deadline stayed behind";
    }
    now = end;
  }

  void Receive(PortId port, const std::vector<std::uint8_t>& packet) {
    ProxyEffects<F> effects;
    proxy.OnPacket(port, packet, now, effects);
    Take(effects);
  }
  void ReportFrom(const Address& host, PortId port, Records records, Version version = Version::kV3) {
    Receive(port, Codec<F>::Serialize(Report<F>{version, std::move(records)}, host).bytes);
  }
  void Reports(PortId port, Records records, Version version = Version::kV3) {
    ReportFrom(port == kD2 ? kHost3 : kHost1, port, std::move(records), version);
  }
  /// A query of another router, with the variables that are the default here.
  void Hear(PortId port, const Address& router, const Address& group = {}) {
    Query<F> query;
    query.group = group;
    query.max_response_time = std::chrono::seconds(group.IsUnspecified() ? 10 : 1);
    query.robustness = 2;
    query.query_interval = std::chrono::seconds(125);
    Receive(port, Codec<F>::Serialize(query, router).bytes);
  }

  bool Forwards(PortId port, const Address& source, const Address& group = kGroup) const {
    return Delivered(kU, source, group).Contains(port);
  }
  /// Where a datapath that was told of every change sends a packet that arrives on a port.
  PortSet Delivered(PortId arrival, const Address& source, const Address& group = kGroup) const {
    auto found = routes.find({source, group});
    if (found == routes.end()) found = routes.find({Address(), group});
    PortSet out;
    if (arrival == kU) {
      if (found != routes.end()) out = found->second.from_upstream;
    } else if (found != routes.end()) {
      out = found->second.from_downstream;
    } else {
      out = {kU};  // E-32
    }
    switch (PassageOf(passages.at(arrival), group)) {
      case Passage::kAnywhere:
        break;
      case Passage::kNotUpstream:
        out = found == routes.end() ? PortSet() : found->second.not_upstream;
        break;
      case Passage::kNowhere:
        out = PortSet();
        break;
    }
    out.Remove(arrival);
    return out;
  }

  /// Distinct records sent upstream since the last call, in the order of their first transmission.
  Records UpstreamRecords() {
    Records records;
    for (const Sent& packet : sent) {
      if (packet.port != kU) continue;
      for (const auto& record : std::get<Report<F>>(packet.message.message).records) {
        if (std::find(records.begin(), records.end(), record) == records.end()) records.push_back(record);
      }
    }
    std::erase_if(sent, [](const Sent& packet) { return packet.port == kU; });
    return records;
  }
  std::vector<std::pair<double, Query<F>>> QueriesOn(PortId port) const {
    std::vector<std::pair<double, Query<F>>> queries;
    for (const Sent& packet : sent) {
      if (packet.port == port) queries.emplace_back(packet.at, std::get<Query<F>>(packet.message.message));
    }
    return queries;
  }

  void Take(const ProxyEffects<F>& effects) {
    for (const auto& [port, packet] : effects.packets) {
      DropCounters left_out;
      auto parsed = Codec<F>::Parse(packet.bytes, {}, left_out);
      const auto from = std::span(packet.bytes).template subspan<F::kSourceOffset, Address::kBytes>();
      if (!parsed && Address::FromBytes(from).IsUnspecified()) {
        parsed = ReceivedMessage<F>{{}, packet.destination, Report<F>()};
      }
      ASSERT_TRUE(parsed) << "we sent what we would not take: " << ToString(parsed.error().reason);
      sent.push_back({std::chrono::duration<double>(now.time_since_epoch()).count(), port, *std::move(parsed),
                      packet.bytes});
    }
    for (const auto& change : effects.update) {
      if (change.route) {
        routes[change.key] = *change.route;
      } else {
        ASSERT_EQ(routes.erase(change.key), 1u) << "removed an entry that is not there";
      }
    }
    for (const PortId port : effects.passages_changed) {
      if (passages.contains(port)) passages[port] = proxy.PassagesOf(port);
    }
    passages_changed.insert(passages_changed.end(), effects.passages_changed.begin(),
                            effects.passages_changed.end());
    notices.insert(notices.end(), effects.notices.begin(), effects.notices.end());
    loops.insert(loops.end(), effects.loops.begin(), effects.loops.end());
  }
  /// Every entry is what the table says, and no passage changed without a word.
  void ExpectNothingMissed() const {
    std::map<RouteKey<F>, Route> all;
    for (const auto& change : proxy.table().All()) all[change.key] = *change.route;
    EXPECT_EQ(all, routes);
    for (const auto& [port, known] : passages) EXPECT_EQ(known, proxy.PassagesOf(port));
    for (const auto& [group, entries] : proxy.table().groups()) {
      EXPECT_EQ(entries, proxy.table().Desired(group)) << group.ToString();
    }
  }

  Proxy<F> proxy;
  Time now{};
  std::vector<Sent> sent;
  std::map<RouteKey<F>, Route> routes;
  std::map<PortId, Passages<F>> passages;
  std::vector<PortId> passages_changed;
  std::vector<PortNotice<F>> notices;
  LoopGuard::Notices loops;
};

using BothFamilies = testing::Types<Igmp, Mld>;

}  // namespace bpfcast
