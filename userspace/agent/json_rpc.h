// JSON-RPC 2.0: one line in, one line out.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/rpc_codes.h"

namespace bpfcast {

/// What a call gives, by name. Strings as they are, numbers and truth values as JSON writes them.
using RpcParams = std::map<std::string, std::string, std::less<>>;

/// What it gives as `name`; empty when it gives nothing.
std::string Given(const RpcParams& params, std::string_view name);

/// Why a call failed, for the caller.
struct RpcError {
  RpcError(Error error, int code = kRpcFailed) : message(std::move(error.message)), code(code) {}  // NOLINT

  std::string message;
  int code;
};
/// The JSON text of the result.
using RpcResult = tl::expected<std::string, RpcError>;

struct RpcMethod {
  std::function<RpcResult(const RpcParams&)> call;
  std::vector<std::string> required;
  std::vector<std::string> optional;
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
