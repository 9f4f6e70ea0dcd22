// SIGHUP and `bpfcast reload` take over a changed file; streams that it does not concern do not notice.
#include <csignal>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using What = Capture::What;

class Reload : public E2e {
 protected:
  /// Takes over the configuration of `scenario` by signal.
  void ReloadWith(const std::string& text) {
    daemon_->config().Write(text);
    daemon_->Signal(SIGHUP);
  }
  bool HasPort(const std::string& name) const {
    for (const auto& port : Ports()) {
      if (port["name"] == name) return true;
    }
    return false;
  }
  bool WaitForUp(const std::string& name) const {
    return Eventually([&] { return HasPort(name) && Port(name)["state"] == "up"; });
  }
  bool WaitForGone(const std::string& name) const {
    return Eventually([&] { return !HasPort(name); });
  }
};
BPFCAST_FOR_EACH_HOOK(Reload);

TEST_P(Reload, TX_04_X_04_DownstreamsComeAndGoWithoutALostOrDoubledPacketOnTheOthers) {
  StartDaemon({.downstreams = {"lan1", "lan2"}});
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  Receiver goes(bed_.h3(), kG);
  goes.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  ASSERT_TRUE(goes.WaitForFirst(Source(1)));

  ReloadWith(Configuration({.downstreams = {"lan1", "lan2", "lan3"}}));
  ASSERT_TRUE(WaitForUp("lan3"));
  EXPECT_EQ(Port("lan3")["hook"], GetParam());
  Receiver comes(bed_.h4(), kG);
  comes.Join();
  ASSERT_TRUE(comes.WaitForTotal(500));

  ReloadWith(Configuration({.downstreams = {"lan1", "lan3"}}));
  ASSERT_TRUE(WaitForGone("lan2"));
  const std::uint64_t total = goes.Total();
  ASSERT_TRUE(comes.WaitForTotal(comes.Total() + 500));
  EXPECT_LE(goes.Total(), total + 50) << "lan2 has no role any more";

  ReloadWith(Configuration({.downstreams = {"lan1", "lan2", "lan3"}}));
  ASSERT_TRUE(WaitForUp("lan2"));
  ASSERT_TRUE(goes.WaitForTotal(goes.Total() + 500)) << "the host is asked again";

  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  EXPECT_EQ(stays.Of(Source(1)).received, sender.sent());
  ExpectNoGap(stays, Source(1));
  ExpectNoGap(comes, Source(1));
}

TEST_P(Reload, X_04_OtherSettingsOfAPortAreTakenOverUnderItsStream) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender allowed(bed_.up(), FromUpstream(kG, 1, 2000));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  {
    Sender other(bed_.up(), FromUpstream(kG, 5), Sender::Start::kLater);
    other.Send(100);
    EXPECT_TRUE(Eventually([&] { return receiver.Of(Source(5)).received == 100; }));
  }
  ReloadWith(Configuration({.settings = {{"wan0", "altnet = [\"10.0.0.0/30\"]\n"}}}));
  EXPECT_TRUE(Eventually([&] {
    const std::uint64_t before = receiver.Of(Source(5)).received;
    Sender other(bed_.up(), FromUpstream(kG, 5), Sender::Start::kLater);
    other.Send(20);
    std::this_thread::sleep_for(50ms);
    // Numbers begin at 0 again, so what arrives would be counted as doubled.
    return receiver.Of(Source(5)).received == before && daemon_->Call("status")["drops"]["rpf"] >= 20;
  })) << "source 5 is outside of the new altnet";
  ReloadWith(Configuration({.settings = {{"wan0", "altnet = [\"10.0.0.0/29\"]\n"}}}));
  EXPECT_TRUE(Eventually([&] {
    const std::uint64_t before = receiver.Of(Source(5)).duplicated;
    Sender other(bed_.up(), FromUpstream(kG, 5), Sender::Start::kLater);
    other.Send(20);
    std::this_thread::sleep_for(50ms);
    return receiver.Of(Source(5)).duplicated >= before + 20;
  })) << "and inside of this one";
  allowed.Stop();
  EXPECT_TRUE(Eventually([&] { return receiver.Of(Source(1)).last == allowed.sent() - 1; }));
  ExpectNoGap(receiver, Source(1));
}

