// Older routers upstream and older versions downstream: what is spoken, and that streams flow all the same.
#include <iostream>

#include "fixture.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;
using What = Capture::What;

const Ipv4Address kAllSystems = MakeIpv4(224, 0, 0, 1);
const Ipv4Address kAllRouters = MakeIpv4(224, 0, 0, 2);

/// An eight-octet message that arrived at the captured interface.
Capture::Predicate Older(IgmpKind kind, const Ipv4Address& group) {
  return [kind, group](const Packet& p) {
    return Arrived(p) && p.igmp && p.igmp->kind == kind && p.igmp->group == group;
  };
}

class OlderQuerier : public E2e {
 protected:
  OlderQuerier() : wire_(bed_.up().ns, "up0", What::kIgmp) {}

  /// Timing with which an older querier is forgotten after 2.5 s (B-12).
  static Scenario ShortMemory() {
    return {.settings = {{"wan0", "query-interval = \"1s\"\nquery-response-interval = \"500ms\"\n"}}};
  }
  /// V02 with a Max Resp Time of half a second.
  void QueryV2() {
    Injector(bed_.up().ns, "up0")
        .Send(IgmpFrame(bed_.up().ns.Mac("up0"), bed_.up().address, kAllSystems,
                        IgmpV2(0x11, 5, Ipv4Address())));
  }
  bool WaitForHostVersion(int version, Clock::duration limit = 5s) const {
    return Eventually([&] { return Port("wan0")["host"]["version"] == version; }, limit);
  }
  std::size_t V3Reports(Instant since) const {
    return wire_.Count(
        Both(Arrived, [](const Packet& p) { return p.igmp && p.igmp->kind == IgmpKind::kReportV3; }), since);
  }

  Capture wire_;
};
INSTANTIATE_TEST_SUITE_P(Hook, OlderQuerier, ::testing::Values("tc"), HookName);

TEST_P(OlderQuerier, TD_16_TD_17_AVersion2QuerierUpstreamGetsVersion2ReportsAndLeaves) {
  StartDaemon();
  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  h1.Join(kG);
  h3.Join(Group(1));
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, Group(1)))));
  std::this_thread::sleep_for(2 * kReportInterval);
  const Instant asked = Clock::now();
  QueryV2();
  ASSERT_TRUE(WaitForHostVersion(2));
  for (const Ipv4Address& group : {kG, Group(1)}) {
    const auto answer = wire_.WaitFor(Older(IgmpKind::kReportV2, group), 5s, asked);
    ASSERT_TRUE(answer) << group.ToString();
    EXPECT_EQ(answer->to, group) << "to the group itself";
    EXPECT_LE(answer->time - asked, 500ms + 200ms) << "inside the Max Resp Time";
    EXPECT_EQ(answer->ttl, 1);
    EXPECT_TRUE(answer->router_alert);
  }

  const Instant joins = Clock::now();
  h1.Join(Group(2));
  ASSERT_TRUE(wire_.WaitFor(Older(IgmpKind::kReportV2, Group(2)), 5s, joins)) << "an unsolicited report";
  MulticastSocket excludes(bed_.h1());
  excludes.Join(Group(3));
  ASSERT_TRUE(wire_.WaitFor(Older(IgmpKind::kReportV2, Group(3)), 5s, joins));
  for (const Ipv4Address& group : {Group(2), Group(3)}) {
    EXPECT_TRUE(Eventually([&] { return wire_.Count(Older(IgmpKind::kReportV2, group), joins) == 2; }, 11s))
        << "Robustness Variable times, at most 10 s apart (D-22)";
  }
  const Instant blocks = Clock::now();
  excludes.Block(Group(3), Source(1));
  ExpectGroup(Group(3), "lan1", "exclude", {Source(1)});
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(wire_.Count(Arrived, blocks), 0U) << "version 2 knows no source lists";

  const Instant leaves = Clock::now();
  h1.Leave(Group(2));
  const auto leave = wire_.WaitFor(Older(IgmpKind::kLeave, Group(2)), 5s, leaves);
  ASSERT_TRUE(leave);
  EXPECT_EQ(leave->to, kAllRouters);
  EXPECT_EQ(V3Reports(asked + 50ms), 0U);
}

