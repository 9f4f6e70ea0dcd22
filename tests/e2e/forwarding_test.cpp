// Which packets leave on which port, and what they look like there.
#include <algorithm>
#include <iostream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using What = Capture::What;

class Forwarding : public E2e {};
BPFCAST_FOR_EACH_HOOK(Forwarding);

/// The far ends of all four ports, watched for data.
struct Wires {
  explicit Wires(const Bed& bed)
      : wan(bed.Far("wan0").ns, bed.Far("wan0").interface, What::kUdp),
        lan1(bed.Far("lan1").ns, bed.Far("lan1").interface, What::kUdp),
        lan2(bed.Far("lan2").ns, bed.Far("lan2").interface, What::kUdp),
        lan3(bed.Far("lan3").ns, bed.Far("lan3").interface, What::kUdp) {}

  static std::size_t Sent(const Capture& wire, const Ipv4Address& group) {
    return wire.Count(Both(Arrived, DataFor(group)));
  }

  Capture wan;
  Capture lan1;
  Capture lan2;
  Capture lan3;
};

/// Enough for a packet that is still under way; nothing else can show that none comes.
void LetStragglersArrive() {
  std::this_thread::sleep_for(200ms);
}

TEST_P(Forwarding, TE_18_StreamFromUpstreamReachesOnlyTheLinkWithAMember) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(receiver, Source(1), 1000);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan1, kG), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan2, kG), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan3, kG), 0U);
  EXPECT_EQ(Wires::Sent(wires.wan, kG), 0U) << "sent back to where it came from";
  EXPECT_EQ(Port("lan1")["tx_packets"], 1000);
  EXPECT_EQ(Port("lan2")["tx_packets"], 0);
  EXPECT_GE(Port("wan0")["rx_packets"], 1000);
}

TEST_P(Forwarding, TE_19_SourceBehindADownstreamReachesUpstreamAndOtherMembersNeverItsOwnLink) {
  StartDaemon();
  Receiver neighbour(bed_.h2(), kG);
  Receiver member(bed_.h3(), kG);
  neighbour.Join();
  member.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  const Wires wires(bed_);
  Sender sender(bed_.h1(), {.group = kG, .source = bed_.h1().address}, Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(member, bed_.h1().address, 1000);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.wan, kG), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan2, kG), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan1, kG), 0U) << "echoed to the link of the source";
  EXPECT_EQ(Wires::Sent(wires.lan3, kG), 0U);
  ExpectComplete(neighbour, bed_.h1().address, 1000);  // through the switch, and only once
}

TEST_P(Forwarding, TE_20_SourceBehindADownstreamReachesUpstreamEvenWithoutAnyMember) {
  StartDaemon();
  const Wires wires(bed_);
  Sender sender(bed_.h1(), {.group = kG, .source = bed_.h1().address}, Sender::Start::kLater);
  sender.Send(1000);
  EXPECT_TRUE(Eventually([&] { return Wires::Sent(wires.wan, kG) >= 1000; }));
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.wan, kG), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan1, kG), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan2, kG), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan3, kG), 0U);
}

TEST_P(Forwarding, TE_21_WithoutAMemberNothingIsForwarded) {
  StartDaemon();
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(1000);
  LetStragglersArrive();
  EXPECT_EQ(wires.wan.Count(Both(Departed, DataFor(kG))), 1000U) << "the stream itself did not play";
  for (const Capture* wire : {&wires.lan1, &wires.lan2, &wires.lan3}) EXPECT_EQ(Wires::Sent(*wire, kG), 0U);
}

TEST_P(Forwarding, TE_22_EachLinkGetsWhatItsOwnFilterSays) {
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  StartDaemon();
  Receiver includes(bed_.h1(), kG);
  includes.socket().JoinSource(kG, Source(1));
  ExpectGroup(kG, "lan1", "include", {Source(1)});
  Receiver excludes(bed_.h3(), kG);
  excludes.Join();
  excludes.socket().Block(kG, Source(1));
  ExpectGroup(kG, "lan2", "exclude", {Source(1)});
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, kG, {})))) << "the merge is EXCLUDE {} (E-03)";

  const Wires wires(bed_);
  Sender one(bed_.up(), FromUpstream(kG, 1), Sender::Start::kLater);
  Sender two(bed_.up(), FromUpstream(kG, 2), Sender::Start::kLater);
  one.Send(500);
  two.Send(500);
  ExpectComplete(includes, Source(1), 500);
  ExpectComplete(excludes, Source(2), 500);
  LetStragglersArrive();
  const auto from = [](const Ipv4Address& source) {
    return Both(Arrived, [source](const Packet& packet) { return packet.from == source; });
  };
  EXPECT_EQ(wires.lan1.Count(from(Source(1))), 500U);
  EXPECT_EQ(wires.lan1.Count(from(Source(2))), 0U);
  EXPECT_EQ(wires.lan2.Count(from(Source(1))), 0U);
  EXPECT_EQ(wires.lan2.Count(from(Source(2))), 500U);
}

