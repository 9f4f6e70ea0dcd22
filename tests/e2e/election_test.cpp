// More than one multicast router on a downstream link: one is the querier and forwards, the others are
// silent.
#include <csignal>
#include <iostream>
#include <sstream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using What = Capture::What;

const Ipv4Address kAllSystems = MakeIpv4(224, 0, 0, 1);

/// RV * QI + QRI / 2 (B-08).
Clock::duration OtherQuerierPresentInterval(const Profile& profile) {
  return 2 * profile.query_interval + profile.query_response_interval / 2;
}

std::size_t LinesWith(const std::string& text, const std::string& word) {
  std::istringstream in(text);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) count += line.find(word) == std::string::npos ? 0 : 1;
  return count;
}

/// Two routers between the same two links; both links are bridges in "core".
///
///   up 198.51.100.1 -- brw -- wan0 .2 "first"  lan0 192.0.2.1 -- brl -- eth0 192.0.2.10 "host"
///                          \- wan0 .3 "second" lan0 192.0.2.5 -/
class TwoRouters {
 public:
  explicit TwoRouters(const std::string& prefix)
      : core_(prefix + "-core"),
        up_(prefix + "-up"),
        first_(prefix + "-first"),
        second_(prefix + "-second"),
        host_(prefix + "-host") {
    core_.IpBatch(
        "link add brw type bridge mcast_snooping 0 forward_delay 0\n"
        "link add brl type bridge mcast_snooping 0 forward_delay 0\n"
        "link set brw up\nlink set brl up\n");
    Plug(up_, "up0", "brw", "w0");
    Plug(first_, "wan0", "brw", "w1");
    Plug(second_, "wan0", "brw", "w2");
    Plug(host_, "eth0", "brl", "l0");
    Plug(first_, "lan0", "brl", "l1");
    Plug(second_, "lan0", "brl", "l2");
    ReadyHost(up_, "up0", {"198.51.100.1/24"});
    ReadyHost(host_, "eth0", {"192.0.2.10/24"});
    first_.IpBatch(
        "addr add 198.51.100.2/24 dev wan0\naddr add 192.0.2.1/24 dev lan0\n"
        "link set wan0 up\nlink set lan0 up\n");
    second_.IpBatch(
        "addr add 198.51.100.3/24 dev wan0\naddr add 192.0.2.5/24 dev lan0\n"
        "link set wan0 up\nlink set lan0 up\n");
  }
  const NetNs& first() const { return first_; }
  const NetNs& second() const { return second_; }
  Host up() const { return {up_, "up0", MakeIpv4(198, 51, 100, 1)}; }
  Host host() const { return {host_, "eth0", MakeIpv4(192, 0, 2, 10)}; }

 private:
  void Plug(const NetNs& ns, const std::string& name, const std::string& bridge, const std::string& port) {
    Veth(ns, name, core_, port);
    core_.IpBatch("link set " + port + " master " + bridge + "\nlink set " + port + " up\n");
  }

  NetNs core_;
  NetNs up_;
  NetNs first_;
  NetNs second_;
  NetNs host_;
};

std::string Router(const Profile& profile) {
  const auto ms = [](Clock::duration d) {
    return "\"" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + "ms\"\n";
  };
  return "upstream = \"wan0\"\ndownstream = \"lan0\"\n[interface.lan0]\nquery-interval = " +
         ms(profile.query_interval) + "query-response-interval = " + ms(profile.query_response_interval) +
         "last-member-query-interval = " + ms(profile.last_member_query_interval);
}

TEST(Election, TC_70_OfTwoRoutersTheLowerAddressForwardsAndTheOtherTakesOverWhenItIsGone) {
  RemoveLeftovers();
  constexpr Profile kProfile = kTiny;
  const TwoRouters bed(NamePrefix("e2e") + "-two");
  const Capture igmp(bed.host().ns, "eth0", What::kIgmp);
  const Capture data(bed.host().ns, "eth0", What::kUdp);
  const auto from = [](const Ipv4Address& router) {
    return
        [router](const Packet& p) { return Arrived(p) && p.from == router && p.igmp && p.igmp->IsQuery(); };
  };
  const auto sent_by = [](const MacAddress& mac) {
    return [mac](const Packet& p) { return Arrived(p) && p.mac_from == mac && DataFor(kG)(p); };
  };
  const Ipv4Address low = MakeIpv4(192, 0, 2, 1);
  const Ipv4Address high = MakeIpv4(192, 0, 2, 5);
  const MacAddress low_mac = bed.first().Mac("lan0");
  const MacAddress high_mac = bed.second().Mac("lan0");

  Daemon second(bed.second(), Router(kProfile), NamePrefix("e2e") + "-second");
  second.WaitUntilUp(2);
  Receiver receiver(bed.host(), kG);
  receiver.Join();
  ASSERT_TRUE(second.WaitForGroup(kG, "lan0"));
  EXPECT_EQ(second.Port("lan0")["querier"]["role"], "querier");
  Daemon first(bed.first(), Router(kProfile), NamePrefix("e2e") + "-first");
  first.WaitUntilUp(2);
  const auto first_query = igmp.WaitFor(from(low), 5s);
  ASSERT_TRUE(first_query);
  ASSERT_TRUE(Eventually([&] { return second.Port("lan0")["querier"]["role"] == "other"; }));
  const auto seen = second.Port("lan0")["querier"];
  EXPECT_EQ(seen["address"], low.ToString());
  EXPECT_GT(seen["expires_s"], 0.0);
  EXPECT_LE(seen["expires_s"], Seconds(OtherQuerierPresentInterval(kProfile)));
  EXPECT_EQ(first.Port("lan0")["querier"]["role"], "querier");
  ASSERT_TRUE(first.WaitForGroup(kG, "lan0"));
  EXPECT_FALSE(second.GroupOn(kG, "lan0").is_null()) << "the silent router knows the members, too";

  Sender sender(bed.up(), {.group = kG, .source = bed.up().address});
  const Instant playing = Clock::now();
  std::this_thread::sleep_for(2 * kProfile.query_interval);
  EXPECT_EQ(igmp.Count(from(high), first_query->time + 50ms), 0U) << "silent after the first query (C-51)";
  EXPECT_GE(igmp.Count(from(low), playing), 1U);
  EXPECT_EQ(data.Count(sent_by(high_mac), playing), 0U) << "the non-querier forwards nothing (C-57)";
  EXPECT_GT(data.Count(sent_by(low_mac), playing), 1000U);
  ExpectNoGap(receiver, bed.up().address);

  // The machine dies: the process and its links.
  first.Signal(SIGKILL);
  bed.first().IpBatch("link set lan0 down\nlink set wan0 down\n");
  const Instant dead = Clock::now();
  ASSERT_TRUE(first.Wait(10s));
  const auto takes_over = data.WaitFor(sent_by(high_mac), 20s, dead);
  ASSERT_TRUE(takes_over) << second.Stderr();
  std::cout << "took over " << Millis(takes_over->time - dead) << " ms after the death; OQPI is "
            << Millis(OtherQuerierPresentInterval(kProfile)) << " ms\n";
  EXPECT_LE(takes_over->time - dead, OtherQuerierPresentInterval(kProfile) + 500ms);
  EXPECT_EQ(second.Port("lan0")["querier"]["role"], "querier");
  EXPECT_TRUE(igmp.WaitFor(from(high), 2s, dead)) << "a general query at once (C-54)";
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(receiver.Of(bed.up().address).duplicated, 0U);
}

