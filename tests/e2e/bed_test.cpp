// The bed itself, without a daemon: what it sends, receives and reads is what the RFCs and Linux say.
#include "fixture.h"

namespace bpfcast::test {
namespace {

using What = Capture::What;

class TheBed : public E2e {};
INSTANTIATE_TEST_SUITE_P(Hook, TheBed, ::testing::Values("tc", "tc-ipv6"), HookName);

TEST_P(TheBed, CarriesAStreamBetweenHostsOfALinkAndCountsItsSourceNumbersAndTtl) {
  const AnyAddress source =
      version() == IpVersion::k4 ? AnyAddress(bed_.h1().address) : Ipv6("2001:db8:1::a");
  const LinkEnd link = bed_.Far("lan1");
  const Capture wire(link.ns, link.interface, What::kUdp);
  Receiver receiver(bed_.h2(), AnyGroup());
  receiver.socket().JoinSource(AnyGroup(), source);
  Sender sender(bed_.h1(), {.group = AnyGroup(), .source = source}, Sender::Start::kLater);
  sender.Send(200);
  ExpectComplete(receiver, source, 200);
  EXPECT_EQ(receiver.Of(source).ttl_min, 16);
  EXPECT_TRUE(Eventually([&] { return wire.Count(DataFor(AnyGroup())) == 200; }));
  for (const Packet& packet : wire.Packets(DataFor(AnyGroup()))) {
    EXPECT_EQ(packet.from, source);
    EXPECT_EQ(packet.ttl, 16);
    EXPECT_EQ(packet.mac_to, GroupMac(AnyGroup()));
    EXPECT_TRUE(packet.udp->checksum_good);
  }
}

TEST_P(TheBed, ReadsWhatALinuxHostReports) {
  const LinkEnd link = bed_.Far("lan1");
  const Capture wire(link.ns, link.interface, Control());
  MulticastSocket socket(bed_.h1(), version());
  socket.JoinSource(SsmGroup(), SourceNo(1));
  const auto report = wire.WaitFor(Record(kAllow, SsmGroup(), {SourceNo(1)}));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->from, bed_.h1().Reporter(version()));
  EXPECT_EQ(report->ttl, 1);
  EXPECT_TRUE(report->router_alert);
  EXPECT_TRUE(report->igmp->checksum_good);
  if (version() == IpVersion::k4) {
    ForceIgmpVersion(bed_.h2(), 2);
  } else {
    ForceMldVersion(bed_.h2(), 1);
  }
  MulticastSocket older(bed_.h2(), version());
  older.Join(AnyGroup());
  const auto older_report = wire.WaitFor([&](const Packet& packet) {
    return packet.igmp && packet.igmp->kind == IgmpKind::kReportV2 && packet.igmp->group == AnyGroup();
  });
  ASSERT_TRUE(older_report);
  EXPECT_TRUE(older_report->igmp->checksum_good);
}

/// V16 and V17, V27 and V28 of conformance A.7, behind the Ethernet header.
TEST_P(TheBed, A_01_A_02_WritesTheFramesOfTheMatrix) {
  const MacAddress mac{2, 0, 0, 0, 0, 1};
  const bool is_igmp = version() == IpVersion::k4;
  const AnyAddress router = is_igmp ? AnyAddress(kLan1) : kLanLinkLocal;
  const AnyAddress all = is_igmp ? AnyAddress(MakeIpv4(224, 0, 0, 1)) : Ipv6("ff02::1");
  const AnyAddress routers = is_igmp ? AnyAddress(MakeIpv4(224, 0, 0, 22)) : Ipv6("ff02::16");
  const Packet query = Decode(
      IgmpFrame(mac, router, all, QueryV3(MaxRespCode(version(), 10s), AnyAddress::Unspecified(version()))));
  const Packet report =
      Decode(IgmpFrame(mac, bed_.h1().Reporter(version()), routers, ReportV3({{kToEx, AnyGroup(), {}}})));
  if (is_igmp) {
    EXPECT_EQ(query.ip, FromHex("46c000240000400001024211c0000201e0000001940400001164ec1e00000000027d0000"));
    EXPECT_EQ(report.ip, FromHex("46c0002800004000010241efc000020ae000001694040000"
                                 "2200e8f90000000104000000ef010203"));
  } else {
    EXPECT_EQ(query.ip,
              FromHex("6000000000240001fe800000000000000000000000000001ff020000000000000000000000000001"
                      "3a00050200000100"
                      "820056962710000000000000000000000000000000000000027d0000"));
    EXPECT_EQ(report.ip,
              FromHex("6000000000240001fe80000000000000000000000000000aff020000000000000000000000000016"
                      "3a00050200000100"
                      "8f005dc10000000104000000ff0e0000000000000000000000001234"));
  }
  EXPECT_EQ(query.igmp->kind, IgmpKind::kQueryV3);
  EXPECT_EQ(query.igmp->qqic, 125);
  EXPECT_TRUE(Record(kToEx, AnyGroup(), {})(report));
}

}  // namespace
}  // namespace bpfcast::test
