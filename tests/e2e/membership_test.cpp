// Real hosts of every IGMP version join, filter and leave: what they get, and what the daemon's tables say.
#include <iostream>

#include <algorithm>

#include "kernel_hook.h"

namespace bpfcast::test {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::SizeIs;
using What = Capture::What;

class Membership : public E2e {
 protected:
  Capture Watch(const std::string& port) const {
    const LinkEnd end = bed_.Far(port);
    return Capture(end.ns, end.interface, Control());
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Membership);
BPFCAST_FOR_THE_KERNEL_TOO(Membership);
class MembershipOfIpv4 : public Membership {};
BPFCAST_FOR_EACH_HOOK(MembershipOfIpv4);

TEST_P(Membership, C_14_AnAsmJoinOfAVersion3HostTurnsTheStreamOnAndItsLeaveTurnsItOff) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  EXPECT_TRUE(receiver.WaitForTotal(300));
  ExpectGroup(AnyGroup(), "lan1", "exclude", {});
  EXPECT_EQ(GroupOn(AnyGroup(), "lan1")["host_version"], Newest());
  EXPECT_EQ(GroupOn(AnyGroup(), "lan1")["last_reporter"], bed_.h1().Reporter(version()).ToString());
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  ExpectNoGap(receiver, SourceNo(1));
}

TEST_P(Membership, C_12_AnSsmJoinBringsOnlyTheWantedSource) {
  const Capture upstream = Watch("wan0");
  StartDaemon();
  Receiver receiver(bed_.h1(), SsmGroup());
  receiver.socket().JoinSource(SsmGroup(), SourceNo(1));
  ExpectGroup(SsmGroup(), "lan1", "include", {SourceNo(1)});
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kAllow, SsmGroup(), {SourceNo(1)}))));

  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Sender wanted(bed_.up(), FromUpstream(SsmGroup(), 1), Sender::Start::kLater);
  Sender other(bed_.up(), FromUpstream(SsmGroup(), 2), Sender::Start::kLater);
  other.Send(300);
  wanted.Send(300);
  ExpectComplete(receiver, SourceNo(1), 300);
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(SsmGroup()))), 300U) << "the unwanted source is on the wire";

  receiver.socket().LeaveSource(SsmGroup(), SourceNo(1));
  EXPECT_TRUE(WaitForNoGroup(SsmGroup(), "lan1"));
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kBlock, SsmGroup(), {SourceNo(1)}))));
}

TEST_P(Membership, C_19_ExcludingOneSourceStopsItAloneAfterTheLastMemberQueryTime) {
  StartDaemon();
  Sender one(bed_.up(), FromUpstream(AnyGroup(), 1));
  Sender two(bed_.up(), FromUpstream(AnyGroup(), 2));
  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(2)));
  receiver.socket().Block(AnyGroup(), SourceNo(2));
  ExpectGroup(AnyGroup(), "lan1", "exclude", {SourceNo(2)});
  std::this_thread::sleep_for(100ms);
  const Instant blocked = Clock::now();
  std::this_thread::sleep_for(500ms);
  one.Stop();
  two.Stop();
  std::this_thread::sleep_for(100ms);
  const auto from = [](const AnyAddress& source) {
    return Both(Arrived, [source](const Packet& packet) { return packet.from == source; });
  };
  EXPECT_EQ(data.Count(from(SourceNo(2)), blocked), 0U);
  EXPECT_GT(data.Count(from(SourceNo(1)), blocked), 300U);
  ExpectNoGap(receiver, SourceNo(1));
  EXPECT_EQ(receiver.Of(SourceNo(1)).last, one.sent() - 1);
}

TEST_P(Membership, TA_48_C_65_AHostOfTheOlderVersionJoinsAndLeaves) {
  ForceOlder(bed_.h1());
  const Capture upstream = Watch("wan0");
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();  // nothing on the router joined the group: only allmulti lets the report in
  EXPECT_TRUE(receiver.WaitForTotal(300));
  ExpectGroup(AnyGroup(), "lan1", "exclude", {});
  EXPECT_EQ(GroupOn(AnyGroup(), "lan1")["host_version"], Newest() - 1);
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))));
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToIn, AnyGroup(), {}))));
  ExpectNoGap(receiver, SourceNo(1));
}

TEST_P(MembershipOfIpv4, C_64_B_04_AVersion1HostJoinsAndExpiresWithoutALeave) {
  ForceIgmpVersion(bed_.h1(), 1);
  const Capture link = Watch("lan1");
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  EXPECT_TRUE(receiver.WaitForTotal(300));
  EXPECT_EQ(GroupOn(kG, "lan1")["host_version"], 1);
  ExpectNoGap(receiver, Source(1));
  receiver.Leave();  // a version 1 host says nothing
  const LinkEnd end = bed_.Far("lan1");
  const Capture data(end.ns, end.interface, What::kUdp);
  EXPECT_TRUE(WaitForNoGroup(kG, "lan1", 3 * kTiny.GroupMembershipInterval()));

  const auto reports = link.Packets([](const Packet& packet) {
    return Departed(packet) && packet.igmp && packet.igmp->kind == IgmpKind::kReportV1;
  });
  ASSERT_FALSE(reports.empty());
  ASSERT_TRUE(data.LastTime());
  const auto kept = *data.LastTime() - reports.back().time;
  std::cout << "forwarded for " << Millis(kept) << " ms after the last report, GMI is "
            << Millis(kTiny.GroupMembershipInterval()) << " ms\n";
  EXPECT_GE(kept, kTiny.GroupMembershipInterval() - 20ms);
  EXPECT_LE(kept, kTiny.GroupMembershipInterval() + 500ms);
}

