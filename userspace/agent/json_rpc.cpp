#include "agent/json_rpc.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace bpfcast {
namespace {

using Json = nlohmann::json;

constexpr int kParseError = -32700;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr std::size_t kAfterResult = 2;  // the bracket and the line end

/// A message may quote a file or its name, which need not be UTF-8.
std::string ErrorLine(const Json& id, int code, std::string_view message) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

/// Are there more brackets in each other than any request has? The tree of such a line is not made.
bool IsTooDeep(std::string_view line) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepestRpc) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

bool IsId(const Json& id) {
  return id.is_string() || id.is_number() || id.is_null();
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "'group', and if need be 'source'"
std::string ParametersOf(const RpcMethod& method) {
  const auto list = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
    return text;
  };
  if (method.required.empty() && method.optional.empty()) return "no parameters";
  if (method.optional.empty()) return list(method.required);
  return list(method.required) + (method.required.empty() ? "" : ", and ") + "optionally " +
         list(method.optional);
}

Result<RpcParams> ReadParams(const Json& request, const std::string& name, const RpcMethod& method) {
  RpcParams params;
  const auto takes = [&] { return "; '" + name + "' takes " + ParametersOf(method); };
  const auto given = request.find("params");
  if (given != request.end() && !given->empty()) {
    if (!given->is_object()) return Fail("\"params\" must be an object" + takes());
    for (const auto& [key, value] : given->items()) {
      if (!Contains(method.required, key) && !Contains(method.optional, key)) {
        return Fail("there is no parameter '" + key + "'" + takes());
      }
      if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
        return Fail("parameter '" + key + "' must be a string, a number, true or false" + takes());
      }
      params[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  for (const std::string& key : method.required) {
    if (!params.contains(key)) return Fail("parameter '" + key + "' is missing" + takes());
  }
  return params;
}

}  // namespace

std::string Given(const RpcParams& params, std::string_view name) {
  const auto found = params.find(name);
  return found == params.end() ? "" : found->second;
}

std::string RpcErrorLine(int code, std::string_view message) {
  return ErrorLine(nullptr, code, message);
}

RpcReply AnswerRpc(std::string_view line, const RpcMethods& methods) {
  if (IsTooDeep(line)) {
    return {RpcErrorLine(kParseError, "this line is nested deeper than " + std::to_string(kDeepestRpc) +
                                          " levels; send one JSON-RPC 2.0 object a line"),
            true};
  }
  const Json request = Json::parse(line, nullptr, false);
  if (request.is_discarded()) {
    return {RpcErrorLine(kParseError, "this line is not JSON; send one JSON-RPC 2.0 object a line"), true};
  }
  if (!request.is_object()) {
    return {RpcErrorLine(kRpcInvalidRequest,
                         request.is_array() ? "batches are not taken; send one JSON-RPC 2.0 object a line"
                                            : "not a JSON-RPC 2.0 object; send one object a line")};
  }
  const auto id = request.find("id");
  // Whose request it was is said wherever that can be told.
  const Json whose = id != request.end() && IsId(*id) ? *id : Json();
  const auto invalid = [&](const char* why) { return RpcReply{ErrorLine(whose, kRpcInvalidRequest, why)}; };
  const auto version = request.find("jsonrpc");
  if (version == request.end() || *version != "2.0") return invalid(R"("jsonrpc" must be "2.0")");
  const auto method = request.find("method");
  if (method == request.end() || !method->is_string()) return invalid(R"("method" must be a string)");
  if (id == request.end()) return {};
  if (!IsId(*id)) return invalid(R"("id" must be a string or a number)");

  const std::string& name = method->get_ref<const std::string&>();
  const auto found = methods.find(name);
  if (found == methods.end()) {
    std::string known;
    for (const auto& [each, call] : methods) known += (known.empty() ? "" : ", ") + each;
    return {ErrorLine(*id, kMethodNotFound, "no method '" + name + "'; there are " + known)};
  }
  const auto params = ReadParams(request, name, found->second);
  if (!params) return {ErrorLine(*id, kInvalidParams, params.error().message)};
  auto result = found->second.call(*params);
  if (!result) return {ErrorLine(*id, result.error().code, result.error().message)};
  // The result is JSON already; it may be large, and is neither parsed again nor copied.
  const std::string head = R"({"jsonrpc":"2.0","id":)" + id->dump() + R"(,"result":)";
  result->reserve(head.size() + result->size() + kAfterResult);
  result->insert(0, head);
  result->append("}");
  return {std::move(*result)};
}

}  // namespace bpfcast
