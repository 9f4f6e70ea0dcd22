// Packets over real links: a frame goes in at the far end of one port, and what comes out at the others is
// compared.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "bpf/lab.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);

class Forwarding : public testing::TestWithParam<Hook> {
 protected:
  void SetUp() override {
    lab_.MakeBed(GetParam());
    for (const PortId id : {kU, kD1, kD2, kD3}) ends_.push_back(lab_.FarEnd(id));
  }
  const Far& End(PortId id) const { return ends_[static_cast<std::size_t>(id)]; }

  // Sends it to `arrival`, and expects exactly one right copy at each of `egress` and none at the other
  // ports.
  void Expect(const Bytes& frame, PortId arrival, const std::set<PortId>& egress) {
    End(arrival).Send(frame);
    for (const PortId id : {kU, kD1, kD2, kD3}) {
      std::vector<Bytes> got;
      if (egress.contains(id)) {
        const auto first = End(id).Receive();
        ASSERT_TRUE(first) << "port " << static_cast<int>(id);
        got.push_back(*first);
      }
      for (Bytes& more : End(id).Drain(60)) got.push_back(std::move(more));
      ASSERT_EQ(got.size(), egress.count(id)) << "port " << static_cast<int>(id);
      for (const Bytes& copy : got) EXPECT_EQ(Hex(copy), Hex(Forwarded(frame, lab_.port(id).mac)));
    }
  }

  Lab lab_;
  std::vector<Far> ends_;
};

TEST_P(Forwarding, OnePortGetsTheRewrittenFrame) {
  lab_.Route(kAny, kGroup, {kD1});
  Expect(Frame{}.Build(), kU, {kD1});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(lab_.Verdicts(), 1U);
  EXPECT_EQ(lab_.PortCounter(kU).received.packets, 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmitted.packets, 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmitted.bytes, 84U);
  const auto routes = lab_.datapath().CountersOfRoutes(Igmp());
  ASSERT_EQ(routes->size(), 1U);
  EXPECT_EQ(routes->at(0).forwarded.packets, 1U);
  EXPECT_EQ(routes->at(0).forwarded.bytes, 84U);
}

TEST_P(Forwarding, EveryPortOfTheListGetsOneCopy) {
  lab_.Route(kAny, kGroup, {kD1, kD2, kD3});
  Expect(Frame{}.Build(), kU, {kD1, kD2, kD3});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  for (const PortId id : {kD1, kD2, kD3}) EXPECT_EQ(lab_.PortCounter(id).transmitted.packets, 1U);
}

TEST_P(Forwarding, TF_13_NothingGoesBackToTheArrivalInterface) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.source = MakeIpv4(192, 0, 2, 10);
  Expect(frame.Build(), kD1, {kD2, kU});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmitted.packets, 0U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmit_dropped, 0U);
}

TEST_P(Forwarding, TF_13_AListOfTheArrivalInterfaceAloneIsEmpty) {
  lab_.Route(kAny, kGroup, {kD1});
  lab_.datapath().RemovePort(kU);
  Frame frame;
  frame.source = MakeIpv4(192, 0, 2, 10);
  Expect(frame.Build(), kD1, {});
  EXPECT_EQ(lab_.Counter("nooif"), 1U);
  EXPECT_EQ(lab_.Verdicts(), 1U);
}

TEST_P(Forwarding, E_32_UnknownGroupsGoUpstreamAndNowhereElse) {
  Frame frame;
  frame.source = MakeIpv4(192, 0, 2, 10);
  Expect(frame.Build(), kD1, {kU});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
}

TEST_P(Forwarding, TF_08_EachPortHasItsTtlThreshold) {
  lab_.port(kD1).ttl_threshold = 16;
  lab_.Set(lab_.port(kD1));
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.ttl = 16;
  Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(lab_.Counter("thr"), 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmit_dropped, 1U);
  frame.ttl = 17;
  Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(lab_.Counter("thr"), 1U);
}

TEST_P(Forwarding, TF_08_TheThresholdHoldsForTheOnlyPortOfAList) {
  lab_.port(kD1).ttl_threshold = 16;
  lab_.Set(lab_.port(kD1));
  lab_.Route(kAny, kGroup, {kD1});
  Frame frame;
  frame.ttl = 16;
  Expect(frame.Build(), kU, {});
  EXPECT_EQ(lab_.Counter("thr"), 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmit_dropped, 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmitted.packets, 0U);
  frame.ttl = 17;
  Expect(frame.Build(), kU, {kD1});
  EXPECT_EQ(lab_.Counter("thr"), 1U);
}

TEST_P(Forwarding, TF_08_AThresholdOf255IsNeverReached) {
  lab_.port(kD1).ttl_threshold = 255;
  lab_.Set(lab_.port(kD1));
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.ttl = 255;
  Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(lab_.Counter("thr"), 1U);
}

