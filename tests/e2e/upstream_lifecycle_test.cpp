// The upstream, or a downstream, is missing, appears, is made again, renamed, gets other addresses, another
// MAC or MTU: the stream flows again within two seconds, without a restart.
#include <iostream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using What = Capture::What;

constexpr auto kLimit = 2s;

class InterfaceLife : public E2e {
 protected:
  /// Starts without waiting for any port.
  void StartWithout(const Scenario& scenario = {}) {
    daemon_.emplace(bed_.router(), Configuration(scenario), NamePrefix("e2e"));
  }
  void WaitFor(const std::string& port, const std::string& reason) {
    EXPECT_TRUE(Eventually([&] { return Port(port)["reason"] == reason; })) << Port(port).dump(2);
    EXPECT_EQ(Port(port)["state"], "waiting");
    EXPECT_THAT(daemon_->Cli("ports").out, HasSubstr("waiting (" + reason + ")"));
  }

  /// The link between wan0 and "up", without wan0's address.
  void MakeUpstream() {
    Veth(bed_.router(), "wan0", bed_.up().ns, "up0");
    ReadyHost(bed_.up().ns, "up0", {"198.51.100.1/24"});
    std::string sources;
    for (int n = 1; n <= 5; ++n) sources += "addr add 10.0.0." + std::to_string(n) + "/32 dev up0\n";
    bed_.up().ns.IpBatch(sources);
    bed_.router().Ip("link set wan0 up");
  }
  void MakeDownstream() {
    Veth(bed_.router(), "lan2", bed_.h3().ns, "eth0");
    ReadyHost(bed_.h3().ns, "eth0", {"203.0.113.10/24"});
    bed_.router().Ip("link set lan2 up");
  }

  /// A stream that did not play before reaches the member, and the upstream router is asked for it, both
  /// within the limit after `since`.
  void ExpectFlowSince(Instant since, const Receiver& receiver, std::uint8_t source, const Capture& asked,
                       const std::string& when) {
    SCOPED_TRACE(when);
    Sender sender(bed_.up(), FromUpstream(kG, source));
    ASSERT_TRUE(receiver.WaitForTotal(receiver.Total() + 100, 10s));
    const auto flow = receiver.Of(Source(source)).first_arrival - since;
    const auto report = asked.WaitFor(
        [](const Packet& p) { return Arrived(p) && (Record(kToEx, kG)(p) || Record(kIsEx, kG)(p)); }, 5s,
        since);
    ASSERT_TRUE(report) << "the upstream router was not asked for the group";
    std::cout << when << ": report after " << Millis(report->time - since) << " ms, stream after "
              << Millis(flow) << " ms\n";
    EXPECT_LE(report->time - since, kLimit);
    EXPECT_LE(flow, kLimit);
    ExpectNoGap(receiver, Source(source));
  }
  /// The same for a member whose link was away.
  void ExpectFlowOnLink(Instant since, const Receiver& receiver, std::uint8_t source,
                        const std::string& when) {
    SCOPED_TRACE(when);
    ASSERT_TRUE(receiver.WaitForTotal(receiver.Total() + 100, 10s));
    const auto flow = receiver.Of(Source(source)).first_arrival - since;
    std::cout << when << ": stream after " << Millis(flow) << " ms\n";
    EXPECT_LE(flow, kLimit);
    ExpectNoGap(receiver, Source(source));
  }
};
BPFCAST_FOR_EACH_HOOK(InterfaceLife);

TEST_P(InterfaceLife, X_02_X_05_AnUpstreamThatDoesNotExistAtStartAndIsMadeTwiceIsServedEachTime) {
  bed_.router().Ip("link del wan0");
  StartWithout();
  WaitFor("wan0", "no such device");
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1")) << "downstream memberships do not wait for an upstream";

  int last_index = 0;
  for (const std::uint8_t source : {1, 2}) {
    MakeUpstream();
    EXPECT_NE(bed_.router().IfIndex("wan0"), last_index);
    last_index = bed_.router().IfIndex("wan0");
    const Capture asked(bed_.up().ns, "up0", What::kIgmp);
    const Instant address = Clock::now();
    bed_.router().Ip("addr add 198.51.100.2/24 dev wan0");
    ExpectFlowSince(address, receiver, source, asked, "upstream made");
    EXPECT_EQ(Port("wan0")["state"], "up");
    EXPECT_EQ(Port("wan0")["hook"], GetParam());
    EXPECT_EQ(Port("wan0")["ifindex"], last_index);
    bed_.router().Ip("link del wan0");
    WaitFor("wan0", "no such device");
    EXPECT_FALSE(GroupOn(kG, "lan1").is_null()) << "the membership is kept (X-02)";
  }
}

