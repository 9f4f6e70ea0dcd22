// P6, the maintainer of a router's firmware: the same file, the same flags, exit codes, and no exit at run
// time.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "diagnosis.h"
#include "home.h"
#include "support/process.h"
#include "support/smcroute.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class PersonaP6 : public AtHome {};

/// "igmpproxy.conf" as the generators of distributions write it.
std::vector<fs::path> GeneratedFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(BPFCAST_CORPUS) / "igmpproxy/good")) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST_F(PersonaP6, Step1_FilesOfGeneratorsAreAcceptedAndShownWithEachWarningsLine) {
  const auto files = GeneratedFiles();
  ASSERT_GE(files.size(), 12U);
  std::set<std::string> makers;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename());
    for (const char* maker : {"openwrt", "vyos", "udm-iptv", "opnsense"}) {
      if (file.stem().string().starts_with(maker)) makers.insert(maker);
    }
    const CommandResult tested = RunCommand({DaemonPath(), "-t", file});
    EXPECT_EQ(tested.status, 0) << tested.err;
    const CommandResult shown = RunCommand({CliPath(), "check", file});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("upstream = "));
    std::istringstream warnings(shown.err);
    for (std::string line; std::getline(warnings, line);) {
      EXPECT_THAT(line, MatchesRegex(file.string() + ":[0-9]+:[0-9]+: .+"));
    }
  }
  EXPECT_EQ(makers.size(), 4U);
}

TEST_F(PersonaP6, Step2_ATypoIsRefusedWithItsPlaceAndWhatWasMeant) {
  std::string text = kTvConf;
  text.replace(text.find("altnet"), 6, "altnte");
  const ConfigFile file(text);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{DaemonPath(), "-t", file.path()}, {CliPath(), "check", file.path()}}) {
    const CommandResult result = RunCommand(command);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err,
                HasSubstr(file.path() + ":3:3: unknown keyword 'altnte', did you mean 'altnet'?\n"));
  }
}

TEST_F(PersonaP6, Step3_AMissingInterfaceIsWaitedFor) {
  home_.router().Ip("link del wan");
  daemon_.emplace(home_.router(), kTvConf, NamePrefix("e2e"));
  EXPECT_THAT(daemon_->Cli("status").out, HasSubstr("wan: waiting (no such device)"));
  home_.AddWan();
  daemon_->WaitUntilUp(2);
}

TEST_F(PersonaP6, Step4_ASecondInstanceNamesTheFirst) {
  Start(kTvConf);
  const ConfigFile file(kTvConf);
  const CommandResult second =
      RunCommand({DaemonPath(), "-n", "-v", file.path(), "--instance", daemon_->instance()}, &home_.router());
  EXPECT_EQ(second.status, 3);
  EXPECT_THAT(second.err, HasSubstr("is already running (pid " + std::to_string(daemon_->pid()) + ")"));
  EXPECT_TRUE(daemon_->Running());
}

TEST_F(PersonaP6, Step5_AnotherOwnerOfTheKernelsRoutingIsNamedAndTheStreamFlowsAllTheSame) {
  const Smcroute other(home_.router(), "phyint wan enable\nphyint br-lan enable\n");
  Start(kTvConf);
  const std::string owner = "smcrouted (process " + std::to_string(other.pid()) + ")";
  EXPECT_THAT(daemon_->Stderr(), HasSubstr(owner));
  EXPECT_THAT(ExpectFinding(*daemon_, "mroute-owner", "wan,br-lan", "warn")["fix"].get<std::string>(),
              HasSubstr("stop " + owner));
  Receiver receiver(home_.Box(1), Channel(10));
  receiver.Join();
  ASSERT_TRUE(WaitForMembers(Channel(10)));
  Sender(home_.Isp(), Tv(Channel(10)), Sender::Start::kLater).Send(100);
  ExpectComplete(receiver, kTvSource, 100);

  const CommandResult kernel = RunCommand(
      {DaemonPath(), "-c", ConfigFile("datapath = \"kernel\"\n" + std::string(kQuickTvConf)).path(),
       "--instance", NamePrefix("second")},
      &home_.router());
  EXPECT_EQ(kernel.status, 3);
  EXPECT_THAT(kernel.err, HasSubstr(owner));
}

TEST_F(PersonaP6, Step6_ViewsAreJsonAndEndWithTheStatusThatScriptsExpect) {
  Start(kTvConf);
  for (const char* verb :
       {"status", "ports", "groups", "flows", "events", "doctor", "config", "explain 233.252.0.10"}) {
    const CommandResult result = daemon_->Cli(std::string(verb) + " -j");
    EXPECT_FALSE(json::parse(result.out, nullptr, false).is_discarded()) << verb << "\n"
                                                                         << result.out << result.err;
    EXPECT_EQ(result.status, 0) << verb << "\n" << result.out << result.err;
  }
  EXPECT_EQ(daemon_->Cli("no-such-verb").status, 1);
  EXPECT_EQ(RunCommand({CliPath(), "--instance", NamePrefix("nobody"), "status"}).status, 3);
  EXPECT_EQ(RunCommand({CliPath(), "check", "/nonexistent.conf"}).status, 2);
}

}  // namespace
}  // namespace bpfcast::test
