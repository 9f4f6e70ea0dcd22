// Faults that operators meet, each made on a real bed: `bpfcast explain` and `bpfcast doctor` name it and the
// way out, and taking that way ends it. More of them stand in explain_test.cpp and doctor_test.cpp.
#include <csignal>

#include "diagnosis.h"
#include "fixture.h"
#include "kernel_hook.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Fault : public E2e {
 protected:
  std::string G() const { return AnyGroup().ToString(); }
  /// A member on lan1 that counts.
  void Join(Receiver& receiver) {
    receiver.Join();
    ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  }
  void Send(StreamOptions options) const { Sender(bed_.up(), options, Sender::Start::kLater).Send(20); }
  static std::string Text(const json& object, const char* key) { return object[key].get<std::string>(); }
  /// A general query on the link at whose other end `host` is.
  void Query(const Host& host, const Ipv4Address& from) const {
    Injector(host.ns, host.interface)
        .Send(IgmpFrame(host.ns.Mac(host.interface), from, MakeIpv4(224, 0, 0, 1),
                        QueryV3(MaxRespCode(IpVersion::k4, 10s), AnyAddress::Unspecified(IpVersion::k4))));
  }
};

class FaultOfTheKernelPath : public Fault {};
INSTANTIATE_TEST_SUITE_P(Hook, FaultOfTheKernelPath, ::testing::Values("kernel"), HookName);

TEST_P(FaultOfTheKernelPath, RpFilterDropsSendersThatNoRouteReaches) {
  bed_.router().Sysctl("ipv4/conf/wan0/rp_filter", "1");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  Join(receiver);
  EXPECT_THAT(Text(ExpectFinding(*daemon_, "rp-filter", "wan0", "warn"), "text"),
              HasSubstr("0 packets so far"));
  Send(FromUpstream(AnyGroup()));
  const json verdict = ExpectVerdict(*daemon_, G(), "no-data");
  EXPECT_THAT(Text(verdict, "sentence"),
              HasSubstr("rp_filter dropped 20 packets of senders to which no route leads through wan0"));
  EXPECT_EQ(Text(verdict, "next"),
            "ip route add SENDER/32 dev wan0, or sysctl -w net.ipv4.conf.all.rp_filter=0 "
            "net.ipv4.conf.wan0.rp_filter=0");
  const json finding = ExpectFinding(*daemon_, "rp-filter", "wan0", "fail");
  EXPECT_THAT(Text(finding, "fix"),
              AllOf(HasSubstr("net.ipv4.conf.wan0.rp_filter=0"), HasSubstr("ip route add")));
  EXPECT_EQ(receiver.Total(), 0U);

  bed_.router().Ip("route add " + SourceNo(1).ToString() + "/32 dev wan0");
  Send(FromUpstream(AnyGroup()));
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ExpectVerdict(*daemon_, G(), "delivering");
  ExpectNoComplaint(*daemon_, "rp-filter", "wan0");
}

/// Of both hooks: what a port does not take of a stream that is forwarded.
class FaultOfCopies : public Fault {};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(FaultOfCopies);

TEST_P(FaultOfCopies, ATtlThatIsNotAboveThePortsThreshold) {
  StartDaemon({.settings = {{"lan1", "ttl-threshold = 16\n"}}});
  Receiver receiver(bed_.h1(), AnyGroup());
  Join(receiver);
  StreamOptions stream = FromUpstream(AnyGroup());
  Send(stream);
  const json verdict = ExpectVerdict(*daemon_, G(), "not-delivered");
  EXPECT_THAT(
      Text(verdict, "sentence"),
      HasSubstr("lan1 takes only packets whose TTL is above its ttl-threshold of 16, and dropped 20"));
  EXPECT_EQ(Text(verdict, "next"), "raise the TTL of the sender, or lower ttl-threshold of lan1");

  stream.ttl = 17;
  Send(stream);
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  EXPECT_THAT(Text(ExpectVerdict(*daemon_, G(), "delivering"), "sentence"),
              HasSubstr("from wan0 to lan1 if its TTL is above the ttl-threshold of lan1, 16"));
}

// Senders of IPv6 are told, and make smaller packets.
class FaultOfCopiesOfIpv4 : public Fault {};
BPFCAST_FOR_EACH_HOOK(FaultOfCopiesOfIpv4);

