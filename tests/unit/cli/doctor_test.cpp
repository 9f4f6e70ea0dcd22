#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;
constexpr auto kOn = Invocation::Colour::kOn;

const Json kFindings = Json::parse(R"([
  {"id": "kernel", "level": "ok", "object": "machine", "text": "Linux 6.12", "fix": "", "symptom": null},
  {"id": "gro", "level": "warn", "object": "lan1", "text": "GRO is off", "fix": "ethtool -K lan1 gro on", "symptom": null},
  {"id": "address", "level": "fail", "object": "lan2", "text": "no address", "fix": "ip address add", "symptom": "no stream"}])");

TEST(DoctorText, IsALineForEachFindingWithItsSymptomAndItsFix) {
  EXPECT_EQ(DoctorText(kFindings),
            "[ok]   machine: Linux 6.12\n"
            "[warn] lan1: GRO is off\n"
            "       fix: ethtool -K lan1 gro on\n"
            "[FAIL] lan2: no address\n"
            "       symptom: no stream\n"
            "       fix: ip address add\n");
}

TEST(DoctorText, LevelsHaveColoursOnATerminal) {
  const std::string text = DoctorText(kFindings, kOn);
  EXPECT_NE(text.find("\x1b[32m[ok]\x1b[0m   machine"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[33m[warn]\x1b[0m lan1"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[31m[FAIL]\x1b[0m lan2"), std::string::npos) << text;
}

TEST(ExplainText, TheVerdictHasTheColourOfWhatItMeans) {
  const auto text = [](const char* state) {
    Json answer = Json::parse(R"({"wanted": [], "data": [], "delivered": [],
      "joined": {"port": "wan0", "asked": false, "querier": null, "reason": ""},
      "verdict": {"sentence": "so it is", "next": ""}})");
    answer["verdict"]["state"] = state;
    return ExplainText(answer, kOn);
  };
  EXPECT_NE(text("delivering").find("verdict     \x1b[32mdelivering\x1b[0m: so it is"), std::string::npos);
  EXPECT_NE(text("nobody-wants").find("\x1b[33mnobody-wants"), std::string::npos);
  EXPECT_NE(text("data-refused").find("\x1b[31mdata-refused"), std::string::npos);
}

}  // namespace
}  // namespace bpfcast
