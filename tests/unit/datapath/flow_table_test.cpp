#include "datapath/flow_table.h"

#include <gtest/gtest.h>

#include <cstring>

namespace bpfcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kSecond = 1'000'000'000;

// A stream of each family on port 7.
template <class F>
struct Stream;
template <>
struct Stream<Igmp> {
  static constexpr const char* kSource = "198.51.100.10";
  static constexpr const char* kGroup = "239.1.2.3";
  static bpfcast_flow_key4 Key() {
    const std::uint8_t octets[] = {198, 51, 100, 10, 239, 1, 2, 3};
    bpfcast_flow_key4 key{{}, 7};
    std::memcpy(&key.stream, octets, sizeof octets);
    return key;
  }
};
template <>
struct Stream<Mld> {
  static constexpr const char* kSource = "2001:db8::10";
  static constexpr const char* kGroup = "ff0e::1234";
  static bpfcast_flow_key6 Key() {
    const std::uint8_t octets[] = {0x20, 1,   0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0x10,
                                   0xff, 0xe, 0,   0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34};
    bpfcast_flow_key6 key{{}, 7};
    std::memcpy(&key.stream, octets, sizeof octets);
    return key;
  }
};

template <class F>
class FlowTable : public testing::Test {
 protected:
  static FlowCounters<F> Make(const bpfcast_flow& flow, Time now) {
    return MakeFlow<F>(Stream<F>::Key(), flow, now);
  }
};
using Families = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(FlowTable, Families);

// 3000 packets of 1000 octets, the last at 100 s; 1000 of them before the previous mark, at 98 s.
bpfcast_flow Flow() {
  bpfcast_flow flow{};
  flow.packets = 3000;
  flow.bytes = 3'000'000;
  flow.dropped = 5;
  flow.first = 40 * kSecond;
  flow.last = 100 * kSecond;
  flow.mark = {99 * kSecond, 2000, 2'000'000};
  flow.previous = {98 * kSecond, 1000, 1'000'000};
  return flow;
}

TYPED_TEST(FlowTable, NamesTheStreamItsPortAndItsCounters) {
  const auto flow = this->Make(Flow(), Time{} + seconds(100));
  EXPECT_EQ(flow.key.source.ToString(), Stream<TypeParam>::kSource);
  EXPECT_EQ(flow.key.group.ToString(), Stream<TypeParam>::kGroup);
  EXPECT_EQ(flow.arrival, PortId{7});
  EXPECT_EQ(flow.forwarded.packets, 3000U);
  EXPECT_EQ(flow.forwarded.bytes, 3'000'000U);
  EXPECT_EQ(flow.dropped, 5U);
  EXPECT_EQ(flow.first, Time{} + seconds(40));
  EXPECT_EQ(flow.last, Time{} + seconds(100));
}

TYPED_TEST(FlowTable, TheRateIsThatSinceThePreviousMark) {
  const auto flow = this->Make(Flow(), Time{} + seconds(100));
  EXPECT_DOUBLE_EQ(flow.packets_per_s, 1000);
  EXPECT_DOUBLE_EQ(flow.bits_per_s, 8'000'000);
}

TYPED_TEST(FlowTable, TheRateIsZeroWhenItStopped) {
  EXPECT_GT(this->Make(Flow(), Time{} + milliseconds(102'500)).packets_per_s, 0);
  const auto stopped = this->Make(Flow(), Time{} + milliseconds(102'501));
  EXPECT_EQ(stopped.packets_per_s, 0);
  EXPECT_EQ(stopped.bits_per_s, 0);
  EXPECT_EQ(stopped.forwarded.packets, 3000U);
}

TYPED_TEST(FlowTable, AStreamThatIsOnlyRefusedHasNoRate) {
  bpfcast_flow refused{};
  refused.dropped = 900;
  refused.last = 100 * kSecond;
  refused.mark.time = 100 * kSecond;
  refused.previous.time = 99 * kSecond;
  EXPECT_EQ(this->Make(refused, Time{} + seconds(100)).packets_per_s, 0);
}

TYPED_TEST(FlowTable, TheFirstPacketsAreNotTakenForARateOfThousands) {
  bpfcast_flow fresh{};
  fresh.packets = 2;
  fresh.bytes = 200;
  fresh.last = 100 * kSecond;
  fresh.mark.time = fresh.previous.time = 100 * kSecond;
  EXPECT_DOUBLE_EQ(this->Make(fresh, Time{} + milliseconds(100'001)).packets_per_s, 2);
}

// The clock of the programs is coarse, and another CPU may be counting.
TYPED_TEST(FlowTable, AReaderThatIsSlightlyBehindSeesNoNonsense) {
  bpfcast_flow flow = Flow();
  flow.previous.packets = 3001;
  flow.previous.bytes = 3'000'100;
  const auto read = this->Make(flow, Time{} + milliseconds(99'996));
  EXPECT_EQ(read.packets_per_s, 0);
  EXPECT_EQ(read.bits_per_s, 0);
}

}  // namespace
}  // namespace bpfcast
