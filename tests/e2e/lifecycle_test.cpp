// Links and addresses come and go under a running daemon, and its control socket takes anything.
#include <iostream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using What = Capture::What;

class Lifecycle : public E2e {
 protected:
  /// The kernel forgets IPv6 addresses when a link goes down.
  void LinkUp(const std::string& port) const {
    bed_.router().Ip("link set " + port + " up");
    if (version() == IpVersion::k6) bed_.RestoreIpv6(port);
  }
  /// The stream from source 1 flows to a receiver from now on.
  static void ExpectFlow(const Receiver& receiver, const std::string& when) {
    const std::uint64_t before = receiver.Total();
    EXPECT_TRUE(receiver.WaitForTotal(before + 200)) << when;
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Lifecycle);
class LifecycleOfIpv4 : public Lifecycle {};
BPFCAST_FOR_EACH_HOOK(LifecycleOfIpv4);
class LifecycleOfIpv6 : public Lifecycle {};
INSTANTIATE_TEST_SUITE_P(Hook, LifecycleOfIpv6, ::testing::Values("xdp-ipv6", "tc-ipv6"), HookName);

TEST_P(Lifecycle, TX_01_ALinkThatGoesDownLosesItsGroupsAtOnceAndAsksAgainWhenItIsBack) {
  const Capture upstream(bed_.up().ns, "up0", Control());
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, Control());
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup()))));

  const Instant down = Clock::now();
  bed_.router().Ip("link set lan1 down");
  const auto leave = upstream.WaitFor(Both(Arrived, Record(kToIn, AnyGroup(), {})), 5s, down);
  ASSERT_TRUE(leave);
  std::cout << "leave upstream " << Millis(leave->time - down) << " ms after the link went down\n";
  EXPECT_LE(leave->time - down, 1s) << "usual is below 100 ms";
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  EXPECT_EQ(Port("lan1")["state"], "waiting");
  EXPECT_EQ(Port("lan1")["reason"], "link is down");

  const Instant up = Clock::now();
  LinkUp("lan1");
  const auto query = link.WaitFor(Both(Arrived, QueryFor(AnyAddress::Unspecified(version()))), 5s, up);
  ASSERT_TRUE(query);
  std::cout << "query " << Millis(query->time - up) << " ms after it came up\n";
  EXPECT_LE(query->time - up, 1s) << "usual is below 100 ms";
  EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan1")) << "the host answers the query";
  ExpectFlow(receiver, "after the link came back");
  EXPECT_EQ(Port("lan1")["hook"], Hook());
}

TEST_P(Lifecycle, X_02_AnUpstreamThatComesBackIsToldEverythingAgain) {
  const Capture upstream(bed_.up().ns, "up0", Control());
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  bed_.router().Ip("link set wan0 down");
  ASSERT_TRUE(Eventually([&] { return Port("wan0")["state"] == "waiting"; }));
  EXPECT_FALSE(GroupOn(AnyGroup(), "lan1").is_null()) << "the downstream membership is kept";
  std::this_thread::sleep_for(3 * kReportInterval);
  const Instant up = Clock::now();
  LinkUp("wan0");
  const auto report = upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})), 5s, up);
  ASSERT_TRUE(report);
  EXPECT_LE(report->time - up, 2s);
  ExpectFlow(receiver, "after the upstream came back");
}

TEST_P(LifecycleOfIpv4, X_05_AnAddressThatLeavesAndReturnsUpstreamIsFollowed) {
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  bed_.router().Ip("addr del 198.51.100.2/24 dev wan0");
  ASSERT_TRUE(Eventually([&] { return Port("wan0")["address"].is_null(); }));
  const Instant back = Clock::now();
  bed_.router().Ip("addr add 198.51.100.77/24 dev wan0");
  const auto report = upstream.WaitFor(
      [](const Packet& p) {
        return Arrived(p) && p.from == MakeIpv4(198, 51, 100, 77) && Record(kToEx, kG, {})(p);
      },
      5s, back);
  EXPECT_TRUE(report) << "announced again from the new address (X-02)";
  EXPECT_TRUE(Eventually([&] { return Port("wan0")["address"] == "198.51.100.77"; }));
  ExpectFlow(receiver, "after the new address");
}

