// The hook that is shown is the one that forwards, and a stream does not notice when it moves from one to the
// other.
#include <algorithm>

#include "fixture.h"
#include "support/kernel_release.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

using What = Capture::What;

class Hooks : public E2e {
 protected:
  /// Packets that the programs of all ports have looked at.
  static std::uint64_t Received(const nlohmann::json& status) {
    std::uint64_t sum = status["upstream"]["rx_packets"].get<std::uint64_t>();
    for (const auto& port : status["downstreams"]) sum += port["rx_packets"].get<std::uint64_t>();
    return sum;
  }
};
BPFCAST_FOR_EACH_HOOK(Hooks);

TEST_P(Hooks, TheHookThatIsShownIsTheOneThatForwards) {
  StartDaemon();
  Receiver one(bed_.h1(), kG);
  Receiver two(bed_.h3(), kG);
  one.Join();
  two.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  // A packet socket on the router itself sees what XDP passes on to TC and the stack, not what XDP forwards.
  const Capture arriving(bed_.router(), "wan0", What::kUdp);
  const Capture leaving(bed_.router(), "lan1", What::kUdp);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(500);
  ExpectComplete(one, Source(1), 500);
  ExpectComplete(two, Source(1), 500);
  const std::size_t seen = GetParam() == "xdp" ? 0 : 500;
  EXPECT_EQ(arriving.Count(Both(Arrived, DataFor(kG))), seen);
  EXPECT_EQ(leaving.Count(Both(Departed, DataFor(kG))), seen);
}

TEST_P(Hooks, F_54_AMemberOnAPortOfTheOtherHookComesAndGoesWithoutALostPacket) {
  const std::string other = GetParam() == "xdp" ? "tc" : "xdp";
  StartDaemon({.profile = kTiny, .other_hooks = {{"lan2", other}}});
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  for (int i = 0; i < 5; ++i) {
    Receiver goes(bed_.h3(), kG);
    goes.Join();
    ASSERT_TRUE(goes.WaitForTotal(200));
    ExpectNoGap(goes, Source(1));
    goes.Leave();
    ASSERT_TRUE(WaitForNoGroup(kG, "lan2"));
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, Source(1));
}

TEST_P(Hooks, F_52_ALocalListenerComesAndGoesWithoutALostPacketDownstream) {
  StartDaemon();
  Sender sender(bed_.up(), {.group = kG, .source = bed_.up().address, .rate = 5000});
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(bed_.up().address));
  for (int i = 0; i < 3; ++i) {
    Receiver local({bed_.router(), "wan0", kWan}, kG);
    local.Join();
    ASSERT_TRUE(local.WaitForTotal(200));
    local.Leave();
    std::this_thread::sleep_for(200ms);
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(bed_.up().address).last == sender.sent() - 1; }));
  ExpectNoGap(stays, bed_.up().address);
}

TEST_P(Hooks, TF_39_F_56_EveryPacketIsCountedUnderExactlyOneVerdict) {
  StartDaemon();
  Receiver one(bed_.h1(), kG);
  Receiver two(bed_.h3(), kG);
  one.Join();
  two.Join();
  two.socket().Block(kG, Source(2));
  one.socket().Block(kG, Source(2));  // nobody wants source 2: an entry without outgoing interface
  ExpectGroup(kG, "lan1", "exclude", {Source(2)});
  ExpectGroup(kG, "lan2", "exclude", {Source(2)});

  constexpr std::uint32_t kRouterAlert = 0x94040000;
  constexpr std::uint32_t kLooseSourceRoute = 0x83030400;  // RFC 791: type, length, pointer
  const MacAddress stranger{0x02, 1, 2, 3, 4, 5};
  struct Case {
    std::string verdict;
    ForgedUdp udp;
    MacAddress mac_to;
  };
  const std::vector<Case> cases{
      {"scope", {.from = Source(1), .to = MakeIpv4(224, 0, 0, 77)}, GroupMac(MakeIpv4(224, 0, 0, 77))},
      {"ttl", {.from = Source(1), .to = kG, .ttl = 1}, GroupMac(kG)},
      {"opt", {.from = Source(1), .to = kG, .options = kRouterAlert}, GroupMac(kG)},
      {"srcroute", {.from = Source(1), .to = kG, .options = kLooseSourceRoute}, GroupMac(kG)},
      {"l2", {.from = Source(1), .to = kG}, stranger},
      {"noroute", {.from = Source(1), .to = Group(200)}, GroupMac(Group(200))},
      {"nooif", {.from = Source(2), .to = kG}, GroupMac(kG)},
      {"hdr", {.from = Source(1), .to = kG, .version = std::uint8_t{5}}, GroupMac(kG)},
      {"mart", {.from = MakeIpv4(127, 0, 0, 1), .to = kG}, GroupMac(kG)},
      {"own", {.from = kWan, .to = kG}, GroupMac(kG)},
      {"rpf", {.from = MakeIpv4(192, 0, 2, 77), .to = kG}, GroupMac(kG)},
  };
  constexpr std::uint64_t kEach = 50;
  constexpr std::uint64_t kForwarded = 200;
  const nlohmann::json before = daemon_->Call("status");
  const Injector wire(bed_.up().ns, "up0");
  const MacAddress mac = bed_.up().ns.Mac("up0");
  for (std::uint64_t i = 0; i < kEach; ++i) {
    for (const Case& c : cases) wire.Send(UdpFrame(mac, c.mac_to, c.udp));
  }
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(kForwarded);
  ExpectComplete(one, Source(1), kForwarded);
  ExpectComplete(two, Source(1), kForwarded);

  const nlohmann::json after = daemon_->Call("status");
  std::uint64_t decisions = kForwarded;
  for (const auto& [verdict, count] : after["drops"].items()) {
    const std::uint64_t more = count.get<std::uint64_t>() - before["drops"].value(verdict, std::uint64_t{0});
    decisions += more;
    const bool expected = std::any_of(cases.begin(), cases.end(),
                                      [&verdict = verdict](const Case& c) { return c.verdict == verdict; });
    if (verdict == "scope") {
      EXPECT_GE(more, kEach) << verdict;  // and what the hosts report to 224.0.0.22 meanwhile
    } else {
      EXPECT_EQ(more, expected ? kEach : 0) << verdict;
    }
  }
  EXPECT_GE(decisions, kForwarded + cases.size() * kEach);
  EXPECT_EQ(Received(after) - Received(before), decisions) << "what comes in is what was decided";
  EXPECT_EQ(Port("lan1")["tx_packets"], kForwarded);
  EXPECT_EQ(Port("lan2")["tx_packets"], kForwarded);
}

