#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cctype>
#include <ostream>

#include <cstdlib>
#include <fstream>
#include <string>

namespace bpfcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr const char* kTwoLines = "upstream = \"eth0\"\ndownstream = [\"lan1\", \"lan2\"]\n";

std::string WithLan1(const std::string& lines) {
  return std::string(kTwoLines) + "[interface.lan1]\n" + lines;
}

TEST(Config, TwoLinesAreEnoughAndGiveTheDefaultsOfTheRfc) {
  const auto config = ParseConfig(kTwoLines, "conf.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->upstream.name, "eth0");
  ASSERT_EQ(config->downstreams.size(), 2u);
  EXPECT_EQ(config->downstreams[0].name, "lan1");
  EXPECT_EQ(config->downstreams[1].name, "lan2");
  const InterfaceConfig& lan1 = config->downstreams[0];
  EXPECT_EQ(lan1.hook, HookSetting::kAuto);
  EXPECT_EQ(lan1.source_check, SourceCheck::kSubnet);
  EXPECT_EQ(lan1.ipv4.timing().robustness, 2u);
  EXPECT_EQ(lan1.ipv4.timing().query_interval, seconds(125));
  EXPECT_EQ(lan1.ipv4.timing().query_response_interval, seconds(10));
  EXPECT_EQ(lan1.ipv4.timing().last_member_query_interval, seconds(1));
  EXPECT_EQ(lan1.ipv4.timing().last_member_query_count, 2u);
  EXPECT_TRUE(config->warnings.empty());
}

TEST(Config, OneDownstreamNeedsNoArray) {
  const auto config = ParseConfig("upstream = 'eth0'\ndownstream = 'lan1'\n", "conf.toml");
  ASSERT_TRUE(config);
  ASSERT_EQ(config->downstreams.size(), 1u);
  EXPECT_EQ(config->downstreams[0].name, "lan1");
}

TEST(Config, F_12_TheSourceCheckIsSubnetOffOrFib) {
  for (const auto& [word, check] :
       {std::pair("subnet", SourceCheck::kSubnet), std::pair("fib", SourceCheck::kFib),
        std::pair("off", SourceCheck::kOff)}) {
    const auto config = ParseConfig(WithLan1("source-check = \"" + std::string(word) + "\"\n"), "conf.toml");
    ASSERT_TRUE(config) << word;
    EXPECT_EQ(config->downstreams[0].source_check, check) << word;
  }
}

TEST(Config, EveryKeyOfAnInterfaceIsRead) {
  const auto config = ParseConfig(WithLan1("hook = \"xdp\"\n"
                                           "source-check = \"off\"\n"
                                           "robustness = 3\n"
                                           "query-interval = \"1m\"\n"
                                           "query-response-interval = \"1.5s\"\n"
                                           "last-member-query-interval = \"200ms\"\n"
                                           "startup-query-interval = 4\n"
                                           "unsolicited-report-interval = 0.5\n"
                                           "last-member-query-count = 4\n"
                                           "startup-query-count = 5\n"),
                                  "conf.toml");
  ASSERT_TRUE(config);
  const InterfaceConfig& lan1 = config->downstreams[0];
  EXPECT_EQ(lan1.hook, HookSetting::kXdp);
  EXPECT_EQ(lan1.source_check, SourceCheck::kOff);
  EXPECT_EQ(lan1.ipv4.timing().robustness, 3u);
  EXPECT_EQ(lan1.ipv4.timing().query_interval, minutes(1));
  EXPECT_EQ(lan1.ipv4.timing().query_response_interval, milliseconds(1500));
  EXPECT_EQ(lan1.ipv4.timing().last_member_query_interval, milliseconds(200));
  EXPECT_EQ(lan1.ipv4.timing().startup_query_interval, seconds(4));
  EXPECT_EQ(lan1.ipv4.timing().unsolicited_report_interval, milliseconds(500));
  EXPECT_EQ(lan1.ipv4.timing().last_member_query_count, 4u);
  EXPECT_EQ(lan1.ipv4.timing().startup_query_count, 5u);
  EXPECT_EQ(config->downstreams[1].ipv4.timing().robustness, 2u);
}

TEST(Config, QuotedNamesWithADotAreVlanInterfaces) {
  const auto config = ParseConfig(
      "upstream = 'eth0.4'\ndownstream = 'lan1'\n[interface.'eth0.4']\nhook = 'tc'\n", "conf.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->upstream.hook, HookSetting::kTc);
}

TEST(Config, ByteOrderMarkAndWindowsLineEndsAreAccepted) {
  const auto config = ParseConfig("\xEF\xBB\xBFupstream = 'eth0'\r\ndownstream = 'lan1'\r\n", "conf.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->upstream.name, "eth0");
}

TEST(Config, LegalButUnwiseValuesAreWarnedAboutWithTheirLine) {
  const auto config = ParseConfig(WithLan1("hook = \"tc\"\nrobustness = 1\n"), "conf.toml");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("conf.toml:5:14: robustness 1")));
}

/// For the names of the rows: a few plain characters.
void PrintFirstLine(const std::string& text, std::ostream* out) {
  for (const char c : text.substr(0, std::min<std::size_t>(40, text.find('\n')))) {
    *out << (std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
  }
}

struct BadFile {
  std::string text;
  std::vector<std::string> problems;
};
void PrintTo(const BadFile& row, std::ostream* out) {
  PrintFirstLine(row.text, out);
}

class BadConfig : public testing::TestWithParam<BadFile> {};

TEST_P(BadConfig, SaysWhereWhatAndWhatWasMeant) {
  const auto config = ParseConfig(GetParam().text, "conf.toml");
  ASSERT_FALSE(config) << GetParam().text;
  EXPECT_THAT(config.error(), ElementsAreArray(GetParam().problems)) << GetParam().text;
}

const BadFile kBadFiles[] = {
    {"upstream = \"eth0\"\ndownstream = \"lan1\"\nupsteam = \"eth1\"\n",
     {"conf.toml:3:1: unknown key 'upsteam', did you mean 'upstream'?"}},
    {"downstream = \"lan1\"\n",
     {"conf.toml:1:1: 'upstream' is missing: name the interface towards the sources, as in upstream = "
      "\"eth0\""}},
    {"upstream = \"eth0\"\n",
     {"conf.toml:1:1: 'downstream' is missing: name the interfaces towards the receivers, as in "
      "downstream = [\"lan1\", \"lan2\"]"}},
    {"upstream = 5\ndownstream = \"lan1\"\n",
     {"conf.toml:1:12: 'upstream' must be an interface name in quotes, not a whole number"}},
    {"upstream = [\"eth0\"]\ndownstream = \"lan1\"\n",
     {"conf.toml:1:12: 'upstream' must be an interface name in quotes, not an array"}},
    {"upstream = \"eth0\"\ndownstream = true\n",
     {"conf.toml:2:14: 'downstream' must be an interface name or an array of them, not a boolean"}},
    {"upstream = \"eth0\"\ndownstream = []\n", {"conf.toml:2:14: 'downstream' names no interface"}},
    // What a key is meant to say is not missing: its name is wrong.
    {"upstream = \"eth0\"\ndownstrem = [\"lan1\"]\n[interface.lan1]\nhook = \"tc\"\n",
     {"conf.toml:2:1: unknown key 'downstrem', did you mean 'downstream'?"}},
    {"[proxi.tv]\nupstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.lan1]\n",
     {"conf.toml:1:2: unknown key 'proxi', did you mean 'proxy'?"}},
    {"[proxy.tv]\nupsteam = \"eth0\"\ndownstream = \"lan1\"\n[interface.eth0]\n",
     {"conf.toml:2:1: unknown key 'upsteam', did you mean 'upstream'?"}},
    {"upstream = \"eth0\"\ndownstream = \"lan1\"\nuser = \"\"\n",
     {"conf.toml:3:8: 'user' must be the name of a user, not \"\""}},
    {"upstream = \"eth0\"\ndownstream = [\"lan1\", 2]\n",
     {"conf.toml:2:23: 'downstream' must be an interface name in quotes, not a whole number"}},
    // E-42
    {"upstream = \"eth0\"\ndownstream = [\"lan1\", \"eth0\"]\n",
     {"conf.toml:2:23: 'eth0' is the upstream already; an interface has one role"}},
    {"upstream = \"eth0\"\ndownstream = [\"lan1\", \"lan1\"]\n", {"conf.toml:2:23: 'lan1' is named twice"}},
    {"upstream = \"\"\ndownstream = \"lan1\"\n", {"conf.toml:1:12: '' is empty"}},
    {"upstream = \"a-very-long-name\"\ndownstream = \"lan1\"\n",
     {"conf.toml:1:12: 'a-very-long-name' is longer than the 15 characters of an interface name"}},
    {"upstream = \"eth 0\"\ndownstream = \"lan1\"\n",
     {"conf.toml:1:12: 'eth 0' is not an interface name: it contains a space, '/' or ':'"}},
    {"upstream = \"..\"\ndownstream = \"lan1\"\n", {"conf.toml:1:12: '..' is not an interface name"}},
    {std::string(kTwoLines) + "[interface.lan3]\n",
     {"conf.toml:3:12: interface 'lan3' is neither upstream nor downstream, did you mean 'lan1'?"}},
    {std::string(kTwoLines) + "[interface.wlp2s0]\n",
     {"conf.toml:3:12: interface 'wlp2s0' is neither upstream nor downstream"}},
    {"upstream = \"eth0.4\"\ndownstream = \"lan1\"\n[interface.eth0.4]\nhook = \"tc\"\n",
     {"conf.toml:3:12: a name with a dot must be quoted: [interface.\"eth0.4\"]"}},
    {"upstream = \"eth0\"\ndownstream = \"lan1\"\ninterface = 1\n",
     {"conf.toml:3:13: 'interface' must be a table, as in [interface.lan1], not a whole number"}},
    {std::string(kTwoLines) + "[interface]\nlan1 = \"xdp\"\n",
     {"conf.toml:4:8: 'lan1' must be a table, as in [interface.lan1], not a string"}},
    {WithLan1("hook = \"dpdk\"\n"),
     {"conf.toml:4:8: 'hook' must be \"auto\", \"xdp\" or \"tc\", not \"dpdk\""}},
    {WithLan1("hook = true\n"), {"conf.toml:4:8: 'hook' must be \"auto\", \"xdp\" or \"tc\", not a boolean"}},
    {WithLan1("source-check = \"strict\"\n"),
     {"conf.toml:4:16: 'source-check' must be \"subnet\", \"fib\" or \"off\", not \"strict\""}},
    {WithLan1("source-check = 1\n"),
     {"conf.toml:4:16: 'source-check' must be \"subnet\", \"fib\" or \"off\", not a whole number"}},
    {WithLan1("robustnes = 2\n"), {"conf.toml:4:1: unknown key 'robustnes', did you mean 'robustness'?"}},
    {WithLan1("query_interval = 2\n"),
     {"conf.toml:4:1: unknown key 'query_interval', did you mean 'query-interval'?"}},
    {WithLan1("colour = 3\n"), {"conf.toml:4:1: unknown key 'colour'"}},
    {WithLan1("robustness = \"2\"\n"), {"conf.toml:4:14: 'robustness' must be a whole number, not a string"}},
    {WithLan1("robustness = 2.5\n"), {"conf.toml:4:14: 'robustness' must be a whole number, not a number"}},
    {WithLan1("robustness = -1\n"), {"conf.toml:4:14: 'robustness' must be a small positive number, not -1"}},
    {WithLan1("query-interval = \"2 weeks\"\n"),
     {"conf.toml:4:18: 'query-interval' \"2 weeks\" is not a duration; write \"200ms\", \"1.5s\", \"2m\", or "
      "a number "
      "of seconds"}},
    {WithLan1("query-interval = \"125\"\n"),
     {"conf.toml:4:18: 'query-interval' \"125\" has no unit; write \"200ms\", \"1.5s\", \"2m\", or a number "
      "of seconds"}},
    {WithLan1("query-interval = -5\n"),
     {"conf.toml:4:18: 'query-interval' is not a duration; write \"200ms\", \"1.5s\", \"2m\", or a number of "
      "seconds"}},
    {WithLan1("query-interval = nan\n"),
     {"conf.toml:4:18: 'query-interval' is not a duration; write \"200ms\", \"1.5s\", \"2m\", or a number of "
      "seconds"}},
    {WithLan1("query-interval = \"99999h\"\n"),
     {"conf.toml:4:18: 'query-interval' \"99999h\" is longer than a year"}},
    {WithLan1("query-interval = 9223372036854775807\n"),
     {"conf.toml:4:18: 'query-interval' is longer than a year"}},
    {WithLan1("query-interval = [1]\n"),
     {"conf.toml:4:18: 'query-interval' must be a duration such as \"125s\", or a number of seconds, not an "
      "array"}},
    {WithLan1("downstream = \"lan1\"\n"),
     {"conf.toml:4:1: 'downstream' belongs to the top of the file, before the first [table]"}},
    // Several problems: all of them, in the order of the file.
    {"upstream = 1\ndownstream = \"lan1\"\ndownsteam = 2\n[interface.lan1]\nhook = \"no\"\nrobustness = "
     "true\n",
     {"conf.toml:1:12: 'upstream' must be an interface name in quotes, not a whole number",
      "conf.toml:3:1: unknown key 'downsteam', did you mean 'downstream'?",
      "conf.toml:5:8: 'hook' must be \"auto\", \"xdp\" or \"tc\", not \"no\"",
      "conf.toml:6:14: 'robustness' must be a whole number, not a boolean"}},
};

INSTANTIATE_TEST_SUITE_P(Corpus, BadConfig, testing::ValuesIn(kBadFiles));

struct BadTiming {
  std::string lines;
  std::string position;
  std::string variable;
};
void PrintTo(const BadTiming& row, std::ostream* out) {
  PrintFirstLine(row.lines, out);
}

class BadTimingConfig : public testing::TestWithParam<BadTiming> {};

TEST_P(BadTimingConfig, LimitsOfTheProtocolAreReportedAtTheKeyThatBreaksThem) {
  const auto config = ParseConfig(WithLan1(GetParam().lines), "conf.toml");
  ASSERT_FALSE(config) << GetParam().lines;
  EXPECT_THAT(config.error(), ElementsAre(testing::StartsWith("conf.toml:" + GetParam().position + ": " +
                                                              GetParam().variable)));
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, BadTimingConfig,
    testing::Values(
        // B-03: the response interval is shorter than the query interval; the default is 10 s.
        BadTiming{"hook = \"tc\"\nquery-interval = 10\n", "5:18", "query-response-interval"},
        BadTiming{"query-response-interval = \"200s\"\n", "4:27", "query-response-interval"},
        BadTiming{"robustness = 0\n", "4:14", "robustness"},
        BadTiming{"query-interval = 0\n", "4:18", "query-interval"},
        BadTiming{"hook = \"tc\"\nstartup-query-interval = 0\n", "5:26", "startup-query-interval"},
        BadTiming{"query-interval = 60\nlast-member-query-interval = \"1ms\"\n", "5:30",
                  "last-member-query-interval"}));

struct BrokenToml {
  std::string text;
  std::string position;
};
void PrintTo(const BrokenToml& row, std::ostream* out) {
  PrintFirstLine(row.text, out);
}

class BrokenTomlConfig : public testing::TestWithParam<BrokenToml> {};

TEST_P(BrokenTomlConfig, IsRefusedWithItsPosition) {
  const auto config = ParseConfig(GetParam().text, "conf.toml");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(testing::StartsWith("conf.toml:" + GetParam().position + ":")));
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, BrokenTomlConfig,
    testing::Values(BrokenToml{"upstream = eth0\n", "1:12"}, BrokenToml{"upstream = \"eth0\n", "1:17"},
                    BrokenToml{"upstream = 'a'\nupstream = 'b'\n", "2"},
                    BrokenToml{std::string("upstream = 'a'\n\0\n", 17), "2:1"},
                    BrokenToml{"upstream = 'a'\n[.a]\n", "2"}, BrokenToml{"upstream = 'a'\n[ =a]\n", "2"},
                    BrokenToml{"upstream = 'a'\n[[#]]\n", "2"},
                    BrokenToml{"upstream = 'a'\n[\xc3\xa9]\n", "2"},
                    BrokenToml{"upstream = 'a'\n\xc4\x80 = 1\n", "2"},
                    BrokenToml{"upstream = 'a'\n[b\xd2\x99]\n", "2"},
                    BrokenToml{"upstream = \xc2\xa1\n", "1"}, BrokenToml{"\xff\xfeupstream = 'a'", "1:1"},
                    BrokenToml{"upstream = " + std::string(100000, '['), "1"}));

/// The Max Resp Code of version 2 ends at 25.5 s.
TEST(Config, C_60_TheVersionDecidesWhatATimerMayBe) {
  EXPECT_TRUE(ParseConfig(WithLan1("query-response-interval = \"30s\"\n"), "conf.toml"));
  const auto config = ParseConfig(WithLan1("version = 2\nquery-response-interval = \"30s\"\n"), "conf.toml");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(testing::StartsWith("conf.toml:5:27: query-response-interval")));
}