TEST_P(Forwarding, TF_36_EachPortHasItsFilter) {
  // G = 239.1.2.3: D1 wants source 1 alone, D2 all but 1, D3 all.
  const Ipv4Address one = MakeIpv4(10, 0, 0, 1);
  const Ipv4Address two = MakeIpv4(10, 0, 0, 2);
  lab_.Route(kAny, kGroup, {kD2, kD3});
  lab_.Route(one, kGroup, {kD1, kD3});
  Frame frame;
  frame.source = one;
  Expect(frame.Build(), kU, {kD1, kD3});
  frame.source = two;
  Expect(frame.Build(), kU, {kD2, kD3});
}

TEST_P(Forwarding, APortThatXdpCannotSendToIsServedByTcWithTheOthers) {
  lab_.port(kD2).xdp_target = false;
  lab_.Set(lab_.port(kD2));
  lab_.Route(kAny, kGroup, {kD1, kD2, kD3});
  Expect(Frame{}.Build(), kU, {kD1, kD2, kD3});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(lab_.Verdicts(), 1U);
  EXPECT_EQ(lab_.PortCounter(kU).received.packets, 1U);
}

TEST_P(Forwarding, TF_27_TooLongForOnePortIsNotTooLongForTheOthers) {
  Shell("ip link set d1 mtu 1400");
  lab_.port(kD1).mtu = 1400;
  lab_.Set(lab_.port(kD1));
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.payload = Bytes(1480, 0x42);
  Expect(frame.Build(), kU, {kD2});
  EXPECT_EQ(lab_.Counter("mtu"), 1U);
  EXPECT_EQ(lab_.PortCounter(kD1).transmit_dropped, 1U);
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  frame.payload = Bytes(1380, 0x42);
  Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(lab_.Counter("mtu"), 1U);
}

TEST_P(Forwarding, ADeadPortCostsTheOthersNothing) {
  lab_.Route(kAny, kGroup, {kD1, kD2, kD3});
  Shell("ip link set d2 down");
  Expect(Frame{}.Build(), kU, {kD1, kD3});
}

// Once the agent said so nothing is addressed to it, so that no copy is lost without a count.
TEST_P(Forwarding, APortThatIsDownIsInNoList) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  const Ipv4Address other = MakeIpv4(239, 7, 7, 7);
  lab_.Route(kAny, other, {kD2});
  Shell("ip link set d2 down");
  lab_.port(kD2).up = false;
  lab_.Set(lab_.port(kD2));
  Expect(Frame{}.Build(), kU, {kD1});
  EXPECT_EQ(lab_.PortCounter(kD2).transmitted.packets, 0U);
  EXPECT_EQ(lab_.PortCounter(kD2).transmit_dropped, 0U);
  Frame frame;
  frame.group = other;
  frame.to = MulticastMac(other);
  Expect(frame.Build(), kU, {});
  EXPECT_EQ(lab_.Counter("nooif"), 1U);
  Shell("ip link set d2 up");
  lab_.port(kD2).up = true;
  lab_.Set(lab_.port(kD2));
  Expect(Frame{}.Build(), kU, {kD1, kD2});
  Expect(frame.Build(), kU, {kD2});
}

// A port that comes back as another interface, with another subnet: nothing of the first one is left.
TEST_P(Forwarding, TF_43_APortThatComesBackAsAnotherInterfaceLeavesNothingOfTheFirst) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  const DatapathPort first = lab_.port(kD1);
  Frame old_source;
  old_source.source = MakeIpv4(192, 0, 2, 10);
  Expect(old_source.Build(), kU, {});
  EXPECT_EQ(lab_.Counter("rpf"), 1U);
  lab_.datapath().RemovePort(kD1);
  lab_.Set(lab_.MakePort(kD1, "e1", PortRole::kDownstream, GetParam(), {MakeIpv4(10, 44, 0, 1), 24}));
  const Far again = lab_.FarEnd(kD1);
  Expect(old_source.Build(), kU, {kD2});  // by the ends of the first interfaces: d1's gets nothing
  const auto copy = again.Receive();
  ASSERT_TRUE(copy);
  EXPECT_EQ(Hex(*copy), Hex(Forwarded(old_source.Build(), lab_.port(kD1).mac)));
  EXPECT_EQ(RunPort(lab_, GetParam(), old_source.Build(), first.ifindex).fate, Fate::kPass);
  EXPECT_EQ(lab_.Counter("iif"), 1U);
  Frame own;
  own.source = first.own_addresses[0];
  Expect(own.Build(), kU, {kD2});
  again.Send(old_source.Build());
  EXPECT_TRUE(End(kD2).Drain().empty());
  EXPECT_EQ(lab_.Counter("rpf"), 2U);
}

