// Several proxies in one file: what belongs to one, to all, and to none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/changes.h"
#include "config/config.h"
#include "config/print.h"

namespace bpfcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kTwo = R"(user = "root"

[proxy.tv]
upstream = "wan0"
downstream = ["lan1", "lan2"]
lease = "60s"

[proxy.cams]
upstream = "vlan7"
downstream = "office"
ipv6 = false
loop-guard = "notice"

[interface.office]
query-interval = 60

[interface.lan2]
fast-leave = true
)";

Configs Read(const std::string& text) {
  auto configs = ParseConfigs(text, "f.toml");
  if (configs) return std::move(*configs);
  ADD_FAILURE() << configs.error().front();
  return Configs(1);
}

ConfigProblems Problems(const std::string& text) {
  auto configs = ParseConfigs(text, "f.toml");
  return configs ? ConfigProblems() : configs.error();
}

TEST(Proxies, EachHasItsKeysAndTheTablesOfItsInterfacesInTheOrderOfTheFile) {
  const Configs configs = Read(kTwo);
  ASSERT_EQ(configs.size(), 2u);
  const Config& tv = configs[0];
  EXPECT_EQ(tv.proxy, "tv");
  EXPECT_EQ(tv.upstream.name, "wan0");
  ASSERT_EQ(tv.downstreams.size(), 2u);
  EXPECT_EQ(tv.downstreams[1].name, "lan2");
  EXPECT_EQ(tv.downstreams[1].ipv4.downstream.querier.fast_leave, FastLeave::kTracked);
  EXPECT_EQ(tv.lease, std::chrono::seconds(60));
  EXPECT_TRUE(tv.upstream.ipv6.served);
  const Config& cams = configs[1];
  EXPECT_EQ(cams.proxy, "cams");
  EXPECT_EQ(cams.upstream.name, "vlan7");
  EXPECT_FALSE(cams.upstream.ipv6.served);
  EXPECT_EQ(cams.upstream.ipv4.upstream.loop_guard, LoopGuardMode::kNotice);
  EXPECT_EQ(cams.lease, Config().lease);
  ASSERT_EQ(cams.downstreams.size(), 1u);
  EXPECT_EQ(cams.downstreams[0].ipv4.timing().query_interval, std::chrono::seconds(60));
  for (const Config& each : configs) {
    EXPECT_EQ(each.user, "root") << "of the process, so of all";
    EXPECT_THAT(each.warnings, IsEmpty());
  }
}

TEST(Proxies, AFileWithoutNamesIsOneProxyWithoutAName) {
  const Configs configs = Read("upstream = \"eth0\"\ndownstream = \"lan1\"\n");
  ASSERT_EQ(configs.size(), 1u);
  EXPECT_EQ(configs[0].proxy, "");
}

TEST(Proxies, AnInterfaceHasOneProxy) {
  EXPECT_THAT(
      Problems("[proxy.tv]\nupstream = \"wan0\"\ndownstream = [\"lan1\", \"lan2\"]\n"
               "[proxy.cams]\nupstream = \"lan1\"\ndownstream = [\"lan3\", \"lan2\"]\n"),
      ElementsAre("f.toml:5:12: 'lan1' belongs to proxy 'tv' already, on line 3; an interface has one proxy",
                  "f.toml:6:23: 'lan2' belongs to proxy 'tv' already, on line 3; an interface has one "
                  "proxy"));
}

TEST(Proxies, AStarOfOneProxyLeavesOutTheInterfacesOfTheOthers) {
  const Configs configs = Read(
      "[proxy.tv]\nupstream = \"wan0\"\ndownstream = \"*\"\n"
      "[proxy.cams]\nupstream = \"vlan7\"\ndownstream = \"office\"\n[interface.\"*\"]\nversion = 2\n");
  ASSERT_EQ(configs.size(), 2u);
  EXPECT_TRUE(configs[0].UnnamedDownstream("lan5"));
  EXPECT_FALSE(configs[0].UnnamedDownstream("vlan7"));
  EXPECT_FALSE(configs[0].UnnamedDownstream("office"));
  EXPECT_FALSE(configs[1].UnnamedDownstream("lan5"));
  EXPECT_THAT(
      Problems("[proxy.a]\nupstream = \"w\"\ndownstream = \"*\"\n"
               "[proxy.b]\nupstream = \"v\"\ndownstream = \"*\"\n"),
      ElementsAre("f.toml:6:14: '*' belongs to proxy 'a' already, on line 3; an interface has one proxy"));
}

TEST(Proxies, ATableOfAnInterfaceThatNoProxyHasIsRefused) {
  EXPECT_THAT(
      Problems(std::string(kTwo) + "[interface.ofice]\nversion = 2\n"),
      ElementsAre(
          "f.toml:19:12: interface 'ofice' is neither upstream nor downstream, did you mean 'office'?"));
}

TEST(Proxies, AKeyStandsWhereItBelongs) {
  EXPECT_THAT(Problems("lease = 0\n[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\n"),
              ElementsAre("f.toml:1:1: 'lease' belongs to one proxy here: write it below its [proxy.NAME]"));
  EXPECT_THAT(
      Problems("[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\nuser = \"root\"\n"),
      ElementsAre("f.toml:4:1: 'user' belongs to the top of the file, before the first [table]: the proxies "
                  "are one process"));
  EXPECT_THAT(Problems("[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\nversion = 2\n"),
              ElementsAre("f.toml:4:1: 'version' belongs to an interface, as in [interface.lan1]"));
  EXPECT_THAT(
      Problems("[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\n[proxy.tv.interface.l]\nversion = 2\n"),
      ElementsAre("f.toml:4:11: 'interface' has tables at the top of the file alone"));
  EXPECT_THAT(Problems("[proxy.tv]\nupstraem = \"w\"\nupstream = \"w\"\ndownstream = \"l\"\n"),
              ElementsAre("f.toml:2:1: unknown key 'upstraem', did you mean 'upstream'?"));
}

