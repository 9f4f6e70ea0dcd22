// Packets over real links: a frame goes in at the far end of one port, and what comes out at the others is
// compared.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "bpf/links.h"
#include "bpf/listener.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

template <class Case>
class Forwarding : public OnLinks<Case> {
 protected:
  static constexpr std::size_t kPacket = OnLinks<Case>::Frame::kHeader + 64;  // octets of the default one
};
TYPED_TEST_SUITE(Forwarding, EveryCase, CaseName);

TYPED_TEST(Forwarding, OnePortGetsTheRewrittenFrame) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  this->Expect(this->Stream().Build(), kU, {kD1});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kU).received.packets, 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.bytes, this->kPacket);
  const auto routes = this->lab_.datapath().CountersOfRoutes(typename TestFixture::F());
  ASSERT_EQ(routes->size(), 1U);
  EXPECT_EQ(routes->at(0).forwarded.packets, 1U);
  EXPECT_EQ(routes->at(0).forwarded.bytes, this->kPacket);
}

TYPED_TEST(Forwarding, EveryPortOfTheListGetsOneCopy) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2, kD3});
  this->Expect(this->Stream().Build(), kU, {kD1, kD2, kD3});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  for (const PortId id : {kD1, kD2, kD3}) EXPECT_EQ(this->lab_.PortCounter(id).transmitted.packets, 1U);
}

TYPED_TEST(Forwarding, TF_13_NothingGoesBackToTheArrivalInterface) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.source = TestFixture::M::OfD1(10);
  this->Expect(frame.Build(), kD1, {kD2, kU});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, 0U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), 0U);
}

TYPED_TEST(Forwarding, TF_13_AListOfTheArrivalInterfaceAloneIsEmpty) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  this->lab_.datapath().RemovePort(kU);
  auto frame = this->Stream();
  frame.source = TestFixture::M::OfD1(10);
  this->Expect(frame.Build(), kD1, {});
  EXPECT_EQ(this->lab_.Counter("nooif"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 1U);
}

TYPED_TEST(Forwarding, E_32_UnknownGroupsGoUpstreamAndNowhereElse) {
  auto frame = this->Stream();
  frame.source = TestFixture::M::OfD1(10);
  this->Expect(frame.Build(), kD1, {kU});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
}

TYPED_TEST(Forwarding, TF_08_EachPortHasItsTtlThreshold) {
  this->lab_.port(kD1).ttl_threshold = 16;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.ttl = 16;
  this->Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), 1U);
  frame.ttl = 17;
  this->Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
}

TYPED_TEST(Forwarding, TF_08_TheThresholdHoldsForTheOnlyPortOfAList) {
  this->lab_.port(kD1).ttl_threshold = 16;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1});
  auto frame = this->Stream();
  frame.ttl = 16;
  this->Expect(frame.Build(), kU, {});
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, 0U);
  frame.ttl = 17;
  this->Expect(frame.Build(), kU, {kD1});
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
}

TYPED_TEST(Forwarding, TF_08_AThresholdOf255IsNeverReached) {
  this->lab_.port(kD1).ttl_threshold = 255;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.ttl = 255;
  this->Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
}

TYPED_TEST(Forwarding, TF_36_EachPortHasItsFilter) {
  // D1 wants source 1 alone, D2 all but 1, D3 all.
  const auto one = TestFixture::M::Far(1);
  const auto two = TestFixture::M::Far(2);
  this->lab_.Route(this->any_, this->group_, {kD2, kD3});
  this->lab_.Route(one, this->group_, {kD1, kD3});
  auto frame = this->Stream();
  frame.source = one;
  this->Expect(frame.Build(), kU, {kD1, kD3});
  frame.source = two;
  this->Expect(frame.Build(), kU, {kD2, kD3});
}

TYPED_TEST(Forwarding, APortThatXdpCannotSendToIsServedByTcWithTheOthers) {
  this->lab_.port(kD2).xdp_target = false;
  this->lab_.Set(this->lab_.port(kD2));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2, kD3});
  this->Expect(this->Stream().Build(), kU, {kD1, kD2, kD3});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kU).received.packets, 1U);
}

TYPED_TEST(Forwarding, TF_27_TooLongForOnePortIsNotTooLongForTheOthers) {
  Shell("ip link set d1 mtu 1400");
  this->lab_.port(kD1).mtu = 1400;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.payload = Bytes(1500 - frame.kHeader, 0x42);
  this->Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(this->lab_.Counter("mtu"), 1U);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), 1U);
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  frame.payload = Bytes(1400 - frame.kHeader, 0x42);
  this->Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(this->lab_.Counter("mtu"), 1U);
}