TEST_P(Reload, AnInvalidFileKeepsTheRunningConfigurationAndIsExplained) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(kG));
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  const auto before = daemon_->Call("ports").size();
  ReloadWith("upstream = \"wan0\"\ndownstream = \"lan1\"\n[interface.lan1]\n  hok = \"tc\"\n");
  EXPECT_TRUE(Eventually([&] { return daemon_->Stderr().find("hok") != std::string::npos; }));
  EXPECT_THAT(daemon_->Stderr(), ContainsRegex("\\.toml:4:3: .*hok.*hook"));
  const CommandResult asked = daemon_->Cli("reload");
  EXPECT_NE(asked.status, 0);
  EXPECT_THAT(asked.err, ContainsRegex("\\.toml:4:3: .*hok"));
  EXPECT_EQ(daemon_->Call("ports").size(), before);
  EXPECT_TRUE(receiver.WaitForTotal(receiver.Total() + 200));
  ExpectNoGap(receiver, Source(1));

  // `bpfcast check` takes it, for another machine may have the user; this one has to start with it.
  daemon_->config().Write("user = \"no-such-user\"\n" + Configuration());
  const CommandResult nobody = daemon_->Cli("reload");
  EXPECT_NE(nobody.status, 0);
  EXPECT_THAT(nobody.err, HasSubstr("no-such-user"));

  daemon_->config().Write(Configuration());
  EXPECT_EQ(daemon_->Cli("reload").status, 0) << "the mended file is taken";
  ExpectNoGap(receiver, Source(1));
}

TEST_P(Reload, AnotherUpstreamIsTakenOver) {
  const Capture old_upstream(bed_.up().ns, "up0", What::kIgmp);
  const Capture new_upstream(bed_.h4().ns, "eth0", What::kIgmp);
  StartDaemon({.downstreams = {"lan1", "lan2"}});
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(old_upstream.WaitFor(Both(Arrived, Record(kToEx, kG))));
  std::string text = Configuration({.downstreams = {"lan1", "lan2"}});
  for (std::size_t at; (at = text.find("wan0")) != std::string::npos;) text.replace(at, 4, "lan3");
  const Instant reloaded = Clock::now();
  ReloadWith(text);
  ASSERT_TRUE(WaitForUp("lan3"));
  EXPECT_FALSE(HasPort("wan0"));
  EXPECT_EQ(Port("lan3")["role"], "upstream");
  EXPECT_TRUE(old_upstream.WaitFor(Both(Arrived, Record(kToIn, kG)), 5s, reloaded)) << "left";
  EXPECT_TRUE(new_upstream.WaitFor(Both(Arrived, Record(kToEx, kG)), 5s, reloaded)) << "announced";
  const std::uint64_t before = receiver.Total();
  Sender old_source(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  old_source.Send(100);
  EXPECT_EQ(receiver.Total(), before) << "wan0 has no role any more";
  Sender source(bed_.h4(), {.group = kG, .source = bed_.h4().address}, Sender::Start::kLater);
  source.Send(100);
  ExpectComplete(receiver, bed_.h4().address, 100);
}

TEST_P(Reload, InterfacesThatSwapTheirRolesKeepTheirMulticastFilterOpen) {
  StartDaemon({.downstreams = {"lan1", "lan3"}});
  std::string text = Configuration({.downstreams = {"lan1", "lan3"}});
  for (std::size_t at; (at = text.find("wan0")) != std::string::npos;) text.replace(at, 4, "LAN3");
  for (std::size_t at; (at = text.find("lan3")) != std::string::npos;) text.replace(at, 4, "wan0");
  for (std::size_t at; (at = text.find("LAN3")) != std::string::npos;) text.replace(at, 4, "lan3");
  ReloadWith(text);
  ASSERT_TRUE(Eventually([&] { return Port("lan3")["role"] == "upstream"; }));
  ASSERT_TRUE(WaitForUp("lan3"));
  ASSERT_TRUE(WaitForUp("wan0"));
  for (const std::string port : {"wan0", "lan1", "lan3"}) {
    EXPECT_TRUE(Eventually([&] {
      return bed_.router().Ip("link show dev " + port).find("ALLMULTI") != std::string::npos;
    })) << port;
  }
  Receiver receiver(bed_.up(), kG);
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(kG, "wan0"));
  Sender source(bed_.h4(), {.group = kG, .source = bed_.h4().address}, Sender::Start::kLater);
  source.Send(100);
  ExpectComplete(receiver, bed_.h4().address, 100);
}

