// Links that build machines rarely have: bonds, dummies, and a firewall in front of the router.
#include "fixture.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

const AnyAddress kStream = MakeIpv4(239, 1, 2, 3);

class Links : public OnDebian {
 protected:
  /// wan0 to the source, lan1 to the member.
  void MakeVeths() {
    Veth(router_, "wan0", up_, "up0");
    Veth(router_, "lan1", lan_, "eth0");
    Finish();
  }

  /// The same as bonds, each of two cables to a bridge, on which the host is.
  void MakeBonds() {
    for (const auto& [bond, host] : {std::pair("wan0", &source_), std::pair("lan1", &member_)}) {
      router_.Ip(std::string("link add ") + bond + " type bond mode active-backup miimon 50");
      host->ns.Ip("link add " + host->interface + " type bridge mcast_snooping 0 forward_delay 0");
      for (const char* which : {"a", "b"}) {
        const std::string name = std::string(bond) + which;
        const std::string slave = std::string("port-") + which;
        Veth(router_, name, host->ns, slave);
        host->ns.IpBatch("link set " + slave + " master " + host->interface + "\nlink set " + slave +
                         " up\n");
        router_.IpBatch("link set " + name + " master " + bond + "\nlink set " + name + " up\n");
      }
    }
    Finish();
  }

  void Finish() {
    router_.IpBatch(AddAddresses("wan0", {"198.51.100.2/24"}) + AddAddresses("lan1", {"192.0.2.1/24"}) +
                    "link set wan0 up\nlink set lan1 up\n");
    for (const Host& host : {source_, member_}) {
      host.ns.Sysctl("ipv4/conf/all/rp_filter", "0");
      host.ns.IpBatch(AddAddresses(host.interface, {host.address.ToString() + "/24"}) + "link set " +
                      host.interface + " up\n");
    }
  }

  static constexpr const char* kTwoPorts = "upstream = \"wan0\"\ndownstream = [\"lan1\"]\n";
};

TEST_F(Links, ABondMovesToItsOtherCableUnderAStreamUpstreamAndDownstream) {
  constexpr unsigned kRate = 500;
  MakeBonds();
  StartDaemon(2, kTwoPorts);
  Receiver member(member_, kStream);
  member.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kStream, "lan1"));
  Sender sender(source_, {.group = kStream, .source = source_.address, .rate = kRate});
  ASSERT_TRUE(member.WaitForFirst(source_.address, 20s));
  for (const char* bond : {"wan0", "lan1"}) {
    SCOPED_TRACE(bond);
    const std::string active = bond + std::string("a");
    ASSERT_TRUE(Eventually(
        [&] { return router_.Ip(std::string("-d link show ") + bond).find(active) != std::string::npos; }));
    const std::uint64_t lost = member.Of(source_.address).Lost();
    router_.Ip("link set " + active + " down");
    EXPECT_TRUE(member.WaitForTotal(member.Total() + 2 * kRate, 20s)) << "the stream goes on";
    EXPECT_LE(member.Of(source_.address).Lost() - lost, 2 * kRate);
    EXPECT_EQ(daemon_->Port(bond)["state"], "up");
    EXPECT_FALSE(daemon_->GroupOn(kStream, "lan1").is_null());
  }
  EXPECT_EQ(member.Of(source_.address).duplicated, 0U);
  // Joins and leaves come through the other cable as well.
  const AnyAddress later = MakeIpv4(239, 1, 2, 4);
  Receiver late(member_, later);
  late.Join();
  EXPECT_TRUE(daemon_->WaitForGroup(later, "lan1"));
  late.Leave();
  EXPECT_TRUE(daemon_->WaitForNoGroup(later, "lan1", 10s));
}

TEST_F(Links, ADummyAsAPortTakesNothingFromTheOthers) {
  MakeVeths();
  router_.IpBatch("link add dummy0 type dummy\naddr add 10.9.0.1/24 dev dummy0\nlink set dummy0 up\n");
  StartDaemon(3,
              "upstream = \"wan0\"\ndownstream = [\"dummy0\", \"lan1\"]\n[interface.dummy0]\nstatic-groups = "
              "[\"239.1.2.3\"]\n");
  Receiver member(member_, kStream);
  member.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kStream, "lan1"));
  Sender(source_, {.group = kStream, .source = source_.address}, Sender::Start::kLater).Send(500);
  ExpectAll(member, source_.address, 500);
  EXPECT_EQ(daemon_->Port("dummy0")["tx_packets"], 500);
}

// IGMP is heard by a packet socket and TC forwards below netfilter: no rule of the router takes part.
TEST_F(Links, AFirewallThatDropsEverythingKeepsNeitherJoinsNorStreams) {
  MakeVeths();
  MustRun({"nft", "-f", "-"}, &router_,
          "table inet filter {\n"
          "  chain input { type filter hook input priority 0; policy drop; }\n"
          "  chain forward { type filter hook forward priority 0; policy drop; }\n"
          "  chain output { type filter hook output priority 0; policy drop; }\n"
          "}\n");
  StartDaemon(2, kTwoPorts);
  const Capture upstream(up_, "up0", Capture::What::kIgmp);
  Receiver member(member_, kStream);
  member.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kStream, "lan1"));
  EXPECT_TRUE(upstream.WaitFor([](const Packet& packet) {
    return Arrived(packet) && packet.igmp.has_value();
  })) << "the report upstream passes the router's own rules as well";
  Sender(source_, {.group = kStream, .source = source_.address}, Sender::Start::kLater).Send(500);
  ExpectAll(member, source_.address, 500);
  member.Leave();
  EXPECT_TRUE(daemon_->WaitForNoGroup(kStream, "lan1", 10s));
}

}  // namespace
}  // namespace bpfcast::test
