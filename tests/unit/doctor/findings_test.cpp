#include "doctor/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "doctor/symptoms.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;

DoctorPort Port(const std::string& name) {
  DoctorPort port;
  port.name = name;
  port.upstream = name == "wan0";
  port.exists = port.up = port.has_ipv4 = true;
  port.hook = "tc";
  port.hook_reason = "configured";
  if (port.upstream) port.last_query_s = 20;
  return port;
}

/// A machine on which nothing is wrong.
DoctorFacts Healthy() {
  DoctorFacts facts;
  facts.kernel = "6.1.0-13-amd64";
  facts.btf = facts.bpffs = facts.agent = true;
  facts.uptime_s = 1000;
  facts.ports = {Port("wan0"), Port("lan1")};
  return facts;
}

/// The finding; level ok without text when there is none.
Finding Find(const DoctorFacts& facts, const std::string& id) {
  for (const Finding& finding : Diagnose(facts)) {
    if (finding.id == id) return finding;
  }
  return {};
}

TEST(Doctor, FindsNothingOnAHealthyMachine) {
  for (const Finding& finding : Diagnose(Healthy())) EXPECT_EQ(finding.level, Level::kOk) << finding.id;
  EXPECT_FALSE(AnyFails(Diagnose(Healthy())));
}

TEST(Doctor, EveryFindingThatIsNotOkHasAFixOfOneLineAndASymptomThatExists) {
  DoctorFacts facts;
  facts.kernel = "5.10.0";
  facts.missing_capabilities = {"CAP_BPF"};
  facts.mroute_interfaces = {"wan0"};
  DoctorPort gone;
  gone.name = "lan9";
  DoctorPort bridge = Port("br0");
  bridge.bridge = bridge.snooping = bridge.never_router_port = true;
  bridge.has_ipv4 = false;
  bridge.driver = "veth";
  bridge.xdp_known = bridge.xdp_occupied = true;
  facts.ports = {gone, bridge};
  std::set<std::string> symptoms;
  for (const Symptom& symptom : Symptoms()) symptoms.insert(symptom.id);
  std::size_t found = 0;
  for (const Finding& finding : Diagnose(facts)) {
    if (finding.level == Level::kOk) continue;
    ++found;
    EXPECT_NE(finding.fix, "") << finding.id;
    EXPECT_EQ(finding.fix.find('\n'), std::string::npos) << finding.id;
    EXPECT_TRUE(finding.symptom.empty() || symptoms.contains(finding.symptom)) << finding.symptom;
  }
  EXPECT_GE(found, 9U);
}

TEST(Doctor, AKernelBefore61Fails) {
  DoctorFacts facts = Healthy();
  for (const char* old : {"5.15.0", "6.0.9", "4.19", ""}) {
    facts.kernel = old;
    EXPECT_EQ(Find(facts, "kernel").level, Level::kFail) << old;
  }
  for (const char* good : {"6.1", "6.18.0-rc1", "7.0.0"}) {
    facts.kernel = good;
    EXPECT_EQ(Find(facts, "kernel").level, Level::kOk) << good;
  }
}

TEST(Doctor, TheReversePathFilterCountsWhereTheKernelForwards) {
  DoctorFacts facts = Healthy();
  facts.ports[0].reverse_path_filter = 1;
  EXPECT_EQ(Find(facts, "rp-filter").text, "") << "the programs come before it";
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "rp-filter").level, Level::kWarn) << "it has dropped nothing";
  facts.reverse_path_drops = 20;
  facts.ports[0].received = 10;
  EXPECT_EQ(Find(facts, "rp-filter").text, "") << "streams come past it";
  facts.reverse_path_drops_now = true;
  EXPECT_EQ(Find(facts, "rp-filter").level, Level::kFail) << "streams came, and are dropped now";
  facts.ports[0].arriving = true;
  EXPECT_EQ(Find(facts, "rp-filter").text, "") << "streams come past it now";
  facts.ports[0].arriving = false;
  facts.ports[0].received = 0;
  const Finding strict = Find(facts, "rp-filter");
  EXPECT_EQ(strict.level, Level::kFail);
  EXPECT_THAT(strict.text, HasSubstr("20 packets so far"));
  EXPECT_THAT(strict.fix,
              HasSubstr("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan0.rp_filter=0"));
  facts.ports[0].name = "wan0.35";
  EXPECT_THAT(Find(facts, "rp-filter").fix, HasSubstr(" net/ipv4/conf/wan0.35/rp_filter=0, or"))
      << "of a VLAN";
  facts.ports[0].name = "wan0";
  facts.ports[0].reverse_path_filter = 2;
  EXPECT_EQ(Find(facts, "rp-filter").level, Level::kFail);
  facts.agent = false;
  EXPECT_EQ(Find(facts, "rp-filter").level, Level::kWarn) << "senders that have a route anywhere pass";
}

