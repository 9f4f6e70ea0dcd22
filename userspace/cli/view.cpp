#include "cli/view.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/indented.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// Leaves out the rows, and the parts of rows, that are of `family`.
void LeaveOut(const char* family, Json& rows) {
  if (!rows.is_array()) return;
  for (auto row = rows.begin(); row != rows.end();) {
    row->erase(family);
    row = row->value("family", "") == family ? rows.erase(row) : row + 1;
  }
}

bool AsJson(const Invocation& invocation) {
  return invocation.form == Invocation::Form::kJson;
}

/// The answer as it came, in lines.
Exit ShowJson(const Invocation& invocation, const std::string& method, const CallParams& params) {
  const auto answer = invocation.call_for_text(invocation.instance, method, params);
  if (!answer) return Complain(answer.error());
  Indenter indenter;
  std::string lines;
  for (const std::string& piece : *answer) {
    lines.clear();
    indenter.Add(piece, lines);
    if (const Exit printed = Print(lines); printed != Exit::kOk) return printed;
  }
  return Print("\n");
}

}  // namespace

Exit Show(const Invocation& invocation, const std::string& method, const ViewText& text,
          const CallParams& params) {
  if (AsJson(invocation)) return ShowJson(invocation, method, params);
  const auto answer = invocation.call(invocation.instance, method, params);
  return answer ? Print(text(*answer)) : Complain(answer.error());
}

Exit ShowRows(const Invocation& invocation, const std::string& method, const ViewText& text) {
  const bool one_family = invocation.Has("ipv4") != invocation.Has("ipv6");
  if (AsJson(invocation) && !one_family) return ShowJson(invocation, method, {});
  const auto answer = AskRows(invocation, method);
  if (!answer) return Complain(answer.error());
  return Print(AsJson(invocation) ? answer->dump(2) + "\n" : text(*answer));
}

CallResult AskRows(const Invocation& invocation, const std::string& method) {
  auto answer = invocation.call(invocation.instance, method, {});
  const bool one_family = invocation.Has("ipv4") != invocation.Has("ipv6");
  if (answer && one_family) LeaveOut(invocation.Has("ipv4") ? "ipv6" : "ipv4", *answer);
  return answer;
}

Exit Print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? Exit::kOk : Exit::kRuntime;
}

Exit Complain(const CallError& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  switch (error.kind) {
    case CallError::Kind::kNoAnswer:
      return Exit::kEnvironment;
    case CallError::Kind::kRefused:
      return Exit::kRuntime;
    case CallError::Kind::kUnusableFile:
      return Exit::kConfiguration;
  }
  return Exit::kRuntime;
}

Exit Complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return Exit::kRuntime;
}

}  // namespace bpfcast
