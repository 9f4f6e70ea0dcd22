#include "datapath/mroute_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/datapath/mroute_bed.h"

namespace bpfcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What the kernel would hold.
template <class F>
class FakeKernel : public MrouteKernel<F> {
 public:
  struct Held {
    MrouteEntry<F> entry;
    MrouteEntryCount count;
  };

  Result<void> AddVif(Vif, std::uint32_t) override { return {}; }
  void RemoveVif(Vif) override {}
  Result<void> SetEntry(const MrouteEntry<F>& entry) override {
    if (refuses) return Fail("refused");
    ++writes;
    held[entry.stream].entry = entry;
    return {};
  }
  void RemoveEntry(const RouteKey<F>& stream) override { held.erase(stream); }
  std::optional<VifCount> CountOfVif(Vif) override { return std::nullopt; }
  std::optional<MrouteEntryCount> CountOf(const RouteKey<F>& stream) override {
    const auto found = held.find(stream);
    return found == held.end() ? std::nullopt : std::optional(found->second.count);
  }
  std::vector<Upcall<F>> TakeUpcalls() override { return {}; }
  int fd() const override { return -1; }

  std::map<RouteKey<F>, Held> held;
  unsigned writes = 0;
  bool refuses = false;
};

template <class F>
class MrouteStreamsTest : public testing::Test {
 protected:
  using B = MrouteBed<F>;

  MrouteStreamsTest() {
    for (const DatapathPort& port : {B::Upstream(), B::Downstream(kD1), B::Downstream(kD2)}) {
      plan_.SetPort(port);
      vifs_.Add(port.id);  // numbers as the ports
    }
  }
  static RouteKey<F> Stream(std::uint8_t n = 1) { return {B::Far(n), B::Group()}; }
  void Ask(const RouteKey<F>& stream, PortId arrival, UpcallKind kind = UpcallKind::kNoEntry) {
    streams_.Answer({{kind, static_cast<Vif>(arrival), stream}}, now_, events_);
  }
  void Members(PortSet members) {
    plan_.Apply({{{{}, B::Group()}, RouteTo(members)}});
    streams_.Refresh(B::Group(), now_);
  }
  /// The kernel's ports for the stream, the arrival first; nothing without an entry.
  std::vector<PortId> Entry(const RouteKey<F>& stream) const {
    const auto found = kernel_.held.find(stream);
    if (found == kernel_.held.end()) return {};
    const MrouteEntry<F>& entry = found->second.entry;
    std::vector<PortId> ports{*vifs_.PortOf(entry.parent)};
    for (std::size_t vif = 0; vif < kMaxVifs; ++vif) {
      if (entry.thresholds[vif] < 255) ports.push_back(*vifs_.PortOf(static_cast<Vif>(vif)));
    }
    return ports;
  }
  void Packets(const RouteKey<F>& stream, std::uint64_t right, std::uint64_t wrong = 0) {
    MrouteEntryCount& count = kernel_.held.at(stream).count;
    count.packets += right + wrong;
    count.bytes += 100 * (right + wrong);
    count.wrong_interface += wrong;
  }
  void PassSecond() { streams_.Sample(now_ += std::chrono::seconds(1)); }

  Time now_{std::chrono::hours(1)};
  FakeKernel<F> kernel_;
  VifTable vifs_;
  MroutePlan<F> plan_{[](const auto&, std::uint32_t) { return false; }};
  MrouteStreams<F> streams_{kernel_, plan_, vifs_, {.streams = 32, .idle = std::chrono::minutes(5)}};
  std::vector<PacketEvent> events_;
};
using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(MrouteStreamsTest, Families);

TYPED_TEST(MrouteStreamsTest, TF_41_TheFirstPacketIsAnsweredWithAnEntryOfItsArrivalAndMembers) {
  this->Members({kD1, kD2});
  this->Ask(this->Stream(), kU);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD1, kD2));
  EXPECT_THAT(this->events_, IsEmpty());
}

