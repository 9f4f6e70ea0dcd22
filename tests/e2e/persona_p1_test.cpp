// P1, the owner of a router who keeps the provider's TV working for the family: the box of the provider is
// replaced, igmpproxy.conf stays.
#include <csignal>
#include <iostream>

#include "diagnosis.h"
#include "home.h"
#include "support/process.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using What = Capture::What;

class PersonaP1 : public AtHome {
 protected:
  /// A box that watches, and that goes on without a gap from now to the end of the test.
  void Watch(Receiver& receiver) {
    receiver.Join();
    ASSERT_TRUE(WaitForMembers(Channel(10)));
    sender_.emplace(home_.Isp(), Tv(Channel(10)));
    ASSERT_TRUE(receiver.WaitForFirst(kTvSource));
  }
  void ExpectNoGapUntilNow(const Receiver& receiver, const std::string& after) {
    const std::uint64_t sent = sender_->sent();
    EXPECT_TRUE(Eventually([&] { return receiver.Of(kTvSource).last >= sent; })) << after;
    EXPECT_EQ(receiver.Of(kTvSource).Lost(), 0U) << after;
    EXPECT_EQ(receiver.Of(kTvSource).duplicated, 0U) << after;
  }

  std::optional<Sender> sender_;
};

TEST_F(PersonaP1, Step1_IgmpproxysCommandLineAndFileBringEveryPacketToTheBoxThatWatches) {
  const ConfigFile file(kTvConf);
  const std::string instance = NamePrefix("e2e");
  Process daemon({DaemonPath(), "-n", "-v", file.path(), "--instance", instance}, &home_.router());
  const auto groups = [&] { return RunCommand({CliPath(), "--instance", instance, "groups", "-j"}).out; };
  ASSERT_TRUE(Eventually([&] { return !groups().empty(); }, 20s)) << daemon.Err();
  Process receiver(Words(CliPath() + " recv 233.252.0.10 --interface eth0 --count 200 --timeout 10 -j"),
                   &home_.Box(1).ns);
  ASSERT_TRUE(Eventually([&] { return groups().find("233.252.0.10") != std::string::npos; })) << daemon.Err();
  MustRun(Words(CliPath() +
                " send 233.252.0.10 --count 200 --rate 500 --ttl 16 --interface head --source 217.166.5.5"),
          &home_.Isp().ns);
  EXPECT_EQ(receiver.Wait(10s), 0) << receiver.Out() << receiver.Err();
  const json streams = json::parse(receiver.Out())["streams"];
  ASSERT_EQ(streams.size(), 1U) << streams;
  EXPECT_EQ(streams[0]["source"], "217.166.5.5");
  EXPECT_EQ(streams[0]["received"], 200);
  EXPECT_EQ(streams[0]["lost"], 0);
  EXPECT_EQ(streams[0]["duplicated"], 0);
  EXPECT_EQ(streams[0]["ttl_min"], 15);
  EXPECT_EQ(streams[0]["ttl_max"], 15);
  daemon.Signal(SIGTERM);
  EXPECT_EQ(daemon.Wait(10s), 0) << daemon.Err();
}

// The bridge floods until the longest time of the first query's answers is over: 10 s with the timers of the
// RFC.
TEST_F(PersonaP1, Step1_TheBoxThatHasNotJoinedSeesNothing) {
  Start(kQuickTvConf);
  std::this_thread::sleep_for(1500ms);
  const Capture other(home_.Box(2).ns, "eth0", What::kUdp);
  Receiver receiver(home_.Box(1), Channel(10));
  receiver.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  Sender(home_.Isp(), Tv(Channel(10)), Sender::Start::kLater).Send(200);
  ExpectComplete(receiver, kTvSource, 200);
  EXPECT_EQ(other.Count(Both(Arrived, DataFor(Channel(10)))), 0U);
  EXPECT_EQ(other.Missed(), 0U);
}

TEST_F(PersonaP1, Step2_TheProviderIsAskedForTheChannelAndNeverForGroupsOfTheHousehold) {
  const Capture upstream(home_.Isp().ns, "head", What::kIgmp);
  Start(kTvConf);
  Receiver channel(home_.Box(1), Channel(10));
  Receiver ssdp(home_.Box(1), MakeIpv4(239, 255, 255, 250));
  Receiver mdns(home_.Box(2), MakeIpv4(224, 0, 0, 251));
  ssdp.Join();
  mdns.Join();
  channel.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, Channel(10)))));
  const IspQuerier querier(home_, 10s);  // an answer names everything that is asked for
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kIsEx, Channel(10)))));
  for (const Packet& packet : upstream.Packets(Arrived)) {
    ASSERT_TRUE(packet.igmp.has_value());
    EXPECT_FALSE(packet.igmp->IsQuery()) << "a proxy asks nobody upstream";
    for (const IgmpRecord& record : packet.igmp->records)
      EXPECT_EQ(record.group, Channel(10)) << ToText(record);
  }
}

