// What the network can make grow, or send, has a limit.
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using Type = RecordType;

/// A source-specific group that RFC 4607 reserves (C-73).
template <class F>
constexpr const char* kReservedGroup = nullptr;
template <>
constexpr const char* kReservedGroup<Igmp> = "232.0.0.5";
template <>
constexpr const char* kReservedGroup<Mld> = "ff3e::5";

template <class F>
class ProxyLimits : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;
  using Address = typename F::Address;

  /// Another address with `n` in its last octets.
  static Address Nth(const Address& first, unsigned n) {
    auto bytes = first.bytes();
    bytes[Address::kBytes - 2] = static_cast<std::uint8_t>(n >> 8);
    bytes[Address::kBytes - 1] = static_cast<std::uint8_t>(n);
    return Address(bytes);
  }
  std::uint64_t Limited(PortId port) const { return this->proxy.counters(port).drops[DropReason::kLimit]; }
};
TYPED_TEST_SUITE(ProxyLimits, BothFamilies);

TYPED_TEST(ProxyLimits, TX_06_AGroupBeyondTheLimitIsIgnoredAndTheOthersAreServed) {
  auto config = this->MakeDownstream(this->kD1);
  config.querier.max_groups = 1024;
  this->Configure(config);
  const auto join = [&](unsigned n) {
    this->Reports(this->kD1, {this->Record(Type::kToEx, {}, this->Nth(this->kGroup, n))});
  };
  for (unsigned n = 1; n <= 1024; ++n) join(n);
  EXPECT_EQ(this->Limited(this->kD1), 0u);
  join(1025);
  EXPECT_EQ(this->Limited(this->kD1), 1u);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1), this->Nth(this->kGroup, 1025)));
  for (unsigned n = 1; n <= 1024; ++n) {
    ASSERT_TRUE(this->Forwards(this->kD1, this->S(1), this->Nth(this->kGroup, n))) << n;
  }
  this->Reports(this->kD1, {this->Record(Type::kToIn, {}, this->Nth(this->kGroup, 7))});
  this->AdvanceTo(3);
  EXPECT_FALSE(this->Forwards(this->kD1, this->S(1), this->Nth(this->kGroup, 7))) << "leaves are heard";
  join(1025);
  EXPECT_TRUE(this->Forwards(this->kD1, this->S(1), this->Nth(this->kGroup, 1025))) << "there is room again";
}

TYPED_TEST(ProxyLimits, TX_06_ASourceBeyondTheLimitIsIgnoredAndTheOthersAreServed) {
  for (unsigned n = 1; n <= 513; ++n) {
    this->Reports(this->kD1, {this->Record(Type::kAllow, {this->Nth(this->S(0), n)})});
  }
  EXPECT_EQ(this->Limited(this->kD1), 1u);
  for (unsigned n = 1; n <= 512; ++n) {
    ASSERT_TRUE(this->Forwards(this->kD1, this->Nth(this->S(0), n))) << n;
  }
  EXPECT_FALSE(this->Forwards(this->kD1, this->Nth(this->S(0), 513)));
}

/// For a second a host sends 100 reports each millisecond; another joins and leaves meanwhile. The first has
/// its 5000 at once and 5000 in the second, of 100 000.
TYPED_TEST(ProxyLimits, TX_07_AHostThatFloodsTheLinkDoesNotDelayTheJoinsOfOthers) {
  const auto flood = Codec<TypeParam>::Serialize(
      Report<TypeParam>{Version::kV3, {this->Record(Type::kIsEx, {}, this->kOtherGroup)}}, this->kHost1);
  for (int millisecond = 0; millisecond < 1000; ++millisecond) {
    this->AdvanceTo(1 + millisecond * 0.001);
    for (int n = 0; n < 100; ++n) this->Receive(this->kD1, flood.bytes);
    if (millisecond % 100 != 50) continue;
    const auto group = this->Nth(this->kGroup, static_cast<unsigned>(millisecond));
    this->ReportFrom(this->kHost2, this->kD1, {this->Record(Type::kToEx, {}, group)});
    ASSERT_TRUE(this->Forwards(this->kD1, this->S(1), group)) << "in the same turn";
  }
  EXPECT_EQ(this->proxy.counters(this->kD1).reports_received.Total(), 5000u + 4995u + 10u);
  EXPECT_EQ(this->Limited(this->kD1), 100000u - 9995u);
  EXPECT_EQ(this->Limited(this->kD2), 0u);
}

/// Ten thousand packets in a minute, each of which an operator wants to hear of.
TYPED_TEST(ProxyLimits, TX_09_WhateverArrivesEachCauseIsToldAtMostTwiceAMinute) {
  Query<TypeParam> older;
  older.version = Version::kV2;
  older.max_response_time = std::chrono::seconds(10);
  const auto older_query = Codec<TypeParam>::Serialize(older, this->kHost2).bytes;
  const auto own_report =
      Codec<TypeParam>::Serialize(Report<TypeParam>{Version::kV3, {this->Record(Type::kToEx)}},
                                  this->Own(this->kD1))
          .bytes;
  const auto reserved = this->A(kReservedGroup<TypeParam>);
  for (int n = 0; n < 10000; ++n) {
    this->AdvanceTo(1 + n * 0.006);
    switch (n % 3) {
      case 0:
        this->Receive(this->kD1, older_query);
        break;
      case 1:
        this->Receive(this->kD1, own_report);
        break;
      case 2:
        this->Reports(this->kD1, {this->Record(Type::kAllow, {this->S(1)}, reserved)});
        break;
    }
  }
  std::map<LinkEvent, int> told;
  for (const auto& notice : this->notices) ++told[notice.notice.event];
  for (const LinkEvent event : {LinkEvent::kOlderQuery, LinkEvent::kOwnAddress, LinkEvent::kReservedGroup}) {
    EXPECT_GE(told[event], 1) << static_cast<int>(event);
    EXPECT_LE(told[event], 2) << static_cast<int>(event);
  }
  EXPECT_EQ(told.size(), 3u);
}

TYPED_TEST(ProxyLimits, X_10_TheLimitsAreTheOperatorsOnBothSides) {
  auto upstream = this->MakeConfig().upstream;
  upstream.policing = {3, 2};
  this->Configure(upstream);
  for (int n = 0; n < 5; ++n) this->Hear(this->kU, this->kUpstreamRouter);
  for (int n = 0; n < 5; ++n) this->Hear(this->kU, this->kUpstreamHost);
  EXPECT_EQ(this->proxy.counters(this->kU).queries_received.Total(), 3u) << "two of one, one of the other";
  EXPECT_EQ(this->Limited(this->kU), 7u);
}

TYPED_TEST(ProxyLimits, X_10_APacketTooShortForASourceIsStillCountedForWhatItIs) {
  this->Receive(this->kD1, {0x45});
  this->Receive(this->kD1, {});
  EXPECT_EQ(this->proxy.counters(this->kD1).drops[DropReason::kIpHeader], 2u);
}

}  // namespace
}  // namespace bpfcast
