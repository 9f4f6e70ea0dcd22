// What the upstream router sees: one merged membership, answers to its queries, clean packets, and nothing
// else.
#include <set>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using What = Capture::What;

const Ipv4Address kAllSystems = MakeIpv4(224, 0, 0, 1);
const Ipv4Address kAllRouters = MakeIpv4(224, 0, 0, 2);
const Ipv4Address kAllV3Routers = MakeIpv4(224, 0, 0, 22);

class Upstream : public E2e {
 protected:
  Upstream() : wire_(bed_.up().ns, "up0", What::kIgmp) {}

  /// Sends an IGMP message as the upstream router.
  void Ask(const AnyAddress& to, const Bytes& message) {
    Injector(bed_.up().ns, "up0").Send(IgmpFrame(bed_.up().ns.Mac("up0"), bed_.up().address, to, message));
  }
  /// After all transmissions of a change report are over.
  static void LetRepeatsPass() { std::this_thread::sleep_for(2 * kReportInterval + 100ms); }

  Capture wire_;
};
BPFCAST_FOR_EACH_HOOK(Upstream);

TEST_P(Upstream, TE_09_SeesOneMergedJoinAndOneMergedLeave) {
  StartDaemon();
  MulticastSocket first(bed_.h1());
  first.Join(kG);
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kToEx, kG, {}))));
  LetRepeatsPass();
  EXPECT_THAT(RecordsSeen(wire_), ElementsAre("TO_EX 239.1.2.3 {}", "TO_EX 239.1.2.3 {}"))
      << "RV transmissions (D-03)";

  const Instant second_joins = Clock::now();
  MulticastSocket second(bed_.h3());
  second.Join(kG);
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  LetRepeatsPass();
  first.Leave(kG);
  ASSERT_TRUE(WaitForNoGroup(kG, "lan1"));
  LetRepeatsPass();
  EXPECT_THAT(RecordsSeen(wire_, second_joins), IsEmpty()) << "the merged membership did not change (E-04)";

  const Instant last_leaves = Clock::now();
  second.Leave(kG);
  ASSERT_TRUE(WaitForNoGroup(kG, "lan2"));
  LetRepeatsPass();
  EXPECT_THAT(RecordsSeen(wire_, last_leaves), ElementsAre("TO_IN 239.1.2.3 {}", "TO_IN 239.1.2.3 {}"));
}

TEST_P(Upstream, TE_10_E_12_SeesTheMergeOfIncludeAndExcludeLists) {
  StartDaemon();
  MulticastSocket excludes(bed_.h1());
  excludes.Join(kG);
  excludes.Block(kG, Source(1));
  excludes.Block(kG, Source(2));
  ExpectGroup(kG, "lan1", "exclude", {Source(1), Source(2)});
  LetRepeatsPass();
  const Instant includes_joins = Clock::now();
  MulticastSocket includes(bed_.h3());
  includes.JoinSource(kG, Source(2));
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kAllow, kG, {Source(2)})), 5s, includes_joins));
  LetRepeatsPass();
  const Instant includes_leaves = Clock::now();
  includes.LeaveSource(kG, Source(2));
  EXPECT_TRUE(wire_.WaitFor(Both(Arrived, Record(kBlock, kG, {Source(2)})), 5s, includes_leaves));
}

TEST_P(Upstream, D_10_D_16_AGeneralQueryIsAnsweredWithTheWholeMembership) {
  StartDaemon();
  const Instant empty = Clock::now();
  Ask(kAllSystems, QueryV3(5, Ipv4Address()));
  std::this_thread::sleep_for(800ms);
  EXPECT_THAT(RecordsSeen(wire_, empty), IsEmpty()) << "nothing to report, nothing to say (TD-09)";

  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  h1.Join(kG);
  h1.JoinSource(kSsm, Source(1));
  h3.Join(Group(1));
  h3.Block(Group(1), Source(2));
  ExpectGroup(Group(1), "lan2", "exclude", {Source(2)});
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kSsm, "lan1"));
  LetRepeatsPass();
  const Instant asked = Clock::now();
  Ask(kAllSystems, FromHex("110aec7800000000027d0000"));  // V04 with a Max Resp Time of 1 s
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kIsEx, kG, {})), 5s, asked));
  EXPECT_EQ(wire_.Count(Both(Arrived, Record(kIsIn, kSsm, {Source(1)})), asked), 1U);
  EXPECT_EQ(wire_.Count(Both(Arrived, Record(kIsEx, Group(1), {Source(2)})), asked), 1U);
  EXPECT_EQ(wire_.Count(Arrived, asked), 1U) << "in as few reports as possible";
  EXPECT_LE(wire_.Packets(Arrived, asked).at(0).time - asked, 1s + 500ms);
}