TEST(Config, C_85_WhatIsDeniedIsDeniedWhateverIsAllowed) {
  const auto config = ParseConfig(WithLan1("allow-groups = [\"239.0.0.0/8\"]\n"
                                           "deny-groups = [\"239.1.0.0/16\"]\n"
                                           "deny-sources = [\"192.0.2.66\"]\n"),
                                  "conf.toml");
  ASSERT_TRUE(config);
  const AccessList<Igmp>& access = config->downstreams[0].ipv4.access();
  EXPECT_TRUE(access.Permits(MakeIpv4(239, 2, 0, 1)));
  EXPECT_FALSE(access.Permits(MakeIpv4(239, 1, 0, 1)));
  EXPECT_FALSE(access.Permits(MakeIpv4(238, 0, 0, 1)));
  EXPECT_TRUE(access.Permits(MakeIpv4(239, 2, 0, 1), MakeIpv4(192, 0, 2, 65)));
  EXPECT_FALSE(access.Permits(MakeIpv4(239, 2, 0, 1), MakeIpv4(192, 0, 2, 66)));
}

/// A file in a directory of its own.
class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    char name[] = "/tmp/bpfcast-config-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/conf.toml";
  }
  ~ConfigFile() override {
    unlink(path_.c_str());
    rmdir(directory_.c_str());
  }
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  std::string directory_;
  std::string path_;
};

