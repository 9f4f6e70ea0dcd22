// Real hosts of every IGMP version join, filter and leave: what they get, and what the daemon's tables say.
#include <iostream>

#include <algorithm>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::SizeIs;
using What = Capture::What;

class Membership : public E2e {
 protected:
  Capture WatchIgmp(const std::string& port) const {
    const LinkEnd end = bed_.Far(port);
    return Capture(end.ns, end.interface, What::kIgmp);
  }
};
BPFCAST_FOR_EACH_HOOK(Membership);

TEST_P(Membership, C_14_AnAsmJoinOfAVersion3HostTurnsTheStreamOnAndItsLeaveTurnsItOff) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  EXPECT_TRUE(receiver.WaitForTotal(300));
  ExpectGroup(kG, "lan1", "exclude", {});
  EXPECT_EQ(GroupOn(kG, "lan1")["host_version"], 3);
  EXPECT_EQ(GroupOn(kG, "lan1")["last_reporter"], "192.0.2.10");
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(kG, "lan1"));
  ExpectNoGap(receiver, Source(1));
}

TEST_P(Membership, C_12_AnSsmJoinBringsOnlyTheWantedSource) {
  const Capture upstream = WatchIgmp("wan0");
  StartDaemon();
  Receiver receiver(bed_.h1(), kSsm);
  receiver.socket().JoinSource(kSsm, Source(1));
  ExpectGroup(kSsm, "lan1", "include", {Source(1)});
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kAllow, kSsm, {Source(1)}))));

  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Sender wanted(bed_.up(), FromUpstream(kSsm, 1), Sender::Start::kLater);
  Sender other(bed_.up(), FromUpstream(kSsm, 2), Sender::Start::kLater);
  other.Send(300);
  wanted.Send(300);
  ExpectComplete(receiver, Source(1), 300);
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(kSsm))), 300U) << "the unwanted source is on the wire";

  receiver.socket().LeaveSource(kSsm, Source(1));
  EXPECT_TRUE(WaitForNoGroup(kSsm, "lan1"));
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kBlock, kSsm, {Source(1)}))));
}

TEST_P(Membership, C_19_ExcludingOneSourceStopsItAloneAfterTheLastMemberQueryTime) {
  StartDaemon();
  Sender one(bed_.up(), FromUpstream(kG, 1));
  Sender two(bed_.up(), FromUpstream(kG, 2));
  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  ASSERT_TRUE(receiver.WaitForFirst(Source(2)));
  receiver.socket().Block(kG, Source(2));
  ExpectGroup(kG, "lan1", "exclude", {Source(2)});
  std::this_thread::sleep_for(100ms);
  const Instant blocked = Clock::now();
  std::this_thread::sleep_for(500ms);
  one.Stop();
  two.Stop();
  std::this_thread::sleep_for(100ms);
  const auto from = [](const Ipv4Address& source) {
    return Both(Arrived, [source](const Packet& packet) { return packet.from == source; });
  };
  EXPECT_EQ(data.Count(from(Source(2)), blocked), 0U);
  EXPECT_GT(data.Count(from(Source(1)), blocked), 300U);
  ExpectNoGap(receiver, Source(1));
  EXPECT_EQ(receiver.Of(Source(1)).last, one.sent() - 1);
}

TEST_P(Membership, TA_48_C_65_AVersion2HostJoinsAndLeaves) {
  ForceIgmpVersion(bed_.h1(), 2);
  const Capture upstream = WatchIgmp("wan0");
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG));
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();  // nothing on the router joined the group: only allmulti lets the report in
  EXPECT_TRUE(receiver.WaitForTotal(300));
  ExpectGroup(kG, "lan1", "exclude", {});
  EXPECT_EQ(GroupOn(kG, "lan1")["host_version"], 2);
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, kG, {}))));
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(kG, "lan1"));
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToIn, kG, {}))));
  ExpectNoGap(receiver, Source(1));
}

TEST_P(Membership, C_64_B_04_AVersion1HostJoinsAndExpiresWithoutALeave) {
  ForceIgmpVersion(bed_.h1(), 1);
  const Capture link = WatchIgmp("lan1");
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
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  for (int i = 0; i < 3; ++i) {
    Receiver goes(bed_.h2(), kG);
    goes.Join();
    EXPECT_TRUE(goes.WaitForFirst(Source(1)));
    goes.Leave();
    std::this_thread::sleep_for(2 * kFast.LastMemberQueryTime());
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, Source(1));
}

