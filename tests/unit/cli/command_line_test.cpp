#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <functional>
#include <sstream>

#include "answers.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

/// The command line with an agent that answers what the test says.
class CommandLine : public testing::Test {
 protected:
  int Run(std::vector<const char*> words) {
    words.insert(words.begin(), "bpfcast");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto call = [&](const std::string& instance, const std::string& method, const CallParams&) {
      calls_.push_back(instance + " " + method);
      if (answers_.empty()) return answer_;
      if (answers_.size() == 1) before_last_();
      const CallResult next = answers_.front();
      answers_.pop_front();
      return next;
    };
    const auto call_for_text = [&](const std::string& instance, const std::string& method,
                                   const CallParams& params) -> CallText {
      const CallResult answer = call(instance, method, params);
      if (!answer) return tl::unexpected(answer.error());
      return std::vector<std::string>{answer->dump()};
    };
    const int status = RunCommandLine(static_cast<int>(words.size()), words.data(), call, call_for_text,
                                      [&] { return ++listed_, running_; });
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return status;
  }

  CallResult answer_ = Json::array();
  std::deque<CallResult> answers_;  // one for each call, before answer_
  std::function<void()> before_last_ = [] {};
  std::vector<std::string> running_;
  int listed_ = 0;
  std::vector<std::string> calls_;
  std::string out_;
  std::string err_;
};

TEST_F(CommandLine, EachVerbCallsItsMethodAndPrintsText) {
  answer_ = StatusAnswer();
  EXPECT_EQ(Run({"status"}), 0);
  EXPECT_THAT(out_, StartsWith("bpfcast 1.2.3"));
  answer_ = Json::array();
  EXPECT_EQ(Run({"ports"}), 0);
  EXPECT_THAT(out_, StartsWith("PORT "));
  EXPECT_EQ(Run({"groups"}), 0);
  EXPECT_THAT(out_, StartsWith("no groups"));
  EXPECT_EQ(Run({"flows"}), 0);
  EXPECT_THAT(out_, StartsWith("no flows"));
  answer_ =
      Json::parse(R"({"changed": [{"text": "lan1: hook auto -> tc"}, {"text": "lan3: new downstream"}]})");
  EXPECT_EQ(Run({"reload"}), 0);
  EXPECT_EQ(out_, "reloaded:\n  lan1: hook auto -> tc\n  lan3: new downstream\n");
  EXPECT_THAT(calls_, ElementsAre("default status", "default ports", "default groups", "default flows",
                                  "default reload"));
  EXPECT_EQ(err_, "");
}

TEST_F(CommandLine, WithoutANameItIsForTheOnlyInstanceThatRuns) {
  running_ = {"tv"};
  EXPECT_EQ(Run({"ports"}), 0);
  running_ = {"cams", "default", "tv"};
  EXPECT_EQ(Run({"ports"}), 0);
  EXPECT_EQ(Run({"--instance", "cams", "ports"}), 0);
  EXPECT_THAT(calls_, ElementsAre("tv ports", "default ports", "cams ports"));
}

TEST_F(CommandLine, OfSeveralInstancesOneIsToBeNamed) {
  running_ = {"cams", "tv"};
  for (const char* verb : {"ports", "flows", "doctor"}) {
    EXPECT_EQ(Run({verb}), 1);
    EXPECT_EQ(err_, "several instances run: cams, tv; name one with --instance NAME\n");
    EXPECT_EQ(Run({verb, "-j"}), 1);
  }
  EXPECT_THAT(calls_, IsEmpty());
  listed_ = 0;
  EXPECT_EQ(Run({"keys", "lease"}), 0) << "what asks no agent needs none";
  EXPECT_EQ(listed_, 0);
}

