// `bpfcast doctor`: each fault is made on a real bed, and a finding names it and the way out.
#include "diagnosis.h"
#include "fixture.h"
#include "support/foreign_program.h"
#include "support/process.h"
#include "support/smcroute.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DoctorOf : public E2e {
 protected:
  static constexpr int kBlocked = 3;

  void StartWith(const std::string& text) { daemon_.emplace(bed_.router(), text, NamePrefix("e2e")); }
  json Expect(const std::string& id, const std::string& object, const std::string& level,
              Clock::duration limit = 5s) const {
    return ExpectFinding(*daemon_, id, object, level, limit);
  }
  /// `bpfcast doctor -c FILE` where no agent answers.
  CommandResult WithoutAgent(const std::string& text, const std::vector<std::string>& wrapper = {}) const {
    const ConfigFile file(text);
    std::vector<std::string> words = wrapper;
    words.insert(words.end(), {CliPath(), "--instance", NamePrefix("nobody"), "doctor", "-c", file.path()});
    return RunCommand(words, &bed_.router());
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, DoctorOf, ::testing::Values("tc"), HookName);

constexpr const char* kTwoPorts = "upstream = \"wan0\"\ndownstream = [\"lan1\"]\n";

TEST_P(DoctorOf, WithoutAnAgentChecksTheMachineForTheFile) {
  const CommandResult plain = WithoutAgent(kTwoPorts);
  EXPECT_EQ(plain.status, kBlocked) << plain.err;
  EXPECT_THAT(plain.out, AllOf(HasSubstr("[FAIL] agent: no bpfcastd answers\n"),
                               HasSubstr("       fix: bpfcastd -c"), HasSubstr("[ok]   machine: Linux ")));

  const CommandResult incapable =
      WithoutAgent(kTwoPorts, {"setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"});
  EXPECT_THAT(incapable.out,
              AllOf(HasSubstr("[FAIL] machine: CAP_NET_RAW missing"), HasSubstr("AmbientCapabilities=")));

  const CommandResult absent = WithoutAgent("upstream = \"wan0\"\ndownstream = [\"lan9\"]\n");
  EXPECT_THAT(absent.out, HasSubstr("[FAIL] lan9: there is no such interface"));

  bed_.router().Sysctl("ipv4/conf/wan0/rp_filter", "1");
  const CommandResult filtered = WithoutAgent(std::string(kTwoPorts) + "datapath = \"kernel\"\n");
  EXPECT_THAT(filtered.out, AllOf(HasSubstr("[FAIL] wan0: the kernel forwards, and rp_filter=1"),
                                  HasSubstr("net.ipv4.conf.wan0.rp_filter=0")));
  EXPECT_THAT(WithoutAgent(kTwoPorts).out, Not(HasSubstr("rp_filter")));

  EXPECT_EQ(WithoutAgent("upstraem = \"wan0\"\n").status, 2);
  const CommandResult symptoms = RunCommand({CliPath(), "doctor", "--symptoms"});
  EXPECT_EQ(symptoms.status, 0);
  EXPECT_THAT(symptoms.out,
              AllOf(HasSubstr("freezes after 255 to 270 s"), HasSubstr("look at: upstream-query")));
}