class Abilities : public E2e {
 protected:
  /// A veth takes frames from XDP only while its peer has GRO on.
  static void SetGro(const Host& host, const std::string& state) {
    MustRun({"ethtool", "-K", host.interface, "gro", state}, &host.ns);
  }
  /// Waits for what the router says of a stream's way; true when packets of it pass through the stack's view
  /// of wan0, which sees what XDP leaves to TC.
  bool EventuallyLeftToTc(const Capture& wan, bool wanted) const {
    return Eventually([&] {
      const Instant since = Clock::now();
      std::this_thread::sleep_for(20ms);
      return (wan.Count(Both(Arrived, DataFor(kG)), since) > 0) == wanted;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, Abilities, ::testing::Values("xdp"), HookName);

// The kernel tells of it, so it takes no ten seconds.
TEST_P(Abilities, APortThatXdpCannotReachAnyMoreIsServedByTcAtOnceAndOthersLoseNothing) {
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  Receiver stays(bed_.h1(), kG);
  Receiver loses(bed_.h3(), kG);
  stays.Join();
  loses.Join();
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  ASSERT_TRUE(loses.WaitForFirst(Source(1)));
  const Capture wan(bed_.router(), "wan0", What::kUdp);
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = loses.Of(Source(1)).Lost();
    SetGro(bed_.h3(), "off");
    ASSERT_TRUE(EventuallyLeftToTc(wan, true));
    ASSERT_TRUE(loses.WaitForTotal(loses.Total() + 100));
    const std::uint64_t lost = loses.Of(Source(1)).Lost() - before;
    std::cout << "lost by the port itself until TC took over: " << lost << " of 5000/s\n";
    EXPECT_LE(lost, 1000U) << "a fifth of a second; without the kernel's word it would be up to ten";
    const std::uint64_t at_tc = loses.Of(Source(1)).Lost();
    SetGro(bed_.h3(), "on");
    ASSERT_TRUE(EventuallyLeftToTc(wan, false));
    ASSERT_TRUE(loses.WaitForTotal(loses.Total() + 100));
    EXPECT_EQ(loses.Of(Source(1)).Lost(), at_tc) << "a port that XDP can reach again loses nothing by that";
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, Source(1));
  EXPECT_EQ(loses.Of(Source(1)).duplicated, 0U);
}

class DefaultConfiguration : public E2e {
 protected:
  /// As the kernel makes a veth: senders leave checksums to hardware, receivers do not take frames from XDP.
  void AsMade(const LinkEnd& end) const {
    MustRun({"ethtool", "-K", end.interface, "tx", "on", "gro", "off"}, &end.ns);
  }
};

INSTANTIATE_TEST_SUITE_P(Hook, DefaultConfiguration, ::testing::Values("auto"), HookName);

// Two lines and no preparation of any machine.
TEST_P(DefaultConfiguration, StreamsReachMembersWholeOnVethsAsTheKernelMakesThem) {
  for (const char* port : {"wan0", "lan1", "lan2", "lan3"}) AsMade(bed_.Far(port));
  daemon_.emplace(bed_.router(), "upstream = \"wan0\"\ndownstream = [\"lan2\", \"lan3\"]\n",
                  NamePrefix("e2e"));
  ASSERT_TRUE(Eventually([&] { return Port("lan2")["state"] == "up" && Port("lan3")["state"] == "up"; }));
  EXPECT_EQ(Port("wan0")["hook"], "tc");
  EXPECT_EQ(Port("wan0")["hook_reason"],
            KernelTellsXdpFeatures()
                ? "veth peers may leave checksums unfinished"
                : "this kernel does not tell what its drivers can do with XDP (6.3 does)");
  Receiver near(bed_.h3(), kG);
  Receiver far(bed_.h4(), kG);
  near.Join();
  far.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  ASSERT_TRUE(WaitForGroup(kG, "lan3"));
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(near, Source(1), 1000);  // a bad UDP checksum would be a lost packet
  ExpectComplete(far, Source(1), 1000);
}

}  // namespace
}  // namespace bpfcast::test
