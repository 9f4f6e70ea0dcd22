// Two interfaces on one segment (E-41, TE-30).
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::IsEmpty;

using Type = RecordType;

template <class F>
class ProxyLoop : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;

  /// Time goes on while what leaves one of the ports arrives on the other.
  void BridgedUntil(double seconds, PortId one, PortId other) {
    this->sent.clear();
    while (this->proxy.NextExpiry() <= Bed::At(seconds)) {
      this->AdvanceTo(std::chrono::duration<double>(this->proxy.NextExpiry().time_since_epoch()).count());
      for (const auto& packet : std::exchange(this->sent, {})) {
        if (packet.port == one) this->Receive(other, packet.bytes);
        if (packet.port == other) this->Receive(one, packet.bytes);
      }
    }
    this->AdvanceTo(seconds);
  }
  /// The last query that left `port`, and what it would be after the next query interval.
  std::vector<std::uint8_t> QueryOf(PortId port) {
    this->sent.clear();
    double second = std::chrono::duration<double>(this->now.time_since_epoch()).count();
    while (this->QueriesOn(port).empty()) this->AdvanceTo(++second);
    return std::find_if(this->sent.begin(), this->sent.end(),
                        [&](const auto& packet) { return packet.port == port; })
        ->bytes;
  }
  void Join(PortId port) { this->Reports(port, {Bed::Record(Type::kIsEx)}); }
  PortSet From(PortId arrival) const { return this->Delivered(arrival, Bed::S(1)); }
};
TYPED_TEST_SUITE(ProxyLoop, BothFamilies);

TYPED_TEST(ProxyLoop, TE_30_TwoDownstreamsOnOneSegmentAreFoundWithinAQueryInterval) {
  this->AdvanceTo(300);  // behind the startup queries
  this->Join(this->kD1);
  this->Join(this->kD2);
  ASSERT_EQ(this->From(this->kU), (PortSet{this->kD1, this->kD2}));
  this->BridgedUntil(425, this->kD1, this->kD2);
  ASSERT_EQ(this->loops.size(), 1u);
  EXPECT_EQ(this->loops[0], (LoopNotice{LoopNotice::State::kBegan, this->kD1, this->kD2}));
  EXPECT_TRUE(this->From(this->kU).empty());
  EXPECT_TRUE(this->From(this->kD1).empty());
  EXPECT_TRUE(this->From(this->kD2).empty());
  EXPECT_EQ(this->proxy.querier(this->kD1)->role(), RouterRole::kQuerier) << "we do not elect ourselves";
  EXPECT_EQ(this->proxy.querier(this->kD2)->role(), RouterRole::kQuerier);
  this->ExpectNothingMissed();

  this->BridgedUntil(1500, this->kD1, this->kD2);
  EXPECT_EQ(this->loops.size(), 1u) << "told once";
  EXPECT_TRUE(this->From(this->kD1).empty());
}

TYPED_TEST(ProxyLoop, TE_30_ALoopWithTheUpstreamIsFoundByItsReports) {
  this->AdvanceTo(300);
  this->BridgedUntil(430, this->kU, this->kD1);
  EXPECT_THAT(this->loops, IsEmpty()) << "the upstream had nothing to say";
  this->Join(this->kD1);
  this->Join(this->kD2);
  this->BridgedUntil(431, this->kU, this->kD1);
  ASSERT_EQ(this->loops.size(), 1u);
  EXPECT_TRUE(this->From(this->kU).empty());
  EXPECT_TRUE(this->From(this->kD1).empty());
  EXPECT_TRUE(this->From(this->kD2).empty()) << "its only way out is blocked";
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyLoop, E_41_BetweenOtherDownstreamsForwardingGoesOn) {
  const PortId third{3};
  this->Configure(this->MakeDownstream(third));
  this->Up(third, this->kHost2);
  this->Join(this->kD1);
  this->Join(third);
  this->BridgedUntil(50, this->kU, this->kD2);  // the joins are reported in it
  ASSERT_EQ(this->loops.size(), 1u);
  EXPECT_EQ(this->From(this->kD1), PortSet{third});
  EXPECT_EQ(this->From(third), PortSet{this->kD1});
}

TYPED_TEST(ProxyLoop, TE_30_WhenTheLoopIsOpenedForwardingResumes) {
  this->BridgedUntil(130, this->kD1, this->kD2);
  ASSERT_EQ(this->loops.size(), 1u);
  this->Join(this->kD1);
  this->Join(this->kD2);
  // The last query was heard at 31.25 s, the second of the startup; 2 * 125 s + 10 s later it is forgotten.
  this->AdvanceTo(291.2);
  EXPECT_TRUE(this->From(this->kU).empty());
  this->AdvanceTo(291.3);
  ASSERT_EQ(this->loops.size(), 2u);
  EXPECT_EQ(this->loops[1].state, LoopNotice::State::kEnded);
  EXPECT_EQ(this->From(this->kU), (PortSet{this->kD1, this->kD2}));
  EXPECT_EQ(this->From(this->kD1), (PortSet{this->kU, this->kD2}));
  this->ExpectNothingMissed();
}

