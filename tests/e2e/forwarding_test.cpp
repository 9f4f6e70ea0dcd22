// Which packets leave on which port, and what they look like there.
#include <algorithm>
#include <iostream>

#include "kernel_hook.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using What = Capture::What;

class Forwarding : public E2e {};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Forwarding);
BPFCAST_FOR_THE_KERNEL_AND_EACH_FAMILY_TOO(Forwarding);
class ForwardingOfIpv4 : public E2e {};
BPFCAST_FOR_EACH_HOOK(ForwardingOfIpv4);
BPFCAST_FOR_THE_KERNEL_TOO(ForwardingOfIpv4);

/// The far ends of all four ports, watched for data.
struct Wires {
  explicit Wires(const Bed& bed)
      : wan(bed.Far("wan0").ns, bed.Far("wan0").interface, What::kUdp),
        lan1(bed.Far("lan1").ns, bed.Far("lan1").interface, What::kUdp),
        lan2(bed.Far("lan2").ns, bed.Far("lan2").interface, What::kUdp),
        lan3(bed.Far("lan3").ns, bed.Far("lan3").interface, What::kUdp) {}

  static std::size_t Sent(const Capture& wire, const AnyAddress& group) {
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
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(receiver, SourceNo(1), 1000);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan2, AnyGroup()), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan3, AnyGroup()), 0U);
  EXPECT_EQ(Wires::Sent(wires.wan, AnyGroup()), 0U) << "sent back to where it came from";
  EXPECT_EQ(Port("lan1")["tx_packets"], 1000);
  EXPECT_EQ(Port("lan2")["tx_packets"], 0);
  EXPECT_GE(Port("wan0")["rx_packets"], 1000);
}

TEST_P(Forwarding, TE_19_SourceBehindADownstreamReachesUpstreamAndOtherMembersNeverItsOwnLink) {
  StartDaemon();
  Receiver neighbour(bed_.h2(), AnyGroup());
  Receiver member(bed_.h3(), AnyGroup());
  neighbour.Join();
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const Wires wires(bed_);
  Sender sender(bed_.h1(), {.group = AnyGroup(), .source = bed_.h1().Address(version())},
                Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(member, bed_.h1().Address(version()), 1000);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.wan, AnyGroup()), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan2, AnyGroup()), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 0U) << "echoed to the link of the source";
  EXPECT_EQ(Wires::Sent(wires.lan3, AnyGroup()), 0U);
  ExpectComplete(neighbour, bed_.h1().Address(version()), 1000);  // through the switch, and only once
}

TEST_P(Forwarding, TE_20_SourceBehindADownstreamReachesUpstreamEvenWithoutAnyMember) {
  StartDaemon();
  const Wires wires(bed_);
  Sender sender(bed_.h1(), {.group = AnyGroup(), .source = bed_.h1().Address(version())},
                Sender::Start::kLater);
  sender.Send(1000);
  EXPECT_TRUE(Eventually([&] { return Wires::Sent(wires.wan, AnyGroup()) >= 1000; }));
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.wan, AnyGroup()), 1000U);
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan2, AnyGroup()), 0U);
  EXPECT_EQ(Wires::Sent(wires.lan3, AnyGroup()), 0U);
}

TEST_P(Forwarding, TE_21_WithoutAMemberNothingIsForwarded) {
  StartDaemon();
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(1000);
  LetStragglersArrive();
  EXPECT_EQ(wires.wan.Count(Both(Departed, DataFor(AnyGroup()))), 1000U) << "the stream itself did not play";
  for (const Capture* wire : {&wires.lan1, &wires.lan2, &wires.lan3})
    EXPECT_EQ(Wires::Sent(*wire, AnyGroup()), 0U);
}

TEST_P(Forwarding, TE_22_EachLinkGetsWhatItsOwnFilterSays) {
  const Capture upstream(bed_.up().ns, "up0", Control());
  StartDaemon();
  Receiver includes(bed_.h1(), AnyGroup());
  includes.socket().JoinSource(AnyGroup(), SourceNo(1));
  ExpectGroup(AnyGroup(), "lan1", "include", {SourceNo(1)});
  Receiver excludes(bed_.h3(), AnyGroup());
  excludes.Join();
  excludes.socket().Block(AnyGroup(), SourceNo(1));
  ExpectGroup(AnyGroup(), "lan2", "exclude", {SourceNo(1)});
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))))
      << "the merge is EXCLUDE {} (E-03)";

  const Wires wires(bed_);
  Sender one(bed_.up(), FromUpstream(AnyGroup(), 1), Sender::Start::kLater);
  Sender two(bed_.up(), FromUpstream(AnyGroup(), 2), Sender::Start::kLater);
  one.Send(500);
  two.Send(500);
  ExpectComplete(includes, SourceNo(1), 500);
  ExpectComplete(excludes, SourceNo(2), 500);
  LetStragglersArrive();
  const auto from = [](const AnyAddress& source) {
    return Both(Arrived, [source](const Packet& packet) { return packet.from == source; });
  };
  EXPECT_EQ(wires.lan1.Count(from(SourceNo(1))), 500U);
  EXPECT_EQ(wires.lan1.Count(from(SourceNo(2))), 0U);
  EXPECT_EQ(wires.lan2.Count(from(SourceNo(1))), 0U);
  EXPECT_EQ(wires.lan2.Count(from(SourceNo(2))), 500U);
}

