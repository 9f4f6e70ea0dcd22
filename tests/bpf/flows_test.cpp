// The streams as the programs count them, by their real source and the port where they arrive.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "bpf/program_run.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);
const Ipv4Address kSource = MakeIpv4(198, 51, 100, 10);
constexpr std::uint64_t kPacketSize = 84;

class Flows : public testing::TestWithParam<Hook> {
 protected:
  void SetUp() override { lab_.MakeBed(GetParam()); }

  Fate Send(const Frame& frame, PortId arrival = kU) {
    return RunPort(lab_, GetParam(), frame.Build(), lab_.port(arrival).ifindex).fate;
  }
  static Frame From(const Ipv4Address& source) {
    Frame frame;
    frame.source = source;
    return frame;
  }
  std::vector<FlowCounters<Igmp>> All() {
    auto flows = lab_.datapath().Flows(Igmp());
    EXPECT_TRUE(flows) << flows.error().message;
    return flows ? *flows : std::vector<FlowCounters<Igmp>>();
  }
  // The stream of this source to kGroup.
  std::optional<FlowCounters<Igmp>> Flow(const Ipv4Address& source, PortId arrival = kU) {
    for (const auto& flow : All()) {
      if (flow.key == RouteKey<Igmp>{source, kGroup} && flow.arrival == arrival) return flow;
    }
    return std::nullopt;
  }

  Lab lab_;
};

TEST_P(Flows, EachSourceOfAGroupIsAStreamOfItsOwn) {
  lab_.Route(kAny, kGroup, {kD1});
  const Ipv4Address other = MakeIpv4(198, 51, 100, 11);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Send(From(kSource)), Fate::kForward);
  ASSERT_EQ(Send(From(other)), Fate::kForward);
  EXPECT_EQ(All().size(), 2U);
  const auto flow = Flow(kSource);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 3U);
  EXPECT_EQ(flow->forwarded.bytes, 3 * kPacketSize);
  EXPECT_EQ(flow->dropped, 0U);
  const auto second = Flow(other);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->forwarded.packets, 1U);
}

TEST_P(Flows, StreamsOfTheDefaultRouteAreThere) {
  ASSERT_EQ(Send(From(MakeIpv4(192, 0, 2, 10)), kD1), Fate::kForward);
  const auto flow = Flow(MakeIpv4(192, 0, 2, 10), kD1);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 1U);
}

TEST_P(Flows, WhatXdpLeavesToTcIsCountedOnce) {
  lab_.port(kD2).xdp_target = false;
  lab_.Set(lab_.port(kD2));
  lab_.Route(kAny, kGroup, {kD2});
  ASSERT_EQ(Send(From(kSource)), Fate::kForward);
  EXPECT_EQ(Flow(kSource)->forwarded.packets, 1U);
}

TEST_P(Flows, ABlockedSourceIsDropped) {
  lab_.Route(kAny, kGroup, {kD1});
  lab_.Route(kSource, kGroup, {});
  ASSERT_EQ(Send(From(kSource)), Fate::kDrop);
  const auto flow = Flow(kSource);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 0U);
  EXPECT_EQ(flow->dropped, 1U);
}

// Why a stream that somebody wants does not flow.
TEST_P(Flows, RefusedPacketsCountWhereTheGroupHasARoute) {
  lab_.Route(kAny, kGroup, {kD1});
  Frame short_lived = From(kSource);
  short_lived.ttl = 1;
  Frame with_options = From(kSource);
  with_options.ihl = 6;
  with_options.options = {0x94, 4, 0, 0};
  const std::vector<Frame> refused = {From(MakeIpv4(203, 0, 113, 10)), From(MakeIpv4(127, 0, 0, 1)),
                                      From(MakeIpv4(192, 0, 2, 1)), short_lived, with_options};
  for (const Frame& frame : refused) {
    SCOPED_TRACE(frame.source.ToString());
    const auto before = Flow(frame.source);
    ASSERT_NE(Send(frame), Fate::kForward);
    const auto flow = Flow(frame.source);
    ASSERT_TRUE(flow);
    EXPECT_EQ(flow->dropped, (before ? before->dropped : 0) + 1);
    EXPECT_EQ(flow->forwarded.packets, 0U);
  }
  EXPECT_EQ(lab_.datapath().CountersOfRoutes(Igmp())->at(0).dropped, refused.size());
  Frame elsewhere = refused[0];
  elsewhere.group = MakeIpv4(239, 7, 7, 7);
  elsewhere.to = MulticastMac(elsewhere.group);
  const std::size_t flows = All().size();
  ASSERT_EQ(Send(elsewhere), Fate::kDrop);
  EXPECT_EQ(All().size(), flows);
}