TYPED_TEST(ProxyLoop, TE_30_ALinkThatGoesDownEndsIt) {
  this->BridgedUntil(130, this->kD1, this->kD2);
  ASSERT_EQ(this->loops.size(), 1u);
  this->Join(this->kD2);
  this->Down(this->kD1);
  EXPECT_EQ(this->From(this->kU), PortSet{this->kD2});
}

TYPED_TEST(ProxyLoop, E_41_WithTheKnobItIsToldAndNothingIsBlocked) {
  auto config = this->MakeConfig().upstream;
  config.loop_guard = LoopGuardMode::kNotice;
  this->Configure(config);
  this->Join(this->kD1);
  this->BridgedUntil(130, this->kD1, this->kD2);
  ASSERT_EQ(this->loops.size(), 1u);
  EXPECT_EQ(this->loops[0].guard, LoopGuardMode::kNotice);
  EXPECT_EQ(this->From(this->kU), PortSet{this->kD1});
  config.loop_guard = LoopGuardMode::kBlock;
  this->Configure(config);
  EXPECT_TRUE(this->From(this->kU).empty()) << "the knob works at once";
  config.loop_guard = LoopGuardMode::kNotice;
  this->Configure(config);
  EXPECT_EQ(this->From(this->kU), PortSet{this->kD1});
  this->ExpectNothingMissed();
}

/// A host on D2 can send what leaves on D1; it cannot take D1 from the others by that.
TYPED_TEST(ProxyLoop, E_41_AForgedDirectionBlocksNothing) {
  this->AdvanceTo(1);
  const auto query = this->QueryOf(this->kD1);
  this->Join(this->kD1);
  this->Join(this->kD2);
  for (int n = 0; n < 1000; ++n) this->Receive(this->kD2, query);
  EXPECT_THAT(this->loops, IsEmpty());
  EXPECT_EQ(this->From(this->kU), (PortSet{this->kD1, this->kD2}));
  EXPECT_EQ(this->proxy.counters(this->kD2).drops[DropReason::kOwn], 1000u);
  ASSERT_EQ(this->notices.size(), 1u) << "told, once a minute";
  EXPECT_EQ(this->notices[0].notice.event, LinkEvent::kOwnAddress);
  EXPECT_EQ(this->notices[0].port, this->kD2);
}

TYPED_TEST(ProxyLoop, C_59_AFrameThatComesBackOnItsOwnPortBlocksNothing) {
  this->AdvanceTo(1);
  const auto query = this->QueryOf(this->kD1);
  this->Join(this->kD1);
  for (int n = 0; n < 10; ++n) this->Receive(this->kD1, query);
  EXPECT_THAT(this->loops, IsEmpty());
  EXPECT_EQ(this->From(this->kU), PortSet{this->kD1});
  ASSERT_EQ(this->notices.size(), 1u);
  EXPECT_EQ(this->notices[0].notice.event, LinkEvent::kOwnAddress);
  EXPECT_EQ(this->notices[0].notice.router, this->Own(this->kD1));
}

using ProxyLoopOfMld = ProxyLoop<Mld>;

/// Link-local addresses are unique on their link only: "fe80::1" is on many.
TEST_F(ProxyLoopOfMld, E_41_AnotherRouterWithALinkLocalAddressThatWeHaveElsewhereIsAnotherRouter) {
  Hear(kU, Own(kD1));
  Join(kD1);
  AdvanceTo(20);
  EXPECT_EQ(proxy.counters(kU).queries_received.Total(), 1u);
  EXPECT_EQ(proxy.counters(kU).drops[DropReason::kOwn], 0u);
  Hear(kD1, Own(kU));  // below ours: it wins
  EXPECT_EQ(proxy.querier(kD1)->role(), RouterRole::kNonQuerier);
  EXPECT_THAT(loops, IsEmpty());
}

TEST_F(ProxyLoopOfMld, TE_30_LinksThatShareALinkLocalAddressAreToldApart) {
  Up(kD2, Own(kD1));
  AdvanceTo(300);
  Join(kD1);
  BridgedUntil(430, kD1, kD2);
  ASSERT_EQ(loops.size(), 1u);
  EXPECT_EQ(loops[0], (LoopNotice{LoopNotice::State::kBegan, kD1, kD2}));
  EXPECT_TRUE(From(kU).empty());
}

}  // namespace
}  // namespace bpfcast