TEST_F(CommandLine, WhatConcernsTheWholeProcessAsksAnyOfItsInstances) {
  running_ = {"cams", "tv"};
  Json cams = StatusAnswer();
  Json tv = StatusAnswer();
  answer_ = Json::parse(R"({"changed": []})");
  answers_ = {cams, tv};
  EXPECT_EQ(Run({"reload"}), 0);
  answers_ = {cams, tv};
  EXPECT_EQ(Run({"reload", "-j"}), 0);
  EXPECT_EQ(Json::parse(out_), *answer_);
  answer_ = Json::parse(R"({"igmp": "debug"})");
  answers_ = {cams, tv};
  EXPECT_EQ(Run({"debug", "igmp", "debug"}), 0);
  EXPECT_THAT(calls_, ElementsAre("cams status", "tv status", "cams reload", "cams status", "tv status",
                                  "cams reload", "cams status", "tv status", "cams debug"));
  // Two daemons: one of them is to be named.
  tv["pid"] = tv["pid"].get<int>() + 1;
  answers_ = {cams, tv};
  calls_.clear();
  EXPECT_EQ(Run({"reload"}), 1);
  EXPECT_EQ(err_, "several instances run: cams, tv; name one with --instance NAME\n");
  EXPECT_THAT(calls_, ElementsAre("cams status", "tv status"));
}

TEST_F(CommandLine, TheStatusOfSeveralInstancesIsThatOfAll) {
  running_ = {"cams", "tv"};
  answer_ = StatusAnswer();
  EXPECT_EQ(Run({"status"}), 0);
  EXPECT_THAT(out_, StartsWith("bpfcast 1.2.3"));
  EXPECT_THAT(out_, HasSubstr("\n\nbpfcast 1.2.3"));
  EXPECT_EQ(Run({"status", "-j"}), 0);
  EXPECT_EQ(Json::parse(out_), Json::array({*answer_, *answer_}));
  running_ = {"default", "tv"};
  EXPECT_EQ(Run({"status"}), 0);
  EXPECT_THAT(calls_, ElementsAre("cams status", "tv status", "cams status", "tv status", "default status",
                                  "tv status"));
}