TEST_P(LifecycleOfIpv4, X_05_A_04_ADownstreamWithoutAnAddressWaitsAndReturnsWithOne) {
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  bed_.router().Ip("addr del 192.0.2.1/24 dev lan1");
  EXPECT_TRUE(Eventually([&] { return Port("lan1")["state"] == "waiting"; }));
  EXPECT_EQ(Port("lan1")["reason"], "no IPv4 address");
  EXPECT_TRUE(WaitForNoGroup(kG, "lan1"));
  const Instant back = Clock::now();
  bed_.router().Ip("addr add 192.0.2.3/24 dev lan1");
  const auto query = link.WaitFor(Both(Arrived, QueryFor(Ipv4Address())), 5s, back);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->from, MakeIpv4(192, 0, 2, 3));
  EXPECT_TRUE(WaitForGroup(kG, "lan1"));
  ExpectFlow(receiver, "after the new address");
}

TEST_P(Lifecycle, TE_17_X_05_AnInterfaceThatDoesNotExistYetIsWaitedFor) {
  bed_.router().Ip("link set lan2 name later");
  daemon_.emplace(bed_.router(), Configuration(), NamePrefix("e2e"));
  EXPECT_TRUE(Eventually([&] { return Port("lan1")["state"] == "up"; }));
  EXPECT_EQ(Port("lan2")["state"], "waiting");
  EXPECT_EQ(Port("lan2")["reason"], "no such device");
  bed_.router().Ip("link set later down");
  bed_.router().Ip("link set later name lan2");
  LinkUp("lan2");
  EXPECT_TRUE(Eventually([&] { return Port("lan2")["state"] == "up"; })) << Port("lan2").dump(2);
  EXPECT_EQ(Port("lan2")["hook"], Hook());
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h3(), AnyGroup());
  receiver.Join();
  ExpectFlow(receiver, "on the interface that came later");
}

TEST_P(LifecycleOfIpv4, X_05_AnInterfaceThatIsDeletedAndMadeAgainWorksAgain) {
  StartDaemon();
  const int old_index = bed_.router().IfIndex("lan2");
  bed_.router().Ip("link del lan2");
  EXPECT_TRUE(Eventually([&] { return Port("lan2")["reason"] == "no such device"; }));
  MustRun({"ip", "link", "add", "lan2", "netns", bed_.router().name(), "type", "veth", "peer", "name", "eth0",
           "netns", bed_.h3().ns.name()});
  ASSERT_NE(bed_.router().IfIndex("lan2"), old_index);
  bed_.h3().ns.IpBatch("addr add 203.0.113.10/24 dev eth0\nlink set eth0 up\n");
  MustRun({"ethtool", "-K", "eth0", "tx", "off", "gro", "on"}, &bed_.h3().ns);
  bed_.router().IpBatch("addr add 203.0.113.1/24 dev lan2\nlink set lan2 up\n");
  EXPECT_TRUE(Eventually([&] { return Port("lan2")["state"] == "up"; })) << Port("lan2").dump(2);
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h3(), kG);
  receiver.Join();
  ExpectFlow(receiver, "on the new interface");
}

TEST_P(LifecycleOfIpv4, GarbageOnTheControlSocketHarmsNobody) {
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  for (const std::string& line :
       {std::string("hello\n"), std::string("{\"jsonrpc\":\"2.0\"\n"), std::string("[]\n"),
        std::string("\n\n\n"), std::string("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"explode\"}\n"),
        std::string("\0\xff\xfe\n", 4), std::string("{\"id\":{},\"method\":[1]}\n"),
        std::string(2 << 20, '[')}) {
    daemon_->Raw(line, 200ms);
    ASSERT_TRUE(daemon_->Running());
  }
  EXPECT_THAT(daemon_->Raw("hello\n"), HasSubstr("-32700")) << "JSON-RPC 2.0: parse error";
  EXPECT_THAT(daemon_->Raw("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"explode\"}\n"), HasSubstr("-32601"));
  EXPECT_EQ(daemon_->Call("status")["state"], "running");
  ExpectFlow(receiver, "after the garbage");
  ExpectNoGap(receiver, Source(1));
}

