// `bpfcast check`, `migrate` and `config`: what is said of a file, and with which exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

class FileVerbs : public testing::Test {
 protected:
  FileVerbs() {
    char name[] = "/tmp/bpfcast-check-XXXXXX";
    close(mkstemp(name));
    path_ = name;
  }
  ~FileVerbs() override { unlink(path_.c_str()); }

  Exit Run(const Verb& verb, const std::string& text, std::vector<std::string> flags = {}) {
    std::ofstream(path_) << text;
    Invocation invocation;
    invocation.arguments["FILE"] = {path_};
    for (const std::string& flag : flags) {
      if (flag == "-j") {
        invocation.form = Invocation::Form::kJson;
      } else {
        invocation.arguments[flag] = {};
      }
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const Exit exit = verb.run(invocation);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  std::string File() const { return path_.substr(path_.rfind('/') + 1); }

  std::string path_;
  std::string out_;
  std::string err_;
};

constexpr const char* kIgmpproxy =
    "quickleave\n"
    "phyint wan0 upstream altnet 224.0.0.0/4 altnet 10.0.0.0/8\n"
    "altnet 10.1.2.3/16\n"
    "phyint lan1 downstream threshold 5\n";
constexpr const char* kToml =
    "upstream = \"eth0\"\ndownstream = \"lan1\"\n[interface.lan1]\nrobustness = 3\n";

/// What is written into it is standard input while it lives.
class StandardInput {
 public:
  explicit StandardInput(const std::string& text) : before_(dup(STDIN_FILENO)) {
    int ends[2];
    if (pipe(ends) < 0 || write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      std::abort();
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }

 private:
  int before_;
};

TEST_F(FileVerbs, ADashIsWhatComesFromStandardInput) {
  for (const char* name : {"-", "/dev/stdin"}) {
    Invocation invocation;
    invocation.arguments["FILE"] = {name};
    const auto run = [&](const Verb& verb, const std::string& text) {
      const StandardInput input(text);
      testing::internal::CaptureStdout();
      testing::internal::CaptureStderr();
      const Exit exit = verb.run(invocation);
      out_ = testing::internal::GetCapturedStdout();
      err_ = testing::internal::GetCapturedStderr();
      return exit;
    };
    EXPECT_EQ(run(CheckVerb(), "upstream = \"wan0\"\ndownstream = [\"lan1\"]\n"), Exit::kOk);
    EXPECT_THAT(out_, HasSubstr("upstream = \"wan0\""));
    EXPECT_EQ(run(CheckVerb(), "upstream = \"wan0\"\ndownstream = [\"lan1\"]\nhok = 1\n"),
              Exit::kConfiguration);
    EXPECT_THAT(err_, StartsWith("stdin:3:1: unknown key 'hok'"));
    EXPECT_EQ(run(MigrateVerb(), "phyint wan0 upstream\nphyint lan1 downstream\n"), Exit::kOk);
    EXPECT_THAT(out_, HasSubstr("downstream = [\"lan1\"]"));
  }
}

TEST_F(FileVerbs, CheckShowsWhatDiffersFromTheDefaultWithTheLineThatSaysSo) {
  EXPECT_EQ(Run(CheckVerb(), kIgmpproxy), Exit::kOk);
  EXPECT_EQ(out_, "upstream = \"wan0\"      # " + File() + ":2\n" +      //
                      "downstream = [\"lan1\"]  # " + File() + ":4\n" +  //
                      "ipv6 = false           # igmpproxy.conf has no word for it\n"
                      "\n[interface.wan0]\n"
                      "altnet = [\"10.0.0.0/8\", \"10.1.0.0/16\"]  # " +
                      File() + ":2, 3\n" +
                      "\n[interface.lan1]\n"
                      "source-check = \"off\"  # igmpproxy.conf without an altnet\n"
                      "ttl-threshold = 5     # " +
                      File() + ":4\n" + "fast-leave = true     # " + File() + ":1\n");
  EXPECT_THAT(err_, AllOf(StartsWith(path_ + ":2:29: warning: altnet 224.0.0.0/4"),
                          HasSubstr("\n" + path_ + ":3:8: warning: ")));
}

TEST_F(FileVerbs, CheckShowsDefaultsAndWhatFollowsWhenAsked) {
  EXPECT_EQ(Run(CheckVerb(), kToml, {"all"}), Exit::kOk);
  EXPECT_THAT(out_, HasSubstr("\nlease = \"300s\""));
  EXPECT_THAT(out_, testing::ContainsRegex("\nrobustness = 3 +# " + File() + ":4\n"));
  EXPECT_THAT(out_, testing::ContainsRegex("\nquery-interval = \"125s\" +# default\n"));
  EXPECT_THAT(out_, testing::ContainsRegex("\n# startup-query-count = 3 +# follows robustness\n"));
  EXPECT_THAT(out_,
              testing::ContainsRegex("\n# startup-query-interval = \"31.25s\" +# follows query-interval\n"));
}

TEST_F(FileVerbs, CheckNamesEveryProblemAndEndsWithTwo) {
  EXPECT_EQ(Run(CheckVerb(), "upstream = 7\ndownstrem = \"lan1\"\n"), Exit::kConfiguration);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_,
              AllOf(HasSubstr(path_ + ":1:12: "), HasSubstr(path_ + ":2:1: "), Not(HasSubstr("warning"))));
}

TEST_F(FileVerbs, CheckSaysTheSameAsJson) {
  EXPECT_EQ(Run(CheckVerb(), kToml, {"-j"}), Exit::kOk);
  EXPECT_THAT(err_, IsEmpty());
  const Json json = Json::parse(out_);
  EXPECT_EQ(json.at("file"), path_);
  EXPECT_EQ(json.at("usable"), true);
  EXPECT_EQ(json.at("warnings"), Json::array());
  const Json expected = {
      {"interface", "lan1"}, {"key", "robustness"}, {"value", 3}, {"origin", File() + ":4"}};
  EXPECT_EQ(json.at("settings").back(), expected);

  EXPECT_EQ(Run(CheckVerb(), "upstream = 7\ndownstream = \"lan1\"\n", {"-j"}), Exit::kConfiguration);
  const Json refused = Json::parse(out_);
  EXPECT_EQ(refused.at("usable"), false);
  ASSERT_EQ(refused.at("problems").size(), 1u);
  EXPECT_EQ(refused.at("problems")[0].at("line"), 1);
  EXPECT_EQ(refused.at("problems")[0].at("column"), 12);
}

TEST_F(FileVerbs, MigrateShowsTomlWithNotesAsComments) {
  EXPECT_EQ(Run(MigrateVerb(), kIgmpproxy), Exit::kOk);
  EXPECT_THAT(out_,
              AllOf(StartsWith("# "), HasSubstr("# - line 2:29: altnet 224.0.0.0/4 is a range of groups"),
                    HasSubstr("# - threshold: "), HasSubstr("# - quickleave: "),
                    HasSubstr("\nupstream = \"wan0\""), HasSubstr("\nttl-threshold = 5")));
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(FileVerbs, MigrateSaysThatSsdpIsNotAskedForWhereTheFileWouldLetItPass) {
  const auto upstream = [](const std::string& lists) {
    return "phyint wan0 upstream\n" + lists + "phyint lan1 downstream\n";
  };
  for (const char* lists : {"", "whitelist 239.0.0.0/8\n", "blacklist 239.1.0.0/16\n"}) {
    EXPECT_EQ(Run(MigrateVerb(), upstream(lists)), Exit::kOk);
    EXPECT_THAT(out_, HasSubstr("# - SSDP, 239.255.255.250, is not asked for upstream")) << lists;
  }
  for (const char* lists :
       {"whitelist 239.255.255.250/32\n", "whitelist 239.1.0.0/16\n", "blacklist 239.255.0.0/16\n"}) {
    EXPECT_EQ(Run(MigrateVerb(), upstream(lists)), Exit::kOk);
    EXPECT_THAT(out_, Not(HasSubstr("SSDP"))) << lists;
  }
}

TEST_F(FileVerbs, MigrateRefusesWhatIsTomlAlreadyAndWhatCannotBeUsed) {
  EXPECT_EQ(Run(MigrateVerb(), kToml), Exit::kConfiguration);
  EXPECT_THAT(err_, HasSubstr("TOML already"));
  EXPECT_EQ(out_, "");
  EXPECT_EQ(Run(MigrateVerb(), "phyint wan0 upstream altnte 10.0.0.0/8\n"), Exit::kConfiguration);
  EXPECT_THAT(err_, HasSubstr(path_ + ":1:22: "));
}

TEST(ConfigView, ShowsTheFileAndItsSettings) {
  const Json answer = {{"file", "/etc/bpfcast/bpfcast.toml"},
                       {"toml", "upstream = \"eth0\"  # bpfcast.toml:1\n"}};
  EXPECT_EQ(ConfigText(answer), "# /etc/bpfcast/bpfcast.toml\nupstream = \"eth0\"  # bpfcast.toml:1\n");
}

}  // namespace
}  // namespace bpfcast
