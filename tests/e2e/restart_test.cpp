// What a killed daemon leaves goes on, and a successor takes it over, in whatever moment it was killed.
#include <iostream>
#include <random>

#include "fixture.h"
#include "support/bpf_links.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Restart : public E2e {
 protected:
  /// A report of a host that never says anything else.
  void ReportOnce(const Host& host) const {
    const AnyAddress routers =
        version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 22)) : Ipv6("ff02::16");
    Injector(host.ns, host.interface)
        .Send(IgmpFrame(host.ns.Mac(host.interface), host.Reporter(version()), routers,
                        ReportV3({{kToEx, AnyGroup(), {}}})));
  }
};
// Each hook and each family once.
INSTANTIATE_TEST_SUITE_P(Hook, Restart, ::testing::Values("xdp", "tc-ipv6"), HookName);

TEST_P(Restart, TX_03_X_03_WithoutASuccessorForwardingStopsWhenTheLeaseEndsAndOneTakesItUpAgain) {
  constexpr auto kLease = 3s;
  daemon_.emplace(bed_.router(), "lease = 3\n" + Configuration(), NamePrefix("e2e"));
  daemon_->WaitUntilUp(4);
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));

  const Instant killed = Clock::now();
  daemon_->Kill();
  ASSERT_TRUE(Eventually([&] { return Clock::now() - receiver.Of(SourceNo(1)).last_arrival > 1s; }, 15s))
      << "it still forwards";
  const Clock::duration went_on = receiver.Of(SourceNo(1)).last_arrival - killed;
  std::cout << "forwarded for " << Seconds(went_on) << " s after the end\n";
  EXPECT_GT(went_on, kLease / 3) << "it is renewed long before it ends";
  EXPECT_LT(went_on, kLease + 2s);

  const std::uint64_t total = receiver.Total();
  daemon_->StartAgain();
  EXPECT_TRUE(receiver.WaitForTotal(total + 200));
}

TEST_P(Restart, TX_03_X_03_WhatNobodyRefreshesIsGoneOneMembershipIntervalAfterTheRestart) {
  StartDaemon({.profile = kTiny});
  const Capture silent(bed_.h3().ns, bed_.h3().interface, Capture::What::kUdp);
  Receiver stays(bed_.h1(), AnyGroup());
  stays.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  ReportOnce(bed_.h3());
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));

  daemon_->Kill();
  const Instant restart = Clock::now();
  daemon_->StartAgain();
  EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan2")) << "taken over";
  EXPECT_TRUE(silent.WaitFor(DataFor(AnyGroup()), 2s, Clock::now())) << "and forwarded to";
  ASSERT_TRUE(WaitForNoGroup(AnyGroup(), "lan2", 20s));
  const Instant gone = Clock::now();
  const Clock::duration kept = gone - restart;
  std::cout << "kept for " << Seconds(kept) << " s, the membership interval is "
            << Seconds(kTiny.GroupMembershipInterval()) << " s\n";
  EXPECT_GE(kept, kTiny.GroupMembershipInterval());
  EXPECT_LE(kept, 3 * kTiny.GroupMembershipInterval());
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(silent.Count(DataFor(AnyGroup()), gone + 50ms), 0U) << "by the kernel's stamps";

  sender.Stop();
  ExpectComplete(stays, SourceNo(1), sender.sent());
}

TEST_P(Restart, TX_03_X_03_KilledAtAnyMomentOfItsStartItCostsNoPacketAndLeavesNothingInTheEnd) {
  constexpr int kKills = 30;
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  StartDaemon();
  Receiver h1(bed_.h1(), AnyGroup());
  Receiver h3(bed_.h3(), AnyGroup());
  for (Receiver* receiver : {&h1, &h3}) receiver->Join();
  for (const char* port : {"lan1", "lan2"}) ASSERT_TRUE(WaitForGroup(AnyGroup(), port));
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));

  daemon_->Kill();
  for (int i = 0; i < kKills; ++i) {
    daemon_->StartAgain(Daemon::Start::kDoNotWait);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    ASSERT_TRUE(daemon_->Running()) << "start " << i << " ended by itself:\n" << daemon_->Stderr();
    daemon_->Kill();
  }
  daemon_->StartAgain();
  daemon_->WaitUntilUp(4);
  for (const char* port : {"lan1", "lan2"}) EXPECT_TRUE(WaitForGroup(AnyGroup(), port));
  for (const auto& port : Ports()) EXPECT_EQ(port["hook"], Hook()) << port["name"];
  EXPECT_EQ(daemon_->Call("status")["state"], "running");
  sender.Stop();
  std::cout << "sent " << sender.sent() << "\n";
  for (const Receiver* receiver : {&h1, &h3}) ExpectComplete(*receiver, SourceNo(1), sender.sent());

  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Stderr();
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
  EXPECT_FALSE(std::filesystem::exists(daemon_->Socket()));
  EXPECT_THAT(bed_.router().Ip("-d link show"), Not(HasSubstr("prog/xdp")));
  EXPECT_THAT(bed_.router().Ip("link show"), Not(HasSubstr("ALLMULTI")));
  EXPECT_THAT(MustRun({"bpftool", "net", "show"}, &bed_.router()), Not(HasSubstr("bpfcast")));
}

// Nobody knows what its tables say, so its programs go on until hosts have had the time to answer two
// queries.
TEST_P(Restart, X_03_AfterAnotherVersionTheStreamGoesOnUntilHostsHaveSaidWhatTheyWant) {
  StartDaemon();
  Receiver stays(bed_.h1(), AnyGroup());
  Receiver joins(bed_.h3(), AnyGroup());
  stays.Join();
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  daemon_->Kill();
  MakeMapsOfAnotherVersion(daemon_->Pins());
  daemon_->StartAgain();
  EXPECT_THAT(Port("lan1")["reason"].get<std::string>(), HasSubstr("another version"));
  EXPECT_TRUE(std::filesystem::exists(daemon_->Pins() / "control_before"));
  joins.Join();
  daemon_->WaitUntilUp(4);
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins() / "control_before"));
  EXPECT_TRUE(joins.WaitForFirst(SourceNo(1))) << "joined meanwhile";
  EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, SourceNo(1));
  EXPECT_EQ(stays.Of(SourceNo(1)).duplicated, 0U);
}

TEST_P(Restart, TX_02_X_03_ACleanStopEndsWhatAnotherVersionLeftToo) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  daemon_->Kill();
  MakeMapsOfAnotherVersion(daemon_->Pins());
  daemon_->StartAgain();
  EXPECT_THAT(Port("lan1")["reason"].get<std::string>(), HasSubstr("another version"));
  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
  EXPECT_THAT(bed_.router().Ip("-d link show dev wan0"), Not(HasSubstr("prog/xdp")));
  EXPECT_THAT(bed_.router().Ip("-d link show dev wan0"), HasSubstr("allmulti 0"));
  const std::uint64_t total = receiver.Total();
  std::this_thread::sleep_for(500ms);
  EXPECT_LE(receiver.Total(), total + 64) << "what was on its way";
}

}  // namespace
}  // namespace bpfcast::test