/// The router has the address 192.0.2.5 on lan1.
class ForeignQuerier : public E2e {
 protected:
  ForeignQuerier() {
    bed_.router().IpBatch("addr del 192.0.2.1/24 dev lan1\naddr add 192.0.2.5/24 dev lan1\n");
  }

  /// V04 with the timing of kTiny, which the router takes over while it is not the querier (B-21).
  void QueryFrom(const Ipv4Address& router) {
    const LinkEnd end = bed_.Far("lan1");
    Injector(end.ns, end.interface)
        .Send(IgmpFrame({0x02, 0, 0, 0, 0, 2}, router, kAllSystems, QueryV3(5, Ipv4Address(), {}, 1)));
  }
  /// Is anything delivered to `receiver` now?
  static bool Flows(const Receiver& receiver) {
    const std::uint64_t before = receiver.Total();
    std::this_thread::sleep_for(150ms);
    return receiver.Total() > before;
  }
};
BPFCAST_FOR_EACH_HOOK(ForeignQuerier);

TEST_P(ForeignQuerier, TE_23_ALinkWhoseQuerierIsAnotherGetsNothingUntilItIsSilent) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  Receiver elsewhere(bed_.h3(), kG);
  receiver.Join();
  elsewhere.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  ASSERT_TRUE(elsewhere.WaitForFirst(Source(1)));
  QueryFrom(MakeIpv4(192, 0, 2, 2));
  const Instant last_query = Clock::now();
  QueryFrom(MakeIpv4(192, 0, 2, 2));
  ASSERT_TRUE(Eventually([&] { return Port("lan1")["querier"]["role"] == "other"; }));
  EXPECT_TRUE(Eventually([&] { return !Flows(receiver); }, 1s));
  EXPECT_TRUE(Flows(elsewhere));
  EXPECT_EQ(Port("lan1")["querier"]["address"], "192.0.2.2");
  EXPECT_FALSE(GroupOn(kG, "lan1").is_null()) << "membership is followed all the same";
  EXPECT_EQ(LinesWith(daemon_->Stderr(), "192.0.2.2"), 1U) << "one warning\n" << daemon_->Stderr();

  ASSERT_TRUE(receiver.WaitForTotal(receiver.Total() + 10, 10s)) << "it did not resume";
  const auto resumed = Clock::now() - last_query;
  std::cout << "resumed " << Millis(resumed) << " ms after the last foreign query\n";
  EXPECT_LE(resumed, OtherQuerierPresentInterval(kTiny) + 500ms);
  EXPECT_EQ(Port("lan1")["querier"]["role"], "querier");
  ExpectNoGap(elsewhere, Source(1));
}

TEST_P(ForeignQuerier, E_34_WithForwardIfNotQuerierTheStreamGoesOn) {
  StartDaemon({.profile = kTiny, .settings = {{"lan1", "forward-if-not-querier = true\n"}}});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  QueryFrom(MakeIpv4(192, 0, 2, 2));
  ASSERT_TRUE(Eventually([&] { return Port("lan1")["querier"]["role"] == "other"; }));
  EXPECT_TRUE(receiver.WaitForTotal(receiver.Total() + 500));
  ExpectNoGap(receiver, Source(1));
}

TEST_P(ForeignQuerier, C_55_AQueryFromNobodyOrFromAHigherAddressDoesNotWin) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  const std::uint64_t received = Port("lan1")["queries_received"];
  QueryFrom(Ipv4Address());
  QueryFrom(MakeIpv4(192, 0, 2, 200));
  ASSERT_TRUE(Eventually([&] { return Port("lan1")["queries_received"] >= received + 2; }))
      << Port("lan1").dump(1);
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(Port("lan1")["querier"]["role"], "querier");
  EXPECT_TRUE(Flows(receiver));
  ExpectNoGap(receiver, Source(1));
}

}  // namespace
}  // namespace bpfcast::test