TEST_F(PersonaP1, Step3_OneBoxThatLeavesOrZapsNeverDisturbsTheOther) {
  Start(kTvConf);
  Receiver stays(home_.Box(2), Channel(10));
  Watch(stays);
  {
    Receiver leaves(home_.Box(1), Channel(10));
    leaves.Join();
    ASSERT_TRUE(leaves.WaitForFirst(kTvSource));
    leaves.Leave();
    std::this_thread::sleep_for(300ms);
  }
  ExpectNoGapUntilNow(stays, "after the other one left");
  for (std::uint8_t n = 11; n <= 40; ++n) {
    MulticastSocket zaps(home_.Box(1));
    zaps.Join(Channel(n));
    std::this_thread::sleep_for(100ms);  // ten a second, twice as fast as a person
  }
  ExpectNoGapUntilNow(stays, "after the other one zapped through 30 channels");
  EXPECT_TRUE(daemon_->WaitForNoGroup(Channel(40), "br-lan")) << "quickleave";
}

// The same with the timers of the RFC for 15 minutes is in long/.
TEST_F(PersonaP1, Step4_BoxesOfEachVersionWatchPastManyMembershipIntervals) {
  Start(kQuickTvConf);
  ExpectBothWatch(5s, 1s);
}

TEST_F(PersonaP1, Step5_AKillARestartAndAReloadCostNoPacket) {
  Start(kTvConf);
  Receiver receiver(home_.Box(1), Channel(10));
  Watch(receiver);
  daemon_->Kill();
  std::this_thread::sleep_for(300ms);
  ExpectNoGapUntilNow(receiver, "after SIGKILL");
  daemon_->StartAgain();
  daemon_->WaitUntilUp(2);
  ExpectNoGapUntilNow(receiver, "after the restart");
  std::string more = kTvConf;
  more.insert(more.find("  altnet"), "  altnet 195.121.0.0/16\n");
  daemon_->config().Write(more);
  const CommandResult reload = daemon_->Cli("reload");
  EXPECT_EQ(reload.status, 0) << reload.err;
  EXPECT_THAT(reload.out, AllOf(HasSubstr("altnet"), HasSubstr("195.121.0.0/16")));
  std::this_thread::sleep_for(300ms);
  ExpectNoGapUntilNow(receiver, "after the reload");
}

TEST_F(PersonaP1, Step6_ANewAddressANewInterfaceAndALateOneAreFollowedWithoutARestart) {
  home_.router().Ip("link del wan");
  daemon_.emplace(home_.router(), kTvConf, NamePrefix("e2e"));
  Receiver receiver(home_.Box(1), Channel(10));
  receiver.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  EXPECT_THAT(daemon_->Cli("status").out, HasSubstr("wan: waiting (no such device)"));
  const json finding = ExpectFinding(*daemon_, "interface", "wan", "fail");
  EXPECT_THAT(finding["fix"].get<std::string>(), HasSubstr("bpfcastd waits for it"));

  const auto expect_back = [&](const std::string& what) {
    const Instant ready = Clock::now();
    const std::uint64_t before = receiver.Total();
    const Sender sender(home_.Isp(), Tv(Channel(10)));
    ASSERT_TRUE(receiver.WaitForTotal(before + 50, 10s)) << what;
    const auto took = Clock::now() - ready;
    std::cout << what << ": 50 packets after " << Millis(took) << " ms\n";
    EXPECT_LE(took, 2s) << what;
  };
  home_.AddWan();
  expect_back("the interface that came late");
  home_.router().Ip("addr flush dev wan");
  ExpectFinding(*daemon_, "address", "wan", "fail");
  const Capture upstream(home_.Isp().ns, "head", What::kIgmp);
  home_.router().Ip("addr add 10.20.31.1/24 dev wan");
  expect_back("another address");
  EXPECT_TRUE(upstream.WaitFor([](const Packet& packet) {
    return packet.from == MakeIpv4(10, 20, 31, 1) && Record(kToEx, Channel(10))(packet);
  })) << "joined from the new address";
  home_.router().Ip("link del wan");
  home_.AddWan();
  expect_back("the interface made anew");
}

TEST_F(PersonaP1, Step7_WithRpFilterAndNoRouteTheStreamFlowsAndTheKernelPathNamesCauseAndFixes) {
  home_.router().Sysctl("ipv4/conf/wan/rp_filter", "1");
  Start(kTvConf);
  {
    Receiver receiver(home_.Box(1), Channel(10));
    Watch(receiver);
    sender_.reset();
  }
  daemon_.reset();

  Start("datapath = \"kernel\"\n" + std::string(kQuickTvConf));
  Receiver receiver(home_.Box(1), Channel(10));
  receiver.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  Sender(home_.Isp(), Tv(Channel(10)), Sender::Start::kLater).Send(50);
  const json finding = ExpectFinding(*daemon_, "rp-filter", "wan", "fail");
  EXPECT_THAT(finding["text"].get<std::string>(),
              HasSubstr("rp_filter=1 drops senders that no route reaches through it"));
  EXPECT_THAT(finding["fix"].get<std::string>(),
              AllOf(HasSubstr("net.ipv4.conf.wan.rp_filter=0"), HasSubstr("ip route add SENDERS dev wan")));
  EXPECT_EQ(receiver.Total(), 0U);
}

}  // namespace
}  // namespace bpfcast::test
