#include "config/migrate.h"
#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

Verb MigrateVerb() {
  return {"migrate",
          "Shows an igmpproxy.conf as TOML, with notes of what is otherwise",
          {{Argument::Kind::kRequired, "FILE", "igmpproxy.conf; - is standard input"}},
          [](const Invocation& invocation) {
            return ShowReport(invocation, MigrateFile(invocation.Get("FILE")));
          }};
}

}  // namespace bpfcast
