// Interfaces move to another namespace and back, swap their names, are made anew: the stream on every other
// port loses and doubles nothing, and that of the port itself comes back.
#include <iostream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

class Moves : public E2e {
 protected:
  static constexpr auto kBack = 2s;  // until the stream is back on the port itself

  /// A stream that lan2 gets all the time, and one more member, or two.
  void Begin(Receiver& stays, Receiver& moves, Receiver& moves_too) {
    moves_too.Join();
    Begin(stays, moves);
    ASSERT_TRUE(moves_too.WaitForFirst(SourceNo(1)));
  }
  void Begin(Receiver& stays, Receiver& moves) {
    StartDaemon();
    sender_.emplace(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
    stays.Join();
    moves.Join();
    ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
    ASSERT_TRUE(moves.WaitForFirst(SourceNo(1)));
  }
  void End(const Receiver& stays) {
    sender_->Stop();
    EXPECT_TRUE(Eventually([&] { return stays.Of(SourceNo(1)).last == sender_->sent() - 1; }));
    ExpectNoGap(stays, SourceNo(1));
  }
  /// Gives a router port its addresses and takes it up.
  void Ready(const std::string& port, const std::string& ipv4) const {
    bed_.router().IpBatch("addr add " + ipv4 + " dev " + port + "\nlink set " + port + " up\n");
    if (version() == IpVersion::k6) bed_.RestoreIpv6(port);
  }
  std::vector<std::string> AddressesOf(const Host& host) const {
    std::vector<std::string> addresses{host.address.ToString() + "/24"};
    if (version() == IpVersion::k6) {
      addresses.push_back(host.link_local.ToString() + "/64");
      addresses.push_back(host.global.ToString() + "/64");
    }
    return addresses;
  }
  void ExpectBack(const Receiver& receiver, Instant since, const std::string& when) const {
    ASSERT_TRUE(receiver.WaitForTotal(receiver.Total() + 100, 10s)) << when << Ports().dump(1);
    const auto after = Clock::now() - since;
    std::cout << when << ": 100 packets after " << Millis(after) << " ms\n";
    EXPECT_LE(after, kBack) << when;
    EXPECT_EQ(receiver.Of(SourceNo(1)).duplicated, 0U) << when;
  }
  void WaitForReason(const std::string& port, const std::string& reason) const {
    EXPECT_TRUE(Eventually([&] { return Port(port)["reason"] == reason; })) << Port(port).dump(1);
  }
  /// Programs that the interface has, as `ip link` and `bpftool` know them.
  static bool HasXdp(const NetNs& ns, const std::string& interface) {
    return ns.Ip("-d link show dev " + interface).find("prog/xdp") != std::string::npos;
  }

  std::optional<Sender> sender_;
};
// Each hook and each family once: what they do about interfaces they have in common.
INSTANTIATE_TEST_SUITE_P(Hook, Moves, ::testing::Values("xdp", "tc-ipv6"), HookName);

TEST_P(Moves, X_01_X_05_ADownstreamThatMovesToAnotherNamespaceAndBackIsServedAgain) {
  Receiver stays(bed_.h3(), AnyGroup());
  Receiver moves(bed_.h4(), AnyGroup());
  Begin(stays, moves);
  const NetNs& elsewhere = bed_.up().ns;
  bed_.router().Ip("link set lan3 netns " + elsewhere.name());
  WaitForReason("lan3", "no such device");
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan3"));
  EXPECT_FALSE(HasXdp(elsewhere, "lan3")) << "no program of ours goes with it";
  elsewhere.Ip("link set lan3 netns " + bed_.router().name());
  const Instant back = Clock::now();
  Ready("lan3", "10.30.0.1/24");
  ExpectBack(moves, back, "back in the namespace");
  EXPECT_EQ(Port("lan3")["hook"], Hook());
  // At once, so that the middle of it may not be seen.
  bed_.router().Ip("link set lan3 netns " + elsewhere.name());
  elsewhere.Ip("link set lan3 netns " + bed_.router().name());
  const Instant again = Clock::now();
  Ready("lan3", "10.30.0.1/24");
  ExpectBack(moves, again, "back at once");
  EXPECT_EQ(Port("lan3")["hook"], Hook());
  End(stays);
}

// Linux renames an interface that is up: its program, addresses and index stay.
TEST_P(Moves, X_05_TwoPortsThatSwapTheirNamesSwapTheirRolesInTheTree) {
  Receiver stays(bed_.h3(), AnyGroup());
  Receiver one(bed_.h1(), AnyGroup());
  Receiver three(bed_.h4(), AnyGroup());
  Begin(stays, one, three);
  const int index = bed_.router().IfIndex("lan1");
  for (const char* when : {"swapped", "swapped back"}) {
    const Instant swapped = Clock::now();
    bed_.router().IpBatch("link set lan1 name away0\nlink set lan3 name lan1\nlink set away0 name lan3\n");
    EXPECT_TRUE(Eventually([&] { return Port("lan3")["ifindex"] == bed_.router().IfIndex("lan3"); }));
    ExpectBack(one, swapped, when);
    ExpectBack(three, swapped, when);
    EXPECT_EQ(Port("lan1")["hook"], Hook());
    EXPECT_EQ(Port("lan3")["hook"], Hook());
  }
  EXPECT_EQ(bed_.router().IfIndex("lan1"), index);
  End(stays);
}

// The one that holds the program goes by another name, and another one takes its name.
TEST_P(Moves, X_05_AnotherInterfaceTakesTheNameOfAPortThatKeepsRunning) {
  Receiver stays(bed_.h3(), AnyGroup());
  Receiver one(bed_.h1(), AnyGroup());
  Receiver three(bed_.h4(), AnyGroup());
  Begin(stays, one, three);
  const Instant renamed = Clock::now();
  bed_.router().IpBatch("link set lan1 name away0\nlink set lan3 name lan1\n");
  WaitForReason("lan3", "no such device");
  ExpectBack(three, renamed, "under the other name");
  EXPECT_EQ(Port("lan1")["hook"], Hook());
  EXPECT_FALSE(HasXdp(bed_.router(), "away0")) << "it is no port any more";
  const std::uint64_t total = one.Total();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(one.Total(), total) << "away0 is no port";
  EXPECT_EQ(bed_.router().Ip("link show dev away0").find("ALLMULTI"), std::string::npos);
  End(stays);
}

TEST_P(Moves, X_01_X_05_ADownstreamThatIsDeletedAndMadeAnewUnderItsStreamIsServedAgain) {
  Receiver stays(bed_.h3(), AnyGroup());
  {
    Receiver goes(bed_.h4(), AnyGroup());
    Begin(stays, goes);
    bed_.router().Ip("link del lan3");
  }
  Veth(bed_.router(), "lan3", bed_.h4().ns, "eth0");
  ReadyHost(bed_.h4().ns, "eth0", AddressesOf(bed_.h4()));
  const Instant made = Clock::now();
  Ready("lan3", "10.30.0.1/24");
  Receiver comes(bed_.h4(), AnyGroup());
  comes.Join();
  ExpectBack(comes, made, "made anew");
  EXPECT_EQ(Port("lan3")["hook"], Hook());
  EXPECT_EQ(Port("lan3")["ifindex"], bed_.router().IfIndex("lan3"));
  End(stays);
}

// Streams between downstreams do not need the upstream.
TEST_P(Moves, X_02_X_05_AnUpstreamThatIsDeletedAndMadeAnewCostsStreamsBetweenDownstreamsNothing) {
  Receiver stays(bed_.h3(), AnyGroup());
  Receiver moves(bed_.h1(), AnyGroup());
  Begin(stays, moves);
  const AnyAddress inner = bed_.h4().Address(version());
  Sender between(bed_.h4(), {.group = AnyGroup(), .source = inner, .rate = 5000});
  ASSERT_TRUE(stays.WaitForFirst(inner));
  sender_->Stop();
  bed_.router().Ip("link del wan0");
  Veth(bed_.router(), "wan0", bed_.up().ns, "up0");
  std::vector<std::string> addresses = AddressesOf(bed_.up());
  addresses.push_back(SourceNo(2).ToString() + (version() == IpVersion::k4 ? "/32" : "/128"));
  ReadyHost(bed_.up().ns, "up0", addresses);
  const Instant made = Clock::now();
  Ready("wan0", "198.51.100.2/24");
  Sender again(bed_.up(), FromUpstream(AnyGroup(), 2, 1000));
  ASSERT_TRUE(moves.WaitForFirst(SourceNo(2), 10s));
  std::cout << "stream from upstream after " << Millis(Clock::now() - made) << " ms\n";
  EXPECT_LE(Clock::now() - made, kBack);
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(2)));
  EXPECT_EQ(Port("wan0")["hook"], Hook());
  between.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(inner).last == between.sent() - 1; }));
  ExpectNoGap(stays, inner);
  ExpectNoGap(stays, SourceNo(2));
}