// A renamed interface: its new name may come before the old one goes.
TEST_P(Forwarding, TF_43_AnInterfaceThatBecomesAnotherPortServesThatOne) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  DatapathPort renamed = lab_.port(kD1);
  renamed.id = PortId{9};
  lab_.Set(renamed);
  lab_.datapath().RemovePort(kD1);
  Expect(Frame{}.Build(), kU, {kD2});
  lab_.Route(kAny, kGroup, {PortId{9}, kD2});
  Expect(Frame{}.Build(), kU, {kD1, kD2});  // at the far end of the same interface
  Frame frame;
  frame.source = MakeIpv4(192, 0, 2, 10);
  Expect(frame.Build(), kD1, {kD2, kU});
  EXPECT_EQ(lab_.PortCounter(PortId{9}).received.packets, 1U);
}

TEST_P(Forwarding, TF_43_APortThatGoesAndComesIsServedAgain) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Shell("ip link del d2");
  Expect(Frame{}.Build(), kU, {kD1});  // before the agent heard of it
  lab_.datapath().RemovePort(kD2);
  Expect(Frame{}.Build(), kU, {kD1});
  lab_.Set(lab_.MakePort(kD2, "d2", PortRole::kDownstream, GetParam(), {MakeIpv4(203, 0, 113, 1), 24}));
  End(kU).Send(Frame{}.Build());
  const Far again = lab_.FarEnd(kD2);
  End(kD1).Drain();
  End(kU).Send(Frame{}.Build());
  EXPECT_TRUE(again.Receive());
  EXPECT_TRUE(End(kD1).Receive());
}

TEST_P(Forwarding, TF_23_TagsAreNeverReplicated) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.tags = {0x81, 0, 0, 100};
  Expect(frame.Build(), kU, {});
  EXPECT_EQ(lab_.Counter("vlan"), 1U);
  EXPECT_EQ(lab_.Verdicts(), 1U);
  frame.tags = {0x81, 0, 0xe0, 0};  // priority 7, VID 0: as good as untagged
  End(kU).Send(frame.Build());
  frame.tags = {};
  for (const PortId id : {kD1, kD2}) {
    const auto got = End(id).Receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(Hex(*got), Hex(Forwarded(frame.Build(), lab_.port(id).mac)));
  }
}

TEST_P(Forwarding, TF_26_NoOctetOfATrailerLeaves) {
  lab_.Route(kAny, kGroup, {kD1, kD2});
  Frame frame;
  frame.payload = Bytes(18, 0x11);
  frame.trailer = Bytes(28, 0xee);
  Expect(frame.Build(), kU, {kD1, kD2});
}

// A socket of this machine that listens on an interface.
class Listener {
 public:
  explicit Listener(const std::string& interface) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(0x5a5a);  // the frames' payload read as a UDP header
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ip_mreqn membership{};
    membership.imr_multiaddr.s_addr = ::inet_addr("239.1.2.3");
    membership.imr_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    EXPECT_EQ(::setsockopt(fd_, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership), 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
  }
  ~Listener() { ::close(fd_); }

  // The TTLs of what arrived.
  std::vector<int> Ttls() const {
    std::vector<int> ttls;
    pollfd poll{fd_, POLLIN, 0};
    while (::poll(&poll, 1, ttls.empty() ? 2000 : 100) == 1) {
      char data[2048];
      char control[256];
      iovec vector{data, sizeof data};
      msghdr message{};
      message.msg_iov = &vector;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      if (::recvmsg(fd_, &message, 0) < 0) break;
      for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
          ttls.push_back(*reinterpret_cast<int*>(CMSG_DATA(c)));
        }
      }
    }
    return ttls;
  }

 private:
  int fd_;
};

TEST_P(Forwarding, TF_34_SocketsOfThisMachineGetThePacketAsItArrived) {
  lab_.Route(kAny, kGroup, {kD1, kD2}, true);
  const Listener listener("u");
  Frame frame;
  frame.payload = Bytes(64, 0);
  const Bytes udp = {0x5a, 0x5a, 0x5a, 0x5a, 0, 64, 0, 0};  // no checksum
  std::copy(udp.begin(), udp.end(), frame.payload.begin());
  Expect(frame.Build(), kU, {kD1, kD2});
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(lab_.Counter("forwarded"), 1U);
  EXPECT_EQ(lab_.Verdicts(), 1U);
  // And when nobody else wants it.
  lab_.Route(kAny, kGroup, {}, true);
  Expect(frame.Build(), kU, {});
  EXPECT_EQ(listener.Ttls(), std::vector<int>{64});
  EXPECT_EQ(lab_.Counter("local"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Forwarding, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& info) { return info.param == Hook::kXdp ? "Xdp" : "Tc"; });

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
    lab.Route(kAny, kGroup, set);
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
