// What a person sees when the daemon cannot start: the place, the cause, the way out, and an exit code a
// script can use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <nlohmann/json.hpp>

#include "support/daemon.h"
#include "support/netns.h"

namespace bpfcast::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr const char* kTwoLines = "upstream = \"wan0\"\ndownstream = \"lan1\"\n";

class Startup : public ::testing::Test {
 protected:
  Startup() : router_(Prefix() + "-startup") {
    MustRun({"ip", "link", "add", "wan0", "netns", router_.name(), "type", "veth", "peer", "name", "up0",
             "netns", router_.name()});
    MustRun({"ip", "link", "add", "lan1", "netns", router_.name(), "type", "veth", "peer", "name", "h1",
             "netns", router_.name()});
    router_.IpBatch(
        "addr add 198.51.100.2/24 dev wan0\naddr add 192.0.2.1/24 dev lan1\n"
        "link set wan0 up\nlink set lan1 up\nlink set up0 up\nlink set h1 up\n");
  }
  static std::string Prefix() {
    RemoveLeftovers();
    return NamePrefix("e2e");
  }
  /// `bpfcastd -t` on this text; "FILE" stands for its name in the result.
  static CommandResult CheckFile(const std::string& text) {
    const ConfigFile file(text);
    CommandResult result = RunCommand({DaemonPath(), "-t", file.path()});
    for (std::size_t at; (at = result.err.find(file.path())) != std::string::npos;) {
      result.err.replace(at, file.path().size(), "FILE");
    }
    return result;
  }
  /// setpriv, leaving these capabilities and no other.
  static std::vector<std::string> With(const std::string& capabilities) {
    return {"setpriv", "--bounding-set", "-all," + capabilities, "--inh-caps", "-all", "--"};
  }
  CommandResult RunWith(const std::string& capabilities, const std::string& config = kTwoLines) {
    Daemon daemon(router_, config, Prefix(), Daemon::Start::kDoNotWait, With(capabilities));
    const std::optional<int> status = daemon.Wait(10s);
    return {status.value_or(-1), "", daemon.Stderr()};
  }

  NetNs router_;
};

