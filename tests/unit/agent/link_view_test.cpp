#include "agent/link_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using testing::ElementsAre;

Link Lan() {
  Link link;
  link.ifindex = 7;
  link.name = "lan1";
  link.admin_up = true;
  link.running = true;
  link.mac = {2, 0, 0, 0, 0, 1};
  link.mtu = 1400;
  link.addresses = {{MakeIpv4(192, 0, 2, 1), {MakeIpv4(192, 0, 2, 1), 24}, false}};
  return link;
}

TEST(WaitingReason, NamesWhatIsMissing) {
  EXPECT_EQ(WaitingReason(nullptr, PortRole::kDownstream), "no such device");
  Link link = Lan();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream), "");
  link.running = false;
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream), "link is down");
  link = Lan();
  link.admin_up = false;
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream), "link is down");
  link = Lan();
  link.addresses.clear();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream), "no IPv4 address");
}

TEST(WaitingReason, A_04_AnUpstreamWorksWithoutAnAddress) {
  Link link = Lan();
  link.addresses.clear();
  EXPECT_EQ(WaitingReason(&link, PortRole::kUpstream), "");
}

TEST(LinkState, TakesTheFirstPrimaryAddressAndAllSubnets) {
  Link link = Lan();
  link.addresses.insert(link.addresses.begin(), {MakeIpv4(10, 0, 0, 9), {MakeIpv4(10, 0, 0, 9), 8}, true});
  const LinkState<Igmp> state = ToLinkState(&link, {MakeIpv4(203, 0, 113, 1)});
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.address, MakeIpv4(192, 0, 2, 1));
  EXPECT_EQ(state.mtu, 1400u);
  EXPECT_THAT(state.rules.own_addresses, ElementsAre(MakeIpv4(203, 0, 113, 1)));
  EXPECT_EQ(state.rules.subnets.size(), 2u);
  EXPECT_FALSE(state.rules.check_subnet);  // I-19
  EXPECT_TRUE(state.rules.strict_ttl);
}

TEST(LinkState, OfNoInterfaceIsDown) {
  EXPECT_FALSE(ToLinkState(nullptr, {}).up);
}

TEST(DatapathPort, OfAPointToPointLinkHasThePeersSubnet) {
  Link link = Lan();
  link.addresses = {{MakeIpv4(10, 0, 0, 1), {MakeIpv4(10, 9, 9, 9), 32}, false}};
  const DatapathPort port =
      ToDatapathPort(PortId{3}, PortRole::kUpstream, InterfaceConfig(), link, {Hook::kXdp, true, ""});
  EXPECT_EQ(port.id, PortId{3});
  EXPECT_EQ(port.ifindex, 7u);
  EXPECT_EQ(port.hook, Hook::kXdp);
  EXPECT_TRUE(port.xdp_target);
  EXPECT_EQ(port.mtu, 1400u);
  EXPECT_EQ(port.mac, link.mac);
  EXPECT_THAT(port.ipv4.own_addresses, ElementsAre(MakeIpv4(10, 0, 0, 1)));
  EXPECT_THAT(port.ipv4.subnets, ElementsAre(Prefix<Ipv4Address>{MakeIpv4(10, 9, 9, 9), 32}));
}

TEST(ToDatapathPort, F_08_F_12_CarriesThresholdAndOtherSources) {
  InterfaceConfig config;
  config.source_check = SourceCheck::kSubnet;
  config.ipv4.other_sources = {{MakeIpv4(10, 9, 0, 0), 16}};
  config.ttl_threshold = 16;
  const DatapathPort port = ToDatapathPort(PortId{1}, PortRole::kDownstream, config, Lan(), HookChoice());
  EXPECT_EQ(port.ttl_threshold, 16);
  EXPECT_THAT(port.ipv4.other_sources, ElementsAre(Prefix<Ipv4Address>{MakeIpv4(10, 9, 0, 0), 16}));
}

TEST(ToDownstreamConfig, CarriesTheSettingsOfTheInterfaceWithItsPortAndTheMtuOfTheLink) {
  InterfaceConfig config;
  DownstreamConfig<Igmp>& settings = config.ipv4.downstream;
  settings.querier.timing.query_interval = std::chrono::seconds(60);
  settings.querier.fast_leave = FastLeave::kTracked;
  settings.access.otherwise = Access::kDeny;
  settings.foreign_querier = ForeignQuerier::kKeepForwarding;
  auto downstream = ToDownstreamConfig(PortId{3}, config, Lan());
  EXPECT_EQ(downstream.port, PortId{3});
  EXPECT_EQ(downstream.querier.mtu, 1400u);
  downstream.port = settings.port;
  downstream.querier.mtu = settings.querier.mtu;
  EXPECT_EQ(downstream, settings);
  EXPECT_EQ(ToDownstreamConfig(PortId{3}, config, Link()).querier.mtu, 1500u) << "no link yet";
}

TEST(ToUpstreamConfig, CarriesTheSettingsOfTheInterfaceWithItsPortAndTheMtuOfTheLink) {
  InterfaceConfig config;
  UpstreamConfig<Igmp>& settings = config.ipv4.upstream;
  settings.host.timing.robustness = 3;
  settings.host.version = Version::kV2;
  settings.host.access.otherwise = Access::kDeny;
  auto upstream = ToUpstreamConfig(PortId{7}, config, Lan());
  EXPECT_EQ(upstream.port, PortId{7});
  EXPECT_EQ(upstream.host.mtu, 1400u);
  upstream.port = settings.port;
  upstream.host.mtu = settings.host.mtu;
  EXPECT_EQ(upstream, settings);
}

}  // namespace
}  // namespace bpfcast
