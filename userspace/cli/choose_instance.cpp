#include "cli/choose_instance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace bpfcast {
namespace {

tl::unexpected<CallError> WhichOne(const Invocation& invocation) {
  std::string names;
  for (const std::string& name : invocation.running) names += (names.empty() ? "" : ", ") + name;
  return tl::unexpected(CallError{CallError::Kind::kRefused,
                                  "several instances run: " + names + "; name one with --instance NAME"});
}

}  // namespace

void ChooseInstance(std::vector<std::string> running, Invocation& invocation) {
  constexpr const char* kDefault = "default";
  const bool has_default = std::find(running.begin(), running.end(), kDefault) != running.end();
  if (running.empty() || has_default) {
    invocation.instance = kDefault;
  } else if (running.size() == 1) {
    invocation.instance = running.front();
  } else {
    invocation.running = std::move(running);
  }
}

void SetCallers(const Caller& call, const TextCaller& call_for_text, Invocation& invocation) {
  invocation.call = [&](const std::string& instance, const std::string& method,
                        const CallParams& params) -> CallResult {
    if (instance.empty()) return WhichOne(invocation);
    return call(instance, method, params);
  };
  invocation.call_for_text = [&](const std::string& instance, const std::string& method,
                                 const CallParams& params) -> CallText {
    if (instance.empty()) return WhichOne(invocation);
    return call_for_text(instance, method, params);
  };
}

}  // namespace bpfcast