TEST_P(DoctorOf, NamesWhatBlocksWhileAnAgentRuns) {
  bed_.router().IpBatch(
      "link add br9 type bridge forward_delay 0 mcast_snooping 1 mcast_router 0\naddr add 10.9.0.1/24 dev "
      "br9\nlink set br9 up\n"
      "link add near9 type veth peer name far9\nlink set near9 master br9\nlink set near9 up\nlink set far9 "
      "up\n");
  const ForeignProgram foreign(ForeignProgram::Kind::kXdp, "somebody_else");
  foreign.AttachByNetlink(bed_.router(), "lan3");
  const auto text = [](const std::string& groups, const std::string& altnet) {
    return "upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan2\", \"lan3\", \"br9\", \"lan8\"]\nipv6 = "
           "false\n"
           "[interface.lan1]\nmax-groups = " +
           groups +
           "\ndeny-groups = [\"239.9.9.9\"]\nstartup-query-interval = \"200ms\"\n"
           "startup-query-count = 4\n"
           "[interface.lan3]\nhook = \"xdp\"\n"
           "[interface.wan0]\naltnet = [" +
           altnet + "]\n";
  };
  StartWith(text("1", "\"10.0.0.0/30\""));
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("lan1")["state"] == "up"; }));

  EXPECT_THAT(Expect("interface", "lan8", "fail")["fix"].get<std::string>(), HasSubstr("create it"));
  EXPECT_EQ(Expect("bridge-router", "br9", "fail")["fix"], "ip link set br9 type bridge mcast_router 1");
  EXPECT_THAT(Expect("xdp-owner", "lan3", "warn")["text"].get<std::string>(), HasSubstr("(somebody_else)"));
  EXPECT_THAT(Expect("no-reports", "lan1", "warn")["text"].get<std::string>(),
              HasSubstr("no host ever answered"));

  // Joined, nothing arrives, and no query was ever heard.
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "lan1"));
  const json query = Expect("upstream-query", "wan0", "fail", 20s);
  EXPECT_THAT(query["fix"].get<std::string>(), HasSubstr("tcpdump -ni wan0"));
  EXPECT_THAT(query["symptom"].get<std::string>(), HasSubstr("freezes after 255"));
  // No room, and not allowed.
  MulticastSocket more(bed_.h1());
  more.Join(Group(1));
  more.Join(MakeIpv4(239, 9, 9, 9));
  EXPECT_THAT(Expect("limit", "lan1", "warn")["fix"].get<std::string>(), HasSubstr("max-groups"));
  Expect("policy", "lan1", "ok");
  // A sender outside the altnet.
  Sender sender(bed_.up(), {.group = kG, .source = Source(5)}, Sender::Start::kLater);
  sender.Send(20);
  EXPECT_THAT(Expect("data-refused", "agent", "fail")["fix"].get<std::string>(),
              HasSubstr("altnet = [\"10.0.0.0/30\", \"10.0.0.5/32\"]"));
  bed_.router().Ip("addr flush dev lan2");
  EXPECT_EQ(Expect("address", "lan2", "fail")["fix"], "ip addr add ADDRESS/LENGTH dev lan2, or ipv4 = false");

  const CommandResult shown = daemon_->Cli("doctor");
  EXPECT_EQ(shown.status, kBlocked);
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("[FAIL] lan8: there is no such interface\n"), HasSubstr("\n       fix: ")));

  // What was advised ends each of them.
  ExpectNoComplaint(*daemon_, "no-reports", "lan1");
  bed_.router().IpBatch(
      "link set br9 type bridge mcast_router 1\naddr add 203.0.113.1/24 dev lan2\n"
      "link add lan8 type veth peer name far8\nlink set lan8 up\nlink set far8 up\n");
  daemon_->config().Write(text("1000", "\"10.0.0.0/30\", \"10.0.0.5/32\""));
  ASSERT_EQ(daemon_->Cli("reload").status, 0);
  sender.Send(20);
  ASSERT_TRUE(receiver.WaitForTotal(1));
  for (const auto& [id, object] :
       {std::pair("bridge-router", "br9"), std::pair("address", "lan2"), std::pair("interface", "lan8"),
        std::pair("data-refused", "agent"), std::pair("limit", "lan1")}) {
    ExpectNoComplaint(*daemon_, id, object);
  }
}

