#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/ansi.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"
#include "config/config.h"
#include "doctor/probe.h"
#include "doctor/report.h"
#include "doctor/symptoms.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// As wide as the widest of them.
std::string Mark(const std::string& level, Invocation::Colour colour) {
  if (level == "fail") return Paint(Tone::kBad, "[FAIL]", colour);
  if (level == "warn") return Paint(Tone::kWaiting, "[warn]", colour);
  return Paint(Tone::kGood, "[ok]", colour) + "  ";
}

std::string SymptomsText() {
  std::string text;
  for (const Symptom& symptom : Symptoms()) {
    text += fmt::format("{}\n       cause: {}\n       look at:", symptom.what, symptom.cause);
    for (const std::string& finding : symptom.findings) text += " " + finding;
    text += "\n";
  }
  return text;
}

Json SymptomsJson() {
  Json rows = Json::array();
  for (const Symptom& symptom : Symptoms()) {
    rows.push_back({{"id", symptom.id},
                    {"symptom", symptom.what},
                    {"cause", symptom.cause},
                    {"findings", symptom.findings}});
  }
  return rows;
}

/// 3 when something blocks.
Exit ExitOf(const Json& findings) {
  for (const Json& finding : findings) {
    if (finding.at("level") == "fail") return Exit::kEnvironment;
  }
  return Exit::kOk;
}

Exit ShowFindings(const Invocation& invocation, const Json& findings) {
  const bool json = invocation.form == Invocation::Form::kJson;
  const Exit printed = Print(json ? findings.dump(2) + "\n" : DoctorText(findings, invocation.colour));
  return printed == Exit::kOk ? ExitOf(findings) : printed;
}

/// What can be told without an agent.
Exit CheckFile(const Invocation& invocation, const CallError& no_agent) {
  const std::string file = invocation.Get("config", "/etc/bpfcast/bpfcast.toml");
  const auto proxies = LoadConfigs(file);
  if (!proxies) {
    std::fprintf(stderr, "%s\n", no_agent.message.c_str());
    for (const std::string& problem : proxies.error()) std::fprintf(stderr, "%s\n", problem.c_str());
    return Exit::kConfiguration;
  }
  std::vector<InterfaceConfig> interfaces;
  DatapathSetting datapath = proxies->front().datapath;
  for (const Config& proxy : *proxies) {
    for (InterfaceConfig& each : NamedInterfaces(proxy)) interfaces.push_back(std::move(each));
    if (proxy.datapath != datapath) datapath = DatapathSetting::kAuto;
  }
  return ShowFindings(invocation, Json::parse(FindingsJson(Diagnose(ProbeMachine(interfaces, datapath)))));
}

Exit RunDoctor(const Invocation& invocation) {
  if (invocation.Has("symptoms")) {
    const bool json = invocation.form == Invocation::Form::kJson;
    return Print(json ? SymptomsJson().dump(2) + "\n" : SymptomsText());
  }
  const auto answer = invocation.call(invocation.instance, "doctor", {});
  if (answer) return ShowFindings(invocation, *answer);
  if (answer.error().kind == CallError::Kind::kRefused) return Complain(answer.error());
  return CheckFile(invocation, answer.error());
}

}  // namespace

std::string DoctorText(const Json& findings, Invocation::Colour colour) {
  std::string text;
  for (const Json& finding : findings) {
    text += fmt::format("{} {}: {}\n", Mark(TextOf(finding, "level"), colour), TextOf(finding, "object"),
                        TextOf(finding, "text"));
    if (!finding.at("symptom").is_null()) {
      text += fmt::format("       symptom: {}\n", TextOf(finding, "symptom"));
    }
    if (const std::string fix = TextOf(finding, "fix"); !fix.empty()) {
      text += fmt::format("       fix: {}\n", fix);
    }
  }
  return text;
}

Verb DoctorVerb() {
  using Kind = Argument::Kind;
  return {"doctor",
          "What keeps streams from flowing on this machine, and how to change it",
          {{Kind::kOption, "-c,--config", "The file to check when no bpfcastd answers"},
           {Kind::kFlag, "--symptoms", "What people see, what it usually is, and which check tells"}},
          RunDoctor};
}

}  // namespace bpfcast
