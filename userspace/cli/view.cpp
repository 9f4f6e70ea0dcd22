#include "cli/view.h"

#include <cstdio>
#include <nlohmann/json.hpp>

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

Exit PrintView(const Invocation& invocation, const Json& answer, const ViewText& text) {
  return Print(invocation.form == Invocation::Form::kJson ? answer.dump(2) + "\n" : text(answer));
}

}  // namespace

Exit Show(const Invocation& invocation, const std::string& method, const ViewText& text,
          const CallParams& params) {
  const auto answer = invocation.call(invocation.instance, method, params);
  return answer ? PrintView(invocation, *answer, text) : Complain(answer.error());
}

Exit ShowRows(const Invocation& invocation, const std::string& method, const ViewText& text) {
  auto answer = invocation.call(invocation.instance, method, {});
  if (!answer) return Complain(answer.error());
  const bool ipv4 = invocation.Has("ipv4");
  if (ipv4 != invocation.Has("ipv6")) LeaveOut(ipv4 ? "ipv6" : "ipv4", *answer);
  return PrintView(invocation, *answer, text);
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
  }
  return Exit::kRuntime;
}

}  // namespace bpfcast