TEST_P(DoctorOf, NamesAnotherQuerierAndAVethWithoutGro) {
  bed_.router().IpBatch("addr del 192.0.2.1/24 dev lan1\naddr add 192.0.2.5/24 dev lan1\n");
  ASSERT_EQ(RunCommand({"ethtool", "-K", "eth0", "gro", "off"}, &bed_.h4().ns).status, 0);
  const std::string text =
      "upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan3\"]\nipv6 = false\n[interface.lan3]\nhook = "
      "\"xdp\"\n";
  StartWith(text);
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("lan1")["state"] == "up"; }));
  const json gro = Expect("veth-gro", "lan3", "warn");
  EXPECT_THAT(gro["fix"].get<std::string>(), HasSubstr("ethtool -K PEER gro on"));
  EXPECT_TRUE(FindFinding(Findings(*daemon_), "veth-gro", "lan1").is_null()) << "its other end has GRO";
  ASSERT_EQ(RunCommand({"ethtool", "-K", "eth0", "gro", "on"}, &bed_.h4().ns).status, 0);
  ExpectNoComplaint(*daemon_, "veth-gro", "lan3");
  // A router with a lower address wins the election.
  Injector(bed_.h1().ns, "eth0")
      .Send(IgmpFrame(bed_.h1().ns.Mac("eth0"), MakeIpv4(192, 0, 2, 2), MakeIpv4(224, 0, 0, 1),
                      QueryV3(MaxRespCode(IpVersion::k4, 10s), AnyAddress::Unspecified(IpVersion::k4))));
  EXPECT_THAT(Expect("other-querier", "lan1", "fail")["fix"].get<std::string>(),
              HasSubstr("forward-if-not-querier = true in [interface.lan1]"));
  daemon_->config().Write(text + "[interface.lan1]\nforward-if-not-querier = true\n");
  ASSERT_EQ(daemon_->Cli("reload").status, 0);
  ExpectNoComplaint(*daemon_, "other-querier", "lan1");
}

TEST_P(DoctorOf, NamesWhatKeepsADriverFromNativeXdp) {
  const NetNs& far = bed_.h4().ns;
  bed_.router().Ip("link set lan3 mtu 9000");
  far.Ip("link set eth0 mtu 9000");
  StartWith("upstream = \"wan0\"\ndownstream = [\"lan3\"]\nipv6 = false\n[interface.lan3]\nhook = \"xdp\"\n");
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("lan3")["state"] == "up"; }));
  const json large = Expect("xdp-refused", "lan3", "warn");
  EXPECT_THAT(large["text"].get<std::string>(), HasSubstr("its MTU of 9000 may be more than XDP takes"));
  EXPECT_THAT(large["fix"].get<std::string>(), HasSubstr("ip link set lan3 mtu 1500, at its other end, too"));
  far.Ip("link set eth0 mtu 1500");
  bed_.router().Ip("link set lan3 mtu 1500");
  ExpectNoComplaint(*daemon_, "xdp-refused", "lan3");
  ASSERT_EQ(daemon_->Port("lan3")["hook"], "xdp");

  ASSERT_EQ(daemon_->Stop(), 0);
  MustRun({"ethtool", "-L", "eth0", "tx", "2"}, &far);
  daemon_->StartAgain();
  const std::string fix = Expect("xdp-refused", "lan3", "warn")["fix"].get<std::string>();
  MustRun(Words(fix.substr(0, fix.find(','))), &bed_.router());
  ExpectNoComplaint(*daemon_, "xdp-refused", "lan3");
  EXPECT_EQ(daemon_->Port("lan3")["hook"], "xdp");
}

TEST_P(DoctorOf, NamesAnotherProgramWithTheKernelsMulticastRouting) {
  StartWith("upstream = \"wan0\"\ndownstream = [\"lan1\"]\nipv6 = false\n");
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("lan1")["state"] == "up"; }));
  EXPECT_TRUE(FindFinding(Findings(*daemon_), "mroute-owner", "wan0,lan1").is_null());
  std::optional<Smcroute> other(std::in_place, bed_.router(), "phyint wan0 enable\nphyint lan1 enable\n");
  // With the kernel's routing as its datapath bpfcastd could not start beside it.
  const CommandResult instead = WithoutAgent(std::string(kTwoPorts) + "datapath = \"kernel\"\n");
  EXPECT_THAT(instead.out,
              AllOf(HasSubstr("[FAIL] wan0,lan1: smcrouted (process "), HasSubstr("fix: stop smcrouted")));
  EXPECT_THAT(Expect("mroute-owner", "wan0,lan1", "warn")["fix"].get<std::string>(), HasSubstr("stop "));
  other.reset();
  ExpectNoComplaint(*daemon_, "mroute-owner", "wan0,lan1");
}

}  // namespace
}  // namespace bpfcast::test