TEST_P(Moves, TX_05_X_05_TheNewMacMtuAndAddressesOfAPortAreUsedWithinASecondAndOthersLoseNothing) {
  const Capture data(bed_.h4().ns, "eth0", Capture::What::kUdp);
  const Capture link(bed_.h4().ns, "eth0", Control());
  const bool ipv6 = version() == IpVersion::k6;
  Receiver stays(bed_.h3(), AnyGroup());
  Receiver moves(bed_.h4(), AnyGroup());
  Begin(stays, moves);
  bed_.router().IpBatch(std::string("link set lan3 address 02:00:5e:10:00:79\nlink set lan3 mtu 1400\n") +
                        (ipv6 ? "addr add fe80::77/64 dev lan3 nodad\naddr del fe80::1/64 dev lan3\n"
                              : "addr del 10.30.0.1/24 dev lan3\naddr add 10.30.0.77/24 dev lan3\n"));
  const Instant changed = Clock::now();
  const AnyAddress address = ipv6 ? AnyAddress(Ipv6("fe80::77")) : AnyAddress(MakeIpv4(10, 30, 0, 77));
  EXPECT_TRUE(Eventually([&] { return FamilyOf("lan3")["address"] == address.ToString(); }));
  EXPECT_LE(Clock::now() - changed, 1s);
  const auto query = link.WaitFor(
      [&](const Packet& p) {
        return Arrived(p) && p.from == address && QueryFor(AnyAddress::Unspecified(version()))(p);
      },
      2 * kFast.query_interval);
  ASSERT_TRUE(query) << "queries go out from the new address";
  const MacAddress mac{0x02, 0x00, 0x5e, 0x10, 0x00, 0x79};
  EXPECT_EQ(query->mac_from, mac);
  std::this_thread::sleep_until(changed + 1s);
  EXPECT_TRUE(moves.WaitForTotal(moves.Total() + 100));
  const auto copies = data.Packets(Both(Arrived, DataFor(AnyGroup())), changed + 1s);
  ASSERT_FALSE(copies.empty());
  for (const Packet& packet : copies) ASSERT_EQ(packet.mac_from, mac);

  const std::size_t headers = ipv6 ? 48 : 28;
  StreamOptions options = FromUpstream(AnyGroup(), 2);
  options.payload = 1401 - headers;
  Sender large(bed_.up(), options, Sender::Start::kLater);
  large.Send(50);
  options = FromUpstream(AnyGroup(), 3);
  options.payload = 1400 - headers;
  Sender fitting(bed_.up(), options, Sender::Start::kLater);
  fitting.Send(50);
  EXPECT_TRUE(Eventually([&] { return moves.Of(SourceNo(3)).received >= 50; }));
  EXPECT_EQ(moves.Of(SourceNo(2)).received, 0U);
  End(stays);
}

}  // namespace
}  // namespace bpfcast::test
