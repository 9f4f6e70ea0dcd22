#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

Verb LeaveVerb() {
  using Kind = Argument::Kind;
  return {"leave",
          "Takes back what `bpfcast join` joined",
          {{Kind::kRequired, "PORT", "The interface"},
           {Kind::kRequired, "GROUP", "The group"},
           {Kind::kOptional, "SOURCE", "The source that was joined"}},
          [](const Invocation& invocation) {
            return Show(invocation, "leave", SentenceText, MembershipParams(invocation));
          }};
}

}  // namespace bpfcast
