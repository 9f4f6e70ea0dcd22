#include "cli/top_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/ansi.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr auto kOff = Invocation::Colour::kOff;

Json Flow(const std::string& group, double packets_per_s, double bits_per_s, std::uint64_t dropped = 0) {
  Json flow = FlowAnswer();
  flow["group"] = group;
  flow["packets_per_s"] = packets_per_s;
  flow["bits_per_s"] = bits_per_s;
  flow["dropped"] = dropped;
  return flow;
}

Json Status(std::uint64_t drops) {
  Json status = StatusAnswer();
  status["drops"] = {{"ttl", drops}, {"rpf", 0}};
  return status;
}

/// The groups of a frame's rows.
std::vector<std::string> Groups(const std::vector<std::string>& frame) {
  std::vector<std::string> groups;
  for (std::size_t i = 4; i < frame.size(); ++i) groups.push_back(frame[i].substr(0, frame[i].find(' ')));
  return groups;
}

TEST(Sparkline, IsAsHighAsTheValueBesideTheHighest) {
  EXPECT_EQ(Sparkline({0, 50, 100}, 3), "▁▅█");
  EXPECT_EQ(Sparkline({100}, 3), "  █");
  EXPECT_EQ(Sparkline({0, 0}, 2), "▁▁");
  EXPECT_EQ(Sparkline({1, 2, 0, 100}, 2), "▁█") << "the latest";
}

TEST(TopFrame, HasAHeaderOfSumsAndALineForEachStream) {
  Top top;
  top.Add(Status(10), {Flow("239.1.2.3", 1000, 8e6), Flow("239.1.2.4", 50, 4e5)}, 100);
  const auto before = top.Frame(TopSort::kBits, 200, 50, kOff);
  EXPECT_EQ(before[0], "bpfcast default  up 1m 30s  2 streams  1 050 packets/s  8.4 Mbit/s  - drops/s");
  top.Add(Status(30), {Flow("239.1.2.3", 1000, 8e6), Flow("239.1.2.4", 50, 4e5, 12)}, 102);
  const auto frame = top.Frame(TopSort::kBits, 200, 50, kOff);
  EXPECT_EQ(frame[0], "bpfcast default  up 1m 30s  2 streams  1 050 packets/s  8.4 Mbit/s  10 drops/s");
  ASSERT_EQ(frame.size(), 6U);
  EXPECT_THAT(frame[3], StartsWith("GROUP      SOURCE    FROM  PACKETS/S"));
  EXPECT_THAT(frame[4], StartsWith("239.1.2.3  10.0.0.1  wan0      1 000"));
  EXPECT_THAT(frame[4], HasSubstr(" ██  lan1,lan2"));
}

TEST(TopFrame, IsSortedByWhatIsChosen) {
  Top top;
  const auto flows = [](std::uint64_t dropped) {
    return Json{Flow("239.0.0.1", 10, 9e6), Flow("239.0.0.2", 900, 1e6), Flow("239.0.0.3", 1, 1e3, dropped)};
  };
  top.Add(Status(0), flows(0), 1);
  top.Add(Status(0), flows(5), 2);
  EXPECT_THAT(Groups(top.Frame(TopSort::kBits, 99, 99, kOff)),
              ElementsAre("239.0.0.1", "239.0.0.2", "239.0.0.3"));
  EXPECT_THAT(Groups(top.Frame(TopSort::kPackets, 99, 99, kOff)),
              ElementsAre("239.0.0.2", "239.0.0.1", "239.0.0.3"));
  EXPECT_THAT(Groups(top.Frame(TopSort::kDrops, 99, 99, kOff)),
              ElementsAre("239.0.0.3", "239.0.0.1", "239.0.0.2"));
  EXPECT_THAT(top.Frame(TopSort::kDrops, 99, 99, kOff)[1], StartsWith("by drops/s "));
}

TEST(TopFrame, FitsIntoTheScreen) {
  Top top;
  Json flows = Json::array();
  for (int i = 1; i <= 50; ++i) flows.push_back(Flow("239.0.0." + std::to_string(i), i, i * 1e6));
  top.Add(Status(0), flows, 1);
  for (const auto colour : {Invocation::Colour::kOff, Invocation::Colour::kOn}) {
    for (const std::size_t height : {0U, 1U, 2U, 4U, 5U, 24U}) {
      for (const std::size_t width : {0U, 1U, 20U, 80U}) {
        const auto frame = top.Frame(TopSort::kBits, width, height, colour);
        EXPECT_LE(frame.size(), height);
        for (const std::string& line : frame) EXPECT_LE(DisplayWidth(line), width) << line;
      }
    }
  }
  const auto frame = top.Frame(TopSort::kBits, 80, 24, kOff);
  EXPECT_EQ(frame.size(), 24U);
  EXPECT_THAT(frame[4], StartsWith("239.0.0.50 "));
}

TEST(TopFrame, CountersThatBeganAnewAreNoDrops) {
  Top top;
  top.Add(Status(1000), Json::array({Flow("239.0.0.1", 1, 1, 1000)}), 1);
  top.Add(Status(3), Json::array({Flow("239.0.0.1", 1, 1, 2)}), 2);
  EXPECT_THAT(top.Frame(TopSort::kBits, 99, 99, kOff)[0], HasSubstr("  0 drops/s"));
  EXPECT_EQ(top.ToJson(TopSort::kBits).at("streams")[0].at("drops_per_s"), 0);
}

TEST(TopFrame, AStreamThatEndedIsForgotten) {
  Top top;
  top.Add(Status(0), Json::array({Flow("239.0.0.1", 1, 1)}), 1);
  top.Add(Status(0), Json::array({Flow("239.0.0.2", 1, 1)}), 2);
  EXPECT_THAT(Groups(top.Frame(TopSort::kBits, 99, 99, kOff)), ElementsAre("239.0.0.2"));
}

TEST(TopFrame, AsJsonHasTheSameRates) {
  Top top;
  top.Add(Status(0), Json::array({Flow("239.0.0.1", 10, 8e3)}), 1);
  EXPECT_TRUE(top.ToJson(TopSort::kBits).at("drops_per_s").is_null());
  top.Add(Status(8), Json::array({Flow("239.0.0.1", 10, 8e3, 4)}), 3);
  const Json json = top.ToJson(TopSort::kBits);
  EXPECT_EQ(json.at("packets_per_s"), 10);
  EXPECT_EQ(json.at("bits_per_s"), 8000);
  EXPECT_EQ(json.at("drops_per_s"), 4);
  EXPECT_EQ(json.at("streams")[0].at("group"), "239.0.0.1");
  EXPECT_EQ(json.at("streams")[0].at("drops_per_s"), 2);
}

}  // namespace
}  // namespace bpfcast
