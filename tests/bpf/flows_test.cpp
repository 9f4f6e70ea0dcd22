// The streams as the programs count them, by their real source and the port where they arrive.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "bpf/matrix.h"
#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

// The n-th of many sources that no subnet contains.
template <class F>
typename F::Address ManySources(int n);
template <>
Ipv4Address ManySources<Igmp>(int n) {
  return MakeIpv4(11, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                  static_cast<std::uint8_t>(n));
}
template <>
Ipv6Address ManySources<Mld>(int n) {
  auto bytes = V6("2001:db8:11::").bytes();
  for (std::size_t i = 0; i < 3; ++i) bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return Ipv6Address(bytes);
}

// A packet that F-14 leaves to the stack.
Frame WithOptions(Frame frame) {
  frame.ihl = 6;
  frame.options = {0x94, 4, 0, 0};
  return frame;
}
Frame6 WithOptions(Frame6 frame) {
  frame.protocol = 0;
  frame.extensions = {17, 0, 1, 4, 0, 0, 0, 0};
  return frame;
}
// Membership messages, and a group that stays on the link.
Frame Control(Frame frame) {
  frame.protocol = 2;
  return frame;
}
Frame6 Control(Frame6 frame) {
  frame.protocol = 58;
  frame.payload[0] = 131;
  return frame;
}
template <class F>
typename F::Address OnLink();
template <>
Ipv4Address OnLink<Igmp>() {
  return V4("224.0.0.251");
}
template <>
Ipv6Address OnLink<Mld>() {
  return V6("ff02::fb");
}
template <class F>
typename F::Address Loopback();
template <>
Ipv4Address Loopback<Igmp>() {
  return V4("127.0.0.1");
}
template <>
Ipv6Address Loopback<Mld>() {
  return V6("::1");
}

template <class Case>
class Flows : public OnMatrix<Case> {
 protected:
  using Base = OnMatrix<Case>;
  using Base::From;
  using Base::group_;
  using Base::lab_;
  using typename Base::Address;
  using typename Base::F;
  using typename Base::Frame;
  using typename Base::M;
  static constexpr std::uint64_t kPacketSize = Frame::kHeader + 64;

  Fate Send(const Frame& frame, PortId arrival = kU) {
    return RunPort(lab_, this->kHook, frame.Build(), lab_.port(arrival).ifindex).fate;
  }
  std::vector<FlowCounters<F>> All() {
    auto flows = lab_.datapath().Flows(F());
    EXPECT_TRUE(flows) << flows.error().message;
    return flows ? *flows : std::vector<FlowCounters<F>>();
  }
  // The stream of this source to the group of the matrix.
  std::optional<FlowCounters<F>> Flow(const Address& source, PortId arrival = kU) {
    for (const auto& flow : All()) {
      if (flow.key == RouteKey<F>{source, group_} && flow.arrival == arrival) return flow;
    }
    return std::nullopt;
  }

  const Address source_ = M::OfU(10);
};
TYPED_TEST_SUITE(Flows, EveryCase, CaseName);

TYPED_TEST(Flows, EachSourceOfAGroupIsAStreamOfItsOwn) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  const auto other = TestFixture::M::OfU(11);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kForward);
  ASSERT_EQ(this->Send(this->From(other)), Fate::kForward);
  EXPECT_EQ(this->All().size(), 2U);
  const auto flow = this->Flow(this->source_);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 3U);
  EXPECT_EQ(flow->forwarded.bytes, 3 * this->kPacketSize);
  EXPECT_EQ(flow->dropped, 0U);
  const auto second = this->Flow(other);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->forwarded.packets, 1U);
}

TYPED_TEST(Flows, StreamsOfTheDefaultRouteAreThere) {
  ASSERT_EQ(this->Send(this->From(TestFixture::M::OfD1(10)), kD1), Fate::kForward);
  const auto flow = this->Flow(TestFixture::M::OfD1(10), kD1);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 1U);
}

