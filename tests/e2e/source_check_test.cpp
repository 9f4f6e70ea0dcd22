// Sources outside a port's subnets, TTL thresholds and access lists, in either grammar: what is refused is
// counted by its reason.
#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = Capture::What;

class SourceChecks : public E2e {
 protected:
  /// Starts with a configuration of the test's own and waits for all its ports.
  void StartWith(const std::string& text, std::size_t ports = 4) {
    daemon_.emplace(bed_.router(), text, NamePrefix("e2e"));
    daemon_->WaitUntilUp(ports);
  }
  std::uint64_t Drops(const std::string& reason) const { return daemon_->Call("status")["drops"][reason]; }
  std::uint64_t Refused(const std::string& port) const { return Port(port)["igmp_drops"]["POLICY"]; }

  /// What of `count` packets reaches the members.
  void Send(const Host& host, const AnyAddress& source, std::uint64_t count, int ttl = 16,
            std::optional<AnyAddress> group = {}) {
    Sender sender(host, {.group = group.value_or(AnyGroup()), .source = source, .ttl = ttl},
                  Sender::Start::kLater);
    sender.Send(count);
  }
  std::string Altnet(const char* ipv4, const char* ipv6) const {
    return std::string("altnet = [\"") + (version() == IpVersion::k4 ? ipv4 : ipv6) + "\"]\n";
  }
  /// A source of no subnet of lan1, at h1.
  AnyAddress AddStranger() const {
    const AnyAddress stranger =
        version() == IpVersion::k4 ? AnyAddress(MakeIpv4(172, 16, 5, 5)) : Ipv6("2001:db8:5::5");
    const bool ipv4 = version() == IpVersion::k4;
    bed_.h1().ns.Ip("addr add " + stranger.ToString() + (ipv4 ? "/32 dev eth0" : "/128 dev eth0 nodad"));
    return stranger;
  }
  static void LetStragglersArrive() { std::this_thread::sleep_for(200ms); }

  /// Sources 1 and 5 are outside the subnet of wan0; `altnet` permits 10.0.0.0 to 10.0.0.3.
  void ExpectAltnetDecides() {
    Receiver receiver(bed_.h1(), AnyGroup());
    receiver.Join();
    ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
    Send(bed_.up(), SourceNo(1), 100);
    Send(bed_.up(), bed_.up().Address(version()), 100);
    EXPECT_EQ(Drops("rpf"), 0U);
    Send(bed_.up(), SourceNo(5), 100);
    ExpectComplete(receiver, SourceNo(1), 100);
    LetStragglersArrive();
    EXPECT_EQ(receiver.Of(bed_.up().Address(version())).received, 100U)
        << "the port's own subnet is always legal";
    EXPECT_EQ(receiver.Of(SourceNo(5)).received, 0U);
    EXPECT_EQ(Drops("rpf"), 100U);
  }
  void ExpectAnySourceFlows() {
    Receiver receiver(bed_.h1(), AnyGroup());
    receiver.Join();
    ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
    Send(bed_.up(), SourceNo(1), 100);
    Send(bed_.up(), SourceNo(5), 100);
    receiver.WaitForTotal(200);
    EXPECT_EQ(receiver.Of(SourceNo(1)).received, 100U);
    EXPECT_EQ(receiver.Of(SourceNo(5)).received, 100U);
    EXPECT_EQ(Drops("rpf"), 0U);
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(SourceChecks);

TEST_P(SourceChecks, TF_12_F_12_WithFibTheKernelsRoutesDecideAndThePortSaysWhatIsMissing) {
  const bool ipv4 = version() == IpVersion::k4;
  const std::string forwarding = ipv4 ? "ipv4/conf/wan0/forwarding" : "ipv6/conf/wan0/forwarding";
  bed_.router().Sysctl(forwarding, "0");
  StartDaemon({.settings = {{"wan0", "source-check = \"fib\"\n"}}});
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const std::string setting = ipv4 ? "net.ipv4.conf.wan0.forwarding=1" : "net.ipv6.conf.wan0.forwarding=1";
  EXPECT_THAT(Port("wan0")["hook_reason"].get<std::string>(), HasSubstr(setting));
  bed_.router().Sysctl(forwarding, "1");
  const auto route = [&](const char* verb) {
    bed_.router().Ip(
        std::string(ipv4 ? "" : "-6 ") + "route " + verb +
        (ipv4 ? " 10.0.0.0/24 via 198.51.100.1 dev wan0" : " 2001:db8::/64 via fe80::1 dev wan0"));
  };
  const std::uint64_t before = Drops("rpf");
  Send(bed_.up(), SourceNo(1), 100);
  LetStragglersArrive();
  EXPECT_EQ(receiver.Total(), 0U) << "no route leads back to the sender";
  EXPECT_EQ(Drops("rpf") - before, 100U);
  const CommandResult events = daemon_->Cli("events");
  EXPECT_THAT(events.out, HasSubstr(SourceNo(1).ToString()));
  EXPECT_THAT(events.out, HasSubstr("the port takes no packets of this sender"));
  route("add");
  Send(bed_.up(), SourceNo(1), 100);
  EXPECT_TRUE(receiver.WaitForTotal(100));
  route("del");
  Send(bed_.up(), SourceNo(1), 100);
  LetStragglersArrive();
  EXPECT_EQ(receiver.Total(), 100U);
  // It is noticed without a word that nothing is missing any more.
  const auto is_named = [&] {
    return Port("wan0")["hook_reason"].get<std::string>().find(setting) != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] { return !is_named(); }, 15s));
}