/// Files in igmpproxy's grammar name no hook.
class ReloadIgmpproxyFile : public Reload {
 protected:
  void StartWith(const std::string& text, std::size_t ports) {
    daemon_.emplace(bed_.router(), text, NamePrefix("e2e"));
    daemon_->WaitUntilUp(ports);
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, ReloadIgmpproxyFile, ::testing::Values("auto"), HookName);

TEST_P(ReloadIgmpproxyFile, X_04_DownstreamsAndAltnetComeAndGoUnderAStream) {
  const std::string two = "phyint wan0 upstream\nphyint lan1 downstream\n";
  StartWith(two, 2);
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  ReloadWith(two + "phyint lan2 downstream\n");
  ASSERT_TRUE(WaitForUp("lan2"));
  Receiver comes(bed_.h3(), kG);
  comes.Join();
  ASSERT_TRUE(comes.WaitForTotal(300));
  ReloadWith(two + "phyint lan2 disabled\n");
  ASSERT_TRUE(WaitForGone("lan2"));
  ReloadWith("phyint wan0 upstream threshold abc\n");
  EXPECT_TRUE(Eventually([&] { return daemon_->Stderr().find("abc") != std::string::npos; }));
  EXPECT_THAT(daemon_->Stderr(), ContainsRegex("\\.toml:1:32: "));
  ASSERT_TRUE(stays.WaitForTotal(stays.Total() + 200));
  ReloadWith("phyint wan0 upstream altnet 10.0.0.0/30\nphyint lan1 downstream\n");
  EXPECT_TRUE(Eventually([&] {
    Sender stranger(bed_.up(), FromUpstream(kG, 5), Sender::Start::kLater);
    stranger.Send(10);
    return daemon_->Call("status")["drops"]["rpf"] >= 10;
  })) << "source 5 is outside of the new altnet";
  // The running instance may even change its grammar.
  ReloadWith("upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan3\"]\n");
  ASSERT_TRUE(WaitForUp("lan3"));
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  EXPECT_EQ(stays.Of(Source(1)).received, sender.sent());
  ExpectNoGap(stays, Source(1));
}

TEST_P(ReloadIgmpproxyFile,
       WithDefaultdownAnInterfaceThatAppearsLaterBecomesDownstreamAndADisabledOneDoesNot) {
  bed_.router().Ip("link set lan2 down");
  bed_.router().Ip("link set lan2 name away0");
  bed_.router().Ip("addr flush dev away0");
  StartWith("defaultdown\nphyint wan0 upstream\nphyint lan3 disabled\n", 2);
  EXPECT_TRUE(HasPort("lan1"));
  EXPECT_FALSE(HasPort("lan3"));
  EXPECT_FALSE(HasPort("lo"));
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  bed_.router().IpBatch("link set away0 name lan2\nlink set lan2 up\naddr add 203.0.113.1/24 dev lan2\n");
  ASSERT_TRUE(WaitForUp("lan2")) << daemon_->Call("ports").dump(1);
  Receiver comes(bed_.h3(), kG);
  comes.Join();
  EXPECT_TRUE(comes.WaitForTotal(200));
  bed_.router().Ip("link del lan2");
  EXPECT_TRUE(WaitForGone("lan2")) << "it goes with its interface";
  ExpectNoGap(stays, Source(1));
}

}  // namespace
}  // namespace bpfcast::test