// F-41: no router of ours fragments. What is too long for a port is dropped for it and counted, DF or not.
template <class Case>
class Fragmenting : public OnLinks<Case> {};
using Ipv4Cases = testing::Types<On<Igmp, Hook::kXdp>, On<Igmp, Hook::kTc>>;
TYPED_TEST_SUITE(Fragmenting, Ipv4Cases, CaseName);

TYPED_TEST(Fragmenting, TF_28_TooLongForOnePortIsDroppedForItWithoutDfToo) {
  Shell("ip link set d1 mtu 1400");
  this->lab_.port(kD1).mtu = 1400;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.payload = Bytes(1500 - frame.kHeader, 0x42);
  std::uint64_t dropped = 0;
  for (const int fragment : {0x0000, 0x2000, 0x00b9}) {  // whole, and a first and a last fragment
    frame.fragment = static_cast<std::uint16_t>(fragment);
    this->Expect(frame.Build(), kU, {kD2});
    EXPECT_EQ(this->lab_.Counter("mtu"), ++dropped);
    EXPECT_EQ(this->lab_.PortCounter(kD1).transmit_dropped(), dropped);
    EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, 0U);
  }
  EXPECT_EQ(this->lab_.Counter("forwarded"), dropped);
}

TYPED_TEST(Forwarding, ADeadPortCostsTheOthersNothing) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2, kD3});
  Shell("ip link set d2 down");
  this->Expect(this->Stream().Build(), kU, {kD1, kD3});
}

// Once the agent said so nothing is addressed to it, so that no copy is lost without a count.
TYPED_TEST(Forwarding, APortThatIsDownIsInNoList) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  const auto other = TestFixture::M::OtherGroup();
  this->lab_.Route(this->any_, other, {kD2});
  Shell("ip link set d2 down");
  this->lab_.port(kD2).up = false;
  this->lab_.Set(this->lab_.port(kD2));
  this->Expect(this->Stream().Build(), kU, {kD1});
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmitted.packets, 0U);
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmit_dropped(), 0U);
  auto frame = this->Stream();
  frame.group = other;
  frame.to = MulticastMac(other);
  this->Expect(frame.Build(), kU, {});
  EXPECT_EQ(this->lab_.Counter("nooif"), 1U);
  Shell("ip link set d2 up");
  this->lab_.port(kD2).up = true;
  this->lab_.Set(this->lab_.port(kD2));
  this->Expect(this->Stream().Build(), kU, {kD1, kD2});
  this->Expect(frame.Build(), kU, {kD2});
}

// A port that comes back as another interface, with another subnet: nothing of the first one is left.
TYPED_TEST(Forwarding, TF_43_APortThatComesBackAsAnotherInterfaceLeavesNothingOfTheFirst) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  const DatapathPort first = this->lab_.port(kD1);
  auto old_source = this->Stream();
  old_source.source = TestFixture::M::OfD1(10);
  this->Expect(old_source.Build(), kU, {});
  EXPECT_EQ(this->lab_.Counter("rpf"), 1U);
  this->lab_.datapath().RemovePort(kD1);
  DatapathPort second =
      this->lab_.MakePort(kD1, "e1", PortRole::kDownstream, this->kHook, {MakeIpv4(10, 44, 0, 1), 24});
  second.ipv6.own_addresses = {V6("2001:db8:44::1")};
  second.ipv6.subnets = {{V6("2001:db8:44::"), 64}};
  this->lab_.Set(second);
  const Far again = this->lab_.FarEnd(kD1);
  this->Expect(old_source.Build(), kU, {kD2});  // by the ends of the first interfaces: d1's gets nothing
  const auto copy = again.Receive();
  ASSERT_TRUE(copy);
  EXPECT_EQ(Hex(*copy), Hex(Forwarded(old_source.Build(), this->lab_.port(kD1).mac)));
  EXPECT_EQ(RunPort(this->lab_, this->kHook, old_source.Build(), first.ifindex).fate, Fate::kPass);
  EXPECT_EQ(this->lab_.Counter("iif"), 1U);
  auto own = this->Stream();
  own.source = TestFixture::M::OfD1(1);
  this->Expect(own.Build(), kU, {kD2});
  again.Send(old_source.Build());
  EXPECT_TRUE(this->End(kD2).Drain().empty());
  EXPECT_EQ(this->lab_.Counter("rpf"), 2U);
}

