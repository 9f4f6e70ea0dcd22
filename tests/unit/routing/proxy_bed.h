// A Proxy<Igmp> on the bed of conformance section G and a virtual clock: upstream U, downstreams D1 and D2.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "routing/proxy.h"
#include "wire/igmp.h"

namespace bpfcast {

class ProxyBed : public testing::Test {
 protected:
  static constexpr PortId kU{0};
  static constexpr PortId kD1{1};
  static constexpr PortId kD2{2};
  static constexpr Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
  static constexpr Ipv4Address kSsmGroup = MakeIpv4(232, 1, 1, 1);
  static constexpr Ipv4Address kHost1 = MakeIpv4(192, 0, 2, 10);
  static constexpr Ipv4Address kHost3 = MakeIpv4(203, 0, 113, 10);
  static constexpr Ipv4Address kUpstreamRouter = MakeIpv4(198, 51, 100, 1);

  struct Sent {
    double at;
    PortId port;
    ReceivedMessage<Igmp> message;
  };

  ProxyBed() : proxy(MakeConfig(), Random(1)) {
    Up(kU, MakeIpv4(198, 51, 100, 2));
    Up(kD1, MakeIpv4(192, 0, 2, 1));
    Up(kD2, MakeIpv4(203, 0, 113, 1));
    sent.clear();
  }

  static ProxyConfig<Igmp> MakeConfig() {
    std::vector<std::string> warnings;
    ProxyConfig<Igmp> config;
    config.upstream.port = kU;
    config.upstream.host.timing = *MakeTiming<Igmp>({}, Version::kV3, warnings);
    for (const PortId port : {kD1, kD2}) {
      DownstreamConfig<Igmp> downstream;
      downstream.port = port;
      downstream.querier.timing = config.upstream.host.timing;
      config.downstreams.push_back(downstream);
    }
    return config;
  }

  static Ipv4Address S(std::uint8_t n) { return MakeIpv4(10, 0, 0, n); }
  static GroupRecord<Igmp> Record(RecordType type, std::vector<Ipv4Address> sources = {},
                                  Ipv4Address group = kGroup) {
    return {type, group, std::move(sources)};
  }
  static MembershipRecord<Igmp> Include(std::initializer_list<Ipv4Address> sources) {
    return {FilterMode::kInclude, sources};
  }
  static MembershipRecord<Igmp> Exclude(std::initializer_list<Ipv4Address> sources) {
    return {FilterMode::kExclude, sources};
  }

  static Time At(double seconds) { return Time(Duration(static_cast<Duration::rep>(seconds * 1e9 + 0.5))); }

  void Up(PortId port, Ipv4Address address) {
    LinkState<Igmp> state;
    state.up = true;
    state.address = address;
    state.rules.own_addresses = {address};
    state.rules.subnets = {{address, 24}};
    Link(port, state);
  }
  void Link(PortId port, const LinkState<Igmp>& state) {
    ProxyEffects<Igmp> effects;
    proxy.OnLink(port, state, now, effects);
    Take(effects);
  }

  /// Steps from deadline to deadline up to `seconds`, so that nothing fires late.
  void AdvanceTo(double seconds) {
    const Time end = At(seconds);
    while (proxy.NextExpiry() <= end) {
      now = std::max(now, proxy.NextExpiry());
      ProxyEffects<Igmp> effects;
      proxy.Expire(now, effects);
      Take(effects);
      ASSERT_GT(proxy.NextExpiry(), now) << "a deadline stayed behind";
    }
    now = end;
  }

  void Receive(PortId port, std::vector<std::uint8_t> packet) {
    ProxyEffects<Igmp> effects;
    proxy.OnPacket(port, packet, now, effects);
    Take(effects);
  }
  void Reports(PortId port, std::vector<GroupRecord<Igmp>> records, Version version = Version::kV3) {
    const Ipv4Address host = port == kD2 ? kHost3 : kHost1;
    Receive(port, Codec<Igmp>::Serialize(Report<Igmp>{version, std::move(records)}, host).bytes);
  }

  bool Forwards(PortId port, Ipv4Address source, Ipv4Address group = kGroup) const {
    auto found = routes.find({source, group});
    if (found == routes.end()) found = routes.find({Ipv4Address(), group});
    return found != routes.end() && found->second.from_upstream.Contains(port);
  }

  /// Distinct records sent upstream since the last call, in the order of their first transmission.
  std::vector<GroupRecord<Igmp>> UpstreamRecords() {
    std::vector<GroupRecord<Igmp>> records;
    for (const Sent& packet : sent) {
      if (packet.port != kU) continue;
      for (const auto& record : std::get<Report<Igmp>>(packet.message.message).records) {
        if (std::find(records.begin(), records.end(), record) == records.end()) records.push_back(record);
      }
    }
    std::erase_if(sent, [](const Sent& packet) { return packet.port == kU; });
    return records;
  }
  std::vector<std::pair<double, Query<Igmp>>> QueriesOn(PortId port) const {
    std::vector<std::pair<double, Query<Igmp>>> queries;
    for (const Sent& packet : sent) {
      if (packet.port == port) queries.emplace_back(packet.at, std::get<Query<Igmp>>(packet.message.message));
    }
    return queries;
  }

  void Take(const ProxyEffects<Igmp>& effects) {
    for (const auto& [port, packet] : effects.packets) {
      DropCounters left_out;
      auto parsed = Codec<Igmp>::Parse(packet.bytes, {}, left_out);
      ASSERT_TRUE(parsed) << "we sent what we would not take: " << ToString(parsed.error());
      sent.push_back(
          {std::chrono::duration<double>(now.time_since_epoch()).count(), port, *std::move(parsed)});
    }
    for (const auto& change : effects.update) {
      if (change.route) {
        routes[change.key] = *change.route;
      } else {
        routes.erase(change.key);
      }
    }
    notices.insert(notices.end(), effects.notices.begin(), effects.notices.end());
  }

  Proxy<Igmp> proxy;
  Time now{};
  std::vector<Sent> sent;
  std::map<RouteKey<Igmp>, Route> routes;
  std::vector<PortNotice<Igmp>> notices;
};

}  // namespace bpfcast
