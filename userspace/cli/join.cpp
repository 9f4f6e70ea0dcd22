#include <nlohmann/json.hpp>

#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {

CallParams MembershipParams(const Invocation& invocation) {
  CallParams params{{"port", invocation.Get("PORT")}, {"group", invocation.Get("GROUP")}};
  if (invocation.Has("SOURCE")) params["source"] = invocation.Get("SOURCE");
  return params;
}

std::string SentenceText(const nlohmann::ordered_json& answer) {
  return TextOf(answer, "text") + "\n";
}

Verb JoinVerb() {
  using Kind = Argument::Kind;
  return {
      "join",
      "Makes a port a member of a group, whether or not a host there is, until bpfcastd stops",
      {{Kind::kRequired, "PORT", "The interface; an upstream asks for the group and forwards it to nobody"},
       {Kind::kRequired, "GROUP", "The group"},
       {Kind::kOptional, "SOURCE", "One source of it; without it all"},
       {Kind::kFlag, "--persistent", "For good, until `bpfcast leave`"}},
      [](const Invocation& invocation) {
        CallParams params = MembershipParams(invocation);
        params["until"] = invocation.Has("persistent") ? "leave" : "stop";
        return Show(invocation, "join", SentenceText, params);
      }};
}

}  // namespace bpfcast
