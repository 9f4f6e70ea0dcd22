// What `bpfcast doctor` reads in the rules of a firewall, and that packets fare as it says.
#include "diagnosis.h"
#include "fixture.h"
#include "kernel_hook.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class WithFirewall : public E2e {
 protected:
  /// Instead of all tables of before.
  void Load(const std::string& rules) const {
    MustRun({"nft", "-f", "-"}, &bed_.router(), "flush ruleset\n" + rules);
  }
  /// What doctor advises, up to a comma.
  void Do(const std::string& fix) const { MustRun(Words(fix.substr(0, fix.find(','))), &bed_.router()); }
  void Send(const StreamOptions& stream) const { Sender(bed_.up(), stream, Sender::Start::kLater).Send(20); }
  static std::string Fix(const json& finding) { return finding["fix"].get<std::string>(); }
};

class FirewallOfTheKernelPath : public WithFirewall {};
INSTANTIATE_TEST_SUITE_P(Hook, FirewallOfTheKernelPath, ::testing::Values("kernel"), HookName);

TEST_P(FirewallOfTheKernelPath, DropsInForwardWhatNoRuleAccepts) {
  Load(
      "table ip filter {\n chain USER {\n return\n }\n chain FORWARD {\n"
      "type filter hook forward priority 0; policy drop;\n"
      // None of these lets a stream pass.
      "jump USER\n ct state established,related accept\n ip daddr 10.0.0.0/8 accept\n"
      "meta l4proto tcp accept\n iifname \"docker0\" accept\n oifname \"br-*\" accept\n }\n}\n");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Send(FromUpstream(AnyGroup()));
  const std::string fix = Fix(ExpectFinding(*daemon_, "firewall", "machine", "fail"));
  EXPECT_EQ(fix, "nft insert rule ip filter FORWARD ip daddr 224.0.0.0/4 accept");
  EXPECT_EQ(receiver.Total(), 0U);
  Do(fix);
  Send(FromUpstream(AnyGroup()));
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ExpectNoComplaint(*daemon_, "firewall", "machine");
}

TEST_P(FirewallOfTheKernelPath, IsReadRuleByRule) {
  StartDaemon();
  const auto chain = [&](const std::string& policy, const std::string& rules) {
    Load("table inet t {\n chain USER {\n" + rules +
         " }\n chain FORWARD {\n type filter hook forward priority 0; policy " + policy +
         ";\n jump USER\n }\n}\n");
  };
  for (const char* accepts :
       {"ip daddr 239.0.0.0/8 accept\n", "iifname \"wan0\" accept\n", "udp dport 5000 accept\n",
        "ct state new,established accept\n", "ct state { new, established } accept\n",
        "ct state vmap { established : accept, new : accept, invalid : drop }\n",
        "ip daddr { 239.1.2.3 } accept\n", "ip saddr 10.0.0.0/8 meta l4proto udp accept\n",
        "iifname \"wan*\" accept\n", "iifname { \"wan0\", \"ppp0\" } accept\n", "iif wan0 accept\n",
        "iifname . oifname { \"wan0\" . \"lan1\" } accept\n", "meta l4proto { tcp, udp } accept\n",
        "meta pkttype multicast accept\n", "fib daddr type multicast accept\n",
        "ip daddr & 240.0.0.0 == 224.0.0.0 accept\n", "ct state != established accept\n"}) {
    chain("drop", accepts);
    EXPECT_TRUE(FindFinding(Findings(*daemon_), "firewall", "machine").is_null()) << accepts;
  }
  for (const char* refuses :
       {"drop\n accept\n", "ip daddr 192.168.0.0/16 accept\n", "", "iifname { \"eth0\", \"ppp0\" } accept\n",
        "ct state vmap { established : accept, related : accept, invalid : drop }\n",
        "ct state { established, related } accept\n", "meta l4proto { tcp, icmp } accept\n",
        "iifname != \"wan0\" accept\n"}) {
    chain("drop", refuses);
    EXPECT_EQ(FindFinding(Findings(*daemon_), "firewall", "machine")["level"], "warn") << refuses;
  }
  for (const char* drops : {"reject\n", "ct state established accept\n drop\n", "ip daddr 224.0.0.0/4 drop\n",
                            "ct state new drop\n", "meta l4proto udp counter reject\n"}) {
    chain("accept", drops);
    EXPECT_EQ(FindFinding(Findings(*daemon_), "firewall", "machine")["level"], "warn") << drops;
  }
  for (const char* passes :
       {"ip daddr 239.255.255.250 drop\n", "udp dport 5000 drop\n", "ct state invalid drop\n"}) {
    chain("accept", passes);
    EXPECT_TRUE(FindFinding(Findings(*daemon_), "firewall", "machine").is_null()) << passes;
  }
  chain("drop", "oifname \"lan1\" accept\n");
  EXPECT_THAT(FindFinding(Findings(*daemon_), "firewall", "machine")["text"].get<std::string>(),
              HasSubstr("drops IPv4 streams to lan2, lan3"));
}