TEST_P(FaultOfCopiesOfIpv4, PacketsThatAreLargerThanThePortsMtu) {
  bed_.router().Ip("link set lan1 mtu 1000");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  Join(receiver);
  Send(FromUpstream(AnyGroup(), 2));  // what passes does not hide the other
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(2)));
  StreamOptions large = FromUpstream(AnyGroup(), 1);
  large.payload = 1200;
  Send(large);
  const std::string octets = std::to_string(20 + 8 + 1200);  // IP and UDP header
  const json verdict = ExpectVerdict(*daemon_, G() + " " + SourceNo(1).ToString(), "not-delivered");
  EXPECT_THAT(Text(verdict, "sentence"),
              HasSubstr("have " + octets + " octets, more than the MTU of lan1, 1000"));
  EXPECT_EQ(Text(verdict, "next"),
            "let the sender make smaller packets, or raise the MTU: ip link set lan1 mtu " + octets);
  EXPECT_EQ(receiver.Of(SourceNo(1)).received, 0U);

  bed_.router().Ip("link set lan1 mtu " + octets);
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("lan1")["state"] == "up"; }));
  EXPECT_TRUE(Eventually([&] {
    Send(large);
    return receiver.Of(SourceNo(1)).received > 0;
  }));
  ExpectVerdict(*daemon_, G() + " " + SourceNo(1).ToString(), "delivering");
}

class FaultOfALink : public Fault {};
INSTANTIATE_TEST_SUITE_P(Hook, FaultOfALink, ::testing::Values("tc"), HookName);

TEST_P(FaultOfALink, AQueryThatDoesNotArriveAndASnoopingBridgeThatNobodyQueries) {
  // The provider's link enters through a bridge as Linux makes it: it snoops and does not query.
  bed_.router().IpBatch(
      "link add br-wan type bridge forward_delay 0 mcast_snooping 1 mcast_querier 0\n"
      "addr del 198.51.100.2/24 dev wan0\naddr add 198.51.100.2/24 dev br-wan\n"
      "link set wan0 master br-wan\nlink set br-wan up\n");
  daemon_.emplace(bed_.router(), "upstream = \"br-wan\"\ndownstream = [\"lan1\"]\nipv6 = false\n",
                  NamePrefix("e2e"));
  daemon_->WaitUntilUp(2);
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "lan1"));
  const json snooping = ExpectFinding(*daemon_, "snooping", "br-wan", "warn");
  EXPECT_THAT(Text(snooping, "text"), HasSubstr("this bridge snoops and nobody queries on it"));
  EXPECT_EQ(Text(snooping, "fix"), "ip link set br-wan type bridge mcast_querier 1, or mcast_snooping 0");
  const json blocked = ExpectFinding(*daemon_, "upstream-query", "br-wan", "fail", 20s);
  EXPECT_EQ(Text(blocked, "fix"), "see whether queries reach the port: tcpdump -ni br-wan igmp or icmp6");
  const json verdict = ExpectVerdict(*daemon_, kG.ToString(), "no-data");
  EXPECT_THAT(Text(verdict, "sentence"), HasSubstr("no router there ever sent a query"));
  EXPECT_THAT(Text(verdict, "next"), HasSubstr("tcpdump -ni br-wan igmp or icmp6"));

  Query(bed_.up(), MakeIpv4(198, 51, 100, 1));
  ExpectNoComplaint(*daemon_, "snooping", "br-wan");
  ExpectNoComplaint(*daemon_, "upstream-query", "br-wan");
  EXPECT_THAT(Text(ExpectVerdict(*daemon_, kG.ToString(), "no-data"), "next"),
              HasSubstr("ask the operator of 198.51.100.1"));
}

TEST_P(FaultOfALink, AnotherQuerierServesTheMembers) {
  bed_.router().IpBatch("addr del 192.0.2.1/24 dev lan1\naddr add 192.0.2.5/24 dev lan1\n");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  Join(receiver);
  Query(bed_.h2(), MakeIpv4(192, 0, 2, 2));
  const json verdict = ExpectVerdict(*daemon_, G(), "withheld");
  EXPECT_THAT(Text(verdict, "sentence"),
              HasSubstr("members on lan1 are not served by this router: 192.0.2.2 is the querier there"));
  EXPECT_EQ(
      Text(verdict, "next"),
      "stop the querier on that router, or set forward-if-not-querier = true in [interface.lan1], then: "
      "bpfcast reload");
  daemon_->config().Write(Configuration({.settings = {{"lan1", "forward-if-not-querier = true\n"}}}));
  ASSERT_EQ(daemon_->Cli("reload").status, 0);
  Send(FromUpstream(AnyGroup()));
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ExpectVerdict(*daemon_, G(), "delivering");
}