TEST(Doctor, AFirewallThatDropsStreamsMattersWhereTheKernelForwards) {
  DoctorFacts facts = Healthy();
  facts.firewall = {{FirewallFact::What::kStreams, "ip filter FORWARD", false, "wan0", {}}};
  EXPECT_EQ(Find(facts, "firewall").level, Level::kOk);
  EXPECT_THAT(Find(facts, "firewall").text, HasSubstr("passes by it"));
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "firewall").level, Level::kWarn) << "nobody asks for anything";
  facts.groups_asked = 1;
  EXPECT_EQ(Find(facts, "firewall").level, Level::kFail);
  EXPECT_EQ(Find(facts, "firewall").fix, "nft insert rule ip filter FORWARD ip daddr 224.0.0.0/4 accept");
  facts.firewall = {{FirewallFact::What::kStreams, "inet filter FORWARD", true, "wan0", {"lan1"}}};
  EXPECT_EQ(Find(facts, "firewall").level, Level::kWarn) << "what is asked for is IPv4";
  EXPECT_THAT(Find(facts, "firewall").text, HasSubstr("drops IPv6 streams to lan1"));
  EXPECT_EQ(Find(facts, "firewall").fix, "nft insert rule inet filter FORWARD ip6 daddr ff00::/8 accept");
}

TEST(Doctor, AFirewallThatKeepsQueriesOrReportsFromTheKernelIsNamedWithTheRule) {
  DoctorFacts facts = Healthy();
  facts.groups_asked = 1;
  facts.firewall = {{FirewallFact::What::kQueries, "ip filter INPUT", false, "wan0", {}}};
  EXPECT_EQ(Find(facts, "firewall-queries").level, Level::kFail);
  EXPECT_EQ(Find(facts, "firewall-queries").object, "wan0");
  EXPECT_EQ(Find(facts, "firewall-queries").fix, "nft insert rule ip filter INPUT ip protocol igmp accept");
  EXPECT_EQ(Find(facts, "firewall-queries").symptom, "stops-at-260-s");
  facts.firewall = {{FirewallFact::What::kReports, "ip6 filter OUTPUT", true, "wan0", {}}};
  EXPECT_EQ(Find(facts, "firewall-queries").text, "");
  EXPECT_EQ(Find(facts, "firewall-reports").fix,
            "nft insert rule ip6 filter OUTPUT icmpv6 type mld2-listener-report accept");
}

TEST(Doctor, AnotherSourceForStreamsMattersWhereTheKernelForwards) {
  DoctorFacts facts = Healthy();
  facts.firewall = {{FirewallFact::What::kSources, "ip nat POSTROUTING", false, "wan0", {"lan1"}}};
  EXPECT_EQ(Find(facts, "masquerade").text, "") << "the programs pass by it";
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "masquerade").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "masquerade").text,
              HasSubstr("gives IPv4 streams from wan0 to lan1 another source"));
  EXPECT_THAT(Find(facts, "masquerade").fix,
              HasSubstr("nft insert rule ip nat POSTROUTING ip daddr 224.0.0.0/4 accept, then"));
}

TEST(Doctor, WhatItDoesNotSeeOfTheFirewallItSays) {
  DoctorFacts facts = Healthy();
  facts.legacy_firewall = true;
  EXPECT_EQ(Find(facts, "firewall-legacy").text, "") << "the programs pass by it";
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "firewall-legacy").level, Level::kOk);
  EXPECT_THAT(Find(facts, "firewall-legacy").text, HasSubstr("iptables-legacy -S FORWARD"));
  facts.forwarding = Forwarding::kBpf;
  facts.ports[0].kernel_speaks = true;
  EXPECT_THAT(Find(facts, "firewall-legacy").text, HasSubstr("iptables-legacy -S INPUT"));
}

TEST(Doctor, AKernelWithoutMulticastRoutingMattersWhereItIsToForward) {
  DoctorFacts facts = Healthy();
  facts.kernel_routes_multicast = false;
  EXPECT_EQ(Find(facts, "mroute").text, "");
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "mroute").level, Level::kFail);
  EXPECT_THAT(Find(facts, "mroute").fix, HasSubstr("CONFIG_IP_MROUTE"));
}