TEST_P(InterfaceLife, X_02_X_05_AnUpstreamWhoseAddressIsFlushedAndReplacedServesFromTheNewOne) {
  const Capture asked(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ExpectFlowSince(Clock::now(), receiver, 1, asked, "at start");
  bed_.router().Ip("addr flush dev wan0");
  ASSERT_TRUE(Eventually([&] { return Port("wan0")["address"].is_null(); }));
  const Instant address = Clock::now();
  bed_.router().Ip("addr add 198.51.100.77/24 dev wan0");
  ExpectFlowSince(address, receiver, 2, asked, "after another address");
  // What was still to be said may leave from 0.0.0.0 before the address is known.
  const auto from_it = [](const Packet& packet) { return packet.from == MakeIpv4(198, 51, 100, 77); };
  EXPECT_TRUE(asked.WaitFor(Both(Arrived, Both(from_it, Record(kToEx, kG))), 2s, address));
}

TEST_P(InterfaceLife, X_05_AnUpstreamThatIsRenamedAwayAndBackIsServedAgain) {
  const Capture asked(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ExpectFlowSince(Clock::now(), receiver, 1, asked, "at start");
  bed_.router().IpBatch("link set wan0 down\nlink set wan0 name wan9\nlink set wan9 up\n");
  WaitFor("wan0", "no such device");
  Sender(bed_.up(), FromUpstream(kG, 2), Sender::Start::kLater).Send(100);
  bed_.router().Ip("link set wan9 down");
  const Instant named = Clock::now();
  bed_.router().IpBatch("link set wan9 name wan0\nlink set wan0 up\n");
  ExpectFlowSince(named, receiver, 3, asked, "after its name is back");
  EXPECT_EQ(receiver.Of(Source(2)).received, 0u) << "an interface of another name has no role (F-11)";
}

TEST_P(InterfaceLife, X_05_TheNewMacAndMtuOfAnUpstreamAreUsed) {
  const Capture asked(bed_.up().ns, "up0", What::kIgmp);
  const Capture data(bed_.up().ns, "up0", What::kUdp);
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender stream(bed_.up(), FromUpstream(kG, 1));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  bed_.router().IpBatch("link set wan0 address 02:00:5e:10:00:77\nlink set wan0 mtu 1400\n");
  const MacAddress mac{0x02, 0x00, 0x5e, 0x10, 0x00, 0x77};
  ASSERT_EQ(bed_.router().Mac("wan0"), mac);
  std::this_thread::sleep_for(1s);  // the bound of X-05

  const Instant changed = Clock::now();
  MulticastSocket other(bed_.h3());
  other.Join(Group(1));
  const auto report = asked.WaitFor(Both(Arrived, Record(kToEx, Group(1))), 5s, changed);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->mac_from, mac);

  StreamOptions options{.group = Group(2), .source = bed_.h1().address};
  options.payload = 1373;  // 1401 octets of IP
  Sender large(bed_.h1(), options, Sender::Start::kLater);
  large.Send(50);
  options.group = Group(3);
  options.payload = 1372;
  Sender fitting(bed_.h1(), options, Sender::Start::kLater);
  fitting.Send(50);
  EXPECT_TRUE(Eventually([&] { return data.Count(Both(Arrived, DataFor(Group(3)))) >= 50; }));
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(Group(3)))), 50U);
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(Group(2)))), 0U);
  for (const Packet& packet : data.Packets(Both(Arrived, DataFor(Group(3))))) ASSERT_EQ(packet.mac_from, mac);
  stream.Stop();
  ExpectNoGap(receiver, Source(1));
}

