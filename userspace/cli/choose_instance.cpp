#include "cli/choose_instance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace bpfcast {
namespace {

std::string PidOf(const nlohmann::ordered_json& status) {
  return status.at("pid").dump();
}
/// The same of an answer that is still text.
std::string PidOf(const std::vector<std::string>& status) {
  std::string text;
  for (const std::string& piece : status) text += piece;
  return PidOf(nlohmann::ordered_json::parse(text));
}

/// What a method does to the process and not to one instance of it.
bool ConcernsTheProcess(const std::string& method) {
  return method == "reload" || method == "debug";
}

/// Are all of them proxies of one bpfcastd? One that does not say so is another's.
template <class Call>
bool AreOneProcess(const std::vector<std::string>& running, const Call& call) {
  std::set<std::string> processes;
  for (const std::string& instance : running) {
    const auto status = call(instance, "status", CallParams());
    if (!status) return false;
    processes.insert(PidOf(*status));
  }
  return processes.size() == 1;
}

/// `call`, where an empty instance is the one that is chosen at the first call.
template <class Answer, class Call>
auto Choosing(const Call& call, const InstanceLister& running) {
  return [&call, &running, chosen = std::string()](const std::string& named, const std::string& method,
                                                   const CallParams& params) mutable -> Answer {
    if (!named.empty()) return call(named, method, params);
    if (chosen.empty()) {
      const std::vector<std::string> names = running();
      auto instance = ChooseInstance(names);
      if (!instance && ConcernsTheProcess(method) && AreOneProcess(names, call)) instance = names.front();
      if (!instance) return tl::unexpected(std::move(instance.error()));
      chosen = std::move(*instance);
    }
    return call(chosen, method, params);
  };
}

}  // namespace

tl::expected<std::string, CallError> ChooseInstance(const std::vector<std::string>& running) {
  constexpr const char* kDefault = "default";
  if (running.size() == 1) return running.front();
  if (running.empty() || std::find(running.begin(), running.end(), kDefault) != running.end()) {
    return kDefault;
  }
  std::string names;
  for (const std::string& name : running) names += (names.empty() ? "" : ", ") + name;
  return tl::unexpected(CallError{CallError::Kind::kRefused,
                                  "several instances run: " + names + "; name one with --instance NAME"});
}

void SetCallers(const Caller& call, const TextCaller& call_for_text, const InstanceLister& running,
                Invocation& invocation) {
  invocation.running = running;
  invocation.call = Choosing<CallResult>(call, running);
  invocation.call_for_text = Choosing<CallText>(call_for_text, running);
}

}  // namespace bpfcast