TEST_P(Forwarding, TE_27_AnOlderHostCannotOpenAnSsmGroup) {
  ForceOlder(bed_.h1());
  const Capture reports(bed_.Far("lan1").ns, bed_.Far("lan1").interface, Control());
  StartDaemon();
  Receiver receiver(bed_.h1(), SsmGroup());
  receiver.Join();
  ASSERT_TRUE(reports.WaitFor([this](const Packet& p) {
    return Departed(p) && p.igmp && p.igmp->kind == IgmpKind::kReportV2 && p.igmp->group == SsmGroup();
  }));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(SsmGroup()), Sender::Start::kLater);
  sender.Send(300);
  LetStragglersArrive();
  EXPECT_TRUE(GroupOn(SsmGroup(), "lan1").is_null());
  EXPECT_EQ(Wires::Sent(wires.lan1, SsmGroup()), 0U);
  EXPECT_EQ(receiver.Total(), 0U);
}

TEST_P(Forwarding, TE_29_AnInterfaceWithoutARoleNeitherGivesNorGets) {
  StartDaemon({.downstreams = {"lan1", "lan2"}});
  Receiver member(bed_.h1(), AnyGroup());
  Receiver outsider(bed_.h4(), AnyGroup());
  member.Join();
  outsider.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const Wires wires(bed_);
  Sender from_outside(bed_.h4(), {.group = AnyGroup(), .source = bed_.h4().Address(version())},
                      Sender::Start::kLater);
  from_outside.Send(300);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()) + Wires::Sent(wires.lan2, AnyGroup()) +
                Wires::Sent(wires.wan, AnyGroup()),
            0U);
  Sender stream(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  stream.Send(300);
  ExpectComplete(member, SourceNo(1), 300);
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.lan3, AnyGroup()), 0U);
}

TEST_P(Forwarding, F_20_F_21_F_22_ACopyDiffersOnlyInTtlHeaderSumAndMacs) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  Receiver other(bed_.h3(), AnyGroup());
  receiver.Join();
  other.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const Wires wires(bed_);
  Sender sender(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  sender.Send(200);
  ExpectComplete(receiver, SourceNo(1), 200);
  ExpectComplete(other, SourceNo(1), 200);
  EXPECT_EQ(receiver.Of(SourceNo(1)).ttl_min, 15);
  EXPECT_EQ(receiver.Of(SourceNo(1)).ttl_max, 15);

  const std::vector<Packet> sent = wires.wan.Packets(Both(Departed, DataFor(AnyGroup())));
  ASSERT_THAT(sent, SizeIs(200));
  for (const auto& [wire, port] : {std::pair(&wires.lan1, "lan1"), std::pair(&wires.lan2, "lan2")}) {
    const std::vector<Packet> copies = wire->Packets(Both(Arrived, DataFor(AnyGroup())));
    ASSERT_THAT(copies, SizeIs(200));
    const MacAddress port_mac = bed_.router().Mac(port);
    for (std::size_t i = 0; i < copies.size(); ++i) {
      ASSERT_EQ(copies[i].mac_from, port_mac);
      ASSERT_EQ(copies[i].mac_to, GroupMac(AnyGroup()));
      ASSERT_EQ(copies[i].ttl, sent[i].ttl - 1);
      ASSERT_TRUE(copies[i].header_sum_good);
      ASSERT_TRUE(copies[i].udp->checksum_good);
      Bytes expected = sent[i].ip;
      if (version() == IpVersion::k4) {
        expected[8] = copies[i].ip[8];                                     // TTL
        std::copy_n(copies[i].ip.begin() + 10, 2, expected.begin() + 10);  // header checksum
      } else {
        expected[7] = copies[i].ip[7];  // Hop Limit
      }
      ASSERT_EQ(copies[i].ip, expected);
    }
  }
}

TEST_P(Forwarding, F_07_TtlOneEndsHereAndTtlTwoLeavesWithOne) {
  StartDaemon();
  Receiver receiver(bed_.h1(), AnyGroup());
  receiver.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  const Wires wires(bed_);
  StreamOptions options = FromUpstream(AnyGroup(), 1);
  options.ttl = 1;
  Sender short_lived(bed_.up(), options, Sender::Start::kLater);
  short_lived.Send(100);
  options = FromUpstream(AnyGroup(), 2);
  options.ttl = 2;
  Sender just_enough(bed_.up(), options, Sender::Start::kLater);
  just_enough.Send(100);
  ExpectComplete(receiver, SourceNo(2), 100);
  EXPECT_EQ(receiver.Of(SourceNo(2)).ttl_max, 1);
  EXPECT_EQ(receiver.Of(SourceNo(1)).received, 0U);
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 100U);
}