TEST(Proxies, WhatIsMissingIsMissedAtTheProxy) {
  const ConfigProblems problems =
      Problems("[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\n\n[proxy.cams]\n");
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].rfind("f.toml:5:8: 'upstream' is missing", 0), 0u) << problems[0];
  EXPECT_EQ(problems[1].rfind("f.toml:5:8: 'downstream' is missing", 0), 0u) << problems[1];
  EXPECT_THAT(Problems("[proxy]\n"), ElementsAre("f.toml:1:1: [proxy] names no proxy; write [proxy.NAME]"));
  EXPECT_THAT(Problems("proxy = 3\n"),
              ElementsAre("f.toml:1:9: 'proxy' must be a table, as in [proxy.tv], not a whole number"));
  EXPECT_THAT(Problems("[proxy]\ntv = 3\n"),
              ElementsAre("f.toml:2:6: 'tv' must be a table, as in [proxy.tv], not a whole number"));
}

// The name becomes a part of paths.
TEST(Proxies, ANameIsThatOfAnInstance) {
  EXPECT_THAT(Problems("[proxy.\"../tv\"]\nupstream = \"w\"\ndownstream = \"l\"\n"),
              ElementsAre("f.toml:1:8: '../tv' is no name of a proxy: 1 to 32 of A-Z a-z 0-9 _ -"));
}

TEST(Proxies, MoreThan64AreRefused) {
  std::string file;
  for (int i = 0; i < 65; ++i) {
    const std::string n = std::to_string(i);
    file += "[proxy.p" + n + "]\nupstream = \"u" + n + "\"\ndownstream = \"d" + n + "\"\n";
  }
  EXPECT_THAT(Problems(file), ElementsAre("f.toml:193:8: more than 64 proxies"));
}

// ip(7) MRT_INIT: one socket of a network namespace.
TEST(Proxies, TheKernelsMulticastRoutingOfAFamilyHasOneProxy) {
  const auto file = [](const std::string& tv, const std::string& cams) {
    return "[proxy.tv]\nupstream = \"w\"\ndownstream = \"l\"\n" + tv +
           "[proxy.cams]\nupstream = \"v\"\ndownstream = \"m\"\n" + cams;
  };
  const std::string kernel = "datapath = \"kernel\"\n";
  EXPECT_THAT(
      Problems(file(kernel, kernel)),
      ElementsAre("f.toml:8:12: the kernel's multicast routing has one proxy, and 'tv' has it, on line 4; "
                  "write datapath = \"bpf\", or serve ipv4 in one and ipv6 in the other"));
  EXPECT_THAT(Problems(file(kernel + "ipv6 = false\n", kernel + "ipv4 = false\n")), IsEmpty());
  EXPECT_THAT(Problems(file(kernel, "datapath = \"bpf\"\n")), IsEmpty());
}

TEST(Proxies, WhatIsPrintedIsAFileOfTheSameMeaning) {
  const Configs configs = Read(kTwo);
  for (const Settings which : {Settings::kNotDefault, Settings::kAll}) {
    const std::string printed = PrintToml(configs, which, Comments::kOrigins);
    const Configs again = Read(printed);
    ASSERT_EQ(again.size(), 2u) << printed;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(again[i].proxy, configs[i].proxy);
      EXPECT_TRUE(again[i].upstream == configs[i].upstream) << printed;
      EXPECT_TRUE(again[i].downstreams == configs[i].downstreams) << printed;
      EXPECT_EQ(again[i].lease, configs[i].lease);
      EXPECT_EQ(again[i].user, "root");
    }
  }
  EXPECT_EQ(PrintToml(configs, Settings::kNotDefault, Comments::kOrigins),
            R"(user = "root"  # f.toml:1

[proxy.tv]
upstream = "wan0"              # f.toml:4
downstream = ["lan1", "lan2"]  # f.toml:5
lease = "60s"                  # f.toml:6

[interface.lan2]
fast-leave = true  # f.toml:18

[proxy.cams]
upstream = "vlan7"       # f.toml:9
downstream = ["office"]  # f.toml:10
ipv6 = false             # f.toml:11
loop-guard = "notice"    # f.toml:12

[interface.office]
query-interval = "60s"  # f.toml:15
)");
  const std::string one = PrintToml(configs[1], Settings::kNotDefault);
  EXPECT_EQ(one.rfind("user = \"root\"\n\n[proxy.cams]\nupstream = \"vlan7\"\n", 0), 0u) << one;
}

TEST(Proxies, AChangeIsToldWithItsProxyAndWhatConcernsAllWithout) {
  std::string changed = kTwo;
  changed.replace(changed.find("60s"), 3, "90s");
  changed.replace(changed.find("query-interval = 60"), 19, "query-interval = 70");
  changed.erase(0, changed.find('\n') + 1);  // user
  const Configs before = Read(kTwo);
  const Configs after = Read(changed);
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < 2; ++i) {
    for (const ConfigChange& change : ChangesOf(before[i], after[i]))
      sentences.push_back(change.ToSentence());
  }
  EXPECT_THAT(
      sentences,
      ElementsAre("tv: lease 60 s -> 90 s (at the next start)", "user root -> unset (at the next start)",
                  "user root -> unset (at the next start)", "cams: office: query-interval 60 s -> 70 s"));
  EXPECT_EQ(BeginOf("tv").ToSentence(), "tv: new proxy");
  EXPECT_EQ(EndOf("tv").ToSentence(), "tv: no proxy any more");
}

}  // namespace
}  // namespace bpfcast
