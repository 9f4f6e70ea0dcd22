// JSON-RPC 2.0: one line in, one line out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bpfcast {

/// What a call gives, by name. Strings as they are, numbers and truth values as JSON writes them.
using RpcParams = std::map<std::string, std::string, std::less<>>;

inline constexpr int kRpcInvalidRequest = -32600;
inline constexpr int kRpcBusy = -32000;
inline constexpr int kRpcFailed = -32001;
inline constexpr int kRpcUnusableFile = -32002;  // the configuration

struct RpcMethod {
  /// Returns the JSON text of the result, or an error for the caller.
  std::function<Result<std::string>(const RpcParams&)> call;
  std::vector<std::string> required;
  std::vector<std::string> optional;
  int failure = kRpcFailed;  // the code of its errors
};
using RpcMethods = std::map<std::string, RpcMethod, std::less<>>;

struct RpcReply {
  std::optional<std::string> line;  // without the line end; nothing for a notification
  bool garbage = false;             // the line was not JSON: what follows cannot be trusted either
};

/// Brackets in each other. A request needs 2.
inline constexpr int kDeepestRpc = 16;

RpcReply AnswerRpc(std::string_view line, const RpcMethods& methods);

/// An error that belongs to no request.
std::string RpcErrorLine(int code, std::string_view message);

}  // namespace bpfcast
