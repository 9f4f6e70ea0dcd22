// P4, the engineer of a broadcast plant or a hotel: many flows, each receiver with sources of its own, and
// nothing lost on the way.
#include <set>

#include "home.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;
using What = Capture::What;

class PersonaP4 : public AtHome {
 protected:
  /// What was asked for upstream so far, as sets of sources of the records of that type.
  static std::set<AnyAddress> SourcesOf(const Capture& upstream, std::uint8_t type,
                                        const Ipv4Address& group) {
    std::set<AnyAddress> sources;
    for (const Packet& packet : upstream.Packets(Arrived)) {
      if (!packet.igmp) continue;
      for (const IgmpRecord& record : packet.igmp->records) {
        if (record.type == type && record.group == group)
          sources.insert(record.sources.begin(), record.sources.end());
      }
    }
    return sources;
  }
  void SendBoth(const Ipv4Address& group, std::uint64_t count) const {
    Sender one(home_.Isp(), {.group = group, .source = kTvSource}, Sender::Start::kLater);
    Sender two(home_.Isp(), {.group = group, .source = kTvSource2}, Sender::Start::kLater);
    one.Send(count);
    two.Send(count);
  }
};

TEST_F(PersonaP4, Step1_EachReceiverGetsItsOwnSourceAndTheUpstreamIsAskedForBothExactly) {
  const Capture upstream(home_.Isp().ns, "head", What::kIgmp);
  Start(kQuickTvConf);
  Receiver first(home_.Box(1), kSsm);
  Receiver second(home_.Box(2), kSsm);
  first.socket().JoinSource(kSsm, kTvSource);
  second.socket().JoinSource(kSsm, kTvSource2);
  const std::set<AnyAddress> both{kTvSource, kTvSource2};
  ASSERT_TRUE(Eventually([&] { return SourcesOf(upstream, kAllow, kSsm) == both; }));
  SendBoth(kSsm, 200);
  ExpectComplete(first, kTvSource, 200);
  ExpectComplete(second, kTvSource2, 200);
  EXPECT_EQ(first.Of(kTvSource2).received, 0U);
  EXPECT_EQ(second.Of(kTvSource).received, 0U);
  {
    const IspQuerier querier(home_, 10s);
    EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kIsIn, kSsm, {kTvSource, kTvSource2}))))
        << "one answer names both";
  }
  for (const Packet& packet : upstream.Packets(Arrived)) {
    EXPECT_EQ(packet.igmp->kind, IgmpKind::kReportV3) << ToText(packet);
  }
  EXPECT_THAT(SourcesOf(upstream, kBlock, kSsm), IsEmpty());
  first.socket().LeaveSource(kSsm, kTvSource);
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kBlock, kSsm, {kTvSource}))));
}

// A group of the source-specific range has no members of all sources (RFC 4604), so this is another one.
TEST_F(PersonaP4, Step2_AMemberOfAllSourcesBesideMembersOfOneOpensTheGroupAndLeavesItAsItWas) {
  const Ipv4Address group = Channel(20);
  const Capture upstream(home_.Isp().ns, "head", What::kIgmp);
  Start(kQuickTvConf);
  Receiver first(home_.Box(1), group);
  Receiver second(home_.Box(2), group);
  first.socket().JoinSource(group, kTvSource);
  second.socket().JoinSource(group, kTvSource2);
  ASSERT_TRUE(Eventually([&] { return SourcesOf(upstream, kAllow, group).size() == 2; }));
  Receiver all(home_.Box(1), group);
  all.Join();
  ASSERT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, group, {}))));
  SendBoth(group, 100);
  ExpectComplete(all, kTvSource, 100);
  ExpectComplete(all, kTvSource2, 100);
  ExpectComplete(first, kTvSource, 100);
  EXPECT_EQ(first.Of(kTvSource2).received, 0U);
  all.Leave();
  EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToIn, group, {kTvSource, kTvSource2}))));
}

TEST_F(PersonaP4, Step3_FiveHundredGroupsOfOneHostAreServedAndReportedInFewPackets) {
  constexpr int kGroups = 500;
  const auto group = [](int n) {
    return MakeIpv4(239, 5, static_cast<std::uint8_t>(n / 250), static_cast<std::uint8_t>(1 + n % 250));
  };
  home_.Box(1).ns.Sysctl("ipv4/igmp_max_memberships", "1000");  // of its one socket
  const Capture upstream(home_.Isp().ns, "head", What::kIgmp);
  Start(kTvConf);
  MulticastSocket member(home_.Box(1));
  const Instant start = Clock::now();
  for (int n = 0; n < kGroups; ++n) member.Join(group(n));
  EXPECT_LE(Clock::now() - start, 10s);
  EXPECT_TRUE(Eventually([&] { return Ask("groups").size() == kGroups; }, 10s)) << Ask("groups").size();
  std::set<AnyAddress> told;
  std::size_t packets = 0;
  const auto count = [&] {
    told.clear();
    packets = 0;
    for (const Packet& packet : upstream.Packets(Arrived)) {
      ++packets;
      EXPECT_LE(packet.ip.size(), 1500U);
      for (const IgmpRecord& record : packet.igmp->records) {
        if (record.type == kToEx) told.insert(record.group);
      }
    }
    return told.size() == kGroups;
  };
  EXPECT_TRUE(Eventually(count, 10s)) << told.size();
  std::printf("%zu groups told upstream in %zu packets\n", told.size(), packets);
  EXPECT_LE(packets, 100U) << "one for each group and repetition would be 1000";
  Sender(home_.Isp(), Tv(group(0)), Sender::Start::kLater).Send(10);
  Sender(home_.Isp(), Tv(group(kGroups - 1)), Sender::Start::kLater).Send(10);
  EXPECT_TRUE(Eventually([&] {
    std::size_t flowing = 0;
    for (const auto& flow : Ask("flows")) {
      if (flow["packets"] == 10) ++flowing;
    }
    return flowing == 2;
  })) << Ask("flows").dump(1);
}

TEST_F(PersonaP4, Step5_WithoutHostsOfVersion2NoQueryOfVersion2IsEverSent) {
  const Capture link(home_.Box(1).ns, "eth0", What::kIgmp);
  Start(kQuickTvConf);
  Receiver receiver(home_.Box(1), Channel(10));
  receiver.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  Receiver specific(home_.Box(1), kSsm);
  specific.socket().JoinSource(kSsm, kTvSource);
  ASSERT_TRUE(WaitForMembers(kSsm));
  const auto general = QueryFor(AnyAddress::Unspecified(IpVersion::k4));
  EXPECT_TRUE(Eventually([&] { return link.Count(Both(Arrived, general)) >= 4; }, 10s));
  specific.socket().LeaveSource(kSsm, kTvSource);
  receiver.Leave();
  ASSERT_TRUE(daemon_->WaitForNoGroup(Channel(10), "br-lan"));
  for (const Packet& packet : link.Packets(Arrived)) {
    if (packet.igmp && packet.igmp->IsQuery()) {
      EXPECT_EQ(packet.igmp->kind, IgmpKind::kQueryV3) << ToText(packet);
    }
  }
}

}  // namespace
}  // namespace bpfcast::test