TEST_P(Upstream, D_13_D_17_AGroupQueryIsAnsweredForThatGroupAlone) {
  StartDaemon();
  MulticastSocket h1(bed_.h1());
  h1.Join(kG);
  h1.Join(Group(1));
  h1.JoinSource(kSsm, Source(1));
  for (const Ipv4Address& group : {kG, Group(1), kSsm}) ASSERT_TRUE(WaitForGroup(group, "lan1"));
  LetRepeatsPass();
  Instant asked = Clock::now();
  Ask(kG, QueryV3(3, kG));
  ASSERT_TRUE(wire_.WaitFor(Both(Arrived, Record(kIsEx, kG, {})), 5s, asked));
  std::this_thread::sleep_for(400ms);
  EXPECT_THAT(RecordsSeen(wire_, asked), ElementsAre("IS_EX 239.1.2.3 {}"));

  asked = Clock::now();
  Ask(kSsm, QueryV3(3, kSsm, {Source(1), Source(2)}));
  std::this_thread::sleep_for(800ms);
  EXPECT_THAT(RecordsSeen(wire_, asked), ElementsAre("IS_IN 232.1.1.1 {10.0.0.1}")) << "A*B (D-17)";

  asked = Clock::now();
  Ask(Group(9), QueryV3(3, Group(9)));
  std::this_thread::sleep_for(600ms);
  EXPECT_THAT(RecordsSeen(wire_, asked), IsEmpty()) << "nobody is a member of this one";
}