TEST_P(LifecycleOfIpv4, TwoInstancesInTwoNamespacesDoNotKnowOfEachOther) {
  StartDaemon();
  Bed other_bed(NamePrefix("e2e") + "-other");
  Daemon other(other_bed.router(), Configuration(), NamePrefix("e2e") + "-other");
  ASSERT_TRUE(Eventually([&] {
    for (const auto& port : other.Call("ports")) {
      if (port["state"] != "up") return false;
    }
    return true;
  }));
  Sender here(bed_.up(), FromUpstream(kG));
  Sender there(other_bed.up(), FromUpstream(kG));
  Receiver member(bed_.h1(), kG);
  Receiver other_member(other_bed.h3(), kG);
  member.Join();
  ASSERT_TRUE(member.WaitForFirst(Source(1)));
  EXPECT_TRUE(other.Call("groups").empty());
  other_member.Join();
  ASSERT_TRUE(other_member.WaitForFirst(Source(1)));
  EXPECT_EQ(other.Call("groups").size(), 1U);
  EXPECT_EQ(Groups().size(), 1U);
  EXPECT_EQ(other.Stop(), 0);
  ExpectFlow(member, "after the other instance stopped");
  ExpectNoGap(member, Source(1));
}

TEST_P(LifecycleOfIpv6, TC_73_ADownstreamWithoutIpv4AddressSpeaksMldAlone) {
  const LinkEnd end = bed_.Far("lan1");
  const Capture igmp(end.ns, end.interface, What::kIgmp);
  bed_.router().Ip("addr del 192.0.2.1/24 dev lan1");
  StartDaemon();
  EXPECT_EQ(Port("lan1")["state"], "up");
  EXPECT_EQ(Port("lan1")["hook"], Hook());
  EXPECT_EQ(Port("lan1")["ipv4"]["state"], "waiting");
  EXPECT_EQ(Port("lan1")["ipv4"]["reason"], "no IPv4 address");
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1")) << "MLD works";
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ExpectFlow(receiver, "of IPv6");
  std::this_thread::sleep_for(kFast.query_interval / 4 + 1s);  // the startup queries would be over (B-06)
  EXPECT_EQ(igmp.Count(Both(Arrived, QueryFor(Ipv4Address()))), 0U);
  const std::string log = daemon_->Stderr();
  const std::size_t error = log.find(" error ");
  ASSERT_NE(error, std::string::npos) << log;
  EXPECT_THAT(log.substr(error), HasSubstr("lan1: up, no IGMP (no IPv4 address), fe80::1"));
  EXPECT_EQ(log.find(" error ", error + 1), std::string::npos) << "one error: " << log;

  const Instant added = Clock::now();
  bed_.router().Ip("addr add 192.0.2.1/24 dev lan1");
  const auto query = igmp.WaitFor(Both(Arrived, QueryFor(Ipv4Address())), 5s, added);
  ASSERT_TRUE(query);
  EXPECT_LE(query->time - added, 1s);
  EXPECT_EQ(query->from, kLan1);
  Receiver version4(bed_.h1(), kG);
  version4.Join();
  EXPECT_TRUE(WaitForGroup(kG, "lan1"));
  ExpectNoGap(receiver, SourceNo(1));
}

TEST_P(LifecycleOfIpv6, A_04_ADownstreamWithoutLinkLocalAddressServesIpv4AloneUntilItHasOne) {
  const LinkEnd end = bed_.Far("lan1");
  const Capture mld(end.ns, end.interface, What::kMld);
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Sender version4(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), AnyGroup());
  Receiver receiver4(bed_.h1(), kG);
  receiver.Join();
  receiver4.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(receiver4.WaitForFirst(Source(1)));
  bed_.router().Ip("-6 addr flush dev lan1");
  EXPECT_TRUE(Eventually([&] { return FamilyOf("lan1")["state"] == "off"; })) << Port("lan1").dump(1);
  EXPECT_EQ(FamilyOf("lan1")["reason"], "no IPv6 address");
  EXPECT_EQ(Port("lan1")["state"], "up");
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  EXPECT_FALSE(GroupOn(kG, "lan1").is_null());
  std::this_thread::sleep_for(200ms);
  const std::uint64_t before = receiver.Total();
  ExpectFlow(receiver4, "of IPv4");
  EXPECT_EQ(receiver.Total(), before);

  const Instant back = Clock::now();
  bed_.RestoreIpv6("lan1");
  const auto query = mld.WaitFor(Both(Arrived, QueryFor(Ipv6Address())), 5s, back);
  ASSERT_TRUE(query);
  EXPECT_LE(query->time - back, 1s);
  EXPECT_EQ(query->from, kLanLinkLocal);
  EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ExpectFlow(receiver, "of IPv6 again");
  ExpectNoGap(receiver4, Source(1));
}

