// Two routers in a row: what the second asks for as a host, the first hears as a router.
#include <iostream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

/// h4 is the second router: its upstream is the first one's lan3, its downstream lan0 leads to "leaf".
class Chain : public E2e {
 protected:
  Chain()
      : wire_(bed_.up().ns, "up0", Control()),
        leaf_(NamePrefix("e2e") + "-leaf",
              version() == IpVersion::k6 ? NetNs::Ipv6::kOn : NetNs::Ipv6::kOff) {
    const bool has_ipv6 = version() == IpVersion::k6;
    const auto addresses = [&](std::vector<std::string> all, const std::vector<std::string>& with_ipv6) {
      if (has_ipv6) all.insert(all.end(), with_ipv6.begin(), with_ipv6.end());
      return all;
    };
    Veth(second_router(), "lan0", leaf_, "eth0");
    ReadyHost(leaf_, "eth0", addresses({"10.40.0.10/24"}, {"fe80::e/64", "2001:db8:4::e/64"}));
    MustRun({"ethtool", "-K", "lan3", "tx", "off"}, &bed_.router());
    second_router().IpBatch(
        AddAddresses("lan0", addresses({"10.40.0.1/24"}, {"fe80::1/64", "2001:db8:4::1/64"})) +
        "link set lan0 up\n");
  }

  const NetNs& second_router() const { return h4_.ns; }
  Host leaf() const { return {leaf_, "eth0", MakeIpv4(10, 40, 0, 10), Ipv6("fe80::e")}; }
  void StartSecond() {
    std::string text = "upstream = \"eth0\"\ndownstream = \"lan0\"\n";
    for (const char* port : {"eth0", "lan0"}) {
      text += std::string("[interface.") + port + "]\nhook = \"" + Hook() +
              "\"\nlast-member-query-interval = \"200ms\"\n";
    }
    second_.emplace(second_router(), text, NamePrefix("e2e") + "-second");
    second_->WaitUntilUp(2);
  }

  Host h4_ = bed_.h4();
  Capture wire_;
  NetNs leaf_;
  std::optional<Daemon> second_;
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Chain);

TEST_P(Chain, TE_32_AJoinRisesAtOnceAndALeaveAfterTwiceTheLastMemberQueryTime) {
  StartDaemon();
  StartSecond();
  const AnyAddress g = AnyGroup();
  Sender sender(bed_.up(), FromUpstream(g));
  Receiver receiver(leaf(), g);
  const Instant asked = Clock::now();
  receiver.Join();
  const auto join = wire_.WaitFor(Both(Arrived, Record(kToEx, g, {})), 5s, asked);
  ASSERT_TRUE(join);
  ASSERT_TRUE(receiver.WaitForTotal(200));
  EXPECT_LE(join->time - asked, 1s) << "usual is below 100 ms";
  EXPECT_EQ(receiver.Of(SourceNo(1)).ttl_max, 14) << "two routers";
  ExpectNoGap(receiver, SourceNo(1));

  std::this_thread::sleep_for(1100ms);  // the host has repeated its join
  const Instant left = Clock::now();
  receiver.Leave();
  const auto leave = wire_.WaitFor(Both(Arrived, Record(kToIn, g, {})), 5s, left);
  ASSERT_TRUE(leave);
  std::cout << "join at the top after " << Millis(join->time - asked) << " ms, leave after "
            << Millis(leave->time - left) << " ms\n";
  EXPECT_GE(leave->time - left, 2 * kFast.LastMemberQueryTime());
  EXPECT_LE(leave->time - left, 2 * kFast.LastMemberQueryTime() + 800ms);
}

/// A hub or a bridge that sends our own packets back to us.
class Echo : public E2e {
 protected:
  /// Sends a packet of the router back to it, as it was.
  void SendBack(const Packet& packet, const NetNs& ns, const std::string& interface) const {
    Injector(ns, interface).Send(packet.frame);
  }
  int OwnPackets(const std::string& port) const {
    return Port(port)[version() == IpVersion::k4 ? "ipv4" : "ipv6"]["drops"]["OWN"];
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Echo);

TEST_P(Echo, TA_50_A_14_OwnQueriesAndReportsThatComeBackAreCountedAndMakeNoState) {
  const LinkEnd far = bed_.Far("lan2");
  const Capture lan2(far.ns, far.interface, Control());
  const Capture wan(bed_.up().ns, "up0", Control());
  StartDaemon({.profile = kTiny});
  MulticastSocket member(bed_.h1(), version());
  member.Join(AnyGroup());
  const auto query = lan2.WaitFor(Both(Arrived, QueryFor(AnyAddress::Unspecified(version()))));
  const auto report = wan.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})));
  ASSERT_TRUE(query);
  ASSERT_TRUE(report);

  SendBack(*query, far.ns, far.interface);
  SendBack(*report, bed_.up().ns, "up0");
  EXPECT_TRUE(Eventually([&] { return OwnPackets("lan2") == 1 && OwnPackets("wan0") == 1; }))
      << Port("lan2").dump(1) << Port("wan0").dump(1);
  const auto querier = Port("lan2")[version() == IpVersion::k4 ? "ipv4" : "ipv6"]["querier"];
  EXPECT_EQ(querier["role"], "querier");
  EXPECT_TRUE(GroupOn(AnyGroup(), "lan2").is_null());
  EXPECT_TRUE(GroupOn(AnyGroup(), "wan0").is_null());
}

}  // namespace
}  // namespace bpfcast::test