TYPED_TEST(Flows, WhatXdpLeavesToTcIsCountedOnce) {
  this->lab_.port(kD2).xdp_target = false;
  this->lab_.Set(this->lab_.port(kD2));
  this->lab_.Route(this->any_, this->group_, {kD2});
  ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kForward);
  EXPECT_EQ(this->Flow(this->source_)->forwarded.packets, 1U);
}

TYPED_TEST(Flows, ABlockedSourceIsDropped) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  this->lab_.Route(this->source_, this->group_, {});
  ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kDrop);
  const auto flow = this->Flow(this->source_);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 0U);
  EXPECT_EQ(flow->dropped, 1U);
  EXPECT_EQ(flow->refused, "nooif");
}

// Why a stream that somebody wants does not flow.
TYPED_TEST(Flows, RefusedPacketsCountWhereTheGroupHasARoute) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  using M = typename TestFixture::M;
  auto short_lived = this->Stream();
  short_lived.ttl = 1;
  const std::vector<std::pair<typename TestFixture::Frame, std::string>> refused = {
      {this->From(M::OfD2(10)), "rpf"},
      {this->From(Loopback<typename TestFixture::F>()), "mart"},
      {this->From(M::OfD1(1)), "own"},
      {short_lived, "ttl"},
      {WithOptions(this->Stream()), "opt"}};
  for (const auto& each : refused) {
    const auto& frame = each.first;
    SCOPED_TRACE(frame.source.ToString());
    const auto before = this->Flow(frame.source);
    ASSERT_NE(this->Send(frame), Fate::kForward);
    const auto flow = this->Flow(frame.source);
    ASSERT_TRUE(flow);
    EXPECT_EQ(flow->dropped, (before ? before->dropped : 0) + 1);
    EXPECT_EQ(flow->refused, each.second);
    EXPECT_EQ(flow->forwarded.packets, 0U);
  }
  EXPECT_EQ(this->lab_.datapath().CountersOfRoutes(typename TestFixture::F())->at(0).dropped, refused.size());
  auto elsewhere = this->To(M::OtherGroup());
  elsewhere.source = refused[0].first.source;
  const std::size_t flows = this->All().size();
  ASSERT_EQ(this->Send(elsewhere), Fate::kDrop);
  EXPECT_EQ(this->All().size(), flows);
}

TYPED_TEST(Flows, OtherTrafficIsNoStream) {
  const auto control = Control(this->Stream());
  const auto link_local = this->To(OnLink<typename TestFixture::F>());
  this->lab_.Route(this->any_, this->group_, {kD1});
  EXPECT_EQ(this->Send(control), Fate::kPass);
  EXPECT_EQ(this->Send(link_local), Fate::kPass);
  EXPECT_TRUE(this->All().empty());
}

TYPED_TEST(Flows, WhatOnlySocketsOfThisMachineWantIsNeitherForwardedNorDropped) {
  this->lab_.Route(this->any_, this->group_, {}, true);
  ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kPass);
  const auto flow = this->Flow(this->source_);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 0U);
  EXPECT_EQ(flow->dropped, 0U);
  EXPECT_EQ(this->lab_.datapath().CountersOfRoutes(typename TestFixture::F())->at(0).dropped, 0U);
}

TYPED_TEST(Flows, TheRateIsThatOfTheLastSeconds) {
  using Clock = std::chrono::steady_clock;
  this->lab_.Route(this->any_, this->group_, {kD1});
  const auto start = Clock::now();
  const auto since = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  std::uint64_t sent = 0;
  while (since() < 2.4) {
    ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kForward);
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  const double rate = static_cast<double>(sent) / since();
  const auto flow = this->Flow(this->source_);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, sent);
  EXPECT_NEAR(flow->packets_per_s, rate, rate / 3) << "the machine may stall";
  EXPECT_DOUBLE_EQ(flow->bits_per_s, flow->packets_per_s * this->kPacketSize * 8);
  const Time now = Time{} + Clock::now().time_since_epoch();
  const Time began = Time{} + start.time_since_epoch();
  EXPECT_GE(flow->first, began - std::chrono::milliseconds(20)) << "the programs' clock is a coarse one";
  EXPECT_LT(flow->first, began + std::chrono::seconds(1));
  EXPECT_LT(now - flow->last, std::chrono::seconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2600));
  EXPECT_EQ(this->Flow(this->source_)->packets_per_s, 0);
  EXPECT_EQ(this->Flow(this->source_)->first, flow->first);
}