TEST(Doctor, ADriverThatRefusesXdpIsToldWithWhatMayStandInItsWay) {
  DoctorFacts facts = Healthy();
  DoctorPort& port = facts.ports[1];
  port.driver = "ixgbe";
  port.nic = {true, true, false, 8, 0};
  port.mtu = 9000;
  EXPECT_EQ(Find(facts, "xdp-refused").text, "") << "TC was asked for";
  port.hook_reason = "TCX link, because native XDP: XDP program 7 (x) of somebody else is attached";
  EXPECT_EQ(Find(facts, "xdp-refused").text, "");
  port.hook_reason = "TCX link, because native XDP: Invalid argument";
  EXPECT_EQ(Find(facts, "xdp-refused").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "xdp-refused").text,
              HasSubstr("(Invalid argument), so TC serves it: LRO is on, rx-gro-hw is on, its MTU of 9000"));
  EXPECT_EQ(Find(facts, "xdp-refused").fix,
            "ethtool -K lan1 lro off; ethtool -K lan1 rx-gro-hw off; ip link set lan1 mtu 1500");
  port.nic = {false, false, false, 8, 0};
  port.mtu = 1500;
  EXPECT_EQ(Find(facts, "xdp-refused").fix, "ethtool -L lan1 combined 4");
  port.nic = {};
  EXPECT_THAT(Find(facts, "xdp-refused").fix, HasSubstr("dmesg"));
  port.nic = {false, true, true, 0, 0};
  port.driver = "virtio_net";
  EXPECT_THAT(Find(facts, "xdp-refused").fix, HasSubstr("guest_tso4=off"));
  port.driver = "veth";
  port.nic = {false, false, false, 0, 2};
  port.hook_reason = "xdp configured, but veth has no native XDP: tc";
  EXPECT_EQ(Find(facts, "xdp-refused").fix,
            "ethtool -L lan1 rx 2, or at its other end: ethtool -L PEER tx 1");
}

TEST(Doctor, WithoutQueriesUpstreamItFailsOnlyWhereNothingArrives) {
  DoctorFacts facts = Healthy();
  facts.ports[0].last_query_s.reset();
  facts.groups_asked = 2;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kFail);
  EXPECT_THAT(Find(facts, "upstream-query").text, HasSubstr("2 groups are asked for"));
  EXPECT_EQ(Find(facts, "upstream-query").symptom, "stops-at-260-s");
  facts.ports[0].arriving = true;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kWarn);
  facts.groups_asked = 0;
  facts.uptime_s = 10;
  EXPECT_EQ(Find(facts, "upstream-query").text, "") << "too early to tell";
  facts.groups_asked = 1;
  facts.ports[0].arriving = false;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kFail);
  facts.uptime_s = 9;
  EXPECT_EQ(Find(facts, "upstream-query").text, "") << "what static-groups pull may be on its way";
}

TEST(Doctor, QueriesUpstreamThatCeasedAreMissedAfterTwoOfThem) {
  DoctorFacts facts = Healthy();
  facts.groups_asked = 1;
  facts.ports[0].last_query_s = 2 * 125 + 10;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kOk);
  facts.ports[0].last_query_s = 2 * 125 + 11;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kFail) << "and the stream is gone";
  EXPECT_THAT(Find(facts, "upstream-query").text, HasSubstr("the last query was heard 261 s ago, and no"));
  facts.ports[0].arriving = true;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kWarn);
  facts.ports[0].query_interval_s = 300;
  EXPECT_EQ(Find(facts, "upstream-query").level, Level::kOk) << "as often as the operator said";
}

TEST(Doctor, WhatHostsWereRefusedIsToldWhileItGoesOn) {
  DoctorFacts facts = Healthy();
  DoctorPort& port = facts.ports[1];
  for (const char* id : {"limit", "older-hosts", "overflows", "policy"}) {
    EXPECT_EQ(Find(facts, id).text, "") << id;
  }
  port.refused_by_limit = {12, 3};
  port.refused_ssm = {2, 7};
  port.overflows = {1200, 0};
  port.refused_by_policy = {5, 60};
  EXPECT_EQ(Find(facts, "limit").level, Level::kWarn);
  EXPECT_EQ(Find(facts, "limit").text, "12 requests of hosts found no room, the last 3 s ago");
  EXPECT_EQ(Find(facts, "older-hosts").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "older-hosts").text,
              HasSubstr("2 joins of source-specific groups named no source"));
  EXPECT_EQ(Find(facts, "overflows").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "overflows").text, HasSubstr("1200 IGMP and MLD packets"));
  EXPECT_EQ(Find(facts, "policy").level, Level::kOk) << "as the operator wants it";
}