TEST_P(Membership, C_33_ALeaveOnOneLinkNeverCostsAnotherLinkAPacket) {
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(kG, 1, 5000));
  Receiver stays(bed_.h1(), kG);
  stays.Join();
  ASSERT_TRUE(stays.WaitForFirst(Source(1)));
  for (int i = 0; i < 5; ++i) {
    Receiver goes(bed_.h3(), kG);
    goes.Join();
    EXPECT_TRUE(goes.WaitForFirst(Source(1)));
    goes.Leave();
    EXPECT_TRUE(WaitForNoGroup(kG, "lan2"));
  }
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return stays.Of(Source(1)).last == sender.sent() - 1; }));
  ExpectNoGap(stays, Source(1));
}

TEST_P(Membership, E_30_TwoReceiversOnOneLinkShareOneCopyAndTwoLinksGetOneEach) {
  StartDaemon();
  Receiver first(bed_.h1(), kG);
  Receiver second(bed_.h2(), kG);
  Receiver elsewhere(bed_.h3(), kG);
  for (Receiver* receiver : {&first, &second, &elsewhere}) receiver->Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  const LinkEnd link = bed_.Far("lan1");
  const Capture data(link.ns, link.interface, What::kUdp);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(1000);
  for (const Receiver* receiver : {&first, &second, &elsewhere}) ExpectComplete(*receiver, Source(1), 1000);
  EXPECT_EQ(data.Count(Both(Arrived, DataFor(kG))), 1000U);
}

/// The stream flows until exactly LMQT after the leave, and not much longer.
class LastLeave : public Membership {
 protected:
  void Measure(const Profile& profile, Clock::duration tolerance,
               const std::function<bool(const Packet&)>& is_leave) {
    const Capture igmp = WatchIgmp("lan1");
    StartDaemon({.profile = profile});
    const LinkEnd link = bed_.Far("lan1");
    const Capture data(link.ns, link.interface, What::kUdp);
    Sender sender(bed_.up(), FromUpstream(kG));
    Receiver receiver(bed_.h1(), kG);
    receiver.Join();
    ASSERT_TRUE(receiver.WaitForTotal(200));
    std::this_thread::sleep_for(1100ms);  // the host has repeated its join and answered the startup queries
    const Instant asked = Clock::now();
    receiver.Leave();
    const auto leave = igmp.WaitFor(Both(Departed, is_leave), 5s, asked);
    ASSERT_TRUE(leave) << "the host did not say that it leaves";
    ASSERT_TRUE(WaitForNoGroup(kG, "lan1"));
    std::this_thread::sleep_for(tolerance);
    sender.Stop();
    std::this_thread::sleep_for(100ms);

    const std::vector<Packet> delivered = data.Packets(Both(Arrived, DataFor(kG)));
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

    const auto queries = igmp.Packets(Both(Arrived, QueryFor(kG)), leave->time);
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
      EXPECT_EQ(query.to, kG);
      EXPECT_EQ(query.igmp->kind, IgmpKind::kQueryV3);
      EXPECT_EQ(query.igmp->max_resp, profile.last_member_query_interval / 100ms);
      EXPECT_FALSE(query.igmp->suppress);
    }
  }
};
BPFCAST_FOR_EACH_HOOK(LastLeave);

TEST_P(LastLeave, TC_44_C_37_OfAVersion3HostStopsTheStreamAfterTwoLastMemberQueryIntervals) {
  Measure(kTiny, 500ms, Record(kToIn, kG, {}));
}

TEST_P(LastLeave, C_37_OfAVersion2HostStopsTheStreamAfterTwoLastMemberQueryIntervals) {
  ForceIgmpVersion(bed_.h1(), 2);
  Measure(kFast, 500ms, [](const Packet& packet) {
    return packet.igmp && packet.igmp->kind == IgmpKind::kLeave && packet.igmp->group == kG;
  });
}

}  // namespace
}  // namespace bpfcast::test
