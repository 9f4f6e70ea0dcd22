#include "agent/packet_event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

constexpr Time kStart{};

PacketEvent WrongInterface(const Ipv4Address& source) {
  PacketEvent event;
  event.kind = PacketEventKind::kWrongInterface;
  event.arrival = PortId{1};
  event.stream = RouteKey<Igmp>{source, MakeIpv4(239, 1, 2, 3)};
  return event;
}

std::string Refusal() {
  return "why (what accepts it)";
}

PacketEvent TooBig() {
  PacketEvent event;
  event.kind = PacketEventKind::kTooBig;
  event.stream = RouteKey<Mld>{*Ipv6Address::Parse("2001:db8::1"), *Ipv6Address::Parse("ff0e::1234")};
  event.mtu = 1400;
  event.packet = {0x60, 0, 0, 0};
  return event;
}

TEST(PacketEventLog, ALineNamesThePortTheStreamAndTheWayOut) {
  PacketEventLog log;
  EXPECT_THAT(log.Add(WrongInterface(MakeIpv4(10, 9, 9, 9)), "lan1", kStart, Refusal).value_or(""),
              AllOf(HasSubstr("lan1: packets of 10.9.9.9 to 239.1.2.3"), HasSubstr("why (what accepts it)")));
  EXPECT_THAT(log.Add(TooBig(), "wan0", kStart, Refusal).value_or(""),
              AllOf(HasSubstr("wan0: packets of 2001:db8::1 to ff0e::1234"), HasSubstr("1400")));
}

TEST(PacketEventLog, X_14_TenThousandEventsOfManySourcesInAMinuteAreTwoLines) {
  PacketEventLog log;
  int lines = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto source =
        MakeIpv4(10, 9, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250));
    lines += log.Add(WrongInterface(source), "lan1", kStart + i * std::chrono::milliseconds(5), Refusal)
                 .has_value();
  }
  EXPECT_EQ(lines, 2);  // after 0 and after 30 of 50 seconds
}

TEST(PacketEventLog, X_14_OneSourceIsNamedOnceInTenMinutes) {
  PacketEventLog log;
  const PacketEvent event = WrongInterface(MakeIpv4(10, 9, 9, 9));
  EXPECT_TRUE(log.Add(event, "lan1", kStart, Refusal));
  EXPECT_FALSE(log.Add(event, "lan1", kStart + minutes(9), Refusal));
  EXPECT_TRUE(log.Add(event, "lan1", kStart + minutes(11), Refusal));
}

TEST(PacketEventLog, AStreamThatNobodyWantsIsNoLineButRemembered) {
  PacketEventLog log;
  PacketEvent event = WrongInterface(MakeIpv4(10, 0, 0, 1));
  event.kind = PacketEventKind::kNoRoute;
  EXPECT_FALSE(log.Add(event, "wan0", kStart, Refusal));
  ASSERT_EQ(log.entries().size(), 1u);
  EXPECT_EQ(log.entries().front().port, "wan0");
}

TEST(PacketEventLog, OldEventsGiveWayAndTheirPacketsAreNotKept) {
  PacketEventLog log;
  log.Add(WrongInterface(MakeIpv4(10, 9, 9, 9)), "lan1", kStart, Refusal);
  for (std::size_t i = 0; i < PacketEventLog::kEntries; ++i) log.Add(TooBig(), "wan0", kStart, Refusal);
  ASSERT_EQ(log.entries().size(), PacketEventLog::kEntries);
  EXPECT_EQ(log.entries().front().event.kind, PacketEventKind::kTooBig);
  EXPECT_TRUE(log.entries().front().event.packet.empty());
}

}  // namespace
}  // namespace bpfcast