TEST_P(Upstream,
       TD_30_QueriesNeverLeaveUpstreamReportsNeverLeaveDownstreamAndReportsHeardUpstreamMakeNoState) {
  const Capture lan1(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  const Capture lan2(bed_.Far("lan2").ns, bed_.Far("lan2").interface, What::kIgmp);
  StartDaemon({.profile = kTiny});
  MulticastSocket h1(bed_.h1());
  h1.Join(kG);
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  Ask(kAllV3Routers, FromHex("2200e8fa0000000104000000ef010202"));  // TO_EX {} 239.1.2.2, as V11
  Ask(kG, FromHex("1600f8faef010203"));                             // V09
  h1.Leave(kG);
  ASSERT_TRUE(WaitForNoGroup(kG, "lan1"));
  std::this_thread::sleep_for(kTiny.query_interval);

  EXPECT_THAT(Groups(), IsEmpty()) << Groups().dump();
  EXPECT_EQ(wire_.Count([](const Packet& p) { return Arrived(p) && p.igmp && p.igmp->IsQuery(); }), 0U);
  EXPECT_GE(lan1.Count(Both(Arrived, QueryFor(Ipv4Address()))), 2U) << "general queries (C-50)";
  for (const Capture* wire : {&lan1, &lan2}) {
    for (const Packet& packet : wire->Packets(Arrived)) {
      ASSERT_TRUE(packet.igmp);
      if (packet.igmp->IsQuery()) continue;
      for (const IgmpRecord& record : packet.igmp->records) {  // the box's own memberships
        EXPECT_TRUE(record.group == kAllRouters || record.group == kAllV3Routers) << ToText(packet);
      }
    }
  }
}

TEST_P(Upstream, TA_49_EveryIgmpPacketHasTtlOneRouterAlertTosSumsAndAddresses) {
  std::vector<std::unique_ptr<Capture>> wires;
  for (const char* port : {"lan1", "lan2", "lan3"}) {
    wires.push_back(std::make_unique<Capture>(bed_.Far(port).ns, bed_.Far(port).interface, What::kIgmp));
  }
  StartDaemon({.profile = kTiny});
  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  h1.Join(kG);
  h1.JoinSource(kSsm, Source(1));
  h3.Join(kG);
  ASSERT_TRUE(WaitForGroup(kSsm, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Ask(kAllSystems, QueryV3(2, Ipv4Address()));
  std::this_thread::sleep_for(kTiny.query_interval + 500ms);
  h1.LeaveSource(kSsm, Source(1));
  h1.Leave(kG);
  ASSERT_TRUE(WaitForNoGroup(kSsm, "lan1"));
  daemon_->Stop();

  const auto check = [&](const Capture& wire, const std::string& port, const Ipv4Address& address) {
    const std::vector<Packet> packets = wire.Packets(Arrived);
    ASSERT_GE(packets.size(), 3U) << port;
    for (const Packet& p : packets) {
      SCOPED_TRACE(port + ": " + ToText(p));
      ASSERT_TRUE(p.igmp);
      EXPECT_EQ(p.ttl, 1);
      EXPECT_EQ(p.tos, 0xc0);
      EXPECT_TRUE(p.router_alert);
      EXPECT_TRUE(p.header_sum_good);
      EXPECT_TRUE(p.igmp->checksum_good);
      EXPECT_EQ(p.from, address);
      EXPECT_EQ(p.mac_from, bed_.router().Mac(port));
      EXPECT_EQ(p.mac_to, GroupMac(p.to));
      if (p.igmp->IsQuery()) {
        EXPECT_EQ(p.to, p.igmp->group.IsUnspecified() ? kAllSystems : p.igmp->group);
        EXPECT_EQ(p.igmp->kind, IgmpKind::kQueryV3);
        EXPECT_EQ(p.igmp->qrv, 2);
        EXPECT_EQ(p.igmp->qqic, 1);
      } else {
        EXPECT_EQ(p.to, kAllV3Routers);
        EXPECT_EQ(p.igmp->kind, IgmpKind::kReportV3);
      }
    }
  };
  check(wire_, "wan0", kWan);
  check(*wires[0], "lan1", kLan1);
  check(*wires[1], "lan2", kLan2);
  check(*wires[2], "lan3", kLan3);
}

TEST_P(Upstream, TD_27_TD_28_MoreGroupsAndSourcesThanAKernelSocketMayHaveAreAllReported) {
  StartDaemon();
  MulticastSocket some(bed_.h1());
  MulticastSocket rest(bed_.h1());
  for (std::uint8_t n = 1; n <= 25; ++n) (n <= 13 ? some : rest).Join(Group(n));
  std::vector<AnyAddress> sources;
  for (std::uint8_t n = 11; n <= 22; ++n) {
    sources.push_back(MakeIpv4(10, 0, 1, n));
    some.JoinSource(kSsm, sources.back());
  }
  ExpectGroup(kSsm, "lan1", "include", sources);
  ASSERT_TRUE(Eventually([&] { return Groups().size() == 26; })) << Groups().dump();
  LetRepeatsPass();
  std::set<AnyAddress> groups;
  std::set<AnyAddress> allowed;
  for (const Packet& packet : wire_.Packets(Arrived)) {
    for (const IgmpRecord& record : packet.igmp->records) {
      if (record.type == kToEx) groups.insert(record.group);
      if (record.type == kAllow && record.group == kSsm)
        allowed.insert(record.sources.begin(), record.sources.end());
    }
  }
  for (std::uint8_t n = 1; n <= 25; ++n) EXPECT_EQ(groups.count(Group(n)), 1U) << Group(n).ToString();
  EXPECT_EQ(allowed, std::set<AnyAddress>(sources.begin(), sources.end()));
}

TEST_P(Upstream, TD_32_X_03_ACleanStopLeavesEveryGroupOnce) {
  StartDaemon();
  MulticastSocket h1(bed_.h1());
  MulticastSocket h3(bed_.h3());
  h1.Join(kG);
  h1.JoinSource(kSsm, Source(1));
  h3.Join(Group(1));
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kSsm, "lan1"));
  ASSERT_TRUE(WaitForGroup(Group(1), "lan2"));
  LetRepeatsPass();
  const Instant stopped = Clock::now();
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Stderr();
  const Instant exited = Clock::now();
  for (const auto& record :
       {Record(kToIn, kG, {}), Record(kToIn, Group(1), {}), Record(kBlock, kSsm, {Source(1)})}) {
    const auto leave = wire_.WaitFor(Both(Arrived, record), 2s, stopped);
    ASSERT_TRUE(leave);
    EXPECT_LE(leave->time, exited) << "sent before the exit";
  }
}

}  // namespace
}  // namespace bpfcast::test