TEST_P(OlderQuerier, TD_20_AfterTheOlderQuerierIsGoneVersion3IsSpokenAgainAndEverythingAnnounced) {
  StartDaemon(ShortMemory());
  MulticastSocket h1(bed_.h1());
  h1.Join(kG);
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, kG))));
  std::this_thread::sleep_for(2 * kReportInterval);
  const Instant asked = Clock::now();
  QueryV2();
  ASSERT_TRUE(WaitForHostVersion(2));
  EXPECT_GT(Port("wan0")["host"]["expires_s"], 0.0);
  ASSERT_TRUE(wire_.WaitFor(Older(IgmpKind::kReportV2, kG), 5s, asked));
  EXPECT_EQ(V3Reports(asked + 50ms), 0U);
  ASSERT_TRUE(WaitForHostVersion(3, 15s));
  const auto forgotten = Clock::now() - asked;
  std::cout << "version 3 again after " << Millis(forgotten) << " ms\n";
  EXPECT_GE(forgotten, 2s) << "RV * QI";
  const auto again = wire_.WaitFor(
      [](const Packet& p) { return Arrived(p) && (Record(kToEx, kG)(p) || Record(kIsEx, kG)(p)); }, 5s,
      asked + 1s);
  EXPECT_TRUE(again) << "the full state is announced (D-26)";
  EXPECT_TRUE(Port("wan0")["host"]["expires_s"].is_null());
}

TEST_P(OlderQuerier, D_20_Version2ConfiguredUpstreamIsSpokenWithoutAnyQuery) {
  StartDaemon({.settings = {{"wan0", "version = 2\n"}}});
  MulticastSocket h1(bed_.h1());
  const Instant joins = Clock::now();
  h1.Join(kG);
  ASSERT_TRUE(wire_.WaitFor(Older(IgmpKind::kReportV2, kG)));
  h1.Leave(kG);
  ASSERT_TRUE(wire_.WaitFor(Older(IgmpKind::kLeave, kG)));
  EXPECT_EQ(V3Reports(joins), 0U);
  EXPECT_EQ(Port("wan0")["host"]["version"], 2);
}

TEST_P(OlderQuerier, C_60_WithVersion2DownstreamTheHostsFallBackAndStreamsFlow) {
  const LinkEnd end = bed_.Far("lan1");
  const Capture link(end.ns, end.interface, What::kIgmp);
  StartDaemon({.profile = kTiny, .settings = {{"lan1", "version = 2\n"}}});
  ASSERT_TRUE(link.WaitFor(Both(Arrived, QueryFor(Ipv4Address()))));
  std::this_thread::sleep_for(100ms);
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForTotal(300));
  EXPECT_EQ(GroupOn(kG, "lan1")["host_version"], 2) << "the kernel of the host heard a version 2 query";
  EXPECT_EQ(Port("lan1")["querier"]["version"], 2);
  EXPECT_EQ(Port("lan2")["querier"]["version"], 3);
  receiver.Leave();
  ASSERT_TRUE(WaitForNoGroup(kG, "lan1"));
  EXPECT_GE(link.Count(Both(Arrived, QueryFor(kG))), 2U);
  for (const Packet& packet : link.Packets(Arrived)) {
    ASSERT_TRUE(packet.igmp);
    if (packet.igmp->IsQuery()) {
      EXPECT_EQ(packet.igmp->kind, IgmpKind::kQueryV2) << ToText(packet);
    }
  }
  ExpectNoGap(receiver, Source(1));
}

TEST_P(OlderQuerier, D_22_C_60_ThroughAChainWhoseMiddleLinkSpeaksVersion2AStreamStartsAndStops) {
  // h4 becomes a second router behind lan3, which speaks version 2.
  const NetNs& second_router = bed_.h4().ns;
  const NetNs leaf(NamePrefix("e2e") + "-leaf");
  Veth(second_router, "lan0", leaf, "eth0");
  ReadyHost(leaf, "eth0", {"10.40.0.10/24"});
  second_router.IpBatch("addr add 10.40.0.1/24 dev lan0\nlink set lan0 up\n");
  StartDaemon({.profile = kTiny, .settings = {{"lan3", "version = 2\n"}}});
  Daemon second(second_router,
                "upstream = \"eth0\"\ndownstream = \"lan0\"\n"
                "[interface.lan0]\nlast-member-query-interval = \"200ms\"\n",
                NamePrefix("e2e") + "-second");
  second.WaitUntilUp(2);
  ASSERT_TRUE(Eventually([&] { return second.Port("eth0")["host"]["version"] == 2; }))
      << second.Port("eth0").dump(1);
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver({leaf, "eth0", MakeIpv4(10, 40, 0, 10)}, kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForTotal(200));
  EXPECT_EQ(GroupOn(kG, "lan3")["host_version"], 2);
  std::this_thread::sleep_for(1500ms);  // the leaf has repeated its join, and the answers keep the stream
  ExpectNoGap(receiver, Source(1));
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(kG, "lan3", 10s));
}

}  // namespace
}  // namespace bpfcast::test
