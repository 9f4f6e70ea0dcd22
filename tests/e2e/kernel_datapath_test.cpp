// What is special about the kernel's multicast routing as a datapath: who owns it, what is left of it, how
// many interfaces it has.
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>

#include "kernel_hook.h"
#include "star_fixture.h"
#include "support/smcroute.h"

namespace bpfcast::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The text of a file as that namespace has it.
std::string ReadIn(const NetNs& ns, const std::string& path) {
  std::ostringstream text;
  ns.Run([&] { text << std::ifstream("/proc/thread-self/net/" + path).rdbuf(); });
  return text.str();
}
std::string SettingIn(const NetNs& ns, const std::string& path) {
  std::string value;
  ns.Run([&] { std::ifstream("/proc/sys/net/" + path) >> value; });
  return value;
}

class KernelDatapath : public E2e {
 protected:
  /// What the kernel's multicast routing has in the router: interfaces and entries, headings left out.
  std::string Held(const std::string& what) const {
    const std::string path = version() == IpVersion::k4 ? "ip_mr_" + what : "ip6_mr_" + what;
    const std::string text = ReadIn(bed_.router(), path);
    return text.substr(std::min(text.size(), text.find('\n') + 1));
  }
  std::string Flags() const {
    std::string flags;
    for (const auto& link : nlohmann::json::parse(bed_.router().Ip("-d -j link show"))) {
      flags += link["ifname"].get<std::string>() + " " + link["flags"].dump() + " " +
               std::to_string(link.value("allmulti", 0)) + "\n";
    }
    return flags;
  }
  std::string MulticastForwarding() const {
    const std::string family = version() == IpVersion::k4 ? "ipv4" : "ipv6";
    std::string settings;
    for (const char* name : {"all", "wan0", "lan1"}) {
      settings += SettingIn(bed_.router(), family + "/conf/" + name + "/mc_forwarding") + " ";
    }
    return settings;
  }
};
BPFCAST_FOR_THE_KERNEL_AND_EACH_FAMILY_TOO(KernelDatapath);

TEST_P(KernelDatapath, TX_02_NothingIsLeftAfterAStopNorAfterAKill) {
  const std::string flags = Flags();
  const std::string forwarding = MulticastForwarding();
  for (const int signal : {SIGTERM, SIGKILL}) {
    SCOPED_TRACE(signal);
    StartDaemon();
    Receiver member(bed_.h1(), AnyGroup());
    member.Join();
    ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
    Sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater).Send(20);
    ExpectComplete(member, SourceNo(1), 20);
    EXPECT_THAT(Held("vif"), AllOf(HasSubstr("wan0"), HasSubstr("lan1")));
    EXPECT_THAT(Held("cache"), ::testing::Not(IsEmpty()));
    EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
    daemon_->Signal(signal);
    ASSERT_TRUE(daemon_->Wait(10s));
    EXPECT_THAT(Held("vif"), IsEmpty());
    EXPECT_THAT(Held("cache"), IsEmpty());
    EXPECT_EQ(MulticastForwarding(), forwarding);
    if (signal == SIGTERM) {
      EXPECT_EQ(Flags(), flags);
    }
    daemon_.reset();
  }
}

TEST_P(KernelDatapath, AfterAKillASecondStartServesAtOnce) {
  StartDaemon();
  daemon_->Signal(SIGKILL);
  ASSERT_TRUE(daemon_->Wait(10s));
  Daemon next(bed_.router(), Configuration(), daemon_->instance(), Daemon::Start::kWaitUntilReady, AtOnce());
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(next.WaitForGroup(AnyGroup(), "lan1"));
  Sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater).Send(20);
  ExpectComplete(member, SourceNo(1), 20);
}

TEST_P(KernelDatapath, F_54_ChangesOfAnotherLinkCostTheStreamNextToNothing) {
  StartDaemon({.settings = {{"lan2", "fast-leave = true\n"}}});
  std::this_thread::sleep_for(2500ms);  // hosts are known once the startup queries were answered
  Receiver stays(bed_.h1(), AnyGroup());
  stays.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  const Injector injector(bed_.h3().ns, "eth0");
  const AnyAddress reports =
      version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 22)) : Ipv6("ff02::16");
  const auto say = [&](std::uint8_t type) {
    injector.Send(IgmpFrame(bed_.h3().ns.Mac("eth0"), bed_.h3().Reporter(version()), reports,
                            ReportV3({{type, AnyGroup(), {}}})));
    std::this_thread::sleep_for(5ms);
  };
  for (int i = 0; i < 500; ++i) {
    say(kToEx);
    say(kToIn);
  }
  sender.Stop();
  stays.WaitForTotal(sender.sent());
  const std::uint64_t others = Port("lan2")["tx_packets"];
  std::cout << "sent " << sender.sent() << ", to the link that came and went " << others << "\n";
  EXPECT_GT(others, sender.sent() / 10);
  EXPECT_LT(others, sender.sent() - sender.sent() / 10);
  // The kernel clears the list of an entry before it fills it again: now and then a packet comes in between.
  const StreamCount got = stays.Of(SourceNo(1));
  EXPECT_GE(got.received + 10, sender.sent()) << "in 1000 changes";
  EXPECT_EQ(got.duplicated, 0U);
  EXPECT_EQ(got.reordered, 0U);
}