// More sources than the table holds, read while they come: the table stays full of what is recent.
TYPED_TEST(Flows, TheLongestSilentOnesGiveWay) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  std::atomic<bool> stop{false};
  std::atomic<int> readings{0};
  std::thread reader([&] {
    while (!stop) {
      const auto flows = this->lab_.datapath().Flows(typename TestFixture::F());
      ASSERT_TRUE(flows) << flows.error().message;
      // What gave way while it was read may have been counted, and its successor, too.
      EXPECT_LE(flows->size(), std::size_t{BPFCAST_MAX_FLOWS} + BPFCAST_MAX_FLOWS / 64);
      ++readings;
    }
  });
  constexpr int kSources = 3 * BPFCAST_MAX_FLOWS;
  for (int i = 0; i < kSources; ++i) {
    const auto source = ManySources<typename TestFixture::F>(i);
    ASSERT_EQ(this->Send(this->From(source)), Fate::kForward);
    if (i % 64 == 0) {
      ASSERT_EQ(this->Send(this->From(this->source_)), Fate::kForward);
    }
  }
  stop = true;
  reader.join();
  EXPECT_GT(readings, 0);
  EXPECT_GT(this->All().size(), std::size_t{BPFCAST_MAX_FLOWS} / 2);
  const auto flow = this->Flow(this->source_);
  ASSERT_TRUE(flow) << "a stream that goes on is not forgotten for others";
  EXPECT_EQ(flow->forwarded.packets, kSources / 64U);
}

// RSS may spread the fragments of a stream.
TYPED_TEST(Flows, TwoCpusLoseNoPacket) {
  this->lab_.Route(this->any_, this->group_, {kD1});
  constexpr int kRounds = 400;
  constexpr int kPackets = 200;
  const auto run = [&](unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
    auto frame = this->Stream();
    frame.ttl = 255;
    const Bytes bytes = frame.Build();
    for (int i = 0; i < kRounds; ++i) {
      MeasureProgram(this->lab_, this->kHook, bytes, this->lab_.port(kU).ifindex, kPackets);
    }
  };
  std::thread first(run, 0U);
  std::thread second(run, 1U);
  first.join();
  second.join();
  EXPECT_EQ(this->Flow(this->source_)->forwarded.packets, 2U * kRounds * kPackets);
  EXPECT_EQ(this->Flow(this->source_)->forwarded.bytes, 2U * kRounds * kPackets * this->kPacketSize);
}

// One table for each family: what one has much of does not push out the other's.
TEST(FlowTables, EachFamilyHasItsOwn) {
  Lab lab;
  lab.MakeBed(Hook::kTc);
  lab.Route(Ipv4Address(), Matrix<Igmp>::Group(), {kD1});
  lab.Route(Ipv6Address(), Matrix<Mld>::Group(), {kD1});
  ASSERT_EQ(RunPort(lab, Hook::kTc, Frame{}.Build(), lab.port(kU).ifindex).fate, Fate::kForward);
  ASSERT_EQ(RunPort(lab, Hook::kTc, Frame6{}.Build(), lab.port(kU).ifindex).fate, Fate::kForward);
  ASSERT_EQ(lab.datapath().Flows(Igmp())->size(), 1U);
  EXPECT_EQ(lab.datapath().Flows(Igmp())->at(0).key.source, Frame{}.source);
  ASSERT_EQ(lab.datapath().Flows(Mld())->size(), 1U);
  EXPECT_EQ(lab.datapath().Flows(Mld())->at(0).key.source, Frame6{}.source);
}

}  // namespace
}  // namespace bpfcast::bpftest
