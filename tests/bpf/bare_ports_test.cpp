// Ports whose packets have no link-layer header, in both directions and with each other.
#include <gtest/gtest.h>

#include "bpf/far_sender.h"
#include "bpf/listener.h"
#include "bpf/matrix.h"
#include "bpf/tun.h"

namespace bpfcast::bpftest {
namespace {

// U and D2 of the matrix are tun interfaces, D1 is a veth on the hook of the case.
template <class Case>
class BarePorts : public testing::Test {
 protected:
  using F = typename Case::Family;
  using M = Matrix<F>;
  using Frame = FrameOf<F>;

  void SetUp() override {
    lab_.Set(TunPort(kU, "t0", PortRole::kUpstream, {MakeIpv4(198, 51, 100, 2), 24}, V6("2001:db8:f000::2")));
    lab_.Set(lab_.MakePort(kD1, "d1", PortRole::kDownstream, Case::kHook, {MakeIpv4(192, 0, 2, 1), 24}));
    lab_.Set(
        TunPort(kD2, "t2", PortRole::kDownstream, {MakeIpv4(203, 0, 113, 1), 24}, V6("2001:db8:f002::1")));
  }
  const Tun& TunOf(PortId id) const { return id == kU ? t0_ : t2_; }

  static Frame From(const typename F::Address& source, std::size_t payload = 64) {
    Frame frame;
    frame.source = source;
    frame.payload = Bytes(payload, 0x77);
    return frame;
  }
  void Send(PortId arrival, const Frame& frame) {
    if (arrival == kD1) {
      lab_.FarEnd(kD1).Send(frame.Build());
    } else {
      TunOf(arrival).Send(PacketOf(frame.Build()));
    }
  }
  // Exactly one right copy, and not one octet more than the packet has.
  void ExpectAtTun(PortId id, const Frame& frame) {
    const auto got = TunOf(id).Receive();
    ASSERT_TRUE(got) << "port " << static_cast<int>(id);
    EXPECT_EQ(Hex(*got), Hex(PacketOf(Forwarded(frame.Build(), {}))));
    EXPECT_TRUE(TunOf(id).Drain(50).empty());
  }
  void ExpectAtVeth(const Far& far, const Frame& frame) {
    const auto got = far.Receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(Hex(*got), Hex(Forwarded(frame.Build(), lab_.port(kD1).mac)));
    EXPECT_TRUE(far.Drain(50).empty());
  }

  Lab lab_;
  const Tun t0_{"t0"};
  const Tun t2_{"t2"};
  const typename F::Address any_{};
};
TYPED_TEST_SUITE(BarePorts, EveryCase, CaseName);

// Down to a packet that an Ethernet port has to fill up and a bare one must not.
constexpr std::size_t kPayloads[] = {1400, 64, 8, 0};

TYPED_TEST(BarePorts, FromABarePortToAFrameAndToABarePort) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2});
  const Far d1 = this->lab_.FarEnd(kD1);
  std::uint64_t sent = 0;
  for (const std::size_t payload : kPayloads) {
    SCOPED_TRACE(payload);
    const auto frame = this->From(TestFixture::M::OfU(10), payload);
    this->Send(kU, frame);
    this->ExpectAtVeth(d1, frame);
    this->ExpectAtTun(kD2, frame);
    EXPECT_EQ(this->lab_.Counter("forwarded"), ++sent);
  }
  EXPECT_EQ(this->lab_.Verdicts(), sent);
  EXPECT_EQ(this->lab_.PortCounter(kU).received.packets, sent);
  EXPECT_EQ(this->lab_.PortCounter(kD1).transmitted.packets, sent);
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmitted.packets, sent);
  EXPECT_EQ(this->lab_.PortCounter(kD2).transmitted.bytes, this->lab_.PortCounter(kU).received.bytes);
}

TYPED_TEST(BarePorts, FromABareDownstreamToABareUpstreamAndToAFrame) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2});
  const Far d1 = this->lab_.FarEnd(kD1);
  for (const std::size_t payload : kPayloads) {
    SCOPED_TRACE(payload);
    const auto frame = this->From(TestFixture::M::OfD2(10), payload);
    this->Send(kD2, frame);
    this->ExpectAtTun(kU, frame);
    this->ExpectAtVeth(d1, frame);
    EXPECT_FALSE(this->t2_.Receive(20)) << "split horizon";
  }
}

