// What may cross from one side to the other: forward-up (E-33), links that are one segment by mistake (E-40,
// E-41), and a family that one side does not speak.
#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;

class Crossing : public E2e {
 protected:
  /// h1 sends `count` to the group; gives what of it left the upstream, and what h3 got.
  struct Crossed {
    std::uint64_t upstream = 0;
    std::uint64_t lan2 = 0;
  };
  Crossed SendFromLan1(const AnyAddress& group, std::uint64_t count) {
    Receiver member(bed_.h3(), group);
    member.Join();
    if (!WaitForGroup(group, "lan2")) throw std::runtime_error("h3 did not join");
    const Capture wan(bed_.up().ns, "up0", Capture::What::kUdp);
    Sender sender(bed_.h1(), {.group = group, .source = bed_.h1().Address(version())}, Sender::Start::kLater);
    sender.Send(count);
    member.WaitForTotal(count);
    std::this_thread::sleep_for(200ms);  // for what takes another way
    return {wan.Count(Both(Arrived, DataFor(group))), member.Total()};
  }
  bool WaitForLog(const std::string& text, Clock::duration limit) const {
    return Eventually([&] { return daemon_->Stderr().find(text) != std::string::npos; }, limit);
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Crossing);

TEST_P(Crossing, TE_24_NeverKeepsADownstreamsStreamsFromTheUpstreamAlone) {
  StartDaemon({.settings = {{"lan1", "forward-up = \"never\"\n"}}});
  const Crossed crossed = SendFromLan1(AnyGroup(), 200);
  EXPECT_EQ(crossed.upstream, 0U);
  EXPECT_EQ(crossed.lan2, 200U);
}

TEST_P(Crossing, TE_24_AListNamesWhatGoesUp) {
  const bool ipv4 = version() == IpVersion::k4;
  StartDaemon({.settings = {{"lan1", ipv4 ? "forward-up = [\"239.1.7.0/24\"]\n"
                                          : "forward-up = [\"ff0e::7:0/112\"]\n"}}});
  const Crossed other = SendFromLan1(AnyGroup(), 200);
  EXPECT_EQ(other.upstream, 0U);
  EXPECT_EQ(other.lan2, 200U);
  const Crossed named = SendFromLan1(MoreGroups(9), 200);
  EXPECT_EQ(named.upstream, 200U);
  EXPECT_EQ(named.lan2, 200U);
}

TEST_P(Crossing, TE_24_TheQuerierAloneSendsUpWhereThatIsAsked) {
  StartDaemon({.settings = {{"lan1", "forward-up = \"querier-only\"\n"}}});
  EXPECT_EQ(SendFromLan1(AnyGroup(), 200).upstream, 200U);
  // A router with a lower address than ours is the querier from now on (C-51, C-52).
  const AnyAddress better =
      version() == IpVersion::k4 ? AnyAddress(MakeIpv4(192, 0, 2, 0)) : AnyAddress(Ipv6("fe80::"));
  const AnyAddress all = version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 1)) : Ipv6("ff02::1");
  const Injector wire(bed_.h2().ns, "eth0");
  const AnyAddress none = version() == IpVersion::k4 ? AnyAddress(Ipv4Address()) : Ipv6Address();
  wire.Send(IgmpFrame(bed_.h2().ns.Mac("eth0"), better, all, QueryV3(MaxRespCode(version(), 1s), none)));
  ASSERT_TRUE(Eventually([&] { return FamilyOf("lan1")["querier"]["role"] == "other"; }));
  EXPECT_EQ(SendFromLan1(MoreGroups(9), 200).upstream, 0U);
}