TEST_P(Forwarding, TE_27_AnOlderHostCannotOpenAnSsmGroup) {
  ForceIgmpVersion(bed_.h1(), 2);
  const Capture reports(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  StartDaemon();
  Receiver receiver(bed_.h1(), kSsm);
  receiver.Join();
  ASSERT_TRUE(reports.WaitFor([](const Packet& p) {
    return Departed(p) && p.igmp && p.igmp->kind == IgmpKind::kReportV2 && p.igmp->group == kSsm;
  }));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(kSsm), Sender::Start::kLater);
  sender.Send(300);
  LetStragglersArrive();
  EXPECT_TRUE(GroupOn(kSsm, "lan1").is_null());
  EXPECT_EQ(Wires::Sent(wires.lan1, kSsm), 0U);
  EXPECT_EQ(receiver.Total(), 0U);
}

TEST_P(Forwarding, TE_29_AnInterfaceWithoutARoleNeitherGivesNorGets) {
  StartDaemon({.downstreams = {"lan1", "lan2"}});
  Receiver member(bed_.h1(), kG);
  Receiver outsider(bed_.h4(), kG);
  member.Join();
  outsider.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  const Wires wires(bed_);
  Sender from_outside(bed_.h4(), {.group = kG, .source = bed_.h4().address}, Sender::Start::kLater);
  from_outside.Send(300);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan1, kG) + Wires::Sent(wires.lan2, kG) + Wires::Sent(wires.wan, kG), 0U);
  Sender stream(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  stream.Send(300);
  ExpectComplete(member, Source(1), 300);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan3, kG), 0U);
}

TEST_P(Forwarding, F_20_F_21_F_22_ACopyDiffersOnlyInTtlHeaderSumAndMacs) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  Receiver other(bed_.h3(), kG);
  receiver.Join();
  other.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  sender.Send(200);
  ExpectComplete(receiver, Source(1), 200);
  ExpectComplete(other, Source(1), 200);
  EXPECT_EQ(receiver.Of(Source(1)).ttl_min, 15);
  EXPECT_EQ(receiver.Of(Source(1)).ttl_max, 15);

  const std::vector<Packet> sent = wires.wan.Packets(Both(Departed, DataFor(kG)));
  ASSERT_THAT(sent, SizeIs(200));
  for (const auto& [wire, port] : {std::pair(&wires.lan1, "lan1"), std::pair(&wires.lan2, "lan2")}) {
    const std::vector<Packet> copies = wire->Packets(Both(Arrived, DataFor(kG)));
    ASSERT_THAT(copies, SizeIs(200));
    const MacAddress port_mac = bed_.router().Mac(port);
    for (std::size_t i = 0; i < copies.size(); ++i) {
      ASSERT_EQ(copies[i].mac_from, port_mac);
      ASSERT_EQ(copies[i].mac_to, GroupMac(kG));
      ASSERT_EQ(copies[i].ttl, sent[i].ttl - 1);
      ASSERT_TRUE(copies[i].header_sum_good);
      ASSERT_TRUE(copies[i].udp->checksum_good);
      Bytes expected = sent[i].ip;
      expected[8] = copies[i].ip[8];                                     // TTL
      std::copy_n(copies[i].ip.begin() + 10, 2, expected.begin() + 10);  // header checksum
      ASSERT_EQ(copies[i].ip, expected);
    }
  }
}

TEST_P(Forwarding, F_07_TtlOneEndsHereAndTtlTwoLeavesWithOne) {
  StartDaemon();
  Receiver receiver(bed_.h1(), kG);
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  const Wires wires(bed_);
  StreamOptions options = FromUpstream(kG, 1);
  options.ttl = 1;
  Sender short_lived(bed_.up(), options, Sender::Start::kLater);
  short_lived.Send(100);
  options = FromUpstream(kG, 2);
  options.ttl = 2;
  Sender just_enough(bed_.up(), options, Sender::Start::kLater);
  just_enough.Send(100);
  ExpectComplete(receiver, Source(2), 100);
  EXPECT_EQ(receiver.Of(Source(2)).ttl_max, 1);
  EXPECT_EQ(receiver.Of(Source(1)).received, 0U);
  EXPECT_EQ(Wires::Sent(wires.lan1, kG), 100U);
}