TEST_P(KernelDatapath, X_05_AnUpstreamThatWasDownOrHadAnotherNameBringsTheStreamAgain) {
  StartDaemon();
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(member.WaitForFirst(SourceNo(1)));
  bed_.router().Ip("link set wan0 down");
  EXPECT_TRUE(Eventually([&] { return Port("wan0")["state"] != "up"; }));
  bed_.router().Ip("link set wan0 up");
  if (version() == IpVersion::k6) bed_.RestoreIpv6("wan0");
  EXPECT_TRUE(Eventually([&] { return Port("wan0")[FamilyName()]["state"] == "up"; }));
  const std::uint64_t before = member.Total();
  EXPECT_TRUE(Eventually([&] { return member.Total() > before + 100; }));
  bed_.router().Ip("link set wan0 name gone0");
  EXPECT_TRUE(Eventually([&] { return Held("vif").find("wan0") == std::string::npos; }));
  bed_.router().Ip("link set gone0 down");
  bed_.router().Ip("link set gone0 name wan0");
  bed_.router().Ip("link set wan0 up");
  if (version() == IpVersion::k6) bed_.RestoreIpv6("wan0");
  const std::uint64_t without = member.Total();
  EXPECT_TRUE(Eventually([&] { return member.Total() > without + 100; })) << Ports().dump(2);
}

TEST_P(KernelDatapath, TX_04_X_04_ADownstreamThatComesAndGoesByReloadCostsTheOthersNothing) {
  StartDaemon({.downstreams = {"lan1", "lan2"}});
  Receiver stays(bed_.h1(), AnyGroup());
  Receiver joins(bed_.h4(), AnyGroup());
  stays.Join();
  joins.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  const std::string shorter = Configuration({.downstreams = {"lan1", "lan2"}});
  daemon_->config().Write(Configuration());
  EXPECT_EQ(daemon_->Cli("reload").status, 0);
  EXPECT_TRUE(joins.WaitForFirst(SourceNo(1)));
  EXPECT_THAT(Held("vif"), HasSubstr("lan3"));
  daemon_->config().Write(shorter);
  EXPECT_EQ(daemon_->Cli("reload").status, 0);
  EXPECT_TRUE(Eventually([&] { return Held("vif").find("lan3") == std::string::npos; }));
  std::this_thread::sleep_for(100ms);
  const std::uint64_t total = joins.Total();
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(joins.Total(), total) << "no downstream any more";
  sender.Stop();
  stays.WaitForTotal(sender.sent());
  ExpectComplete(stays, SourceNo(1), sender.sent());
}

TEST_P(KernelDatapath, AnotherDatapathTakesEffectAtTheNextStart) {
  StartDaemon();
  daemon_->config().Write("datapath = \"bpf\"\n" + Configuration().substr(Configuration().find('\n') + 1));
  EXPECT_EQ(daemon_->Cli("reload").status, 0);
  EXPECT_EQ(Port("lan1")["hook"], "kernel");
  EXPECT_THAT(daemon_->Stderr(), HasSubstr("datapath kernel -> bpf (at the next start)"));
}

TEST_P(KernelDatapath, F_58_TheProgramThatHasTheKernelsRoutingIsNamed) {
  const Smcroute other(bed_.router(), "phyint wan0 enable\nphyint lan1 enable\n");
  Daemon daemon(bed_.router(), Configuration(), NamePrefix("e2e"), Daemon::Start::kDoNotWait);
  EXPECT_EQ(daemon.Wait(10s), 3);
  EXPECT_THAT(daemon.Stderr(), AllOf(HasSubstr("smcrouted (process " + std::to_string(other.pid()) + ")"),
                                     HasSubstr("datapath = \"bpf\"")));
}

/// Views of both families show the stream as the programs would.
TEST_P(KernelDatapath, F_56_TheStreamAndItsCountsAreShown) {
  StartDaemon();
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  // The kernel keeps few packets of a stream that it has to ask about: the first one of each goes alone.
  const auto unwanted = [&] { return daemon_->Call("status")["drops"]["noroute"].get<std::uint64_t>(); };
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(1);
  ASSERT_TRUE(member.WaitForTotal(1));
  sender.Send(99);
  Sender other(bed_.up(), FromUpstream(MoreGroups(9)), Sender::Start::kLater);
  other.Send(1);
  ASSERT_TRUE(Eventually([&] { return unwanted() == 1; }));
  other.Send(49);
  ExpectComplete(member, SourceNo(1), 100);
  EXPECT_EQ(Port("wan0")["rx_packets"], 150);
  EXPECT_EQ(Port("lan1")["tx_packets"], 100);
  EXPECT_EQ(Port("lan2")["tx_packets"], 0);
  EXPECT_EQ(unwanted(), 50U);
  EXPECT_EQ(Port("wan0")["rx_drops"]["noroute"], 50);
  EXPECT_THAT(daemon_->Cli("flows").out, HasSubstr(SourceNo(1).ToString()));
  EXPECT_THAT(daemon_->Cli("ports").out, HasSubstr("kernel"));
}

