#include "cli/stream_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::Not;

const AnyIp kGroup = MakeIpv4(239, 1, 2, 3);
const AnyIp kSource = MakeIpv4(10, 0, 0, 1);
const AnyIp kOther = MakeIpv4(10, 0, 0, 2);
constexpr std::int64_t kDelay = 250'000;  // ns

class Report : public testing::Test {
 protected:
  void Number(std::uint64_t number, std::int64_t delay = kDelay, int ttl = 15) {
    report_.Add(kGroup, kSource, StreamPacket{7, number, 1000}, 200, ttl, 1000 + delay);
  }
  void Unnumbered() { report_.Add(kGroup, kOther, std::nullopt, 1316, 15, 0); }
  StreamReport::End End() const { return {2.0, 0, std::nullopt}; }

  StreamReport report_;
};

TEST_F(Report, OfNothingIsNotGood) {
  EXPECT_FALSE(report_.IsGood(End()));
  EXPECT_EQ(report_.ToText(End()), "nothing was received in 2.0s\n");
  EXPECT_EQ(report_.ToJson(End()).at("complete"), false);
}

TEST_F(Report, IsATableWithALineForEachSender) {
  for (const std::uint64_t number : {0, 1, 4, 3, 3}) Number(number);
  Unnumbered();
  EXPECT_EQ(
      report_.ToText(End()),
      "GROUP      SOURCE    RECEIVED  LOST  DUPLICATED  REORDERED  TTL     DELAY MIN/AVG/MAX    JITTER\n"
      "239.1.2.3  10.0.0.1         4     1           1          1   15  0.250/0.250/0.250 ms  0.000 ms\n"
      "239.1.2.3  10.0.0.2         1     -           -          -   15                     -         -\n"
      "\n"
      "5 packets in 2.0s, 1 lost\n"
      "packets of 10.0.0.2 to 239.1.2.3 have no numbers: what is lost of them is not known\n");
  EXPECT_FALSE(report_.IsGood(End()));
}

TEST_F(Report, IsGoodWhenSomethingCameAndNothingIsMissing) {
  Number(5);
  Number(6);
  EXPECT_TRUE(report_.IsGood(End()));
  EXPECT_THAT(report_.ToText(End()), HasSubstr("2 packets in 2.0s, nothing lost\n"));
  Number(8);
  EXPECT_FALSE(report_.IsGood(End()));
}

TEST_F(Report, IsNotGoodWhenFewerCameThanWereWanted) {
  Number(0);
  StreamReport::End end = End();
  end.wanted = 3;
  EXPECT_FALSE(report_.IsGood(end));
  EXPECT_THAT(report_.ToText(end), HasSubstr("\n2 of the 3 that were to come did not\n"));
  Number(1);
  Number(2);
  EXPECT_TRUE(report_.IsGood(end));
}

TEST_F(Report, SaysWhatThisMachineLost) {
  Number(0);
  StreamReport::End end = End();
  end.socket_drops = 12;
  EXPECT_FALSE(report_.IsGood(end));
  EXPECT_THAT(report_.ToText(end), HasSubstr("\n12 packets arrived and were lost here"));
}

TEST_F(Report, HasTheRangeOfTtls) {
  Number(0, kDelay, 15);
  Number(1, kDelay, 12);
  EXPECT_THAT(report_.ToText(End()), HasSubstr("  12-15  "));
}

TEST_F(Report, ShowsNoDelayThatClocksForbid) {
  Number(0, -5'000'000);
  Number(1, 1'000'000);
  EXPECT_THAT(report_.ToText(End()), HasSubstr("\nthe clock of 10.0.0.1 is ahead of this machine's"));
  EXPECT_THAT(report_.ToText(End()), Not(HasSubstr("-5.000")));
  EXPECT_EQ(report_.ToJson(End()).at("streams")[0].at("delay_min_ms"), -5.0);
}

TEST_F(Report, AsJsonHasTheSameNumbers) {
  for (const std::uint64_t number : {0, 1, 4, 3, 3}) Number(number);
  Unnumbered();
  const auto json = report_.ToJson(End());
  EXPECT_EQ(json.at("complete"), false);
  EXPECT_EQ(json.at("received"), 5);
  EXPECT_EQ(json.at("lost"), 1);
  const auto& stream = json.at("streams").at(0);
  EXPECT_EQ(stream.at("stream"), "0000000000000007");
  EXPECT_EQ(stream.at("received"), 4);
  EXPECT_EQ(stream.at("lost"), 1);
  EXPECT_EQ(stream.at("duplicated"), 1);
  EXPECT_EQ(stream.at("reordered"), 1);
  EXPECT_EQ(stream.at("bytes"), 1000);
  EXPECT_EQ(stream.at("ttl_max"), 15);
  EXPECT_EQ(stream.at("delay_avg_ms"), 0.25);
  const auto& other = json.at("streams").at(1);
  EXPECT_TRUE(other.at("stream").is_null());
  EXPECT_TRUE(other.at("lost").is_null());
  EXPECT_EQ(other.at("received"), 1);
}

TEST_F(Report, StreamsOfOneSenderAreSeparate) {
  report_.Add(kGroup, kSource, StreamPacket{1, 100, 0}, 200, 15, 0);
  report_.Add(kGroup, kSource, StreamPacket{2, 0, 0}, 200, 15, 0);
  EXPECT_EQ(report_.Streams(), 2U);
  EXPECT_EQ(report_.Lost(), 0U);
}

TEST_F(Report, TheNumberOfStreamsHasALimit) {
  for (std::uint64_t stream = 0; stream < StreamReport::kMostStreams + 5; ++stream) {
    report_.Add(kGroup, kSource, StreamPacket{stream, 0, 0}, 200, 15, 0);
  }
  EXPECT_EQ(report_.Streams(), StreamReport::kMostStreams);
  EXPECT_THAT(report_.ToText(End()), HasSubstr("\n5 packets of more than 1 024 streams are not counted\n"));
}

}  // namespace
}  // namespace bpfcast
