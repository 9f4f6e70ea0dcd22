// Two proxies, one for each family, with an upstream and two downstreams that are up, driven by hand, and the
// views of their ports.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/views.h"
#include "wire/igmp.h"
#include "wire/mld.h"

namespace bpfcast {

/// The first two octets and the last one.
constexpr Ipv6Address ShortIpv6(std::uint8_t first, std::uint8_t second, std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{first, second};
  bytes[15] = last;
  return Ipv6Address(bytes);
}

template <class F>
struct ViewsAddresses;

template <>
struct ViewsAddresses<Igmp> {
  static constexpr Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
  static constexpr Ipv4Address kSource = MakeIpv4(10, 0, 0, 1);
  static constexpr Ipv4Address kOther = MakeIpv4(10, 0, 0, 2);
  static constexpr Ipv4Address kHost = MakeIpv4(192, 0, 1, 10);
  static constexpr Ipv4Address kHost2 = MakeIpv4(192, 0, 1, 11);
  /// Not the lowest address of its subnet: another router can win the election.
  static constexpr Ipv4Address OfPort(std::uint8_t i) { return MakeIpv4(192, 0, i, 2); }
  static constexpr unsigned kSubnetBits = 24;
};

template <>
struct ViewsAddresses<Mld> {
  static constexpr Ipv6Address kGroup = ShortIpv6(0xff, 0x0e, 3);
  static constexpr Ipv6Address kSource = ShortIpv6(0x20, 1, 1);
  static constexpr Ipv6Address kOther = ShortIpv6(0x20, 1, 2);
  static constexpr Ipv6Address kHost = ShortIpv6(0xfe, 0x80, 0x10);
  static constexpr Ipv6Address kHost2 = ShortIpv6(0xfe, 0x80, 0x11);
  static constexpr Ipv6Address OfPort(std::uint8_t i) {
    return ShortIpv6(0xfe, 0x80, static_cast<std::uint8_t>(i + 2));
  }
  static constexpr unsigned kSubnetBits = 64;
};

/// What happens, happens in family F; the other one is idle.
template <class F>
class ViewsBedOf : public testing::Test, protected ViewsAddresses<F> {
 protected:
  using Address = typename F::Address;
  using Json = nlohmann::json;
  using seconds = std::chrono::seconds;

  static constexpr PortId kUpstream{0};
  static constexpr PortId kLan1{1};
  static constexpr PortId kLan2{2};
  static constexpr Time kStart{};

  ViewsBedOf()
      : ipv4_(TwoDownstreams<Igmp>(), Random(1)),
        ipv6_(TwoDownstreams<Mld>(), Random(2)),
        proxy_(std::get<Proxy<F>&>(std::tie(ipv4_, ipv6_))) {
    for (std::uint8_t i = 0; i < 3; ++i) {
      Link(static_cast<PortId>(i), this->OfPort(i));
      PortView view;
      view.id = static_cast<PortId>(i);
      view.name = i == 0 ? "eth0" : "lan" + std::to_string(i);
      view.role = i == 0 ? PortRole::kUpstream : PortRole::kDownstream;
      view.ifindex = i + 2u;
      view.ipv4 = {{Service::kWorks, ""}, ViewsAddresses<Igmp>::OfPort(i).ToString()};
      view.ipv6 = {{Service::kWorks, ""}, ViewsAddresses<Mld>::OfPort(i).ToString()};
      view.hook = Hook::kTc;
      view.hook_reason = "configured";
      ports_.push_back(view);
    }
  }

  template <class G>
  static Timing DefaultTiming() {
    std::vector<std::string> warnings;
    return *MakeTiming<G>(TimingConfig(), Version::kV3, warnings);
  }
  template <class G>
  static DownstreamConfig<G> DownstreamOf(PortId port) {
    DownstreamConfig<G> downstream;
    downstream.port = port;
    downstream.querier.timing = DefaultTiming<G>();
    return downstream;
  }
  static DownstreamConfig<F> Downstream(PortId port) { return DownstreamOf<F>(port); }
  template <class G>
  static ProxyConfig<G> TwoDownstreams() {
    ProxyConfig<G> config;
    config.upstream.port = kUpstream;
    config.upstream.host.timing = DefaultTiming<G>();
    config.downstreams = {DownstreamOf<G>(kLan1), DownstreamOf<G>(kLan2)};
    return config;
  }

  /// Without an address the port is down.
  void Link(PortId port, std::optional<Address> address, Time now = kStart) {
    LinkState<F> state;
    state.up = address.has_value();
    state.address = address;
    if (address) {
      state.rules.own_addresses = {*address};
      state.rules.subnets = {{*address, this->kSubnetBits}};
    }
    proxy_.OnLink(port, state, now, effects_);
  }
  void Report(PortId port, const Address& from, const GroupRecord<F>& record, Time now,
              Version version = Version::kV3) {
    const auto packet = Codec<F>::Serialize(bpfcast::Report<F>{version, {record}}, from);
    proxy_.OnPacket(port, packet.bytes, now, effects_);
  }
  void GeneralQuery(PortId port, const Address& from, Version version, Time now) {
    Query<F> query;
    query.version = version;
    query.max_response_time = seconds(10);
    if (version == Version::kV3) {
      query.robustness = 2;
      query.query_interval = seconds(125);
    }
    proxy_.OnPacket(port, Codec<F>::Serialize(query, from).bytes, now, effects_);
  }

  Json Groups(Time now) const { return Json::parse(GroupsJson(ports_, proxy_, routes_, now)); }
  Json Ports(Time now, const DatapathCounters& counters = {}) const {
    return Json::parse(PortsJson(ports_, ipv4_, ipv6_, counters, now));
  }
  Json Flows(const std::vector<FlowCounters<F>>& flows, Time now) const {
    return Json::parse(FlowsJson(ports_, proxy_, flows, now));
  }

  ProxyEffects<F> effects_;
  Proxy<Igmp> ipv4_;
  Proxy<Mld> ipv6_;
  Proxy<F>& proxy_;  // one of the two
  std::vector<PortView> ports_;
  std::vector<RouteCounters<F>> routes_;
};

using ViewsBed = ViewsBedOf<Igmp>;

}  // namespace bpfcast
