#include "agent/views_debug.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "log/log.h"

namespace bpfcast {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

class DebugTest : public testing::Test {
 protected:
  ~DebugTest() override {
    for (const std::string_view name : kSubsystemNames) SetLogLevel(*SubsystemOf(name), LogLevel::kInfo);
  }
};

TEST_F(DebugTest, OneSubsystemSaysMoreAndTheOthersStayAsTheyAre) {
  const auto answer = Debug({{"subsystem", "igmp"}, {"level", "debug"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(Json::parse(*answer), Json::parse(R"({"agent": "info", "igmp": "debug", "mld": "info",
                                                  "datapath": "info", "links": "info"})"));
  EXPECT_EQ(LogLevelOf(Subsystem::kIgmp), LogLevel::kDebug);
  EXPECT_EQ(LogLevelOf(Subsystem::kMld), LogLevel::kInfo);
}

TEST_F(DebugTest, AllOfThemAtOnce) {
  ASSERT_TRUE(Debug({{"subsystem", "all"}, {"level", "error"}}));
  for (const std::string_view name : kSubsystemNames) {
    EXPECT_EQ(LogLevelOf(*SubsystemOf(name)), LogLevel::kError) << name;
  }
}

TEST_F(DebugTest, WithoutWordsItTellsTheLevels) {
  SetLogLevel(Subsystem::kLinks, LogLevel::kWarning);
  const auto answer = Debug({});
  ASSERT_TRUE(answer);
  EXPECT_EQ(Json::parse(*answer).at("links"), "warning");
}

TEST_F(DebugTest, UnknownWordsAreRefusedWithThoseThatThereAre) {
  const auto subsystem = Debug({{"subsystem", "pim"}, {"level", "debug"}});
  ASSERT_FALSE(subsystem);
  EXPECT_THAT(subsystem.error().message, AllOf(HasSubstr("'pim'"), HasSubstr("igmp, mld")));
  const auto level = Debug({{"subsystem", "igmp"}, {"level", "loud"}});
  ASSERT_FALSE(level);
  EXPECT_THAT(level.error().message, AllOf(HasSubstr("'loud'"), HasSubstr("debug, info, warning, error")));
  const auto half = Debug({{"subsystem", "igmp"}});
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().message, HasSubstr("go together"));
  EXPECT_EQ(LogLevelOf(Subsystem::kIgmp), LogLevel::kInfo);
}

}  // namespace
}  // namespace bpfcast