class SourceChecksOfIpv4 : public SourceChecks {};
BPFCAST_FOR_EACH_HOOK(SourceChecksOfIpv4);

const Ipv4Address kDenied = MakeIpv4(239, 9, 9, 9);

/// Files in igmpproxy's grammar name no hook.
class IgmpproxyFile : public SourceChecks {};
INSTANTIATE_TEST_SUITE_P(Hook, IgmpproxyFile, ::testing::Values("auto"), HookName);

constexpr const char* kThreeLans = "phyint lan1 downstream\nphyint lan2 downstream\nphyint lan3 downstream\n";

TEST_P(SourceChecks, F_12_WithoutAltnetAnySourceFlowsDownstream) {
  StartDaemon();
  ExpectAnySourceFlows();
}

TEST_P(SourceChecks, F_12_WithAltnetUpstreamSourcesOutsideOfItAreRefusedAndCounted) {
  StartDaemon({.settings = {{"wan0", Altnet("10.0.0.0/30", "2001:db8::/126")}}});
  ExpectAltnetDecides();
}

TEST_P(IgmpproxyFile, F_12_IgmpproxyConfWithoutAltnetRestrictsNothing) {
  StartWith(std::string("quickleave\nphyint wan0 upstream ratelimit 0 threshold 1\n") + kThreeLans);
  ExpectAnySourceFlows();
}

TEST_P(IgmpproxyFile, F_12_IgmpproxyConfWithAltnetRefusesOtherSourcesAndCountsThem) {
  StartWith(std::string("phyint wan0 upstream\n  altnet 10.0.0.0/30\n") + kThreeLans);
  ExpectAltnetDecides();
}