TEST_P(Flows, OtherTrafficIsNoStream) {
  Frame control;
  control.protocol = 2;
  Frame link_local;
  link_local.group = MakeIpv4(224, 0, 0, 251);
  link_local.to = MulticastMac(link_local.group);
  lab_.Route(kAny, kGroup, {kD1});
  EXPECT_EQ(Send(control), Fate::kPass);
  EXPECT_EQ(Send(link_local), Fate::kPass);
  EXPECT_TRUE(All().empty());
}

TEST_P(Flows, WhatOnlySocketsOfThisMachineWantIsNeitherForwardedNorDropped) {
  lab_.Route(kAny, kGroup, {}, true);
  ASSERT_EQ(Send(From(kSource)), Fate::kPass);
  const auto flow = Flow(kSource);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, 0U);
  EXPECT_EQ(flow->dropped, 0U);
  EXPECT_EQ(lab_.datapath().CountersOfRoutes(Igmp())->at(0).dropped, 0U);
}

TEST_P(Flows, TheRateIsThatOfTheLastSeconds) {
  using Clock = std::chrono::steady_clock;
  lab_.Route(kAny, kGroup, {kD1});
  const auto start = Clock::now();
  const auto since = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  std::uint64_t sent = 0;
  while (since() < 2.4) {
    ASSERT_EQ(Send(From(kSource)), Fate::kForward);
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  const double rate = static_cast<double>(sent) / since();
  const auto flow = Flow(kSource);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->forwarded.packets, sent);
  EXPECT_NEAR(flow->packets_per_s, rate, rate / 3) << "the machine may stall";
  EXPECT_DOUBLE_EQ(flow->bits_per_s, flow->packets_per_s * kPacketSize * 8);
  const Time now = Time{} + Clock::now().time_since_epoch();
  EXPECT_LT(now - flow->last, std::chrono::seconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2600));
  EXPECT_EQ(Flow(kSource)->packets_per_s, 0);
}

// More sources than the table holds, read while they come: the table stays full of what is recent.
TEST_P(Flows, TheLongestSilentOnesGiveWay) {
  lab_.Route(kAny, kGroup, {kD1});
  std::atomic<bool> stop{false};
  std::atomic<int> readings{0};
  std::thread reader([&] {
    while (!stop) {
      const auto flows = lab_.datapath().Flows(Igmp());
      ASSERT_TRUE(flows) << flows.error().message;
      EXPECT_LE(flows->size(), std::size_t{BPFCAST_MAX_FLOWS});
      ++readings;
    }
  });
  constexpr int kSources = 3 * BPFCAST_MAX_FLOWS;
  for (int i = 0; i < kSources; ++i) {
    const Ipv4Address source = MakeIpv4(11, static_cast<std::uint8_t>(i >> 16),
                                        static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    ASSERT_EQ(Send(From(source)), Fate::kForward);
    if (i % 64 == 0) {
      ASSERT_EQ(Send(From(kSource)), Fate::kForward);
    }
  }
  stop = true;
  reader.join();
  EXPECT_GT(readings, 0);
  EXPECT_GT(All().size(), std::size_t{BPFCAST_MAX_FLOWS} / 2);
  const auto flow = Flow(kSource);
  ASSERT_TRUE(flow) << "a stream that goes on is not forgotten for others";
  EXPECT_EQ(flow->forwarded.packets, kSources / 64U);
}

// RSS may spread the fragments of a stream.
TEST_P(Flows, TwoCpusLoseNoPacket) {
  lab_.Route(kAny, kGroup, {kD1});
  constexpr int kRounds = 400;
  constexpr int kPackets = 200;
  const auto run = [&](unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
    Frame frame;
    frame.ttl = 255;
    const Bytes bytes = frame.Build();
    for (int i = 0; i < kRounds; ++i) {
      MeasureProgram(lab_, GetParam(), bytes, lab_.port(kU).ifindex, kPackets);
    }
  };
  std::thread first(run, 0U);
  std::thread second(run, 1U);
  first.join();
  second.join();
  EXPECT_EQ(Flow(kSource)->forwarded.packets, 2U * kRounds * kPackets);
  EXPECT_EQ(Flow(kSource)->forwarded.bytes, 2U * kRounds * kPackets * kPacketSize);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Flows, testing::Values(Hook::kXdp, Hook::kTc),
                         [](const auto& info) { return info.param == Hook::kXdp ? "Xdp" : "Tc"; });

}  // namespace
}  // namespace bpfcast::bpftest