TEST_P(Forwarding, F_02_F_03_A_47_LinkLocalGroupsAreNeitherForwardedNorReported) {
  const AnyAddress local =
      version() == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 77)) : Ipv6("ff02::77");
  const Capture upstream(bed_.up().ns, "up0", Control());
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, Control());
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
  options.source = bed_.h1().Address(version());
  Sender from_downstream(bed_.h1(), options, Sender::Start::kLater);
  from_downstream.Send(200);
  std::this_thread::sleep_for(2 * kReportInterval);
  for (const Capture* wire : {&wires.wan, &wires.lan1, &wires.lan2, &wires.lan3})
    EXPECT_EQ(Wires::Sent(*wire, local), 0U);
  EXPECT_TRUE(GroupOn(local, "lan1").is_null());
  for (const Packet& packet : upstream.Packets(Arrived)) {
    for (const IgmpRecord& record : packet.igmp->records) {
      // The router's own kernel may report what it joined itself (224.0.0.2, ff02::2), never this group.
      EXPECT_NE(record.group, local);
    }
  }
}

TEST_P(Forwarding, TE_25_ASourceThatWasAlreadySendingIsDeliveredAtOnce) {
  StartDaemon();
  const Capture link(bed_.Far("lan1").ns, bed_.Far("lan1").interface, Control());
  Sender sender(bed_.up(), FromUpstream(AnyGroup()));
  std::this_thread::sleep_for(300ms);
  Receiver receiver(bed_.h1(), AnyGroup());
  const Instant asked = Clock::now();
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(SourceNo(1)));
  const auto report = link.WaitFor(Both(Departed, Record(kToEx, AnyGroup())));
  ASSERT_TRUE(report);
  std::this_thread::sleep_for(300ms);
  sender.Stop();
  LetStragglersArrive();
  const StreamCount got = receiver.Of(SourceNo(1));
  const auto after_report = got.first_arrival - report->time;
  std::cout << "join to first packet: " << Millis(got.first_arrival - asked)
            << " ms, report to first packet: " << Millis(after_report) << " ms\n";
  EXPECT_LE(after_report, 100ms) << "usual is below 10 ms";
  ExpectNoGap(receiver, SourceNo(1));
  EXPECT_EQ(got.last, sender.sent() - 1);
}

// TE-36: what TE-18 and TE-19 say of the newest version holds for members of the older one, too.
TEST_P(Forwarding, TE_36_HostsOfTheOlderVersionAreServedAlike) {
  ForceOlder(bed_.h2());
  ForceOlder(bed_.h3());
  StartDaemon();
  Receiver neighbour(bed_.h2(), AnyGroup());
  Receiver member(bed_.h3(), AnyGroup());
  neighbour.Join();
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  EXPECT_EQ(GroupOn(AnyGroup(), "lan2")["host_version"], Newest() - 1);
  const Wires wires(bed_);
  Sender stream(bed_.up(), FromUpstream(AnyGroup()), Sender::Start::kLater);
  stream.Send(300);
  ExpectComplete(neighbour, SourceNo(1), 300);
  ExpectComplete(member, SourceNo(1), 300);
  const AnyAddress here = bed_.h1().Address(version());
  Sender sender(bed_.h1(), {.group = AnyGroup(), .source = here}, Sender::Start::kLater);
  sender.Send(300);
  EXPECT_TRUE(Eventually([&] { return member.Of(here).received == 300; }));
  LetStragglersArrive();
  EXPECT_EQ(Wires::Sent(wires.wan, AnyGroup()), 300U) << "the stream of h1 alone";
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 300U) << "the stream from upstream alone";
  EXPECT_EQ(Wires::Sent(wires.lan2, AnyGroup()), 600U);
  EXPECT_EQ(Wires::Sent(wires.lan3, AnyGroup()), 0U);
}

TEST_P(ForwardingOfIpv4, TF_27_APacketAboveOnePortsMtuStillReachesTheOthers) {
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
  Receiver local(router, AnyGroup());
  local.Join();
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
  std::this_thread::sleep_for(kReportInterval * 3);  // the local socket's own report has been seen
  const Wires wires(bed_);
  StreamOptions options{.group = AnyGroup(), .source = bed_.up().Address(version())};
  Sender sender(bed_.up(), options, Sender::Start::kLater);
  sender.Send(1000);
  ExpectComplete(local, options.source, 1000);
  ExpectComplete(member, options.source, 1000);
  LetStragglersArrive();
  EXPECT_EQ(local.Of(options.source).ttl_max, options.ttl) << "the local copy keeps its TTL";
  EXPECT_EQ(member.Of(options.source).ttl_max, options.ttl - 1);
  EXPECT_EQ(Wires::Sent(wires.lan1, AnyGroup()), 1000U);
}

}  // namespace
}  // namespace bpfcast::test