// E-40: two cables into one switch.
TEST_P(Crossing, TE_30_TwoDownstreamsOnOneSegmentAreFoundAndNothingGoesRound) {
  StartDaemon({.profile = kTiny});
  Receiver one(bed_.h1(), AnyGroup());
  Receiver two(bed_.h3(), AnyGroup());
  one.Join();
  two.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const LinkEnd segment = bed_.Far("lan1");
  const Capture router(segment.ns, segment.interface, Capture::What::kUdp);
  Veth(segment.ns, "loop0", bed_.h3().ns, "loop1");
  segment.ns.IpBatch("link set loop0 master br0\nlink set loop0 up\n");
  bed_.h3().ns.IpBatch(
      "link add loops type bridge mcast_snooping 0 forward_delay 0\nlink set loop1 master loops\nlink set "
      "eth0 master loops\n"
      "link set loop1 up\nlink set loops up\n");
  // Before it is found each packet goes round until its TTL ends, once for each direction.
  constexpr int kTtl = 16;
  constexpr std::uint64_t kBefore = 10;
  const AnyAddress source = bed_.h1().Address(version());
  Sender sender(bed_.h1(), {.group = AnyGroup(), .source = source, .ttl = kTtl}, Sender::Start::kLater);
  sender.Send(kBefore);
  // Within a query interval of 1 s; ten times that on a busy machine.
  ASSERT_TRUE(WaitForLog("lan1 and lan2: each hears", 10s)) << daemon_->Stderr();
  EXPECT_LE(router.Count(Both(Arrived, DataFor(AnyGroup()))), kBefore * kTtl * 2);
  EXPECT_THAT(daemon_->Stderr(), HasSubstr("is forwarded on either of them until that ends"));
  std::this_thread::sleep_for(100ms);
  const Instant found = Clock::now();
  sender.Send(500);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(router.Count(Both(Arrived, DataFor(AnyGroup())), found), 0U);

  bed_.h3().ns.IpBatch("link del loop1\n");
  EXPECT_TRUE(WaitForLog("no longer on one segment", 30s));
}

class CrossingOfIpv6 : public Crossing {
 protected:
  /// "tc" without IPv6 on the upstream, which StartDaemon() would wait for.
  void StartWithoutIpv6Upstream() {
    bed_.router().Sysctl("ipv6/conf/wan0/disable_ipv6", "1");
    daemon_.emplace(bed_.router(), Configuration(), NamePrefix("e2e"));
    const bool up = Eventually([&] {
      return FamilyOf("lan1")["state"] == "up" && FamilyOf("lan2")["state"] == "up" &&
             Port("wan0")["state"] == "up";
    });
    if (!up) throw std::runtime_error("not every port is up: " + Ports().dump(2));
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, CrossingOfIpv6, ::testing::Values("xdp-ipv6", "tc-ipv6"), HookName);

TEST_P(CrossingOfIpv6, WhatADownstreamSendsDoesNotLeaveThroughAnUpstreamWithoutIpv6) {
  StartWithoutIpv6Upstream();
  const Crossed crossed = SendFromLan1(kG6, 200);
  EXPECT_EQ(crossed.upstream, 0U);
  EXPECT_EQ(crossed.lan2, 200U);
}

TEST_P(CrossingOfIpv6, X_04_AReloadWithoutIpv6LeavesUpstreamAndEndsItsStreamsAlone) {
  StartDaemon();
  Receiver of_ipv6(bed_.h1(), kG6);
  Receiver of_ipv4(bed_.h1(), kG);
  of_ipv6.Join();
  of_ipv4.Join();
  ASSERT_TRUE(WaitForGroup(kG6, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  Sender stream6(bed_.up(), FromUpstream(kG6));
  Sender stream4(bed_.up(), {.group = kG, .source = Source(1), .rate = 1000});
  ASSERT_TRUE(of_ipv6.WaitForFirst(Source(IpVersion::k6, 1)));
  ASSERT_TRUE(of_ipv4.WaitForFirst(Source(1)));
  const Capture upstream(bed_.up().ns, "up0", Capture::What::kMld);
  daemon_->config().Write("ipv6 = false\n" + Configuration());
  ASSERT_EQ(daemon_->Cli("reload").status, 0);
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToIn, kG6, {}))));
  ASSERT_TRUE(Eventually([&] { return FamilyOf("lan1")["state"] == "off"; }));
  const std::uint64_t total = of_ipv6.Total();
  ASSERT_TRUE(of_ipv4.WaitForTotal(of_ipv4.Total() + 300));
  EXPECT_LE(of_ipv6.Total(), total + 50);
  stream4.Stop();
  EXPECT_TRUE(Eventually([&] { return of_ipv4.Of(Source(1)).last == stream4.sent() - 1; }));
  ExpectNoGap(of_ipv4, Source(1));
}

}  // namespace
}  // namespace bpfcast::test
