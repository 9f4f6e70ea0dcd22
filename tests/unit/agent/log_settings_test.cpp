#include "agent/log_settings.h"

#include <gtest/gtest.h>

#include "log/log.h"

namespace bpfcast {
namespace {

class LogSettingsTest : public testing::Test {
 protected:
  ~LogSettingsTest() override {
    for (const std::string_view name : kSubsystemNames) SetLogLevel(*SubsystemOf(name), StartedLevel());
  }
  static LogSettings Of(const std::string& lines) {
    const auto config = ParseConfig("upstream = 'wan'\ndownstream = 'lan1'\n" + lines, "test.toml");
    EXPECT_TRUE(config) << config.error().front();
    return config->log;
  }
};

TEST_F(LogSettingsTest, EachSubsystemHasTheLevelOfItsKey) {
  FollowLogSettings({}, Of("log-agent = 'error'\nlog-igmp = 'debug'\nlog-mld = 'warning'\n"
                           "log-datapath = 'info'\nlog-links = 'error'\n"));
  EXPECT_EQ(LogLevelOf(Subsystem::kAgent), LogLevel::kError);
  EXPECT_EQ(LogLevelOf(Subsystem::kIgmp), LogLevel::kDebug);
  EXPECT_EQ(LogLevelOf(Subsystem::kMld), LogLevel::kWarning);
  EXPECT_EQ(LogLevelOf(Subsystem::kDatapath), LogLevel::kInfo);
  EXPECT_EQ(LogLevelOf(Subsystem::kLinks), LogLevel::kError);
}

TEST_F(LogSettingsTest, AKeyThatIsTakenOutGivesBackTheLevelOfTheStart) {
  const LogSettings debug = Of("log-igmp = 'debug'\n");
  FollowLogSettings({}, debug);
  FollowLogSettings(debug, Of(""));
  EXPECT_EQ(LogLevelOf(Subsystem::kIgmp), StartedLevel());
}

TEST_F(LogSettingsTest, AReloadThatChangesNoLevelLeavesThatOfTheOperator) {
  SetLogLevel(Subsystem::kMld, LogLevel::kDebug);
  const LogSettings settings = Of("log-igmp = 'warning'\n");
  FollowLogSettings(settings, settings);
  EXPECT_EQ(LogLevelOf(Subsystem::kMld), LogLevel::kDebug);
}

}  // namespace
}  // namespace bpfcast