TEST_P(Membership, C_33_ALeaveOfOneHostNeverCostsItsNeighbourOnTheSameLinkAPacket) {
  StartDaemon();
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  Receiver stays(bed_.h1(), AnyGroup());
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  for (int i = 0; i < 3; ++i) {
    Receiver goes(bed_.h2(), AnyGroup());
    goes.Join();
    EXPECT_TRUE(goes.WaitForFirst(SourceNo(1)));
    goes.Leave();
    std::this_thread::sleep_for(2 * kFast.LastMemberQueryTime());
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, SourceNo(1));
}

TEST_P(Membership, C_33_ALeaveOnOneLinkNeverCostsAnotherLinkAPacket) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(AnyGroup(), 1, 5000));
  Receiver stays(bed_.h1(), AnyGroup());
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(SourceNo(1)));
  for (int i = 0; i < 5; ++i) {
    Receiver goes(bed_.h3(), AnyGroup());
    goes.Join();
    EXPECT_TRUE(goes.WaitForFirst(SourceNo(1)));
    goes.Leave();
    EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan2"));
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(SourceNo(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, SourceNo(1));
}

TEST_P(Membership, E_30_TwoReceiversOnOneLinkShareOneCopyAndTwoLinksGetOneEach) {
  StartDaemon();
  Receiver first(bed_.h1(), AnyGroup());
  Receiver second(bed_.h2(), AnyGroup());
  Receiver elsewhere(bed_.h3(), AnyGroup());
  for (Receiver* receiver : {&first, &second, &elsewhere}) receiver->Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(1000);
  for (const Receiver* receiver : {&first, &second, &elsewhere}) ExpectComplete(*receiver, SourceNo(1), 1000);
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(AnyGroup()))), 1000U);
}

/// The stream flows until exactly LMQT after the leave, and not much longer.
class LastLeave : public Membership {
 protected:
  void Measure(const Profile& profile, Clock::duration tolerance,
               const std::function<bool(const Packet&)>& is_leave) {
    const Capture igmp = Watch("lan1");
    StartDaemon({.profile = profile});
    const LinkEnd link = bed_.Far("lan1");
    const Capture data(link.ns, link.interface, What::kUdp);
    Sender sender(bed_.up(), FromUpstream(AnyGroup()));
    Receiver receiver(bed_.h1(), AnyGroup());
    receiver.Join();
    ASSERT_TRUE(receiver.WaitForTotal(200));
    std::this_thread::sleep_for(1100ms);  // the host has repeated its join and answered the startup queries
    const Instant asked = Clock::now();
    receiver.Leave();
    const auto leave = igmp.WaitFor(Both(Departed, is_leave), 5s, asked);
    ASSERT_TRUE(leave) << "the host did not say that it leaves";
    ASSERT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
    std::this_thread::sleep_for(tolerance);
    sender.Stop();
    std::this_thread::sleep_for(100ms);

    const std::vector<Packet> delivered = data.Packets(Both(Arrived, DataFor(AnyGroup())));
    ASSERT_FALSE(delivered.empty());
    const std::uint64_t last = ReadStreamHeader(delivered.back().udp->payload)->number;
    ASSERT_LT(last + 1, sender.sent()) << "the stream did not stop";
    const auto first_missing = sender.SentAt(last + 1) - leave->time;
    const auto last_delivered = delivered.back().time - leave->time;
    std::cout << "after the leave: last packet at " << Millis(last_delivered)
              << " ms, first one not delivered was sent at " << Millis(first_missing) << " ms, LMQT is "
              << Millis(profile.LastMemberQueryTime()) << " ms\n";
    // A number's time is taken before the system call that sends it.
    EXPECT_GE(first_missing, profile.LastMemberQueryTime() - 5ms)
        << "pruned before the last member query time was over (C-38)";
    EXPECT_LE(last_delivered, profile.LastMemberQueryTime() + tolerance);

    const auto queries = igmp.Packets(Both(Arrived, QueryFor(AnyGroup())), leave->time);
    // The host repeats its leave at a random time. One that comes after the last query, and before the end,
    // is asked about anew without moving the end (C-34).
    const auto leaves = igmp.Packets(Both(Departed, is_leave), leave->time);
    const auto repeated = std::count_if(leaves.begin(), leaves.end(), [&](const Packet& packet) {
      return packet.time > leave->time && packet.time <= leave->time + profile.LastMemberQueryTime();
    });
    ASSERT_THAT(queries, SizeIs(AllOf(Ge(2U), Le(2U + static_cast<std::size_t>(repeated)))))
        << "LMQC group queries (C-30)";
    EXPECT_GE(queries[1].time - queries[0].time, profile.last_member_query_interval - 5ms);
    for (const Packet& query : queries) {
      EXPECT_EQ(query.to, AnyGroup());
      EXPECT_EQ(query.igmp->kind, IgmpKind::kQueryV3);
      EXPECT_EQ(query.igmp->max_resp, MaxRespCode(version(), profile.last_member_query_interval));
      EXPECT_FALSE(query.igmp->suppress);
    }
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(LastLeave);

TEST_P(LastLeave, TC_44_C_37_OfAHostOfTheNewestVersionStopsTheStreamAfterTwoLastMemberQueryIntervals) {
  Measure(kTiny, 500ms, Record(kToIn, AnyGroup(), {}));
}

TEST_P(LastLeave, C_37_OfAHostOfTheOlderVersionStopsTheStreamAfterTwoLastMemberQueryIntervals) {
  ForceOlder(bed_.h1());
  Measure(kFast, 500ms, [this](const Packet& packet) {
    return packet.igmp && packet.igmp->kind == IgmpKind::kLeave && packet.igmp->group == AnyGroup();
  });
}

}  // namespace
}  // namespace bpfcast::test
