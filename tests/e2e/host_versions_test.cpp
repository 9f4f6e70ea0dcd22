// Linux hosts in every version that their kernel can be told to speak (TC-96): IGMPv3, v2, v1, MLDv2 and
// MLDv1. What their sockets ask for is what the daemon's tables say, step by step.
#include "fixture.h"

namespace bpfcast::test {
namespace {

class HostVersions : public E2e {
 protected:
  MulticastSocket Member(const Host& host) const { return MulticastSocket(host, version()); }
  /// IGMPv2 or MLDv1.
  void ForceOlder(const Host& host) const {
    if (version() == IpVersion::k4) {
      ForceIgmpVersion(host, 2);
    } else {
      ForceMldVersion(host, 1);
    }
  }
  /// How the tables call these versions.
  int Older() const { return version() == IpVersion::k4 ? 2 : 1; }
  int Newest() const { return Older() + 1; }
  int HostVersion(const AnyAddress& group, const std::string& port) const {
    return GroupOn(group, port).value("host_version", 0);
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(HostVersions);

TEST_P(HostVersions, TC_96_EveryStepOfAHostOfTheNewestVersion) {
  StartDaemon();
  const AnyAddress g = AnyGroup();
  const AnyAddress ssm = SsmGroup();
  const AnyAddress one = SourceNo(1);
  const AnyAddress two = SourceNo(2);
  const AnyAddress three = SourceNo(3);
  MulticastSocket socket = Member(bed_.h1());
  socket.Join(g);
  ExpectGroup(g, "lan1", "exclude", {});
  EXPECT_EQ(HostVersion(g, "lan1"), Newest());
  EXPECT_EQ(GroupOn(g, "lan1")["last_reporter"], bed_.h1().Reporter(version()).ToString());
  socket.Block(g, one);
  ExpectGroup(g, "lan1", "exclude", {one});
  socket.Block(g, two);
  ExpectGroup(g, "lan1", "exclude", {one, two});
  socket.Unblock(g, one);  // ALLOW {1} in EXCLUDE (X,Y): Y-1 (C-18)
  ExpectGroup(g, "lan1", "exclude", {two});
  EXPECT_EQ(GroupOn(g, "lan1")["requested"], nlohmann::json::array({one.ToString()}));
  // TO_IN {}: the group timer ends, the requested source 1 remains until its own LMQT (C-21).
  socket.Leave(g);
  EXPECT_TRUE(WaitForNoGroup(g, "lan1"));

  MulticastSocket channel = Member(bed_.h1());
  channel.JoinSource(ssm, one);
  ExpectGroup(ssm, "lan1", "include", {one});
  channel.JoinSource(ssm, two);
  ExpectGroup(ssm, "lan1", "include", {one, two});
  channel.LeaveSource(ssm, one);
  ExpectGroup(ssm, "lan1", "include", {two});
  channel.LeaveSource(ssm, two);
  EXPECT_TRUE(WaitForNoGroup(ssm, "lan1"));

  MulticastSocket mixed = Member(bed_.h1());
  mixed.JoinSource(g, three);  // INCLUDE in an ASM group
  ExpectGroup(g, "lan1", "include", {three});
  MulticastSocket all = Member(bed_.h2());  // another host wants everything: EXCLUDE wins (C-11, C-14)
  all.Join(g);
  ExpectGroup(g, "lan1", "exclude", {});
  all.Leave(g);  // and when it goes, what the first one still wants stays (C-06)
  ExpectGroup(g, "lan1", "include", {three});
}

TEST_P(HostVersions, TC_96_EveryStepOfAHostOfAnOlderVersionThatSaysWhenItLeaves) {
  ForceOlder(bed_.h1());
  const Capture upstream(bed_.up().ns, "up0", Control());
  StartDaemon({.profile = kTiny});
  const AnyAddress g = AnyGroup();
  MulticastSocket socket = Member(bed_.h1());
  socket.Join(g);
  ExpectGroup(g, "lan1", "exclude", {});
  EXPECT_EQ(HostVersion(g, "lan1"), Older());
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, g, {}))));
  socket.Block(g, SourceNo(1));  // no older version can say so
  std::this_thread::sleep_for(kTiny.LastMemberQueryTime() * 3);
  ExpectGroup(g, "lan1", "exclude", {});
  socket.Leave(g);
  EXPECT_TRUE(WaitForNoGroup(g, "lan1"));
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToIn, g, {}))));

  MulticastSocket one_source = Member(bed_.h1());
  one_source.JoinSource(MoreGroups(1), SourceNo(1));  // it asks for the whole group instead
  ExpectGroup(MoreGroups(1), "lan1", "exclude", {});
  one_source.LeaveSource(MoreGroups(1), SourceNo(1));
  EXPECT_TRUE(WaitForNoGroup(MoreGroups(1), "lan1"));

  MulticastSocket channel = Member(bed_.h1());
  channel.JoinSource(SsmGroup(), SourceNo(1));  // a report without sources means nothing there (C-71)
  MulticastSocket witness = Member(bed_.h1());
  witness.Join(MoreGroups(2));
  ExpectGroup(MoreGroups(2), "lan1", "exclude", {});
  EXPECT_TRUE(GroupOn(SsmGroup(), "lan1").is_null());
}