TEST_F(ConfigFile, IsRead) {
  Write(kTwoLines);
  EXPECT_TRUE(LoadConfigs(path_));
}

TEST_F(ConfigFile, ThatIsMissingIsNamed) {
  const auto config = LoadConfigs(path_);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(path_ + ": cannot open: No such file or directory"));
}

TEST_F(ConfigFile, ThatIsADirectoryIsRefused) {
  const auto config = LoadConfigs(directory_);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(directory_ + ": is a directory, name the file in it"));
}

TEST_F(ConfigFile, ThatIsAFifoIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const auto config = LoadConfigs(path_);
  ASSERT_FALSE(config);
  EXPECT_THAT(
      config.error(),
      ElementsAre(path_ +
                  ": is not a regular file; write it to one first, or give it as standard input with -"));
}

TEST_F(ConfigFile, OfMoreThanOneMebibyteIsRefused) {
  Write(std::string(kTwoLines) + "#" + std::string(1 << 20, 'x') + "\n");
  const auto config = LoadConfigs(path_);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre(path_ + ": is larger than 1 MiB, which no configuration is"));
}

TEST_F(ConfigFile, OfOneMebibyteIsRead) {
  std::string text = kTwoLines;
  text += "#" + std::string((1 << 20) - text.size() - 2, 'x') + "\n";
  Write(text);
  EXPECT_TRUE(LoadConfigs(path_));
}

}  // namespace
}  // namespace bpfcast