TYPED_TEST(BarePorts, FromAFrameToBarePorts) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2});
  for (const std::size_t payload : kPayloads) {
    SCOPED_TRACE(payload);
    const auto frame = this->From(TestFixture::M::OfD1(10), payload);
    this->Send(kD1, frame);
    this->ExpectAtTun(kU, frame);
    this->ExpectAtTun(kD2, frame);
  }
}

TYPED_TEST(BarePorts, TheOnlyPortOfAListMayBeBare) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD2});
  const auto frame = this->From(TestFixture::M::OfU(10), 8);
  this->Send(kU, frame);
  this->ExpectAtTun(kD2, frame);
}

TYPED_TEST(BarePorts, TF_08_TF_27_ThresholdAndMtuHoldThere) {
  auto port = this->lab_.port(kD1);
  port = TunPort(kD2, "t2", PortRole::kDownstream, {MakeIpv4(203, 0, 113, 3), 24}, V6("2001:db8:f002::1"));
  port.mtu = 1400;
  port.ttl_threshold = 16;
  this->lab_.Set(port);
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2});
  auto frame = this->From(TestFixture::M::OfU(10), 1401 - TestFixture::Frame::kHeader);
  this->Send(kU, frame);
  EXPECT_FALSE(this->t2_.Receive(100));
  EXPECT_EQ(this->lab_.Counter("mtu"), 1U);
  frame = this->From(TestFixture::M::OfU(10));
  frame.ttl = 16;
  this->Send(kU, frame);
  EXPECT_FALSE(this->t2_.Receive(100));
  EXPECT_EQ(this->lab_.Counter("thr"), 1U);
  frame.ttl = 17;
  this->Send(kU, frame);
  this->ExpectAtTun(kD2, frame);
}

TYPED_TEST(BarePorts, TheHeaderIsReadWhereItIs) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2});
  this->Send(kU, this->From(TestFixture::M::OfD1(10)));
  EXPECT_EQ(this->lab_.Counter("rpf"), 1U);
  this->Send(kU, this->From(TestFixture::M::OfD1(1)));
  EXPECT_EQ(this->lab_.Counter("own"), 1U);
  auto late = this->From(TestFixture::M::OfU(10));
  late.ttl = 1;
  this->Send(kU, late);
  EXPECT_EQ(this->lab_.Counter("ttl"), 1U);
  auto other = this->From(TestFixture::M::OfU(10));
  other.group = TestFixture::M::OtherGroup();
  this->Send(kU, other);
  EXPECT_EQ(this->lab_.Counter("noroute"), 1U);
  EXPECT_EQ(this->lab_.Verdicts(), 4U);
  EXPECT_FALSE(this->t2_.Receive(50));
}

TYPED_TEST(BarePorts, TF_34_SocketsOfThisMachineGetThePacketAsItArrived) {
  this->lab_.Route(this->any_, TestFixture::M::Group(), {kD1, kD2}, true);
  Shell("sysctl -qw net.ipv6.conf.t0.disable_ipv6=0");
  const Listener<typename TestFixture::F> listener(TestFixture::M::Group(), "t0");
  auto frame = this->From(TestFixture::M::OfU(10));
  frame.payload = Udp(frame);
  const Far d1 = this->lab_.FarEnd(kD1);
  this->Send(kU, frame);
  this->ExpectAtVeth(d1, frame);
  this->ExpectAtTun(kD2, frame);
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(this->lab_.Counter("forwarded"), 1U);
  this->lab_.Route(this->any_, TestFixture::M::Group(), {}, true);
  this->Send(kU, frame);
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(this->lab_.Counter("local"), 1U);
}