TEST_P(KernelDatapath, TF_12_F_12_WithFibTheKernelsRoutesDecideAndAreAskedAgain) {
  StartDaemon({.settings = {{"wan0", "source-check = \"fib\"\n"}}});
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  EXPECT_TRUE(Eventually([&] { return daemon_->Call("status")["drops"]["rpf"].get<std::uint64_t>() > 100; }));
  EXPECT_EQ(member.Total(), 0U) << "no route leads back to the sender";
  bed_.router().Ip(version() == IpVersion::k4 ? "route add 10.0.0.0/24 via 198.51.100.1 dev wan0"
                                              : "-6 route add 2001:db8::/64 via fe80::1 dev wan0");
  EXPECT_TRUE(Eventually([&] { return member.Total() > 100; }, 20s)) << "they are asked every ten seconds";
}

TEST_P(KernelDatapath, TF_11_F_12_RefusedSourcesAreNotForwardedAndCounted) {
  StartDaemon({.settings = {{"wan0", "altnet = [\"10.0.0.0/30\", \"2001:db8::/126\"]\n"}}});
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender(bed_.up(), FromUpstream(AnyGroup(), 5), Sender::Start::kLater).Send(100);
  Sender(bed_.up(), FromUpstream(AnyGroup(), 1), Sender::Start::kLater).Send(100);
  ExpectComplete(member, SourceNo(1), 100);
  EXPECT_EQ(member.Of(SourceNo(5)).received, 0U);
  EXPECT_EQ(daemon_->Call("status")["drops"]["rpf"], 100);
  EXPECT_EQ(Port("wan0")["rx_drops"]["rpf"], 100);
}

class KernelDatapathOfIpv4 : public KernelDatapath {};
BPFCAST_FOR_THE_KERNEL_TOO(KernelDatapathOfIpv4);

TEST_P(KernelDatapathOfIpv4, TF_08_ThePacketsTtlMustBeAboveThePortsThreshold) {
  StartDaemon({.settings = {{"lan1", "ttl-threshold = 16\n"}}});
  Receiver behind(bed_.h1(), kG);
  Receiver free(bed_.h3(), kG);
  behind.Join();
  free.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  StreamOptions options = FromUpstream(kG, 1);
  Sender(bed_.up(), options, Sender::Start::kLater).Send(100);  // TTL 16
  options = FromUpstream(kG, 2);
  options.ttl = 17;
  Sender(bed_.up(), options, Sender::Start::kLater).Send(100);
  ExpectComplete(behind, Source(2), 100);
  EXPECT_EQ(behind.Of(Source(1)).received, 0U);
  EXPECT_TRUE(free.WaitForTotal(200));
}

TEST_P(KernelDatapathOfIpv4, F_58_AReversePathFilterThatDropsSendersIsNamed) {
  bed_.router().Sysctl("ipv4/conf/wan0/rp_filter", "1");
  StartDaemon();
  EXPECT_THAT(daemon_->Stderr(),
              HasSubstr("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan0.rp_filter=0, or: "
                        "ip route add SENDERS dev wan0"));
  EXPECT_EQ(daemon_->Stderr().find("conf.lan1.rp_filter"), std::string::npos);
}

class ManyKernelPorts : public StarTest {};

TEST_F(ManyKernelPorts, F_58_TheThirtyThirdInterfaceIsRefusedByNameAndTheOthersServe) {
  constexpr int kLans = 33;
  RemoveLeftovers();
  star_.emplace(NamePrefix("e2e") + "-star", kLans);
  daemon_.emplace(star_->router(),
                  "datapath = \"kernel\"\nupstream = \"wan0\"\ndownstream = " + star_->LanNames() + "\n",
                  NamePrefix("e2e"), Daemon::Start::kWaitUntilReady, AtOnce());
  const auto up = [&] {
    int count = 0;
    for (const auto& port : daemon_->Call("ports")) count += port["state"] == "up" ? 1 : 0;
    return count;
  };
  ASSERT_TRUE(Eventually([&] { return up() == 32; }, 30s)) << daemon_->Call("ports").dump(1);
  for (const char* name : {"lan32", "lan33"}) {
    EXPECT_THAT(daemon_->Stderr(), ::testing::ContainsRegex(std::string("serve ") + name + " .*MAXVIFS"));
  }
  Listener last(star_->host(31), kG);
  Listener refused(star_->host(32), kG);
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "lan31"));
  Sender(star_->up(), {.group = kG, .source = Source(1)}, Sender::Start::kLater).Send(50);
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(last.Drain(), 50U);
  EXPECT_EQ(refused.Drain(), 0U);
}

}  // namespace
}  // namespace bpfcast::test