TEST_P(HostVersions, TC_96_C_65_C_66_AnOlderHostOnTheLinkOfANewerOne) {
  ForceOlder(bed_.h1());
  StartDaemon({.profile = kTiny});
  const AnyAddress g = AnyGroup();
  MulticastSocket older = Member(bed_.h1());
  older.Join(g);
  ExpectGroup(g, "lan1", "exclude", {});
  MulticastSocket newer = Member(bed_.h2());  // the group stays in the older mode
  newer.Join(g);
  newer.Block(g, SourceNo(1));  // BLOCK is ignored there (C-66)
  std::this_thread::sleep_for(kTiny.LastMemberQueryTime() * 3);
  ExpectGroup(g, "lan1", "exclude", {});
  EXPECT_EQ(HostVersion(g, "lan1"), Older());
  older.Leave(g);
  newer.Leave(g);
  EXPECT_TRUE(WaitForNoGroup(g, "lan1"));
}

TEST_P(HostVersions, TA_48_A_13_AReportOfAnOlderHostIsSeenThoughNothingOnTheRouterJoinedItsGroup) {
  ForceOlder(bed_.h1());
  StartDaemon({.profile = kTiny});
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  EXPECT_TRUE(receiver.WaitForTotal(300));
  EXPECT_EQ(HostVersion(AnyGroup(), "lan1"), Older());
  receiver.Leave();
  EXPECT_TRUE(WaitForNoGroup(AnyGroup(), "lan1"));
  ExpectNoGap(receiver, SourceNo(1));
}

/// There is no MLD for IGMPv1.
class HostVersion1 : public HostVersions {};
BPFCAST_FOR_EACH_HOOK(HostVersion1);

TEST_P(HostVersion1, TC_96_EveryStepOfAHostOfIgmpv1) {
  ForceIgmpVersion(bed_.h3(), 1);
  StartDaemon({.profile = kTiny});
  MulticastSocket socket = Member(bed_.h3());
  socket.Join(kG);
  ExpectGroup(kG, "lan2", "exclude", {});
  EXPECT_EQ(HostVersion(kG, "lan2"), 1);
  socket.Block(kG, Source(1));
  std::this_thread::sleep_for(kTiny.LastMemberQueryTime() * 3);
  ExpectGroup(kG, "lan2", "exclude", {});
  socket.Leave(kG);  // it says nothing
  std::this_thread::sleep_for(kTiny.LastMemberQueryTime() * 3);
  EXPECT_FALSE(GroupOn(kG, "lan2").is_null());
  EXPECT_TRUE(WaitForNoGroup(kG, "lan2", 3 * kTiny.GroupMembershipInterval()));
}

}  // namespace
}  // namespace bpfcast::test