TEST_P(FaultOfALink, AHostThatNeverAnswersBecauseAFirewallAtItStopsIgmp) {
  MustRun({"nft", "-f", "-"}, &bed_.h4().ns,
          "table ip t {\n chain o {\n type filter hook output priority 0\n ip protocol igmp drop\n }\n}\n");
  StartDaemon({.downstreams = {"lan3"},
               .settings = {{"lan3", "startup-query-interval = \"200ms\"\nstartup-query-count = 4\n"}}});
  Receiver receiver(bed_.h4(), AnyGroup());
  receiver.Join();
  EXPECT_THAT(Text(ExpectFinding(*daemon_, "no-reports", "lan3", "warn"), "fix"),
              HasSubstr("look for a firewall"));
  const json verdict = ExpectVerdict(*daemon_, G(), "nobody-wants");
  EXPECT_THAT(Text(verdict, "sentence"), HasSubstr("on lan3 no host ever answered"));
  EXPECT_THAT(Text(verdict, "next"),
              HasSubstr("whether a firewall at it, or a switch between, stops IGMP and MLD"));
  MustRun({"nft", "flush", "ruleset"}, &bed_.h4().ns);
  Receiver again(bed_.h4(), MoreGroups(1));  // the host asks again for something
  again.Join();
  ExpectNoComplaint(*daemon_, "no-reports", "lan3");
}

TEST_P(FaultOfALink, AHostThatJoinsASourceSpecificGroupWithoutASource) {
  StartDaemon({.profile = kTiny, .downstreams = {"lan1"}});
  std::optional<Receiver> receiver(std::in_place, bed_.h1(), SsmGroup());
  receiver->Join();
  const json finding = ExpectFinding(*daemon_, "older-hosts", "lan1", "warn");
  EXPECT_THAT(Text(finding, "text"), HasSubstr("named no source, the last"));
  EXPECT_THAT(Text(finding, "fix"), HasSubstr("let those hosts join with a source"));
  receiver.emplace(bed_.h1(), SsmGroup());
  receiver->socket().JoinSource(SsmGroup(), SourceNo(1));
  ASSERT_TRUE(WaitForGroup(SsmGroup(), "lan1"));
  ExpectNoComplaint(*daemon_, "older-hosts", "lan1", 20s);  // nobody does it again
}

TEST_P(FaultOfALink, AFloodThatTheSocketHasNoRoomFor) {
  StartDaemon({.profile = kTiny, .downstreams = {"lan1"}});
  const Bytes join = IgmpFrame(bed_.h1().ns.Mac("eth0"), MakeIpv4(192, 0, 2, 11), kG, IgmpV2(0x16, 0, kG));
  daemon_->Signal(SIGSTOP);
  Injector(bed_.h1().ns, "eth0").Send(std::vector<Bytes>(60000, join));
  daemon_->Signal(SIGCONT);
  EXPECT_THAT(Text(ExpectFinding(*daemon_, "overflows", "lan1", "warn"), "fix"),
              HasSubstr("tcpdump -ni lan1 igmp or icmp6"));
  ExpectNoComplaint(*daemon_, "overflows", "lan1", 20s);  // the flood is over
}

TEST_P(FaultOfALink, AnInterfaceWithoutAddress) {
  bed_.router().Ip("addr flush dev lan2");
  daemon_.emplace(bed_.router(),
                  "upstream = \"wan0\"\ndownstream = [\"lan2\"]\nipv6 = false\n[interface.lan2]\n"
                  "query-response-interval = \"500ms\"\n",
                  NamePrefix("e2e"));
  Receiver receiver(bed_.h3(), kG);
  receiver.Join();
  const json verdict = ExpectVerdict(*daemon_, kG.ToString(), "nobody-wants");
  EXPECT_THAT(Text(verdict, "sentence"), HasSubstr("lan2 does not work: no IPv4 address"));
  EXPECT_EQ(Text(verdict, "next"), "ip addr add ADDRESS/LENGTH dev lan2");
  EXPECT_EQ(Text(ExpectFinding(*daemon_, "address", "lan2", "fail"), "fix"),
            "ip addr add ADDRESS/LENGTH dev lan2, or ipv4 = false");
  bed_.router().Ip("addr add 203.0.113.1/24 dev lan2");
  EXPECT_TRUE(daemon_->WaitForGroup(kG, "lan2"));
  ExpectNoComplaint(*daemon_, "address", "lan2");
}

}  // namespace
}  // namespace bpfcast::test