// Extension headers and options lie behind the header.
TEST(BarePortsOptions, TF_04_TF_14_AreReadAtTheirPlace) {
  Lab lab;
  const Tun t0("t0");
  lab.Set(TunPort(kU, "t0", PortRole::kUpstream, {MakeIpv4(198, 51, 100, 2), 24}, V6("2001:db8:f000::2")));
  lab.Set(lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kTc, {MakeIpv4(192, 0, 2, 1), 24}));
  lab.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1});
  lab.Route(Ipv6Address(), Matrix<Mld>::Group(), {kD1});
  Frame alert;
  alert.ihl = 6;
  alert.options = {0x94, 4, 0, 0};
  t0.Send(PacketOf(alert.Build()));
  EXPECT_EQ(lab.Counter("opt"), 1U);
  Frame routed;
  routed.ihl = 7;
  routed.options = {0x83, 7, 4, 10, 0, 0, 1, 0};
  t0.Send(PacketOf(routed.Build()));
  EXPECT_EQ(lab.Counter("srcroute"), 1U);
  Frame6 hop_by_hop;
  hop_by_hop.protocol = 0;
  hop_by_hop.extensions = {17, 0, 1, 4, 0, 0, 0, 0};
  t0.Send(PacketOf(hop_by_hop.Build()));
  EXPECT_EQ(lab.Counter("opt"), 2U);
  Frame6 done = hop_by_hop;
  done.extensions[0] = 58;
  done.payload[0] = 132;
  t0.Send(PacketOf(done.Build()));
  EXPECT_EQ(lab.Counter("ctrl"), 1U);
  EXPECT_EQ(lab.Verdicts(), 4U);
}

// Kernels without TCX.
TEST(BarePortsClsact, ServesTheStackAndOtherPorts) {
  Lab lab(TcAttachment::kFilter);
  const Tun t0("t0");
  lab.Set(TunPort(kU, "t0", PortRole::kUpstream, {MakeIpv4(198, 51, 100, 2), 24}, V6("2001:db8:f000::2")));
  lab.Set(lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kTc, {MakeIpv4(192, 0, 2, 1), 24}));
  lab.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1}, true);
  const Listener<Igmp> listener(Matrix<Igmp>::Group(), "t0");
  const Far d1 = lab.FarEnd(kD1);
  Frame frame;
  frame.payload = Udp(frame);
  t0.Send(PacketOf(frame.Build()));
  const auto copy = d1.Receive();
  ASSERT_TRUE(copy);
  EXPECT_EQ(Hex(*copy), Hex(Forwarded(frame.Build(), lab.port(kD1).mac)));
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
}

// One sum over pseudo header and UDP: 0 when the checksum is right.
template <class F>
std::uint16_t UdpError(const Bytes& packet) {
  constexpr std::size_t kAddresses = F::Address::kBytes == 4 ? 12 : 8;
  constexpr std::size_t kHeader = FrameOf<F>::kHeader;
  Bytes sum(packet.begin() + kHeader, packet.end());
  if (sum.size() % 2 != 0) sum.push_back(0);
  sum.insert(sum.end(), packet.begin() + kAddresses, packet.begin() + kHeader);
  const std::size_t length = packet.size() - kHeader;
  for (const std::size_t octet : {std::size_t{0}, std::size_t{17}, length >> 8, length & 255}) {
    sum.push_back(static_cast<std::uint8_t>(octet));
  }
  return InternetChecksum(sum);
}

// What a sender leaves to its hardware is finished before it leaves here.
template <class Case>
class BareSuperPackets : public testing::Test {};
using TcCases = testing::Types<On<Igmp, Hook::kTc>, On<Mld, Hook::kTc>>;
TYPED_TEST_SUITE(BareSuperPackets, TcCases, CaseName);

TYPED_TEST(BareSuperPackets, LeaveInSegmentsWithTheirChecksums) {
  using F = typename TypeParam::Family;
  Lab lab;
  const Tun t2("t2");
  lab.Set(lab.MakePort(kU, "u", PortRole::kUpstream, Hook::kTc, {MakeIpv4(198, 51, 100, 2), 24}));
  lab.Set(TunPort(kD2, "t2", PortRole::kDownstream, {MakeIpv4(203, 0, 113, 1), 24}, V6("2001:db8:f002::1")));
  FarSender<F>::Prepare();
  Shell("ethtool -K u-far tx on tx-udp-segmentation on >/dev/null");
  lab.Route(typename F::Address(), Matrix<F>::Group(), {kD2});
  SendSuperPacket<F>(1200);
  const auto got = t2.Drain(300);
  ASSERT_EQ(got.size(), 10U);
  for (const Bytes& packet : got) {
    EXPECT_EQ(packet.size(), FrameOf<F>::kHeader + 8 + 1200);
    EXPECT_EQ(packet[FarSender<F>::kTtlAt - kEth], kFarTtl - 1);
    EXPECT_EQ(UdpError<F>(packet), 0U);
  }
  EXPECT_EQ(lab.PortCounter(kD2).transmitted.packets, 10U);
}

}  // namespace
}  // namespace bpfcast::bpftest