// A renamed interface: its new name may come before the old one goes.
TYPED_TEST(Forwarding, TF_43_AnInterfaceThatBecomesAnotherPortServesThatOne) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  DatapathPort renamed = this->lab_.port(kD1);
  renamed.id = PortId{9};
  this->lab_.Set(renamed);
  this->lab_.datapath().RemovePort(kD1);
  this->Expect(this->Stream().Build(), kU, {kD2});
  this->lab_.Route(this->any_, this->group_, {PortId{9}, kD2});
  this->Expect(this->Stream().Build(), kU, {kD1, kD2});  // at the far end of the same interface
  auto frame = this->Stream();
  frame.source = TestFixture::M::OfD1(10);
  this->Expect(frame.Build(), kD1, {kD2, kU});
  EXPECT_EQ(this->lab_.PortCounter(PortId{9}).received.packets, 1U);
}

TYPED_TEST(Forwarding, TF_43_APortThatGoesAndComesIsServedAgain) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  Shell("ip link del d2");
  this->Expect(this->Stream().Build(), kU, {kD1});  // before the agent heard of it
  this->lab_.datapath().RemovePort(kD2);
  this->Expect(this->Stream().Build(), kU, {kD1});
  this->lab_.Set(
      this->lab_.MakePort(kD2, "d2", PortRole::kDownstream, this->kHook, {MakeIpv4(203, 0, 113, 1), 24}));
  this->End(kU).Send(this->Stream().Build());
  const Far again = this->lab_.FarEnd(kD2);
  this->End(kD1).Drain();
  this->End(kU).Send(this->Stream().Build());
  EXPECT_TRUE(again.Receive());
  EXPECT_TRUE(this->End(kD1).Receive());
}

TYPED_TEST(Forwarding, TF_23_TagsAreNeverReplicated) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.tags = {0x81, 0, 0, 100};
  this->Expect(frame.Build(), kU, {});
  EXPECT_EQ(this->lab_.Counter("vlan"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 1U);
  frame.tags = {0x81, 0, 0xe0, 0};  // priority 7, VID 0: as good as untagged
  this->End(kU).Send(frame.Build());
  frame.tags = {};
  for (const PortId id : {kD1, kD2}) {
    const auto got = this->End(id).Receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(Hex(*got), Hex(Forwarded(frame.Build(), this->lab_.port(id).mac)));
  }
}

TYPED_TEST(Forwarding, TF_26_NoOctetOfATrailerLeaves) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  frame.payload = Bytes(18, 0x11);
  frame.trailer = Bytes(28, 0xee);
  this->Expect(frame.Build(), kU, {kD1, kD2});
}

TYPED_TEST(Forwarding, TF_34_SocketsOfThisMachineGetThePacketAsItArrived) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2}, true);
  Shell("sysctl -qw net.ipv6.conf.u.disable_ipv6=0");
  const Listener<typename TestFixture::F> listener(this->group_, "u");
  auto frame = this->Stream();
  frame.payload = Udp(frame);
  this->Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 1U);
  // And when nobody else wants it.
  this->lab_.Route(this->any_, this->group_, {}, true);
  this->Expect(frame.Build(), kU, {});
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(this->lab_.Counter("local"), 1U);
}

TEST(LargeLists, SixtyFourPortsGetOneRightCopyEach) {
  for (const Hook hook : {Hook::kXdp, Hook::kTc}) {
    SCOPED_TRACE(hook == Hook::kXdp ? "XDP" : "TC");
    Lab lab;
    lab.Set(lab.MakePort(kU, "u", PortRole::kUpstream, hook, {MakeIpv4(198, 51, 100, 2), 24}));
    PortSet set;
    std::vector<Far> ends;
    for (std::uint8_t i = 1; i <= 64; ++i) {
      const PortId id{i};
      std::string name = std::to_string(i);
      name.insert(name.begin(), 'd');
      lab.Set(lab.MakePort(id, name, PortRole::kDownstream, hook, {MakeIpv4(10, 1, i, 1), 24}));
      set.Add(id);
      ends.push_back(lab.FarEnd(id));
    }
    lab.Route(Ipv4Address(), V4("239.1.2.3"), set);
    const Far up = lab.FarEnd(kU);
    constexpr std::size_t kPackets = 20;
    for (std::size_t i = 0; i < kPackets; ++i) up.Send(Frame{}.Build());
    for (std::uint8_t i = 1; i <= 64; ++i) {
      const std::vector<Bytes> got = ends[i - 1U].Drain(i == 1 ? 500 : 20);
      ASSERT_EQ(got.size(), kPackets) << "d" << int{i};
      EXPECT_EQ(Hex(got[0]), Hex(Forwarded(Frame{}.Build(), lab.port(PortId{i}).mac)));
      EXPECT_EQ(lab.PortCounter(PortId{i}).transmitted.packets, kPackets);
    }
    EXPECT_EQ(lab.Counter("forwarded"), kPackets);
  }
}

}  // namespace
}  // namespace bpfcast::bpftest
