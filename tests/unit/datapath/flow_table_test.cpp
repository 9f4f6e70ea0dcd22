#include "datapath/flow_table.h"

#include <gtest/gtest.h>

#include <cstring>

namespace bpfcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kSecond = 1'000'000'000;

__be32 Octets(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  const std::uint8_t bytes[] = {a, b, c, d};
  __be32 result = 0;
  std::memcpy(&result, bytes, sizeof result);
  return result;
}

const bpfcast_flow_key kKey = {Octets(198, 51, 100, 10), Octets(239, 1, 2, 3), 7};

// 3000 packets of 1000 octets, the last at 100 s; 1000 of them before the previous mark, at 98 s.
bpfcast_flow Flow() {
  bpfcast_flow flow{};
  flow.packets = 3000;
  flow.bytes = 3'000'000;
  flow.dropped = 5;
  flow.last = 100 * kSecond;
  flow.mark = {99 * kSecond, 2000, 2'000'000};
  flow.previous = {98 * kSecond, 1000, 1'000'000};
  return flow;
}

TEST(Flow, NamesTheStreamItsPortAndItsCounters) {
  const FlowCounters<Igmp> flow = MakeFlow(kKey, Flow(), Time{} + seconds(100));
  EXPECT_EQ(flow.key.source.ToString(), "198.51.100.10");
  EXPECT_EQ(flow.key.group.ToString(), "239.1.2.3");
  EXPECT_EQ(flow.arrival, PortId{7});
  EXPECT_EQ(flow.forwarded.packets, 3000U);
  EXPECT_EQ(flow.forwarded.bytes, 3'000'000U);
  EXPECT_EQ(flow.dropped, 5U);
  EXPECT_EQ(flow.last, Time{} + seconds(100));
}

TEST(Flow, TheRateIsThatSinceThePreviousMark) {
  const FlowCounters<Igmp> flow = MakeFlow(kKey, Flow(), Time{} + seconds(100));
  EXPECT_DOUBLE_EQ(flow.packets_per_s, 1000);
  EXPECT_DOUBLE_EQ(flow.bits_per_s, 8'000'000);
}

TEST(Flow, TheRateIsZeroWhenItStopped) {
  EXPECT_GT(MakeFlow(kKey, Flow(), Time{} + milliseconds(102'500)).packets_per_s, 0);
  const FlowCounters<Igmp> stopped = MakeFlow(kKey, Flow(), Time{} + milliseconds(102'501));
  EXPECT_EQ(stopped.packets_per_s, 0);
  EXPECT_EQ(stopped.bits_per_s, 0);
  EXPECT_EQ(stopped.forwarded.packets, 3000U);
}

TEST(Flow, AStreamThatIsOnlyRefusedHasNoRate) {
  bpfcast_flow refused{};
  refused.dropped = 900;
  refused.last = 100 * kSecond;
  refused.mark.time = 100 * kSecond;
  refused.previous.time = 99 * kSecond;
  EXPECT_EQ(MakeFlow(kKey, refused, Time{} + seconds(100)).packets_per_s, 0);
}

TEST(Flow, TheFirstPacketsAreNotTakenForARateOfThousands) {
  bpfcast_flow fresh{};
  fresh.packets = 2;
  fresh.bytes = 200;
  fresh.last = 100 * kSecond;
  fresh.mark.time = fresh.previous.time = 100 * kSecond;
  EXPECT_DOUBLE_EQ(MakeFlow(kKey, fresh, Time{} + milliseconds(100'001)).packets_per_s, 2);
}

// The clock of the programs is coarse, and another CPU may be counting.
TEST(Flow, AReaderThatIsSlightlyBehindSeesNoNonsense) {
  bpfcast_flow flow = Flow();
  flow.previous.packets = 3001;
  flow.previous.bytes = 3'000'100;
  const FlowCounters<Igmp> read = MakeFlow(kKey, flow, Time{} + milliseconds(99'996));
  EXPECT_EQ(read.packets_per_s, 0);
  EXPECT_EQ(read.bits_per_s, 0);
}

}  // namespace
}  // namespace bpfcast