TEST_F(CommandLine, AnUnknownVerbIsCalledSoWithTheOneThatWasMeant) {
  const auto expect = [&](std::vector<const char*> words, const std::string& said) {
    EXPECT_EQ(Run(std::move(words)), 1);
    EXPECT_EQ(err_, said + " `bpfcast --help` shows all\n");
    EXPECT_EQ(out_, "");
  };
  expect({"statu"}, "unknown verb 'statu', did you mean 'status'?");
  expect({"--instance", "tv", "-j", "gruops", "-d"}, "unknown verb 'gruops', did you mean 'groups'?");
  expect({"xyzzy"}, "unknown verb 'xyzzy';");
  expect({"acl", "tset", "--port", "lan1"}, "unknown verb 'acl tset', did you mean 'test'?");
  expect({"\x1b[2J"}, "unknown verb '\\x1b[2J';");
  EXPECT_EQ(Run({}), 1);
  EXPECT_THAT(err_, HasSubstr("subcommand is required"));
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(CommandLine, TellsTheVersionOfTheProject) {
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_THAT(out_, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(err_, "");
}

TEST_F(CommandLine, AReloadWithoutChangesSaysSo) {
  answer_ = Json::parse(R"({"changed": []})");
  EXPECT_EQ(Run({"reload"}), 0);
  EXPECT_EQ(out_, "reloaded: nothing changed\n");
}

TEST_F(CommandLine, DetailsOfGroupsAreBlocks) {
  answer_ = Json::array({GroupAnswer("239.1.2.3", "lan1")});
  for (const char* flag : {"-d", "--details"}) {
    EXPECT_EQ(Run({"groups", flag}), 0);
    EXPECT_THAT(out_, HasSubstr("\n    host   192.0.2.10 "));
  }
  EXPECT_EQ(Run({"groups"}), 0);
  EXPECT_THAT(out_, StartsWith("GROUP "));
}

TEST_F(CommandLine, EveryVerbAnswersAsJsonBeforeOrAfterItsName) {
  for (const char* verb : {"status", "ports", "groups", "flows", "reload"}) {
    answer_ = Json{{"any", {1, 2}}};
    EXPECT_EQ(Run({verb, "-j"}), 0);
    EXPECT_EQ(Json::parse(out_), *answer_) << verb;
    EXPECT_EQ(Run({"--json", verb}), 0);
    EXPECT_EQ(Json::parse(out_), *answer_) << verb;
  }
}

TEST_F(CommandLine, AFamilyCanBeChosen) {
  const Json both = Json::array({GroupAnswer("239.1.2.3", "lan1"), Ipv6GroupAnswer("ff0e::1", "lan1")});
  const auto groups = [&](std::vector<const char*> words) {
    answer_ = both;
    words.insert(words.begin(), {"groups", "-j"});
    EXPECT_EQ(Run(words), 0);
    std::string names;
    for (const Json& row : Json::parse(out_)) names += row.at("group").get<std::string>() + " ";
    return names;
  };
  EXPECT_EQ(groups({}), "239.1.2.3 ff0e::1 ");
  EXPECT_EQ(groups({"-4"}), "239.1.2.3 ");
  EXPECT_EQ(groups({"-6"}), "ff0e::1 ");
  EXPECT_EQ(groups({"--ipv6"}), "ff0e::1 ");
  EXPECT_EQ(groups({"-4", "-6"}), "239.1.2.3 ff0e::1 ");
}

TEST_F(CommandLine, AFamilyOfPortsCanBeChosen) {
  answer_ = Json::array({DownstreamAnswer("lan1")});
  EXPECT_EQ(Run({"ports", "-6"}), 0);
  EXPECT_THAT(out_, HasSubstr("MLDv2"));
  EXPECT_THAT(out_, Not(HasSubstr("IGMPv3")));
  answer_ = Json::array({DownstreamAnswer("lan1")});
  EXPECT_EQ(Run({"-j", "ports", "-4"}), 0);
  EXPECT_TRUE(Json::parse(out_)[0].contains("ipv4"));
  EXPECT_FALSE(Json::parse(out_)[0].contains("ipv6"));
}

TEST_F(CommandLine, TheInstanceIsPassedOn) {
  EXPECT_EQ(Run({"groups", "--instance", "home"}), 0);
  EXPECT_THAT(calls_, ElementsAre("home groups"));
}

TEST_F(CommandLine, NoAgentIsExitStatusThree) {
  answer_ = tl::unexpected(CallError{CallError::Kind::kNoAnswer, "no bpfcastd answers"});
  EXPECT_EQ(Run({"status"}), 3);
  EXPECT_EQ(err_, "no bpfcastd answers\n");
  EXPECT_EQ(out_, "");
}

TEST_F(CommandLine, ARefusalIsExitStatusOne) {
  answer_ = tl::unexpected(CallError{CallError::Kind::kRefused, "cannot"});
  EXPECT_EQ(Run({"status"}), 1);
  EXPECT_EQ(err_, "cannot\n");
}

TEST_F(CommandLine, AFileThatReloadCannotUseIsExitStatusTwo) {
  answer_ = tl::unexpected(CallError{CallError::Kind::kUnusableFile, "x.toml:1:1: what"});
  EXPECT_EQ(Run({"reload"}), 2);
  EXPECT_EQ(err_, "x.toml:1:1: what\n");
  EXPECT_EQ(out_, "");
}

TEST_F(CommandLine, WrongUsageIsExitStatusOneAndAsksNobody) {
  EXPECT_EQ(Run({}), 1);
  EXPECT_EQ(Run({"groupz"}), 1);
  EXPECT_EQ(Run({"flows", "-d"}), 1);  // there are no details of flows
  EXPECT_NE(err_, "");
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(CommandLine, AnOptionTakesOneWordAndMayComeAgain) {
  EXPECT_EQ(Run({"recv", "--source", "10.0.0.1", "--source", "10.0.0.2", "lan1"}), 1);
  EXPECT_THAT(err_, StartsWith("lan1 is no multicast group"));
  EXPECT_EQ(Run({"recv", "--source", "10.0.0.1", "--source", "239.1.2.3", "239.1.2.3"}), 1);
  EXPECT_THAT(err_, StartsWith("--source 239.1.2.3: give the address of a sender"));
}

TEST_F(CommandLine, NumbersOutOfRangeAreRefusedByName) {
  for (const char* number : {"0", "65536", "-1", "5000x", ""}) {
    EXPECT_EQ(Run({"send", "239.1.2.3", "--port", number}), 1);
    EXPECT_THAT(err_, HasSubstr("port")) << number;
  }
  EXPECT_EQ(Run({"send", "239.1.2.3", "--size", "31"}), 1);
  EXPECT_EQ(err_, "--size 31: give a whole number from 32 to 65507\n");
  EXPECT_EQ(Run({"recv", "239.1.2.3", "--timeout", "soon"}), 1);
  EXPECT_EQ(err_, "--timeout soon: give a number of seconds, as in 10 or 0.5\n");
}

TEST_F(CommandLine, AMembershipHasOneKindOfList) {
  EXPECT_EQ(Run({"recv", "239.1.2.3", "--source", "10.0.0.1", "--exclude", "10.0.0.2"}), 1);
  EXPECT_THAT(err_, StartsWith("--source and --exclude: "));
  EXPECT_EQ(Run({"recv", "239.1.2.3", "--source", "2001:db8::1"}), 1);
  EXPECT_EQ(err_, "no --source is of the family of 239.1.2.3: name one that is\n");
}

/// A packet that nobody wanted.
Json EventAnswer(std::uint64_t number) {
  return {{"number", number},     {"event", "noroute"},   {"port", "wan0"}, {"family", "ipv4"},
          {"group", "239.1.2.3"}, {"source", "10.0.0.1"}, {"mtu", nullptr}, {"seconds_ago", 0.0}};
}

TEST_F(CommandLine, FollowedEventsArePrintedOnceUntilASignal) {
  // Asked for the third time the agent is there again, with one more.
  answers_ = {Json::array({EventAnswer(7), EventAnswer(8)}),
              tl::unexpected(CallError{CallError::Kind::kNoAnswer, "no bpfcastd answers"}),
              Json::array({EventAnswer(8), EventAnswer(9)})};
  before_last_ = [] { kill(getpid(), SIGINT); };
  EXPECT_EQ(Run({"events", "-f", "-j"}), 0);
  std::vector<int> numbers;
  std::istringstream lines(out_);
  for (std::string line; std::getline(lines, line);) numbers.push_back(Json::parse(line).at("number"));
  EXPECT_THAT(numbers, ElementsAre(7, 8, 9));
  EXPECT_EQ(err_, "no bpfcastd answers\n");
}

TEST_F(CommandLine, EventsOfNoAgentAreNotWaitedFor) {
  answer_ = tl::unexpected(CallError{CallError::Kind::kNoAnswer, "no bpfcastd answers"});
  EXPECT_EQ(Run({"events", "-f"}), 3);
}

TEST_F(CommandLine, TopWithoutATerminalIsOneFrameOrNothing) {
  EXPECT_EQ(Run({"top"}), 1);
  EXPECT_THAT(err_, HasSubstr("--once"));
  answers_ = {StatusAnswer(), Json::array({FlowAnswer()}), StatusAnswer(), Json::array({FlowAnswer()})};
  EXPECT_EQ(Run({"top", "--once"}), 0);
  EXPECT_THAT(out_, StartsWith("bpfcast default  up 1m 30s  1 stream  "));
  EXPECT_THAT(out_, HasSubstr("\n239.1.2.3 "));
  EXPECT_THAT(out_, Not(HasSubstr("\x1b")));
}

TEST_F(CommandLine, HelpIsExitStatusZero) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("flows"));
}

TEST_F(CommandLine, AnAnswerOfAnotherShapeIsExitStatusOne) {
  answer_ = Json::array({{{"group", "239.1.2.3"}}});
  EXPECT_EQ(Run({"groups"}), 1);
  EXPECT_THAT(err_, HasSubstr("unexpected"));
}

}  // namespace
}  // namespace bpfcast
