#include "config/check.h"

#include <cstdio>

#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {

Exit ShowReport(const Invocation& invocation, const FileReport& report) {
  const bool json = invocation.form == Invocation::Form::kJson;
  if (!json) {
    for (const std::string& remark : report.remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  }
  const Exit printed = Print(json ? report.json : report.normalised);
  return report.outcome == FileReport::Outcome::kUsable ? printed : Exit::kConfiguration;
}

Verb CheckVerb() {
  return {"check",
          "Checks a configuration file and shows as TOML what it means, and where that comes from",
          {{Argument::Kind::kRequired, "FILE", "TOML or igmpproxy.conf; - is standard input"},
           {Argument::Kind::kFlag, "--all", "Defaults, too"}},
          [](const Invocation& invocation) {
            const Settings which = invocation.Has("all") ? Settings::kAll : Settings::kNotDefault;
            return ShowReport(invocation, CheckFile(invocation.Get("FILE"), which));
          }};
}

}  // namespace bpfcast