TYPED_TEST(MrouteStreamsTest, TF_41_WhatNobodyWantsGetsAnEmptyEntryThatAJoinFills) {
  this->Ask(this->Stream(), kU);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU));
  ASSERT_EQ(this->events_.size(), 1U);
  EXPECT_EQ(this->events_[0].kind, PacketEventKind::kNoRoute);
  this->Members({kD1});
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD1));
  this->Members({});
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU));
}

TYPED_TEST(MrouteStreamsTest, TF_11_ARefusedSourceGetsAnEmptyEntryAndIsToldOf) {
  this->Members({kD1, kD2});
  this->Ask(this->Stream(), kD1);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kD1));
  ASSERT_EQ(this->events_.size(), 1U);
  EXPECT_EQ(this->events_[0].kind, PacketEventKind::kWrongInterface);
  EXPECT_EQ(this->events_[0].arrival, kD1);
}

TYPED_TEST(MrouteStreamsTest, AnotherChangeOfTheGroupThatChangesNothingWritesNothing) {
  this->Members({kD1});
  this->Ask(this->Stream(), kU);
  const unsigned before = this->kernel_.writes;
  this->Members({kD1});
  this->streams_.RefreshAll(this->now_);
  EXPECT_EQ(this->kernel_.writes, before);
}

TYPED_TEST(MrouteStreamsTest, TF_08_TheThresholdOfAPortIsThatOfItsCopies) {
  auto port = TestFixture::B::Downstream(kD1);
  port.ttl_threshold = 16;
  this->plan_.SetPort(port);
  this->Members({kD1, kD2});
  this->Ask(this->Stream(), kU);
  const auto& thresholds = this->kernel_.held.at(this->Stream()).entry.thresholds;
  EXPECT_EQ(thresholds[1], 16);
  EXPECT_EQ(thresholds[2], 1);
  EXPECT_EQ(thresholds[0], 255);
}

TYPED_TEST(MrouteStreamsTest, AnAcceptedArrivalTakesOverFromARefusedOneAtOnce) {
  this->Members({kD2});
  this->Ask(this->Stream(), kD1);  // a spoof came first
  this->Ask(this->Stream(), kU, UpcallKind::kWrongInterface);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD2));
}

TYPED_TEST(MrouteStreamsTest, TF_11_ARefusedArrivalNeverTakesOver) {
  this->Members({kD2});
  this->Ask(this->Stream(), kU);
  this->Ask(this->Stream(), kD1, UpcallKind::kWrongInterface);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD2));
  this->PassSecond();
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD2));
  ASSERT_EQ(this->events_.size(), 1U);
  EXPECT_EQ(this->events_[0].kind, PacketEventKind::kWrongInterface);
}

TYPED_TEST(MrouteStreamsTest, AnEqualArrivalTakesOverWhenTheOtherOneIsSilent) {
  for (const PortId id : {kD1, kD2}) {
    auto port = TestFixture::B::Downstream(id);
    port.source_check = SourceCheck::kOff;
    this->plan_.SetPort(port);
  }
  this->Ask(this->Stream(), kD1);
  this->Packets(this->Stream(), 5, 5);
  this->Ask(this->Stream(), kD2, UpcallKind::kWrongInterface);
  this->PassSecond();
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kD1, kU)) << "it came on both";
  this->Packets(this->Stream(), 0, 5);  // of which the kernel does not tell again for three seconds
  this->PassSecond();
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kD2, kU));
}

TYPED_TEST(MrouteStreamsTest, StreamsOfAPortThatGoesAreForgottenAndItIsSentNothing) {
  this->Members({kD1, kD2});
  const RouteKey<TypeParam> here{TestFixture::B::Of(kD1, 10), TestFixture::B::Group()};
  this->Ask(this->Stream(), kU);
  this->Ask(here, kD1);
  this->streams_.RemoveArrivals(kD1, this->now_);
  this->plan_.RemovePort(kD1);
  this->streams_.RefreshAll(this->now_);
  EXPECT_THAT(this->Entry(here), IsEmpty());
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD2));
}

