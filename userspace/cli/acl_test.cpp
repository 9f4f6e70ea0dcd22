#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// What each step asks.
std::string Meaning(const std::string& step) {
  if (step == "host") return "this host may ask";
  if (step == "join") return "hosts may ask for it";
  if (step == "ask") return "it may be asked for upstream";
  if (step == "source") return "its source is accepted";
  return "its packets go on";
}

}  // namespace

std::string AclText(const Json& answer) {
  Table table({{"PORT"}, {"STEP"}, {"ANSWER"}, {"WHY"}});
  for (const Json& step : answer.at("steps")) {
    table.Add({TextOf(step, "port"), Meaning(TextOf(step, "step")), step.at("permitted") ? "yes" : "no",
               TextOf(step, "why")});
  }
  return table.ToString() + (answer.at("permitted") ? "permitted\n" : "denied\n");
}

Verb AclTestVerb() {
  using Kind = Argument::Kind;
  return {"acl test",
          "Whether the settings let a stream through, and which of them decide; exit status 2: they do not",
          {{Kind::kRequiredOption, "--port", "The interface"},
           {Kind::kRequiredOption, "--group", "The group"},
           {Kind::kOption, "--source", "The source; without it all sources of the group"},
           {Kind::kOption, "--host", "A host on the port that wants it; MLD comes from link-local addresses"},
           {Kind::kFlag, "--send", "The source is on the port, and sends (otherwise hosts there want it)"}},
          [](const Invocation& invocation) {
            CallParams params{{"port", invocation.Get("port")}, {"group", invocation.Get("group")}};
            if (invocation.Has("source")) params["source"] = invocation.Get("source");
            if (invocation.Has("host")) params["host"] = invocation.Get("host");
            if (invocation.Has("send")) params["direction"] = "send";
            const auto answer = invocation.call(invocation.instance, "acl", params);
            if (!answer) return Complain(answer.error());
            const bool json = invocation.form == Invocation::Form::kJson;
            const Exit printed = Print(json ? answer->dump(2) + "\n" : AclText(*answer));
            return answer->at("permitted") ? printed : Exit::kConfiguration;
          }};
}

}  // namespace bpfcast