TEST_P(SourceChecks, F_12_ADownstreamSourceOutsideItsSubnetNeedsAltnet) {
  const AnyAddress stranger = AddStranger();
  {
    StartDaemon();
    Receiver receiver(bed_.h3(), AnyGroup());
    receiver.Join();
    ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
    Send(bed_.h1(), stranger, 100);
    Send(bed_.h1(), bed_.h1().Address(version()), 100);
    ExpectComplete(receiver, bed_.h1().Address(version()), 100);
    EXPECT_EQ(receiver.Of(stranger).received, 0U);
    EXPECT_EQ(Drops("rpf"), 100U);
  }
  daemon_.reset();
  StartDaemon({.settings = {{"lan1", Altnet("172.16.0.0/16", "2001:db8:5::/48")}}});
  Receiver receiver(bed_.h3(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  Send(bed_.h1(), stranger, 100);
  ExpectComplete(receiver, stranger, 100);
  EXPECT_EQ(Drops("rpf"), 0U);
}

TEST_P(SourceChecks, F_12_SourceCheckOffLetsADownstreamSourceOfAnySubnetPass) {
  const AnyAddress stranger = AddStranger();
  StartDaemon({.settings = {{"lan1", "source-check = \"off\"\n"}}});
  Receiver receiver(bed_.h3(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  Send(bed_.h1(), stranger, 100);
  ExpectComplete(receiver, stranger, 100);
}

TEST_P(SourceChecksOfIpv4, TheKernelsReversePathFilterDoesNotMatter) {
  for (const char* scope : {"all", "default", "wan0", "lan1", "lan2", "lan3"}) {
    bed_.router().Sysctl(std::string("ipv4/conf/") + scope + "/rp_filter", "1");
  }
  StartDaemon();
  ExpectAnySourceFlows();  // there is no route back to any of these sources
}

TEST_P(SourceChecks, TF_08_ThePacketsTtlMustBeAboveThePortsThreshold) {
  StartDaemon({.settings = {{"lan1", "ttl-threshold = 16\n"}}});
  Receiver behind(bed_.h1(), AnyGroup());
  Receiver free(bed_.h3(), AnyGroup());
  behind.Join();
  free.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  Send(bed_.up(), SourceNo(1), 100, 16);
  Send(bed_.up(), SourceNo(2), 100, 17);
  ExpectComplete(behind, SourceNo(2), 100);
  EXPECT_EQ(behind.Of(SourceNo(2)).ttl_max, 16) << "leaves with TTL - 1";
  EXPECT_EQ(behind.Of(SourceNo(1)).received, 0U);
  EXPECT_TRUE(free.WaitForTotal(200));
  EXPECT_EQ(free.Of(SourceNo(1)).received, 100U);
  EXPECT_EQ(free.Of(SourceNo(2)).received, 100U);
  EXPECT_EQ(Drops("thr"), 100U);
  EXPECT_EQ(Port("lan1")["tx_dropped"], 100);
  EXPECT_EQ(Port("lan1")["tx_drops"], nlohmann::json::parse(R"({"thr": 100})"));
  EXPECT_EQ(Port("lan2")["tx_drops"], nlohmann::json::object());
}

TEST_P(IgmpproxyFile, TF_08_IgmpproxyConfsThresholdIsTheSame) {
  StartWith("phyint wan0 upstream\nphyint lan1 downstream threshold 16\nphyint lan2 downstream\n", 3);
  Receiver behind(bed_.h1(), kG);
  Receiver free(bed_.h3(), kG);
  behind.Join();
  free.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Send(bed_.up(), Source(1), 100, 16);
  Send(bed_.up(), Source(2), 100, 17);
  ExpectComplete(behind, Source(2), 100);
  EXPECT_EQ(behind.Of(Source(1)).received, 0U);
  EXPECT_TRUE(free.WaitForTotal(200));
}

/// Access lists on a downstream (C-85) and upstream (E-08) are protocol: any hook will do.
class AccessLists : public SourceChecks {};
INSTANTIATE_TEST_SUITE_P(Hook, AccessLists, ::testing::Values("tc"), HookName);

TEST_P(AccessLists, TC_95_DeniedGroupsAndSourcesAreCountedNotForwardedAndNotReported) {
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon({.settings = {{"lan1", "deny-groups = [\"239.9.0.0/16\"]\ndeny-sources = [\"10.0.0.2\"]\n"}}});
  Receiver receiver(bed_.h1(), kSsm);
  receiver.socket().JoinSource(kSsm, Source(1));
  receiver.socket().JoinSource(kSsm, Source(2));
  ExpectGroup(kSsm, "lan1", "include", {Source(1)});
  EXPECT_TRUE(Eventually([&] { return Refused("lan1") >= 1; }));
  const std::uint64_t refused = Refused("lan1");

  Receiver other(bed_.h1(), kDenied);
  other.Join();
  Receiver elsewhere(bed_.h3(), kG);
  elsewhere.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  EXPECT_TRUE(Eventually([&] { return Refused("lan1") > refused; }));
  std::this_thread::sleep_for(3 * kReportInterval);
  EXPECT_TRUE(GroupOn(kDenied, "lan1").is_null());
  EXPECT_EQ(Refused("lan2"), 0U) << "the list is lan1's alone";
  EXPECT_EQ(upstream.Count(Both(Arrived, Record(kToEx, kDenied))), 0U);
  EXPECT_EQ(upstream.Count(Both(Arrived, Record(kAllow, kSsm, {Source(2)}))), 0U);
  EXPECT_GE(upstream.Count(Both(Arrived, Record(kAllow, kSsm, {Source(1)}))), 1U);

  Send(bed_.up(), Source(1), 100, 16, kSsm);
  Send(bed_.up(), Source(2), 100, 16, kSsm);
  Send(bed_.up(), Source(1), 100, 16, kDenied);
  ExpectComplete(receiver, Source(1), 100);
  LetStragglersArrive();
  EXPECT_EQ(receiver.Of(Source(2)).received, 0U);
  EXPECT_EQ(other.Total(), 0U);
}

TEST_P(AccessLists, C_85_WithAllowedGroupsEveryOtherIsRefused) {
  StartDaemon({.settings = {{"lan1", "allow-groups = [\"239.1.0.0/16\"]\n"}}});
  Receiver allowed(bed_.h1(), kG);
  Receiver refused(bed_.h1(), kDenied);
  allowed.Join();
  refused.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  EXPECT_TRUE(Eventually([&] { return Refused("lan1") >= 1; }));
  EXPECT_TRUE(GroupOn(kDenied, "lan1").is_null());
  Send(bed_.up(), Source(1), 100, 16, kDenied);
  Send(bed_.up(), Source(1), 100);
  ExpectComplete(allowed, Source(1), 100);
  EXPECT_EQ(refused.Total(), 0U);
}

TEST_P(IgmpproxyFile, C_85_IgmpproxyConfsWhitelistAndBlacklistDecideByTheLastMatch) {
  StartWith(
      "phyint wan0 upstream\n"
      "phyint lan1 downstream whitelist 239.1.0.0/16 blacklist 239.1.7.0/24\n"
      "phyint lan2 downstream blacklist 239.9.0.0/16\n",
      3);
  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  for (const Ipv4Address& group : {kG, Group(1), kDenied}) {
    h1.Join(group);
    h3.Join(group);
  }
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(Group(1), "lan2"));
  EXPECT_TRUE(Eventually([&] { return Refused("lan1") >= 2 && Refused("lan2") >= 1; }));
  EXPECT_FALSE(GroupOn(kG, "lan2").is_null());
  EXPECT_TRUE(GroupOn(Group(1), "lan1").is_null()) << "the blacklist comes last";
  EXPECT_TRUE(GroupOn(kDenied, "lan1").is_null()) << "not in the whitelist";
  EXPECT_TRUE(GroupOn(kDenied, "lan2").is_null());
}

TEST_P(AccessLists, E_08_AGroupDeniedUpstreamIsForwardedBetweenDownstreamsAndNotReportedUpstream) {
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon({.settings = {{"wan0", "deny-groups = [\"239.9.0.0/16\"]\n"}}});
  Receiver receiver(bed_.h1(), kDenied);
  receiver.Join();
  MulticastSocket other(bed_.h1());
  other.Join(kG);
  ASSERT_TRUE(WaitForGroup(kDenied, "lan1"));
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, kG))));
  Send(bed_.h3(), bed_.h3().address, 100, 16, kDenied);
  ExpectComplete(receiver, bed_.h3().address, 100);
  std::this_thread::sleep_for(3 * kReportInterval);
  for (const Packet& packet : upstream.Packets(Arrived)) {
    ASSERT_TRUE(packet.igmp);
    for (const IgmpRecord& record : packet.igmp->records) EXPECT_NE(record.group, kDenied);
  }
  EXPECT_EQ(Refused("lan1"), 0U);
}

TEST_P(IgmpproxyFile, E_08_IgmpproxyConfsUpstreamBlacklistIsTheSame) {
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  StartWith(std::string("phyint wan0 upstream blacklist 239.9.0.0/16\n") + kThreeLans);
  Receiver receiver(bed_.h1(), kDenied);
  receiver.Join();
  MulticastSocket other(bed_.h1());
  other.Join(kG);
  ASSERT_TRUE(WaitForGroup(kDenied, "lan1"));
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, kG))));
  Send(bed_.h3(), bed_.h3().address, 100, 16, kDenied);
  ExpectComplete(receiver, bed_.h3().address, 100);
  EXPECT_EQ(upstream.Count(Both(Arrived, Record(kToEx, kDenied))), 0U);
}

}  // namespace
}  // namespace bpfcast::test