TEST(Doctor, AnotherOwnerOfTheKernelsRoutingBlocksItAndOnlyDisturbsThePrograms) {
  DoctorFacts facts = Healthy();
  facts.mroute_owner = "smcrouted (process 12)";
  EXPECT_EQ(Find(facts, "mroute-owner").text, "") << "it has none of our interfaces";
  facts.mroute_interfaces = {"wan0", "lan1"};
  EXPECT_EQ(Find(facts, "mroute-owner").level, Level::kWarn);
  EXPECT_EQ(Find(facts, "mroute-owner").fix, "stop smcrouted (process 12)");
  facts.agent = false;
  facts.forwarding = Forwarding::kKernel;
  EXPECT_EQ(Find(facts, "mroute-owner").level, Level::kFail);
}

TEST(Doctor, ABridgeThatNobodyQueriesForgetsReceivers) {
  DoctorFacts facts = Healthy();
  facts.ports[1].bridge = facts.ports[1].snooping = true;
  facts.ports[1].queries_sent = 4;
  facts.ports[1].reports_received = 1;
  EXPECT_EQ(Find(facts, "snooping").text, "") << "bpfcast queries it";
  facts.agent = false;
  EXPECT_EQ(Find(facts, "snooping").level, Level::kWarn);
  facts.agent = true;
  facts.ports[0].bridge = facts.ports[0].snooping = true;
  facts.ports[0].last_query_s.reset();
  EXPECT_THAT(Find(facts, "snooping").fix, HasSubstr("ip link set wan0 type bridge mcast_querier 1"));
}

TEST(Doctor, ABridgeThatSnoopsGivesAGroupOnlyToPortsThatAskedForIt) {
  DoctorFacts facts = Healthy();
  DoctorPort& port = facts.ports[1];
  port.bridge = port.snooping = true;
  port.queries_sent = 4;
  port.reports_received = 1;
  port.wanted = {"239.1.1.1"};
  port.behind.ports = {{11, "near1", false, true}, {12, "near2", false, false}};
  EXPECT_EQ(Find(facts, "bridge-members").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "bridge-members").text, HasSubstr("gives it to none of near2")) << "routers get it";
  EXPECT_THAT(Find(facts, "bridge-members").fix,
              HasSubstr("bridge mdb add dev lan1 port near2 grp 239.1.1.1 permanent"));
  facts.uptime_s = 9;
  EXPECT_EQ(Find(facts, "bridge-members").text, "") << "the bridge may still flood";
  facts.uptime_s = 1000;
  port.behind.groups = {"239.1.1.1"};
  EXPECT_EQ(Find(facts, "bridge-members").text, "");
  port.behind.groups.clear();
  port.behind.ports.pop_back();
  EXPECT_EQ(Find(facts, "bridge-members").text, "") << "there are routers alone";
}

TEST(Doctor, FastLeaveOfABridgePortIsTold) {
  DoctorFacts facts = Healthy();
  facts.ports[1].bridge = facts.ports[1].snooping = true;
  facts.ports[1].behind.ports = {{11, "near1", true, false}};
  EXPECT_THAT(Find(facts, "bridge-fast-leave").text, HasSubstr("its port near1 has mcast_fast_leave"));
  EXPECT_EQ(Find(facts, "bridge-fast-leave").level, Level::kOk) << "right where each port has one host";
}

TEST(Doctor, AnotherQuerierFailsOnlyWhereItKeepsPacketsFromMembers) {
  DoctorFacts facts = Healthy();
  facts.ports[1].other_querier = "192.0.2.1";
  facts.ports[1].served = false;
  EXPECT_EQ(Find(facts, "other-querier").level, Level::kFail);
  facts.ports[1].served = true;
  EXPECT_EQ(Find(facts, "other-querier").level, Level::kOk) << "as the operator wants it";
}

TEST(Doctor, AVethWithoutGroAtItsOtherEndMattersWhereXdpSendsToIt) {
  DoctorFacts facts = Healthy();
  facts.ports[1].driver = "veth";
  facts.ports[1].xdp_known = true;
  EXPECT_EQ(Find(facts, "veth-gro").text, "") << "TC sends everywhere";
  facts.ports[0].hook = "xdp";
  EXPECT_EQ(Find(facts, "veth-gro").level, Level::kWarn);
  EXPECT_THAT(Find(facts, "veth-gro").fix, HasSubstr("ethtool -K PEER gro on"));
}

TEST(Doctor, NamesTheXdpProgramOfSomebodyElse) {
  DoctorFacts facts = Healthy();
  facts.ports[1].xdp_occupied = true;
  EXPECT_EQ(Find(facts, "xdp-owner").text, "") << "the agent's own is there";
  facts.ports[1].hook_reason = "XDP program 7 (x) of somebody else is attached";
  EXPECT_THAT(Find(facts, "xdp-owner").text, HasSubstr("XDP program 7 (x)"));
  EXPECT_EQ(Find(facts, "xdp-owner").fix, "ip link set lan1 xdp off, if that program is not needed");
}

}  // namespace
}  // namespace bpfcast
