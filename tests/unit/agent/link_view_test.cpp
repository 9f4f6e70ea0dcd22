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
  link.ipv4 = {{MakeIpv4(192, 0, 2, 1), {MakeIpv4(192, 0, 2, 1), 24}, false}};
  return link;
}

Ipv6Address V6(const char* text) {
  return *Ipv6Address::Parse(text);
}
LinkAddress<Mld> LinkLocal(AddressState state = AddressState::kUsable) {
  return {V6("fe80::1:2:3:4"), {V6("fe80::1:2:3:4"), 64}, false, state};
}
LinkAddress<Mld> Global() {
  return {V6("2001:db8:1::1"), {V6("2001:db8:1::1"), 64}};
}

FamilyService Ipv4Of(const Link& link, PortRole role, const InterfaceConfig& config = {}) {
  return ServiceOf(link, role, config.ipv4);
}
FamilyService Ipv6Of(const Link& link, PortRole role, const InterfaceConfig& config = {}) {
  return ServiceOf(link, role, config.ipv6);
}

TEST(LinkProblem, NamesWhatIsMissing) {
  EXPECT_EQ(LinkProblem(nullptr), "no such device");
  Link link = Lan();
  EXPECT_EQ(LinkProblem(&link), "");
  link.running = false;
  EXPECT_EQ(LinkProblem(&link), "link is down");
  link = Lan();
  link.admin_up = false;
  EXPECT_EQ(LinkProblem(&link), "link is down");
}

TEST(ServiceOf, A_04_ADownstreamNeedsAnIpv4AddressForIgmp) {
  Link link = Lan();
  EXPECT_EQ(Ipv4Of(link, PortRole::kDownstream).service, Service::kWorks);
  link.ipv4.clear();
  EXPECT_EQ(Ipv4Of(link, PortRole::kDownstream).service, Service::kWaits);
  EXPECT_EQ(Ipv4Of(link, PortRole::kDownstream).reason, "no IPv4 address");
  EXPECT_EQ(Ipv4Of(link, PortRole::kUpstream).service, Service::kWorks) << "reports leave from 0.0.0.0";
}

TEST(ServiceOf, A_04_MldNeedsALinkLocalAddressThatIsUsable) {
  Link link = Lan();
  for (const PortRole role : {PortRole::kDownstream, PortRole::kUpstream}) {
    link.ipv6.clear();
    EXPECT_EQ(Ipv6Of(link, role).service, Service::kAbsent);
    link.ipv6 = {Global()};
    EXPECT_EQ(Ipv6Of(link, role).service, Service::kWaits);
    EXPECT_EQ(Ipv6Of(link, role).reason, "no link-local IPv6 address");
    link.ipv6 = {LinkLocal(AddressState::kDuplicate)};
    EXPECT_EQ(Ipv6Of(link, role).service, Service::kWaits);
    EXPECT_EQ(Ipv6Of(link, role).reason, "another machine of the link has the address fe80::1:2:3:4");
    link.ipv6 = {LinkLocal()};
    EXPECT_EQ(Ipv6Of(link, role).service, Service::kWorks);
  }
  link.ipv6 = {LinkLocal(AddressState::kTentative)};
  EXPECT_EQ(Ipv6Of(link, PortRole::kDownstream).service, Service::kSoon);
  EXPECT_EQ(Ipv6Of(link, PortRole::kUpstream).service, Service::kWorks) << "reports leave from ::";
}

TEST(ServiceOf, AFamilyThatIsNotConfiguredIsOffWhateverTheLinkHas) {
  InterfaceConfig config;
  config.ipv4.served = config.ipv6.served = false;
  Link link = Lan();
  link.ipv6 = {LinkLocal()};
  EXPECT_EQ(Ipv4Of(link, PortRole::kUpstream, config).service, Service::kOff);
  EXPECT_EQ(Ipv6Of(link, PortRole::kUpstream, config).service, Service::kOff);
}

TEST(WaitingReason, TC_73_APortWorksWhileOneFamilyDoes) {
  const InterfaceConfig both;
  Link link = Lan();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, both), "");
  link.ipv6 = {LinkLocal()};
  link.ipv4.clear();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, both), "");
  link.ipv6.clear();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, both), "no IPv4 address")
      << "what just is not there is no reason when there is another";
  link.ipv6 = {Global()};
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, both), "no IPv4 address, no link-local IPv6 address");
  link.running = false;
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, both), "link is down");
  EXPECT_EQ(WaitingReason(nullptr, PortRole::kDownstream, both), "no such device");
}

