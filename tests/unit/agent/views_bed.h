// A proxy with an upstream and two downstreams that are up, driven by hand, and the views of its ports.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/views.h"
#include "wire/igmp.h"

namespace bpfcast {

class ViewsBed : public testing::Test {
 protected:
  using Json = nlohmann::json;
  using seconds = std::chrono::seconds;

  static constexpr PortId kUpstream{0};
  static constexpr PortId kLan1{1};
  static constexpr PortId kLan2{2};
  static constexpr Time kStart{};
  static constexpr Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
  static constexpr Ipv4Address kSource = MakeIpv4(10, 0, 0, 1);
  static constexpr Ipv4Address kOther = MakeIpv4(10, 0, 0, 2);
  static constexpr Ipv4Address kHost = MakeIpv4(192, 0, 1, 10);
  static constexpr Ipv4Address kHost2 = MakeIpv4(192, 0, 1, 11);

  ViewsBed() : proxy_(TwoDownstreams(), Random(1)) {
    for (std::uint8_t i = 0; i < 3; ++i) {
      // Not the lowest address of its subnet: another router can win the election.
      const Ipv4Address address = MakeIpv4(192, 0, i, 2);
      Link(static_cast<PortId>(i), address);
      PortView view;
      view.id = static_cast<PortId>(i);
      view.name = i == 0 ? "eth0" : "lan" + std::to_string(i);
      view.role = i == 0 ? PortRole::kUpstream : PortRole::kDownstream;
      view.ifindex = i + 2u;
      view.address = address;
      view.hook = Hook::kTc;
      view.hook_reason = "configured";
      ports_.push_back(view);
    }
  }

  static Timing DefaultTiming() {
    std::vector<std::string> warnings;
    return *MakeTiming<Igmp>(TimingConfig(), Version::kV3, warnings);
  }
  static DownstreamConfig<Igmp> Downstream(PortId port) {
    DownstreamConfig<Igmp> downstream;
    downstream.port = port;
    downstream.querier.timing = DefaultTiming();
    return downstream;
  }
  static ProxyConfig<Igmp> TwoDownstreams() {
    ProxyConfig<Igmp> config;
    config.upstream.port = kUpstream;
    config.upstream.host.timing = DefaultTiming();
    config.downstreams = {Downstream(kLan1), Downstream(kLan2)};
    return config;
  }

  /// Without an address the port is down.
  void Link(PortId port, std::optional<Ipv4Address> address, Time now = kStart) {
    LinkState<Igmp> state;
    state.up = address.has_value();
    state.address = address;
    if (address) {
      state.rules.own_addresses = {*address};
      state.rules.subnets = {{*address, 24}};
    }
    proxy_.OnLink(port, state, now, effects_);
  }
  void Report(PortId port, const Ipv4Address& from, const GroupRecord<Igmp>& record, Time now,
              Version version = Version::kV3) {
    const auto packet = Codec<Igmp>::Serialize(bpfcast::Report<Igmp>{version, {record}}, from);
    proxy_.OnPacket(port, packet.bytes, now, effects_);
  }
  void GeneralQuery(PortId port, const Ipv4Address& from, Version version, Time now) {
    Query<Igmp> query;
    query.version = version;
    query.max_response_time = seconds(10);
    if (version == Version::kV3) {
      query.robustness = 2;
      query.query_interval = seconds(125);
    }
    proxy_.OnPacket(port, Codec<Igmp>::Serialize(query, from).bytes, now, effects_);
  }

  Json Groups(Time now) const { return Json::parse(GroupsJson(ports_, proxy_, routes_, now)); }
  Json Ports(Time now, const DatapathCounters& counters = {}) const {
    return Json::parse(PortsJson(ports_, proxy_, counters, now));
  }
  Json Flows(const std::vector<FlowCounters<Igmp>>& flows, Time now) const {
    return Json::parse(FlowsJson(ports_, proxy_, flows, now));
  }

  ProxyEffects<Igmp> effects_;
  Proxy<Igmp> proxy_;
  std::vector<PortView> ports_;
  std::vector<RouteCounters<Igmp>> routes_;
};

}  // namespace bpfcast
