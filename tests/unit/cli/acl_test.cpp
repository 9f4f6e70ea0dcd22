#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

TEST(AclText, IsALineForEachStepAndTheVerdict) {
  const Json answer =
      Json::parse(R"({"port": "lan1", "direction": "receive", "group": "239.9.1.1", "source": "10.0.0.1",
    "permitted": false, "steps": [
      {"step": "join", "port": "lan1", "permitted": true, "why": "permitted because no list names the group"},
      {"step": "ask", "port": "wan", "permitted": false, "why": "denied by the entry 239.9.0.0/16"},
      {"step": "source", "port": "wan", "permitted": true, "why": "altnet has it"}]})");
  EXPECT_EQ(AclText(answer),
            "PORT  STEP                          ANSWER  WHY\n"
            "lan1  hosts may ask for it          yes     permitted because no list names the group\n"
            "wan   it may be asked for upstream  no      denied by the entry 239.9.0.0/16\n"
            "wan   its source is accepted        yes     altnet has it\n"
            "denied\n");
}

/// Scripts tell "no" from a question that is none.
TEST(AclTest, ExitStatusIsTwoForWhatIsDeniedAndOneForWhatCannotBeAsked) {
  const auto run = [](CallResult answer) {
    Invocation invocation;
    invocation.arguments = {{"port", {"lan1"}}, {"group", {"239.9.1.1"}}};
    invocation.call = [&](const std::string&, const std::string&, const CallParams&) { return answer; };
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const Exit exit = AclTestVerb().run(invocation);
    testing::internal::GetCapturedStdout();
    testing::internal::GetCapturedStderr();
    return exit;
  };
  EXPECT_EQ(run(Json::parse(R"({"permitted": true, "steps": []})")), Exit::kOk);
  EXPECT_EQ(run(Json::parse(R"({"permitted": false, "steps": []})")), Exit::kConfiguration);
  EXPECT_EQ(run(tl::unexpected(CallError{CallError::Kind::kRefused, "no port"})), Exit::kRuntime);
  EXPECT_EQ(run(tl::unexpected(CallError{CallError::Kind::kNoAnswer, "no agent"})), Exit::kEnvironment);
}

TEST(DebugText, IsALineForEachSubsystem) {
  EXPECT_EQ(DebugText(Json::parse(R"({"agent": "info", "datapath": "debug"})")),
            "SUBSYSTEM  LEVEL\n"
            "agent      info\n"
            "datapath   debug\n");
}

}  // namespace
}  // namespace bpfcast
