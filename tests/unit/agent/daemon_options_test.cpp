#include "agent/daemon_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

tl::expected<DaemonOptions, DaemonExit> Parse(const std::vector<const char*>& argv) {
  return ParseDaemonOptions(static_cast<int>(argv.size()), argv.data());
}

TEST(DaemonOptions, WithoutArgumentsTheUsualFileIsRunInTheForeground) {
  const auto options = Parse({"/usr/sbin/bpfcastd"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->started_as, StartedAs::kBpfcastd);
  EXPECT_EQ(options->task, DaemonTask::kRun);
  EXPECT_EQ(options->config, "/etc/bpfcast/bpfcast.toml");
  EXPECT_EQ(options->instance, "") << "the names of the file, or \"default\"";
  EXPECT_EQ(options->run_in, RunIn::kForeground);
  EXPECT_EQ(options->log_to, LogTarget::kStderr);
  EXPECT_EQ(options->log_level, LogLevel::kInfo);
}

TEST(DaemonOptions, BpfcastdTakesTheOptionsOfIgmpproxyAndStaysInTheForeground) {
  for (const auto& argv : std::vector<std::vector<const char*>>{{"bpfcastd", "-n", "-d", "-v", "a.conf"},
                                                                {"bpfcastd", "-ndv", "a.conf"},
                                                                {"bpfcastd", "a.conf"},
                                                                {"bpfcastd", "-c", "a.conf"}}) {
    const auto options = Parse(argv);
    ASSERT_TRUE(options) << options.error().err;
    EXPECT_EQ(options->config, "a.conf");
    EXPECT_EQ(options->run_in, RunIn::kForeground);
    EXPECT_EQ(options->log_to, LogTarget::kStderr);
    EXPECT_EQ(options->log_level, LogLevel::kInfo);
  }
}

TEST(DaemonOptions, TwoVsAreDebugUnderBothNamesAndTheLogLevelWins) {
  EXPECT_EQ(Parse({"bpfcastd", "-vv", "f"})->log_level, LogLevel::kDebug);
  EXPECT_EQ(Parse({"igmpproxy", "-v", "-v", "f"})->log_level, LogLevel::kDebug);
  EXPECT_EQ(Parse({"igmpproxy", "-v", "f"})->log_level, LogLevel::kInfo);
  EXPECT_EQ(Parse({"igmpproxy", "f"})->log_level, LogLevel::kWarning);
  EXPECT_EQ(Parse({"bpfcastd", "-vv", "--log-level", "error", "f"})->log_level, LogLevel::kError);
}

TEST(DaemonOptions, ACheckNamesItsFile) {
  const auto options = Parse({"bpfcastd", "-t", "a.conf"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->task, DaemonTask::kCheckFile);
  EXPECT_EQ(options->config, "a.conf");
}

TEST(DaemonOptions, IgmpproxyGoesToTheBackgroundUnlessItIsToldNotTo) {
  const auto plain = Parse({"/usr/sbin/igmpproxy", "f"});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->started_as, StartedAs::kIgmpproxy);
  EXPECT_EQ(plain->run_in, RunIn::kBackground);
  EXPECT_EQ(plain->log_to, LogTarget::kSyslog);
  const auto foreground = Parse({"igmpproxy", "-n", "f"});
  EXPECT_EQ(foreground->run_in, RunIn::kForeground);
  EXPECT_EQ(foreground->log_to, LogTarget::kSyslog);
  const auto debug = Parse({"igmpproxy", "-d", "f"});
  EXPECT_EQ(debug->run_in, RunIn::kForeground);
  EXPECT_EQ(debug->log_to, LogTarget::kStderr);
}

TEST(DaemonOptions, OnlyTheWholeNameIsIgmpproxy) {
  EXPECT_EQ(Parse({"my-igmpproxy", "f"})->started_as, StartedAs::kBpfcastd);
  EXPECT_EQ(Parse({"./igmpproxy", "f"})->started_as, StartedAs::kIgmpproxy);
}

TEST(DaemonOptions, HelpIsGivenOnStderrUnderTheNameIgmpproxyAlone) {
  const auto igmpproxy = Parse({"igmpproxy", "-h"});
  ASSERT_FALSE(igmpproxy);
  EXPECT_EQ(igmpproxy.error().status, 0);
  EXPECT_THAT(igmpproxy.error().out, IsEmpty());
  EXPECT_THAT(igmpproxy.error().err, HasSubstr("-d"));
  const auto bpfcastd = Parse({"bpfcastd", "-h"});
  ASSERT_FALSE(bpfcastd);
  EXPECT_EQ(bpfcastd.error().status, 0);
  EXPECT_THAT(bpfcastd.error().out, HasSubstr("--test"));
  EXPECT_THAT(bpfcastd.error().err, IsEmpty());
}

TEST(DaemonOptions, AWrongCommandLineEndsWithOne) {
  for (const auto& argv : std::vector<std::vector<const char*>>{{"bpfcastd", "--no-such-option"},
                                                                {"bpfcastd", "-x", "f"},
                                                                {"bpfcastd", "a", "b"},
                                                                {"bpfcastd", "-c", "a", "b"},
                                                                {"bpfcastd", "-c", "a", "-t", "b"},
                                                                {"bpfcastd", "--instance", "../x"},
                                                                {"bpfcastd", "--log-level", "loud"},
                                                                {"igmpproxy"},
                                                                {"igmpproxy", "-n", "-d"},
                                                                {"igmpproxy", "a", "b"},
                                                                {"igmpproxy", "-x", "f"},
                                                                {"igmpproxy", "-c", "f"}}) {
    const auto options = Parse(argv);
    ASSERT_FALSE(options) << testing::PrintToString(argv);
    EXPECT_EQ(options.error().status, 1) << testing::PrintToString(argv);
    EXPECT_FALSE(options.error().err.empty()) << testing::PrintToString(argv);
    EXPECT_THAT(options.error().out, IsEmpty()) << testing::PrintToString(argv);
  }
}

TEST(DaemonOptions, ExitCodesAreThoseOfTheNameItWasStartedUnder) {
  EXPECT_EQ(ExitCode(Failure::kRuntime, StartedAs::kBpfcastd), 1);
  EXPECT_EQ(ExitCode(Failure::kConfiguration, StartedAs::kBpfcastd), 2);
  EXPECT_EQ(ExitCode(Failure::kEnvironment, StartedAs::kBpfcastd), 3);
  EXPECT_EQ(ExitCode(Failure::kRuntime, StartedAs::kIgmpproxy), 1);
  EXPECT_EQ(ExitCode(Failure::kConfiguration, StartedAs::kIgmpproxy), 255);
  EXPECT_EQ(ExitCode(Failure::kEnvironment, StartedAs::kIgmpproxy), 255);
}

}  // namespace
}  // namespace bpfcast