TEST_P(FirewallOfTheKernelPath, GivesStreamsAnotherSource) {
  Load(
      "table ip nat {\n chain POSTROUTING {\n type nat hook postrouting priority 100;\n"
      "oifname \"lan1\" masquerade\n }\n}\n");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Send(FromUpstream(AnyGroup()));
  EXPECT_TRUE(receiver.WaitForTotal(1));
  EXPECT_EQ(receiver.Of(SourceNo(1)).received, 0U) << "it has the router's address";
  const json finding = ExpectFinding(*daemon_, "masquerade", "machine", "warn");
  EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("streams from wan0 to lan1 another source"));
  Do(Fix(finding));
  Send(FromUpstream(AnyGroup(), 2));
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(2)));
  ExpectNoComplaint(*daemon_, "masquerade", "machine");
}

class FirewallOfTheKernelAsHost : public WithFirewall {
 protected:
  bool IPv4() const { return version() == IpVersion::k4; }
  /// Does the router answer a query of the upstream?
  bool Answers(Clock::duration limit) const {
    const Host up = bed_.up();
    const Instant asked = Clock::now();
    const AnyAddress all = IPv4() ? AnyAddress(MakeIpv4(224, 0, 0, 1)) : Ipv6("ff02::1");
    const AnyAddress from = IPv4() ? AnyAddress(MakeIpv4(198, 51, 100, 1)) : Ipv6("fe80::1");
    Injector(up.ns, up.interface)
        .Send(IgmpFrame(up.ns.Mac(up.interface), from, all,
                        QueryV3(MaxRespCode(version(), 100ms), AnyAddress::Unspecified(version()))));
    return wire_.WaitFor(Both(Arrived, Record(kIsEx, AnyGroup())), limit, asked).has_value();
  }
  const Capture wire_{bed_.up().ns, bed_.up().interface, Control()};
};
INSTANTIATE_TEST_SUITE_P(Hook, FirewallOfTheKernelAsHost, ::testing::Values("tc-kernel", "tc-ipv6-kernel"),
                         HookName);

TEST_P(FirewallOfTheKernelAsHost, DropsWhatItIsAskedAndWhatItAnswers) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(Answers(3s));
  const std::string table = IPv4() ? "ip" : "ip6";
  struct Fault {
    const char* hook;
    const char* id;
  };
  for (const Fault& fault : {Fault{"input", "firewall-queries"}, Fault{"output", "firewall-reports"}}) {
    Load("table " + table + " t {\n chain c {\n type filter hook " + fault.hook +
         " priority 0; policy drop;\n ct state established accept\n meta l4proto { tcp, udp } accept\n "
         "}\n}\n");
    const json finding = ExpectFinding(*daemon_, fault.id, "wan0", "fail");
    EXPECT_FALSE(Answers(500ms)) << fault.hook;
    Do(Fix(finding));
    EXPECT_TRUE(Answers(3s)) << Fix(finding);
    ExpectNoComplaint(*daemon_, fault.id, "wan0");
  }
}

class FirewallOfThePrograms : public WithFirewall {};
INSTANTIATE_TEST_SUITE_P(Hook, FirewallOfThePrograms, ::testing::Values("tc"), HookName);

TEST_P(FirewallOfThePrograms, IsNoFault) {
  Load(
      "table ip t {\n chain i {\n type filter hook input priority 0; policy drop;\n }\n"
      "chain f {\n type filter hook forward priority 0; policy drop;\n }\n"
      "chain o {\n type filter hook output priority 0; policy drop;\n }\n"
      "chain p {\n type nat hook postrouting priority 100;\n masquerade\n }\n}\n");
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Send(FromUpstream(AnyGroup()));
  EXPECT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  for (const json& finding : Findings(*daemon_)) {
    if (finding["text"].get<std::string>().find("firewall") != std::string::npos) {
      EXPECT_EQ(finding["level"], "ok") << finding;
    }
  }
}

}  // namespace
}  // namespace bpfcast::test