TYPED_TEST(MrouteStreamsTest, SilentStreamsAreForgottenAndLiveOnesStay) {
  this->Members({kD1});
  this->Ask(this->Stream(1), kU);
  this->Ask(this->Stream(2), kU);
  for (int second = 0; second < 301; ++second) {
    this->Packets(this->Stream(2), 1);
    this->PassSecond();
  }
  EXPECT_THAT(this->Entry(this->Stream(1)), IsEmpty());
  EXPECT_THAT(this->Entry(this->Stream(2)), ElementsAre(kU, kD1));
}

TYPED_TEST(MrouteStreamsTest, AnEntryThatTheKernelLostIsForgottenSoThatItAsksAgain) {
  this->Members({kD1});
  this->Ask(this->Stream(), kU);
  this->kernel_.held.clear();
  this->PassSecond();
  EXPECT_EQ(this->streams_.size(), 0U);
  this->Ask(this->Stream(), kU);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD1));
}

TYPED_TEST(MrouteStreamsTest, AFullTableGivesUpWhatNobodyGets) {
  this->Members({kD1});
  this->plan_.Apply({{{TestFixture::B::Far(31), TestFixture::B::Group()}, RouteTo({})}});
  this->Ask(this->Stream(31), kU);  // blocked
  for (std::uint8_t n = 0; n < 31; ++n) this->Ask(this->Stream(n), kU);
  ASSERT_EQ(this->streams_.size(), 32U);
  this->Ask(this->Stream(40), kU);
  EXPECT_THAT(this->Entry(this->Stream(31)), IsEmpty());
  EXPECT_THAT(this->Entry(this->Stream(40)), ElementsAre(kU, kD1));
  EXPECT_LE(this->streams_.size(), 32U);
}

TYPED_TEST(MrouteStreamsTest, X_10_AFloodOfStreamsThatNobodyWantsKeepsNoWantedOneOut) {
  for (std::uint8_t n = 0; n < 100; ++n) this->Ask(this->Stream(n), kU);
  EXPECT_EQ(this->streams_.size(), 24U) << "a quarter is left to others";
  EXPECT_GT(this->streams_.verdicts()[BPFCAST_NOMEM], 0U);
  this->Members({kD1});
  for (std::uint8_t n = 100; n < 120; ++n) {
    this->Ask(this->Stream(n), kU);
    EXPECT_THAT(this->Entry(this->Stream(n)), ElementsAre(kU, kD1)) << int{n};
  }
}

TYPED_TEST(MrouteStreamsTest, ASecondQuestionAboutAKnownStreamCountsNothingTwice) {
  this->Members({kD1});
  this->Ask(this->Stream(), kU);
  this->Packets(this->Stream(), 10);
  this->Ask(this->Stream(), kU);
  this->streams_.Count(this->now_);
  EXPECT_EQ(this->streams_.verdicts()[BPFCAST_FORWARDED], 10U);
}

TYPED_TEST(MrouteStreamsTest, F_56_CountsFollowWhatWasWantedWhenThePacketsCame) {
  this->Members({kD1});
  this->Ask(this->Stream(), kU);
  this->Packets(this->Stream(), 10, 2);
  this->Members({});
  this->Packets(this->Stream(), 3);
  this->streams_.Count(this->now_);
  EXPECT_EQ(this->streams_.verdicts()[BPFCAST_FORWARDED], 10U);
  EXPECT_EQ(this->streams_.verdicts()[BPFCAST_NOOIF], 3U);
  EXPECT_EQ(this->streams_.verdicts()[BPFCAST_RPF], 2U);
  const auto flows = this->streams_.Flows();
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].key, this->Stream());
  EXPECT_EQ(flows[0].arrival, kU);
  EXPECT_EQ(flows[0].forwarded.packets, 10U);
  EXPECT_EQ(flows[0].forwarded.bytes, 1000U);
  EXPECT_EQ(flows[0].dropped, 5U);
  const auto routes = this->streams_.CountersOfRoutes();
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].forwarded.packets, 10U);
  EXPECT_EQ(routes[0].dropped, 5U);
}