TEST(WaitingReason, OfAPortForIpv6AloneIsThatItHasNone) {
  InterfaceConfig config;
  config.ipv4.served = false;
  const Link link = Lan();
  EXPECT_EQ(WaitingReason(&link, PortRole::kDownstream, config), "no IPv6 address");
}

TEST(LinkState, TakesTheFirstPrimaryAddressAndAllSubnets) {
  Link link = Lan();
  link.ipv4.insert(link.ipv4.begin(), {MakeIpv4(10, 0, 0, 9), {MakeIpv4(10, 0, 0, 9), 8}, true});
  const auto state =
      ToLinkState<Igmp>(&link, PortRole::kDownstream, FamilyConfig<Igmp>(), {MakeIpv4(203, 0, 113, 1)});
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.address, MakeIpv4(192, 0, 2, 1));
  EXPECT_EQ(state.mtu, 1400u);
  EXPECT_THAT(state.rules.own_addresses, ElementsAre(MakeIpv4(203, 0, 113, 1)));
  EXPECT_EQ(state.rules.subnets.size(), 2u);
  EXPECT_FALSE(state.rules.check_subnet);  // I-19
  EXPECT_TRUE(state.rules.strict_ttl);
}

TEST(LinkState, CarriesWhatTheConfigurationAccepts) {
  const Link link = Lan();
  FamilyConfig<Igmp> config;
  config.receive.check_subnet = true;
  config.receive.strict_ttl = false;
  const auto state = ToLinkState<Igmp>(&link, PortRole::kDownstream, config, {});
  EXPECT_TRUE(state.rules.check_subnet);
  EXPECT_FALSE(state.rules.strict_ttl);
}

TEST(LinkState, OfMldHasTheLinkLocalAddress) {
  Link link = Lan();
  link.ipv6 = {Global(), LinkLocal()};
  const auto state =
      ToLinkState<Mld>(&link, PortRole::kDownstream, FamilyConfig<Mld>(), {V6("2001:db8:1::1")});
  EXPECT_TRUE(state.up);
  EXPECT_EQ(state.address, V6("fe80::1:2:3:4"));
  EXPECT_THAT(state.rules.own_addresses, ElementsAre(V6("2001:db8:1::1")));
}

TEST(LinkState, OfAFamilyThatDoesNotWorkIsDown) {
  const Link link = Lan();
  EXPECT_FALSE(ToLinkState<Mld>(&link, PortRole::kUpstream, FamilyConfig<Mld>(), {}).up);
  FamilyConfig<Igmp> off;
  off.served = false;
  EXPECT_FALSE(ToLinkState<Igmp>(&link, PortRole::kUpstream, off, {}).up);
}

TEST(LinkState, OfNoInterfaceIsDown) {
  EXPECT_FALSE(ToLinkState<Igmp>(nullptr, PortRole::kDownstream, FamilyConfig<Igmp>(), {}).up);
}

// Many gateways are fe80::1: what is ours on one link may be the upstream router's on another.
TEST(AddressesKnownEverywhere, E_41_AreThoseThatNoOtherMachineHas) {
  Link link = Lan();
  link.ipv6 = {Global(), LinkLocal(), {V6("fe80::1"), {V6("fe80::1"), 64}}};
  EXPECT_THAT(AddressesKnownEverywhere<Igmp>(link), ElementsAre(MakeIpv4(192, 0, 2, 1)));
  EXPECT_THAT(AddressesKnownEverywhere<Mld>(link), ElementsAre(V6("2001:db8:1::1"), V6("fe80::1:2:3:4")));
  const auto here = ToLinkState<Mld>(&link, PortRole::kDownstream, FamilyConfig<Mld>(), {});
  EXPECT_THAT(here.rules.own_addresses, ElementsAre(V6("fe80::1"))) << "on its own link it is ours";
}

