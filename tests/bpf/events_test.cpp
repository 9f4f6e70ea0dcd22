// What the datapath tells of single packets, and that floods of them stay few events.
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <map>

#include "bpf/links.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

using Clock = std::chrono::steady_clock;

// The n-th of many sources.
template <class Address>
Address Nth(const Address& base, int n) {
  auto bytes = base.bytes();
  bytes[bytes.size() - 1] = static_cast<std::uint8_t>(n);
  bytes[bytes.size() - 2] = static_cast<std::uint8_t>(n >> 8);
  return Address(bytes);
}

template <class Case>
class Events : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::From;
  using Base::lab_;
  using typename Base::Address;
  using typename Base::F;
  using typename Base::Frame;
  using typename Base::M;

  void Send(const Frame& frame, PortId arrival = kU) {
    RunPort(lab_, this->kHook, frame.Build(), lab_.port(arrival).ifindex);
  }
  std::vector<PacketEvent> Take() { return lab_.datapath().TakeEvents(); }
  bool Readable() {
    pollfd poll{lab_.datapath().EventsFd(), POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
  }
  // The only event, which must be of this stream.
  void ExpectOne(PacketEventKind kind, PortId arrival, const Address& source, const Address& group) {
    EXPECT_TRUE(Readable());
    const auto events = Take();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, kind);
    EXPECT_EQ(events[0].arrival, arrival);
    ASSERT_TRUE(std::holds_alternative<RouteKey<F>>(events[0].stream));
    EXPECT_EQ(std::get<RouteKey<F>>(events[0].stream), (RouteKey<F>{source, group}));
    EXPECT_EQ(events[0].mtu, 0U);
    EXPECT_TRUE(events[0].packet.empty());
    EXPECT_FALSE(Readable());
    EXPECT_TRUE(Take().empty());
  }
};
TYPED_TEST_SUITE(Events, EveryCase, CaseName);

TYPED_TEST(Events, TrafficFromUpstreamThatNobodyWantsIsToldOnce) {
  const auto source = TestFixture::M::OfU(10);
  for (int i = 0; i < 1000; ++i) this->Send(this->From(source));
  EXPECT_EQ(this->lab_.Counter("noroute"), 1000U);
  this->ExpectOne(PacketEventKind::kNoRoute, kU, source, this->group_);
}

TYPED_TEST(Events, F_12_ASourceOfAnotherInterfaceIsToldOnce) {
  const auto source = TestFixture::M::OfD2(10);
  for (int i = 0; i < 1000; ++i) this->Send(this->From(source), kD1);
  EXPECT_EQ(this->lab_.Counter("rpf"), 1000U);
  this->ExpectOne(PacketEventKind::kWrongInterface, kD1, source, this->group_);
}

TYPED_TEST(Events, EveryStreamPortAndReasonIsToldOf) {
  const auto first = TestFixture::M::OfU(10);
  const auto second = TestFixture::M::OfU(11);
  for (int i = 0; i < 3; ++i) {
    this->Send(this->From(first));
    this->Send(this->From(second));
    auto elsewhere = this->To(TestFixture::M::OtherGroup());
    elsewhere.source = first;
    this->Send(elsewhere);
    this->Send(this->From(first), kD1);
    this->Send(this->From(first), kD2);
  }
  std::map<std::pair<PacketEventKind, PortId>, int> told;
  for (const PacketEvent& event : this->Take()) ++told[{event.kind, event.arrival}];
  EXPECT_EQ((told[{PacketEventKind::kNoRoute, kU}]), 3);
  EXPECT_EQ((told[{PacketEventKind::kWrongInterface, kD1}]), 1);
  EXPECT_EQ((told[{PacketEventKind::kWrongInterface, kD2}]), 1);
  EXPECT_EQ(told.size(), 3U);
}

TYPED_TEST(Events, WhatIsForwardedOrRefusedOtherwiseIsNotTold) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  for (int i = 0; i < 10; ++i) this->Send(this->From(TestFixture::M::OfU(10)));
  this->Send(this->From(TestFixture::M::OfD1(10)), kD1);
  this->Send(this->From(TestFixture::M::OfU(2)));  // our own
  auto unknown = this->To(TestFixture::M::OtherGroup());
  unknown.source = TestFixture::M::OfD1(10);
  this->Send(unknown, kD1);  // upstream, by the default route
  auto short_lived = this->Stream();
  short_lived.ttl = 1;
  this->Send(short_lived);
  this->lab_.Route(this->any_, this->group_, {});
  this->Send(this->Stream());
  EXPECT_EQ(this->lab_.Counter("own"), 1U);
  EXPECT_EQ(this->lab_.Counter("ttl"), 1U);
  EXPECT_EQ(this->lab_.Counter("nooif"), 1U);
  EXPECT_EQ(this->lab_.Counter("forwarded"), 12U);
  EXPECT_TRUE(this->Take().empty());
  EXPECT_FALSE(this->Readable());
}

// Five thousand streams at once: of a second about a thousand are told.
TYPED_TEST(Events, AFloodOfSourcesIsNoFloodOfEvents) {
  constexpr int kSources = 5000;
  const auto start = Clock::now();
  std::size_t told = 0;
  for (int i = 0; i < kSources; ++i) {
    this->Send(this->From(Nth(TestFixture::M::Far(0), i)));
    if (i % 500 == 0) told += this->Take().size();
  }
  told += this->Take().size();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  EXPECT_EQ(this->lab_.Counter("noroute"), std::uint64_t{kSources});
  EXPECT_GE(told, std::size_t{BPFCAST_EVENTS_PER_S});
  EXPECT_LE(static_cast<double>(told), int{BPFCAST_EVENTS_PER_S} * (2 + seconds));
}