// RFC 4862 5.4: nothing may be sent from the address before.
TEST_P(LifecycleOfIpv6, A_04_QueriesBeginWhenDuplicateDetectionIsThrough) {
  const LinkEnd end = bed_.Far("lan1");
  const Capture mld(end.ns, end.interface, What::kMld);
  StartDaemon();
  bed_.router().Ip("-6 addr flush dev lan1");
  ASSERT_TRUE(Eventually([&] { return FamilyOf("lan1")["state"] == "off"; }));
  bed_.router().Sysctl("ipv6/conf/lan1/dad_transmits", "1");
  bed_.router().Sysctl("ipv6/conf/lan1/accept_dad", "1");
  const Instant added = Clock::now();
  bed_.router().Ip("addr add fe80::7/64 dev lan1");
  EXPECT_TRUE(Eventually([&] { return FamilyOf("lan1")["state"] == "up"; })) << Port("lan1").dump(1);
  EXPECT_EQ(FamilyOf("lan1")["address"], "fe80::7");
  const auto query = mld.WaitFor(Both(Arrived, QueryFor(Ipv6Address())), 5s, added);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->from, Ipv6("fe80::7"));
  std::cout << "first query " << Millis(query->time - added) << " ms after the address was added\n";
  EXPECT_GE(query->time - added, 500ms) << "DAD waits for RetransTimer, 1 s";
  EXPECT_LE(query->time - added, 4s);
}

TEST_P(LifecycleOfIpv6, X_02_X_05_AnotherLinkLocalAddressUpstreamIsReportedFrom) {
  const Capture upstream(bed_.up().ns, "up0", What::kMld);
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  const auto first = upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->from, kWanLinkLocal);
  const Instant changed = Clock::now();
  bed_.router().IpBatch("addr add fe80::77/64 dev wan0 nodad\naddr del fe80::2/64 dev wan0\n");
  const auto report = upstream.WaitFor(
      [&](const Packet& p) {
        return Arrived(p) && p.from == Ipv6("fe80::77") && Record(kToEx, AnyGroup(), {})(p);
      },
      5s, changed);
  ASSERT_TRUE(report) << "announced again from the new address";
  EXPECT_LE(report->time - changed, 1s);
  EXPECT_EQ(FamilyOf("wan0")["address"], "fe80::77");
  ExpectNoGap(receiver, SourceNo(1));
}

TEST_P(LifecycleOfIpv6, TE_28_E_01_TheFamiliesAreIndependent) {
  StartDaemon();
  Receiver six(bed_.h1(), AnyGroup());
  Receiver four(bed_.h3(), kG);
  six.Join();
  four.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Sender sender6(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  Sender sender4(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender6.Send(300);
  sender4.Send(300);
  ExpectComplete(six, SourceNo(1), 300);
  ExpectComplete(four, Source(1), 300);
  const std::string both = daemon_->Cli("groups").out;
  EXPECT_THAT(both, HasSubstr("ff0e::1234"));
  EXPECT_THAT(both, HasSubstr("239.1.2.3"));
  EXPECT_THAT(daemon_->Cli("groups -6").out, ::testing::Not(HasSubstr("239.1.2.3")));
  EXPECT_THAT(daemon_->Cli("flows -4").out, ::testing::Not(HasSubstr("ff0e::1234")));
  EXPECT_THAT(daemon_->Cli("flows -4").out, HasSubstr("239.1.2.3"));
  four.Leave();
  EXPECT_TRUE(WaitForNoGroup(kG, "lan2"));
  EXPECT_FALSE(GroupOn(AnyGroup(), "lan1").is_null());
}

}  // namespace
}  // namespace bpfcast::test