TEST(DatapathPort, OfAPointToPointLinkHasThePeersSubnet) {
  Link link = Lan();
  link.ipv4 = {{MakeIpv4(10, 0, 0, 1), {MakeIpv4(10, 9, 9, 9), 32}, false}};
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

TEST(DatapathPort, IsToldWhichFamiliesItServes) {
  Link link = Lan();
  const auto port = [&](PortRole role) {
    return ToDatapathPort(PortId{3}, role, InterfaceConfig(), link, HookChoice());
  };
  EXPECT_TRUE(port(PortRole::kDownstream).ipv4.served);
  EXPECT_FALSE(port(PortRole::kDownstream).ipv6.served);
  link.ipv4.clear();
  link.ipv6 = {LinkLocal(AddressState::kTentative)};
  EXPECT_FALSE(port(PortRole::kDownstream).ipv4.served);
  EXPECT_FALSE(port(PortRole::kDownstream).ipv6.served);
  EXPECT_TRUE(port(PortRole::kUpstream).ipv6.served);
  link.ipv6 = {LinkLocal()};
  EXPECT_TRUE(port(PortRole::kDownstream).ipv6.served);
}

TEST(DatapathPort, X_02_AnUpstreamWhoseLinkLocalAddressIsBeingChangedForwardsOn) {
  Link link = Lan();
  link.ipv6 = {Global()};
  const auto served = [&](PortRole role) {
    return ToDatapathPort(PortId{3}, role, InterfaceConfig(), link, HookChoice()).ipv6.served;
  };
  EXPECT_TRUE(served(PortRole::kUpstream));
  EXPECT_FALSE(served(PortRole::kDownstream));
  link.ipv6.clear();
  EXPECT_FALSE(served(PortRole::kUpstream));
}

TEST(DatapathPort, F_12_TheSubnetsOfIpv6AreThoseThatSourcesOfStreamsCanBeIn) {
  Link link = Lan();
  link.ipv6 = {LinkLocal(), Global()};
  const DatapathPort port =
      ToDatapathPort(PortId{3}, PortRole::kDownstream, InterfaceConfig(), link, HookChoice());
  EXPECT_THAT(port.ipv6.own_addresses, ElementsAre(V6("2001:db8:1::1")));
  EXPECT_THAT(port.ipv6.subnets, ElementsAre(Prefix<Ipv6Address>{V6("2001:db8:1::1"), 64}));
}

TEST(ToDatapathPort, F_08_F_12_CarriesThresholdAndOtherSources) {
  InterfaceConfig config;
  config.source_check = SourceCheck::kSubnet;
  config.ipv4.other_sources = {{MakeIpv4(10, 9, 0, 0), 16}};
  config.ipv6.other_sources = {{V6("2001:db8:9::"), 48}};
  config.ttl_threshold = 16;
  const DatapathPort port = ToDatapathPort(PortId{1}, PortRole::kDownstream, config, Lan(), HookChoice());
  EXPECT_EQ(port.ttl_threshold, 16);
  EXPECT_THAT(port.ipv4.other_sources, ElementsAre(Prefix<Ipv4Address>{MakeIpv4(10, 9, 0, 0), 16}));
  EXPECT_THAT(port.ipv6.other_sources, ElementsAre(Prefix<Ipv6Address>{V6("2001:db8:9::"), 48}));
}

TEST(ToDownstreamConfig, CarriesTheSettingsOfTheInterfaceWithItsPortAndTheMtuOfTheLink) {
  InterfaceConfig config;
  DownstreamConfig<Igmp>& settings = config.ipv4.downstream;
  settings.querier.timing.query_interval = std::chrono::seconds(60);
  settings.querier.fast_leave = FastLeave::kTracked;
  settings.access.otherwise = Access::kDeny;
  settings.foreign_querier = ForeignQuerier::kKeepForwarding;
  auto downstream = ToDownstreamConfig<Igmp>(PortId{3}, config, Lan());
  EXPECT_EQ(downstream.port, PortId{3});
  EXPECT_EQ(downstream.querier.mtu, 1400u);
  downstream.port = settings.port;
  downstream.querier.mtu = settings.querier.mtu;
  EXPECT_EQ(downstream, settings);
  EXPECT_EQ(ToDownstreamConfig<Igmp>(PortId{3}, config, Link()).querier.mtu, 1500u) << "no link yet";
}

TEST(ToUpstreamConfig, CarriesTheSettingsOfTheInterfaceWithItsPortAndTheMtuOfTheLink) {
  InterfaceConfig config;
  UpstreamConfig<Igmp>& settings = config.ipv4.upstream;
  settings.host.timing.robustness = 3;
  settings.host.version = Version::kV2;
  settings.host.access.otherwise = Access::kDeny;
  auto upstream = ToUpstreamConfig<Igmp>(PortId{7}, config, Lan());
  EXPECT_EQ(upstream.port, PortId{7});
  EXPECT_EQ(upstream.host.mtu, 1400u);
  upstream.port = settings.port;
  upstream.host.mtu = settings.host.mtu;
  EXPECT_EQ(upstream, settings);
}

}  // namespace
}  // namespace bpfcast