// An agent that takes nothing for long costs events, not packets.
TYPED_TEST(Events, AFullRingCostsNoPacket) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  const auto start = Clock::now();
  for (int i = 0; Clock::now() - start < std::chrono::milliseconds(4500); ++i) {
    auto frame = this->To(TestFixture::M::OtherGroup());
    frame.source = Nth(TestFixture::M::Far(0), i);
    this->Send(frame);
  }
  const std::uint64_t unrouted = this->lab_.Counter("noroute");
  ASSERT_GT(unrouted, 5000U);
  EXPECT_EQ(RunPort(this->lab_, this->kHook, this->Stream().Build(), this->lab_.port(kU).ifindex).fate,
            Fate::kForward);
  const std::size_t told = this->Take().size();
  EXPECT_GT(told, 3000U);
  EXPECT_LE(told, BPFCAST_EVENTS_SIZE / (8 + sizeof(bpfcast_event)));
  EXPECT_TRUE(this->Take().empty());
}

template <class Case>
class LongPackets : public OnLinks<Case> {
 protected:
  using Base = OnLinks<Case>;
  using Base::lab_;
  using typename Base::F;

  void Shrink(PortId id, const std::string& name, std::uint32_t mtu) {
    Shell("ip link set " + name + " mtu " + std::to_string(mtu));
    lab_.port(id).mtu = mtu;
    lab_.Set(lab_.port(id));
  }
  typename Base::Frame Long(std::size_t length) const {
    auto frame = this->Stream();
    frame.payload.resize(length - frame.kHeader);
    for (std::size_t i = 0; i < frame.payload.size(); ++i) {
      frame.payload[i] = static_cast<std::uint8_t>(i % 251);
    }
    return frame;
  }
};
using Ipv6Cases = testing::Types<On<Mld, Hook::kXdp>, On<Mld, Hook::kTc>>;
TYPED_TEST_SUITE(LongPackets, Ipv6Cases, CaseName);

TYPED_TEST(LongPackets, TF_29_TheEventQuotesThePacketAsItArrivedAndNamesTheSmallestMtu) {
  this->Shrink(kD1, "d1", 1400);
  this->Shrink(kD2, "d2", 1300);
  this->lab_.Route(this->any_, this->group_, {kD1, kD2, kD3});
  const auto frame = this->Long(1500);
  this->Expect(frame.Build(), kU, {kD3});
  EXPECT_EQ(this->lab_.Counter("mtu"), 2U);
  const auto events = this->lab_.datapath().TakeEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, PacketEventKind::kTooBig);
  EXPECT_EQ(events[0].arrival, kU);
  EXPECT_EQ(std::get<RouteKey<Mld>>(events[0].stream), (RouteKey<Mld>{frame.source, frame.group}));
  EXPECT_EQ(events[0].mtu, 1300U);
  Bytes quote = frame.Build();
  quote.erase(quote.begin(), quote.begin() + kEth);
  quote.resize(1232);
  EXPECT_EQ(Hex(events[0].packet), Hex(quote));
}

TYPED_TEST(LongPackets, TF_29_APacketShorterThanTheQuoteIsQuotedWhole) {
  this->lab_.port(kD1).mtu = 1000;
  this->lab_.Set(this->lab_.port(kD1));
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  const Bytes frame = this->Long(1001).Build();
  this->Expect(frame, kU, {kD2});
  const auto events = this->lab_.datapath().TakeEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].mtu, 1000U);
  EXPECT_EQ(Hex(events[0].packet), Hex(Bytes(frame.begin() + kEth, frame.end())));
}

TYPED_TEST(LongPackets, TF_29_NoMoreThanTenASecond) {
  this->Shrink(kD1, "d1", 1400);
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  const Bytes frame = this->Long(1500).Build();
  const auto start = Clock::now();
  std::size_t told = 0;
  while (Clock::now() - start < std::chrono::milliseconds(1100)) {
    for (int i = 0; i < 100; ++i) RunPort(this->lab_, this->kHook, frame, this->lab_.port(kU).ifindex);
    told += this->lab_.datapath().TakeEvents().size();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  EXPECT_GE(this->lab_.Counter("mtu"), 1000U);
  EXPECT_GE(told, 2U);
  EXPECT_LE(static_cast<double>(told), 1 + 10 * seconds);
}

TYPED_TEST(LongPackets, TF_29_WhatFitsIsNotTold) {
  this->Shrink(kD1, "d1", 1400);
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  this->Expect(this->Long(1400).Build(), kU, {kD1, kD2});
  EXPECT_TRUE(this->lab_.datapath().TakeEvents().empty());
}

// IPv4 has no such message for groups (F-40).
template <class Case>
class LongPackets4 : public LongPackets<Case> {};
using Ipv4Cases = testing::Types<On<Igmp, Hook::kXdp>, On<Igmp, Hook::kTc>>;
TYPED_TEST_SUITE(LongPackets4, Ipv4Cases, CaseName);

TYPED_TEST(LongPackets4, TF_27_Ipv4IsNotTold) {
  this->Shrink(kD1, "d1", 1400);
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  this->Expect(this->Long(1500).Build(), kU, {kD2});
  EXPECT_EQ(this->lab_.Counter("mtu"), 1U);
  EXPECT_TRUE(this->lab_.datapath().TakeEvents().empty());
}

}  // namespace
}  // namespace bpfcast::bpftest
