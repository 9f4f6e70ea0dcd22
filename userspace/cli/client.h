// The client's end of the control socket.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace bpfcast {

struct CallError {
  enum class Kind {
    kNoAnswer,      // there is no agent, or it does not answer
    kRefused,       // it answered that it cannot, or may not be asked by this user
    kUnusableFile,  // it answered that the configuration cannot be used
  };
  Kind kind = Kind::kNoAnswer;
  std::string message;
};

/// By name.
using CallParams = std::map<std::string, std::string>;
using CallResult = tl::expected<nlohmann::ordered_json, CallError>;
/// JSON in the pieces in which it came, so that a large answer is copied nowhere.
using CallText = tl::expected<std::vector<std::string>, CallError>;

/// Calls a method of the agent of `instance`. The error says who does not answer, and why.
CallResult Call(const std::string& instance, const std::string& method, const CallParams& params = {});

/// The same, with the result as the text that the agent sent.
CallText CallForText(const std::string& instance, const std::string& method, const CallParams& params = {});

/// The instances whose agents take calls, by name.
std::vector<std::string> RunningInstances();

/// Call() and CallForText() at any socket.
CallResult CallAt(const std::string& path, const std::string& method, const CallParams& params = {});
CallText CallForTextAt(const std::string& path, const std::string& method, const CallParams& params = {});

}  // namespace bpfcast