TEST_F(Startup, TwoLinesAreAConfiguration) {
  const CommandResult result = CheckFile(kTwoLines);
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Startup, AnUnknownKeyIsNamedWithItsPlaceAndASuggestion) {
  const CommandResult result = CheckFile("upstream = \"wan0\"\ndownstrem = \"lan1\"\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(ContainsRegex("FILE:2:1: .*downstrem"), HasSubstr("downstream")));
}

TEST_F(Startup, AnUnknownKeyOfAnInterfaceIsNamedWithItsPlaceAndASuggestion) {
  const CommandResult result = CheckFile(std::string(kTwoLines) + "[interface.lan1]\n  hok = \"tc\"\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(ContainsRegex("FILE:4:3: .*hok"), HasSubstr("hook")));
}

TEST_F(Startup, ASyntaxErrorIsGivenWithItsPlace) {
  const CommandResult result = CheckFile("upstream = \"wan0\"\ndownstream = [\"lan1\"\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, ContainsRegex("FILE:[0-9]+:[0-9]+: "));
}

TEST_F(Startup, AValueOutsideItsListSaysWhatWasPossible) {
  const CommandResult result = CheckFile(std::string(kTwoLines) + "[interface.lan1]\nhook = \"xpd\"\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(ContainsRegex("FILE:4:[0-9]+: .*xpd"), HasSubstr("auto"), HasSubstr("xdp"),
                                HasSubstr("tc")));
}

TEST_F(Startup, ADurationThatIsNoneIsAnError) {
  const CommandResult result =
      CheckFile(std::string(kTwoLines) + "[interface.lan1]\nquery-interval = \"soon\"\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, ContainsRegex("FILE:4:[0-9]+: .*soon"));
}

TEST_F(Startup, B_03_AResponseIntervalNotBelowTheQueryIntervalIsAnError) {
  const CommandResult result = CheckFile(
      std::string(kTwoLines) + "[interface.lan1]\nquery-interval = 5\nquery-response-interval = 5\n");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, ContainsRegex("FILE:[0-9]+:[0-9]+: "));
}

TEST_F(Startup, TE_17_E_42_RolesThatCannotBeAreErrors) {
  for (const char* text :
       {"upstream = \"wan0\"\n", "downstream = \"lan1\"\n", "upstream = \"wan0\"\ndownstream = []\n",
        "upstream = \"wan0\"\ndownstream = [\"lan1\", \"wan0\"]\n",
        "upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan1\"]\n",
        "upstream = [\"wan0\", \"wan1\"]\ndownstream = \"lan1\"\n",
        "upstream = \"wan0\"\ndownstream = \"lan1\"\n[interface.lan2]\nhook = \"tc\"\n"}) {
    const CommandResult result = CheckFile(text);
    EXPECT_EQ(result.status, 2) << text << result.err;
    EXPECT_THAT(result.err, ContainsRegex("FILE:[0-9]+:[0-9]+: ")) << text;
  }
}

TEST_F(Startup, ADaemonWithABadFileDoesNotStart) {
  Daemon daemon(router_, "upstream = 7\n", Prefix(), Daemon::Start::kDoNotWait);
  EXPECT_EQ(daemon.Wait(10s), 2) << daemon.Stderr();
  EXPECT_THAT(daemon.Stderr(), ContainsRegex("\\.toml:1:[0-9]+: "));
  EXPECT_FALSE(std::filesystem::exists(daemon.Pins()));
}

TEST_F(Startup, AFileThatDoesNotExistIsNamed) {
  const CommandResult result = RunCommand({DaemonPath(), "-t", "/nonexistent/bpfcast.toml"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("/nonexistent/bpfcast.toml"));
}

TEST_F(Startup, AWrongCommandLineEndsWithOne) {
  const CommandResult result = RunCommand({DaemonPath(), "--no-such-option"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("no-such-option"));
}

TEST_F(Startup, TX_13_AMissingCapabilityIsNamed) {
  const std::vector<std::pair<std::string, std::string>> cases{{"CAP_BPF", "+net_admin,+net_raw"},
                                                               {"CAP_NET_ADMIN", "+bpf,+net_raw"},
                                                               {"CAP_NET_RAW", "+bpf,+net_admin"}};
  for (const auto& [missing, given] : cases) {
    // Without CAP_BPF the kernel may forward instead, unless that is not wanted.
    const CommandResult result = RunWith(given, "datapath = \"bpf\"\n" + std::string(kTwoLines));
    std::string upper = result.err;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_THAT(upper, HasSubstr(missing));
  }
}

TEST_F(Startup, TX_13_WithoutCapBpfTheKernelForwardsAndTheLogSaysWhy) {
  Daemon daemon(router_, kTwoLines, Prefix(), Daemon::Start::kWaitUntilReady, With("+net_admin,+net_raw"));
  daemon.WaitUntilUp(2);
  for (const auto& port : daemon.Call("ports")) {
    EXPECT_EQ(port["hook"], "kernel");
    EXPECT_THAT(port["hook_reason"].get<std::string>(), HasSubstr("CAP_BPF"));
  }
  EXPECT_TRUE(daemon.Call("status")["bpffs"].is_null());
  EXPECT_FALSE(std::filesystem::exists(daemon.Pins()));
  EXPECT_THAT(daemon.Cli("status").out, HasSubstr("the kernel's multicast routing forwards"));
  EXPECT_EQ(daemon.Stop(), 0) << daemon.Stderr();
  EXPECT_THAT(daemon.Stderr(), ContainsRegex("warning.*BPF cannot be used.*CAP_BPF"));
}

TEST_F(Startup, TX_13_TwoCapabilitiesAreEnoughForTheKernelsRouting) {
  const std::string config = "datapath = \"kernel\"\n" + std::string(kTwoLines);
  Daemon daemon(router_, config, Prefix(), Daemon::Start::kWaitUntilReady, With("+net_admin,+net_raw"));
  daemon.WaitUntilUp(2);
  EXPECT_EQ(daemon.Stop(), 0);
  EXPECT_EQ(daemon.Stderr().find("warning"), std::string::npos) << daemon.Stderr();
  const CommandResult missing = RunWith("+bpf,+net_raw", config);
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("CAP_NET_ADMIN"));
}

TEST_F(Startup, TX_13_TheThreeCapabilitiesAreEnough) {
  if (!std::filesystem::exists(
          "/sys/fs/bpf/bpfcast")) {  // what the unit file does before it drops privileges
    { Daemon first(router_, kTwoLines, Prefix()); }
  }
  Daemon daemon(router_, kTwoLines, Prefix(), Daemon::Start::kWaitUntilReady,
                With("+bpf,+net_admin,+net_raw"));
  EXPECT_TRUE(Eventually([&] {
    for (const auto& port : daemon.Call("ports")) {
      if (port["state"] != "up" || port["hook"].is_null()) return false;
    }
    return true;
  })) << daemon.Call("ports").dump(2)
      << daemon.Stderr();
  EXPECT_EQ(daemon.Stop(), 0) << daemon.Stderr();
}

TEST_F(Startup, ASecondInstanceOfTheSameNameSaysWhoRuns) {
  Daemon first(router_, kTwoLines, Prefix());
  const ConfigFile file(kTwoLines);
  const CommandResult second =
      RunCommand({DaemonPath(), "-c", file.path(), "--instance", first.instance()}, &router_);
  EXPECT_EQ(second.status, 3) << second.err;
  EXPECT_THAT(second.err, HasSubstr(std::to_string(first.pid())));
  EXPECT_EQ(first.Call("status")["pid"], first.pid());
  EXPECT_EQ(first.Stop(), 0) << first.Stderr();
}

TEST_F(Startup, AfterAKillTheNameIsFreeAgain) {
  {
    Daemon killed(router_, kTwoLines, Prefix());
    killed.Signal(SIGKILL);
    ASSERT_TRUE(killed.Wait(10s));
    Daemon next(router_, kTwoLines, Prefix());
    EXPECT_EQ(next.Call("status")["state"], "running");
    EXPECT_EQ(next.Stop(), 0) << next.Stderr();
  }
}

TEST_F(Startup, TheCommandSaysSoWhenNoDaemonRuns) {
  const CommandResult result = RunCommand({CliPath(), "--instance", Prefix() + "-none", "status"});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr(Prefix() + "-none"));
}

TEST_F(Startup, StatusGroupsAndPortsHaveATextAndAJsonForm) {
  Daemon daemon(router_, kTwoLines, Prefix());
  for (const char* verb : {"status", "ports", "groups"}) {
    const CommandResult text = daemon.Cli(verb);
    EXPECT_EQ(text.status, 0) << verb << text.err;
    EXPECT_FALSE(text.out.empty()) << verb;
    const CommandResult json = daemon.Cli(std::string(verb) + " -j");
    EXPECT_EQ(json.status, 0) << verb << json.err;
    EXPECT_FALSE(nlohmann::json::parse(json.out, nullptr, false).is_discarded()) << json.out;
  }
  EXPECT_THAT(daemon.Cli("ports").out,
              AllOf(HasSubstr("wan0"), HasSubstr("lan1"), AnyOf(HasSubstr("xdp"), HasSubstr("tc"))));
}

}  // namespace
}  // namespace bpfcast::test
