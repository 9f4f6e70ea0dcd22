#include "agent/json_rpc.h"

#include <nlohmann/json.hpp>

namespace bpfcast {
namespace {

using Json = nlohmann::json;

constexpr int kParseError = -32700;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;

std::string ErrorLine(const Json& id, int code, std::string_view message) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}}.dump();
}

bool IsId(const Json& id) {
  return id.is_string() || id.is_number() || id.is_null();
}

}  // namespace

std::string RpcErrorLine(int code, std::string_view message) {
  return ErrorLine(nullptr, code, message);
}

RpcReply AnswerRpc(std::string_view line, const RpcMethods& methods) {
  const Json request = Json::parse(line, nullptr, false);
  if (request.is_discarded()) {
    return {RpcErrorLine(kParseError, "this line is not JSON; send one JSON-RPC 2.0 object a line"), true};
  }
  const auto invalid = [](const char* why) { return RpcReply{RpcErrorLine(kRpcInvalidRequest, why)}; };
  if (!request.is_object()) return invalid("not a JSON-RPC 2.0 object; send one object a line");
  const auto version = request.find("jsonrpc");
  if (version == request.end() || *version != "2.0") return invalid(R"("jsonrpc" must be "2.0")");
  const auto method = request.find("method");
  if (method == request.end() || !method->is_string()) return invalid(R"("method" must be a string)");
  const auto id = request.find("id");
  if (id == request.end()) return {};
  if (!IsId(*id)) return invalid(R"("id" must be a string or a number)");

  const std::string& name = method->get_ref<const std::string&>();
  const auto found = methods.find(name);
  if (found == methods.end()) {
    std::string known;
    for (const auto& [each, call] : methods) known += (known.empty() ? "" : ", ") + each;
    return {ErrorLine(*id, kMethodNotFound, "no method '" + name + "'; there are " + known)};
  }
  const auto params = request.find("params");
  if (params != request.end() && !(params->is_structured() && params->empty())) {
    return {ErrorLine(*id, kInvalidParams, "'" + name + "' takes no parameters")};
  }
  const auto result = found->second();
  if (!result) return {ErrorLine(*id, kRpcFailed, result.error().message)};
  // The result is JSON already; it may be large and is not parsed again.
  return {R"({"jsonrpc":"2.0","id":)" + id->dump() + R"(,"result":)" + *result + "}"};
}

}  // namespace bpfcast