TEST_P(Forwarding, F_02_A_47_LinkLocalGroupsAreNeitherForwardedNorReported) {
  const Ipv4Address local = MakeIpv4(224, 0, 0, 77);
  const Capture upstream(bed_.up().ns, "up0", What::kIgmp);
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  StartDaemon();
  Receiver receiver(bed_.h1(), local);
  Receiver other(bed_.h3(), local);
  receiver.Join();
  other.Join();
  ASSERT_TRUE(link.WaitFor(Both(Departed, Record(kToEx, local)))) << "the host did not report it at all";
  const Wires wires(bed_);
  StreamOptions options = FromUpstream(local);
  options.ttl = 64;
  Sender from_upstream(bed_.up(), options, Sender::Start::kLater);
  from_upstream.Send(200);
  options.source = bed_.h1().address;
  Sender from_downstream(bed_.h1(), options, Sender::Start::kLater);
  from_downstream.Send(200);
  std::this_thread::sleep_for(2 * kReportInterval);
  for (const Capture* wire : {&wires.wan, &wires.lan1, &wires.lan2, &wires.lan3})
    EXPECT_EQ(Wires::Sent(*wire, local), 0U);
  EXPECT_TRUE(GroupOn(local, "lan1").is_null());
  for (const Packet& packet : upstream.Packets(Arrived)) {
    for (const IgmpRecord& record : packet.igmp->records) {
      // The router's own kernel may report what it joined itself (224.0.0.2, 224.0.0.22), never this group.
      EXPECT_NE(record.group, local);
    }
  }
}

TEST_P(Forwarding, TE_25_ASourceThatWasAlreadySendingIsDeliveredAtOnce) {
  StartDaemon();
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  Sender sender(bed_.up(), FromUpstream(kG));
  std::this_thread::sleep_for(300ms);
  Receiver receiver(bed_.h1(), kG);
  const Instant asked = Clock::now();
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(Source(1)));
  const auto report = link.WaitFor(Both(Departed, Record(kToEx, kG)));
  ASSERT_TRUE(report);
  std::this_thread::sleep_for(300ms);
  sender.Stop();
  LetStragglersArrive();
  const StreamCount got = receiver.Of(Source(1));
  const auto after_report = got.first_arrival - report->time;
  std::cout << "join to first packet: " << Millis(got.first_arrival - asked)
            << " ms, report to first packet: " << Millis(after_report) << " ms\n";
  EXPECT_LE(after_report, 100ms) << "usual is below 10 ms";
  ExpectNoGap(receiver, Source(1));
  EXPECT_EQ(got.last, sender.sent() - 1);
}

TEST_P(Forwarding, TF_27_APacketAboveOnePortsMtuStillReachesTheOthers) {
  bed_.router().Ip("link set lan1 mtu 1400");
  StartDaemon();
  Receiver narrow(bed_.h1(), kG);
  Receiver wide(bed_.h3(), kG);
  narrow.Join();
  wide.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  StreamOptions options = FromUpstream(kG, 1);
  options.payload = 1472;  // 1500 octets of IP
  Sender large(bed_.up(), options, Sender::Start::kLater);
  large.Send(100);
  options = FromUpstream(kG, 2);
  options.payload = 1372;  // 1400
  Sender fitting(bed_.up(), options, Sender::Start::kLater);
  fitting.Send(100);
  EXPECT_TRUE(wide.WaitForTotal(200));
  EXPECT_TRUE(narrow.WaitForTotal(100));
  LetStragglersArrive();
  EXPECT_EQ(wide.Of(Source(1)).received, 100U);
  EXPECT_EQ(wide.Of(Source(2)).received, 100U);
  EXPECT_EQ(narrow.Of(Source(1)).received, 0U);
  EXPECT_EQ(narrow.Of(Source(2)).received, 100U);
}

TEST_P(Forwarding, TF_34_ALocalListenerAndADownstreamMemberBothGetEverythingOnce) {
  StartDaemon();
  const Host router{bed_.router(), "wan0", kWan};
  Receiver local(router, kG);
  local.Join();
  Receiver member(bed_.h1(), kG);
  member.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  std::this_thread::sleep_for(kReportInterval * 3);  // the local socket's own report has been seen
  const Wires wires(bed_);
  StreamOptions options{.group = kG, .source = bed_.up().address};
  Sender sender(bed_.up(), options, Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(local, options.source, 1000);
  ExpectComplete(member, options.source, 1000);
  LetStragglersArrive();
  EXPECT_EQ(local.Of(options.source).ttl_max, options.ttl) << "the local copy keeps its TTL";
  EXPECT_EQ(member.Of(options.source).ttl_max, options.ttl - 1);
  EXPECT_EQ(Wires::Sent(wires.lan1, kG), 1000U);
}

}  // namespace
}  // namespace bpfcast::test