TEST_P(InterfaceLife, TD_31_X_02_AnUpstreamThatWasDownForFiveSecondsIsToldEverythingTwiceWithinASecond) {
  const Capture asked(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon();
  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  h1.Join(kG);
  h1.JoinSource(kSsm, Source(1));
  h3.Join(Group(1));
  ASSERT_TRUE(WaitForGroup(Group(1), "lan2"));
  ASSERT_TRUE(WaitForGroup(kSsm, "lan1"));
  bed_.router().Ip("link set wan0 down");
  const Instant down = Clock::now();
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(asked.Count(Arrived, down + 100ms), 0U);
  const Instant up = Clock::now();
  bed_.router().Ip("link set wan0 up");
  std::this_thread::sleep_for(2s);
  const auto times = [&](std::uint8_t type, const Ipv4Address& group) {
    const auto packets = asked.Packets(Both(Arrived, Record(type, group)), up);
    if (!packets.empty()) {
      EXPECT_LE(packets.front().time - up, 1s) << group.ToString();
    }
    return packets.size();
  };
  EXPECT_EQ(times(kToEx, kG), 2U);
  EXPECT_EQ(times(kToEx, Group(1)), 2U);
  EXPECT_EQ(times(kAllow, kSsm), 2U);
}

TEST_P(InterfaceLife, X_05_ADownstreamThatDoesNotExistAtStartAndIsMadeTwiceIsServedEachTime) {
  bed_.router().Ip("link del lan2");
  StartWithout();
  WaitFor("lan2", "no such device");
  int last_index = 0;
  for (const std::uint8_t source : {1, 2}) {
    MakeDownstream();
    EXPECT_NE(bed_.router().IfIndex("lan2"), last_index);
    last_index = bed_.router().IfIndex("lan2");
    Receiver receiver(bed_.h3(), kG);
    receiver.Join();
    Sender sender(bed_.up(), FromUpstream(kG, source));
    const Instant address = Clock::now();
    bed_.router().Ip("addr add 203.0.113.1/24 dev lan2");
    ExpectFlowOnLink(address, receiver, source, "downstream made");
    EXPECT_EQ(Port("lan2")["hook"], GetParam());
    bed_.router().Ip("link del lan2");
    WaitFor("lan2", "no such device");
    EXPECT_THAT(Groups(), ::testing::IsEmpty()) << "flushed (X-01)";
  }
}

TEST_P(InterfaceLife, X_05_ADownstreamWhoseAddressIsFlushedAndReplacedAsksFromTheNewOne) {
  const Capture link(bed_.h3().ns, "eth0", What::kIgmp);
  StartDaemon();
  Receiver receiver(bed_.h3(), kG);
  receiver.Join();
  {
    Sender sender(bed_.up(), FromUpstream(kG, 1));
    ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
    bed_.router().Ip("addr flush dev lan2");
    WaitFor("lan2", "no IPv4 address");
    EXPECT_TRUE(WaitForNoGroup(kG, "lan2"));
  }
  Sender sender(bed_.up(), FromUpstream(kG, 2));
  const Instant address = Clock::now();
  bed_.router().Ip("addr add 203.0.113.77/24 dev lan2");
  ExpectFlowOnLink(address, receiver, 2, "after another address");
  const auto query = link.WaitFor(Both(Arrived, QueryFor(Ipv4Address())), 5s, address);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->from, MakeIpv4(203, 0, 113, 77));
}

TEST_P(InterfaceLife, X_05_ADownstreamThatIsRenamedAwayAndBackIsServedAgain) {
  StartDaemon();
  Receiver receiver(bed_.h3(), kG);
  receiver.Join();
  {
    Sender sender(bed_.up(), FromUpstream(kG, 1));
    ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
    bed_.router().IpBatch("link set lan2 down\nlink set lan2 name lan9\nlink set lan9 up\n");
    WaitFor("lan2", "no such device");
    EXPECT_TRUE(WaitForNoGroup(kG, "lan2"));
  }
  Sender sender(bed_.up(), FromUpstream(kG, 2));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(receiver.Of(Source(2)).received, 0U) << "an interface of another name has no role";
  bed_.router().Ip("link set lan9 down");
  const Instant named = Clock::now();
  bed_.router().IpBatch("link set lan9 name lan2\nlink set lan2 up\n");
  ExpectFlowOnLink(named, receiver, 2, "after its name is back");
}

TEST_P(InterfaceLife, TX_05_TheNewMacMtuAndAddressOfADownstreamAreUsedWithinASecond) {
  const Capture data(bed_.h3().ns, "eth0", What::kUdp);
  const Capture link(bed_.h3().ns, "eth0", What::kIgmp);
  StartDaemon({.profile = kTiny});
  Receiver receiver(bed_.h3(), kG);
  receiver.Join();
  Sender stream(bed_.up(), FromUpstream(kG, 1));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  bed_.router().IpBatch(
      "link set lan2 address 02:00:5e:10:00:78\nlink set lan2 mtu 1400\n"
      "addr del 203.0.113.1/24 dev lan2\naddr add 203.0.113.50/24 dev lan2\n");
  const MacAddress mac{0x02, 0x00, 0x5e, 0x10, 0x00, 0x78};
  std::this_thread::sleep_for(1s);
  const Instant changed = Clock::now();
  EXPECT_TRUE(receiver.WaitForTotal(receiver.Total() + 100));
  const auto query = link.WaitFor(Both(Arrived, QueryFor(Ipv4Address())), 5s, changed);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->mac_from, mac);
  EXPECT_EQ(query->from, MakeIpv4(203, 0, 113, 50));
  const auto copies = data.Packets(Both(Arrived, DataFor(kG)), changed);
  ASSERT_FALSE(copies.empty());
  for (const Packet& packet : copies) ASSERT_EQ(packet.mac_from, mac);

  StreamOptions options = FromUpstream(kG, 2);
  options.payload = 1373;  // 1401 octets of IP
  Sender large(bed_.up(), options, Sender::Start::kLater);
  large.Send(50);
  options = FromUpstream(kG, 3);
  options.payload = 1372;
  Sender fitting(bed_.up(), options, Sender::Start::kLater);
  fitting.Send(50);
  EXPECT_TRUE(Eventually([&] { return receiver.Of(Source(3)).received >= 50; }));
  EXPECT_EQ(receiver.Of(Source(2)).received, 0U);
}

}  // namespace
}  // namespace bpfcast::test
