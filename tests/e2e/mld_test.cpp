// What the router says in MLD, on the wire.
#include <algorithm>
#include <memory>
#include <vector>

#include "fixture.h"

namespace bpfcast::test {
namespace {

class MldOnTheWire : public E2e {};
INSTANTIATE_TEST_SUITE_P(Hook, MldOnTheWire, ::testing::Values("xdp-ipv6", "tc-ipv6"), HookName);

const Ipv6Address kAllNodes = Ipv6("ff02::1");
const Ipv6Address kAllMldV2Routers = Ipv6("ff02::16");

/// The router's kernel is a host, too, and reports the groups of its own addresses (ff02::1:ffXX:XXXX).
bool SaysTheKernel(const Packet& packet) {
  return packet.igmp->IsReport() &&
         std::all_of(packet.igmp->records.begin(), packet.igmp->records.end(), [](const IgmpRecord& record) {
           return (record.group.bytes()[1] & 0x0f) <= 2 || record.group == Ipv6("ff05::2");
         });
}

TEST_P(MldOnTheWire, TA_49_EveryMldPacketHasHopLimitOneRouterAlertSumsAndAddresses) {
  std::vector<std::unique_ptr<Capture>> wires;
  const std::vector<std::string> ports{"wan0", "lan1", "lan2", "lan3"};
  for (const std::string& port : ports) {
    wires.push_back(std::make_unique<Capture>(bed_.Far(port).ns, bed_.Far(port).interface, Control()));
  }
  StartDaemon({.profile = kTiny});
  MulticastSocket h1(bed_.h1(), version());
  MulticastSocket h3(bed_.h3(), version());
  h1.Join(AnyGroup());
  h1.JoinSource(SsmGroup(), SourceNo(1));
  h3.Join(AnyGroup());
  ASSERT_TRUE(WaitForGroup(SsmGroup(), "lan1"));
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  const Injector router(bed_.up().ns, "up0");
  router.Send(
      IgmpFrame(bed_.up().ns.Mac("up0"), bed_.up().link_local, kAllNodes, QueryV3(200, Ipv6Address())));
  std::this_thread::sleep_for(kTiny.query_interval + 500ms);
  h1.LeaveSource(SsmGroup(), SourceNo(1));
  h1.Leave(AnyGroup());
  ASSERT_TRUE(WaitForNoGroup(SsmGroup(), "lan1"));
  daemon_->Stop();

  for (std::size_t i = 0; i < ports.size(); ++i) {
    std::size_t ours = 0;
    for (const Packet& p : wires[i]->Packets(Arrived)) {
      ASSERT_TRUE(p.igmp);
      if (SaysTheKernel(p)) continue;
      SCOPED_TRACE(ports[i] + ": " + ToText(p));
      ++ours;
      EXPECT_EQ(p.ttl, 1);
      EXPECT_TRUE(p.router_alert);
      EXPECT_TRUE(p.igmp->checksum_good);
      EXPECT_EQ(p.from, ports[i] == "wan0" ? kWanLinkLocal : kLanLinkLocal);
      EXPECT_EQ(p.mac_from, bed_.router().Mac(ports[i]));
      EXPECT_EQ(p.mac_to, GroupMac(p.to));
      EXPECT_EQ(p.igmp->IsQuery(), ports[i] != "wan0") << "queries downstream, reports upstream (D-36)";
      if (p.igmp->IsQuery()) {
        EXPECT_EQ(p.to, p.igmp->group.IsUnspecified() ? AnyAddress(kAllNodes) : p.igmp->group);
        EXPECT_EQ(p.igmp->kind, IgmpKind::kQueryV3);
        EXPECT_EQ(p.igmp->qrv, 2);
        EXPECT_EQ(p.igmp->qqic, 1);
      } else {
        EXPECT_EQ(p.to, kAllMldV2Routers);
        EXPECT_EQ(p.igmp->kind, IgmpKind::kReportV3);
      }
    }
    EXPECT_GE(ours, 3U) << ports[i];
  }
  // The answer to the query upstream, beside the reports of what changed.
  EXPECT_GE(wires[0]->Count(Both(Arrived, Record(kIsEx, AnyGroup(), {}))), 1U);
  EXPECT_GE(wires[0]->Count(Both(Arrived, Record(kAllow, SsmGroup(), {SourceNo(1)}))), 1U);
  EXPECT_GE(wires[0]->Count(Both(Arrived, Record(kBlock, SsmGroup(), {SourceNo(1)}))), 1U);
}

TEST_P(MldOnTheWire, A_06_AReportWithoutRouterAlertIsCountedAndIgnored) {
  StartDaemon();
  Bytes frame = IgmpFrame(bed_.h3().ns.Mac("eth0"), bed_.h3().link_local, kAllMldV2Routers,
                          ReportV3({{kToEx, AnyGroup(), {}}}));
  // Ethernet 14, IPv6 40: the Hop-by-Hop header goes, ICMPv6 follows at once.
  frame.erase(frame.begin() + 54, frame.begin() + 62);
  frame[14 + 5] = static_cast<std::uint8_t>(frame[14 + 5] - 8);  // Payload Length
  frame[14 + 6] = 58;
  const Injector host(bed_.h3().ns, "eth0");
  host.Send(frame);
  EXPECT_TRUE(Eventually([&] { return FamilyOf("lan2")["drops"]["RA"] == 1; })) << FamilyOf("lan2").dump(1);
  EXPECT_TRUE(GroupOn(AnyGroup(), "lan2").is_null());
}

TEST_P(MldOnTheWire, E_09_ALeaveOfALocalSocketUpstreamDoesNotEndWhatADownstreamWants) {
  const Capture upstream(bed_.up().ns, "up0", Control());
  StartDaemon();
  Receiver member(bed_.h1(), AnyGroup());
  member.Join();
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {}))));
  const Host router{bed_.router(), "wan0", kWan, kWanLinkLocal, Ipv6("2001:db8:100::2")};
  Instant left;
  {
    MulticastSocket local(router, version());
    local.Join(AnyGroup());
    ASSERT_TRUE(Eventually([&] { return daemon_->Call("flows").is_array(); }));
    std::this_thread::sleep_for(1500ms);  // seen by the daemon; the kernel has repeated its report
    left = Clock::now();
  }
  const auto leave = upstream.WaitFor(Both(Arrived, Record(kToIn, AnyGroup(), {})), 5s, left);
  ASSERT_TRUE(leave) << "the kernel says that its socket left";
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, AnyGroup(), {})), 2s, leave->time))
      << "and the router that the group is wanted still";
}

}  // namespace
}  // namespace bpfcast::test