TYPED_TEST(MrouteStreamsTest, F_56_WhatIsNotForwardedIsCountedForThePortWhereItCame) {
  const RouteKey<TypeParam> spoof{TestFixture::B::Far(9), TestFixture::B::Group()};
  this->Members({kD2});
  this->Ask(this->Stream(), kU);
  this->Ask(spoof, kD1);
  this->Packets(this->Stream(), 10);
  this->Packets(spoof, 4);
  this->streams_.Count(this->now_);
  this->Members({});
  this->Packets(this->Stream(), 3);
  this->streams_.Count(this->now_);
  const ReasonCounts upstream = this->streams_.ReasonsOf(kU);
  EXPECT_EQ(upstream[BPFCAST_NOOIF], 3U);
  EXPECT_EQ(upstream[BPFCAST_RPF], 0U);
  EXPECT_EQ(upstream[BPFCAST_FORWARDED], 0U) << "as the programs, which leave it out";
  EXPECT_EQ(this->streams_.ReasonsOf(kD1)[BPFCAST_RPF], 4U);
  EXPECT_EQ(this->streams_.ReasonsOf(kD2), ReasonCounts{});
  this->streams_.RemoveArrivals(kD1, this->now_);
  EXPECT_EQ(this->streams_.ReasonsOf(kD1), ReasonCounts{}) << "the next interface there begins anew";
}

TYPED_TEST(MrouteStreamsTest, F_56_PacketsOnAWrongInterfaceAreThoseOfThePortThatTheKernelToldOf) {
  this->Members({kD2});
  this->Ask(this->Stream(), kU);
  this->Packets(this->Stream(), 0, 5);  // and the kernel said nothing
  this->streams_.Count(this->now_);
  this->Ask(this->Stream(), kD1, UpcallKind::kWrongInterface);
  this->Packets(this->Stream(), 0, 2);
  this->PassSecond();
  EXPECT_EQ(this->streams_.ReasonsOf(kD1)[BPFCAST_RPF], 2U);
  EXPECT_EQ(this->streams_.ReasonsOf(kU)[BPFCAST_RPF], 0U);
  this->now_ += std::chrono::seconds(10);  // it tells every three seconds while they come there
  this->Packets(this->Stream(), 0, 7);
  this->streams_.Count(this->now_);
  EXPECT_EQ(this->streams_.ReasonsOf(kD1)[BPFCAST_RPF], 2U);
  EXPECT_EQ(this->streams_.verdicts()[BPFCAST_RPF], 14U);
}

TYPED_TEST(MrouteStreamsTest, RatesAreThoseOfTheLastSecond) {
  this->Members({kD1});
  this->Ask(this->Stream(), kU);
  this->Packets(this->Stream(), 50);
  this->PassSecond();
  EXPECT_DOUBLE_EQ(this->streams_.Flows()[0].packets_per_s, 50);
  EXPECT_DOUBLE_EQ(this->streams_.Flows()[0].bits_per_s, 40000);
  this->PassSecond();
  EXPECT_DOUBLE_EQ(this->streams_.Flows()[0].packets_per_s, 0);
}

TYPED_TEST(MrouteStreamsTest, AnEntryThatTheKernelRefusesIsNotKept) {
  this->Members({kD1});
  this->kernel_.refuses = true;
  this->Ask(this->Stream(), kU);
  EXPECT_EQ(this->streams_.size(), 0U);
  this->kernel_.refuses = false;
  this->Ask(this->Stream(), kU);
  EXPECT_THAT(this->Entry(this->Stream()), ElementsAre(kU, kD1));
}

TEST(VifTableTest, NumbersAreThoseOfTheKernelAndComeBack) {
  VifTable vifs;
  for (std::uint16_t n = 0; n < kMaxVifs; ++n) EXPECT_EQ(vifs.Add(PortId{n}), n);
  EXPECT_EQ(vifs.Add(PortId{40}), std::nullopt);
  vifs.Remove(7);
  EXPECT_EQ(vifs.Find(PortId{7}), std::nullopt);
  EXPECT_EQ(vifs.Add(PortId{40}), 7);
  EXPECT_EQ(vifs.PortOf(7), PortId{40});
}

}  // namespace
}  // namespace bpfcast
