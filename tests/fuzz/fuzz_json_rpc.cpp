// What the control socket answers to a line (JSON-RPC 2.0, sections 4 and 5).
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/json_rpc.h"
#include "fuzz/check.h"

namespace bpfcast::fuzz {
namespace {

using Json = nlohmann::json;

constexpr int kParseError = -32700;
constexpr int kMethodNotFound = -32601;

/// "echo" answers with its parameters, "fail" with a text that is no UTF-8.
RpcMethods Methods() {
  RpcMethods methods;
  methods["status"].call = [](const RpcParams&) { return R"({"state":"running"})"; };
  methods["echo"] = {[](const RpcParams& params) { return Json(params).dump(); }, {"group"}, {"source", "d"}};
  methods["fail"].call = [](const RpcParams&) -> Result<std::string> { return Fail("f\xff.toml: no"); };
  return methods;
}

bool IsId(const Json& id) {
  return id.is_string() || id.is_number() || id.is_null();
}

void CheckAnswer(const Json& request, const Json& answer, bool garbage) {
  const auto shown = [&] { return "\n" + answer.dump(); };
  Check(answer.is_object() && answer.value("jsonrpc", "") == "2.0",
        "the answer is one of JSON-RPC 2.0:", shown);
  const bool result = answer.contains("result");
  const bool error = answer.contains("error");
  Check(answer.size() == 3 && answer.contains("id") && result != error,
        "it has an id and one outcome:", shown);
  const bool has_id = request.is_object() && request.contains("id") && IsId(request["id"]);
  Check(answer["id"] == (has_id ? request["id"] : Json()), "the id is that of the request:", shown);
  if (error) {
    const Json& why = answer["error"];
    Check(why.size() == 2 && why["code"].is_number_integer() && !why["message"].get<std::string>().empty(),
          "an error has a code and a reason:", shown);
    Check(garbage == (why["code"] == kParseError), "what is no JSON is garbage:", shown);
    return;
  }
  Check(!garbage && has_id, "garbage has no result:", shown);
  if (request["method"] != "echo") return;
  const auto written = [](const Json& value) { return value.is_string() ? value : Json(value.dump()); };
  for (const auto& [name, value] : answer["result"].items()) {
    Check(value == written(request["params"][name]), "parameters arrive as they were sent:", shown);
  }
  Check(answer["result"].size() == request["params"].size(), "and all of them:", shown);
}

void Run(std::string_view line) {
  static const RpcMethods kMethods = Methods();
  const RpcReply reply = AnswerRpc(line, kMethods);
  const Json request = Json::parse(line, nullptr, false);
  if (!reply.line) {
    Check(!reply.garbage && request.is_object() && !request.contains("id"), "notifications alone are silent");
    return;
  }
  Check(reply.line->find('\n') == std::string::npos, "the answer is one line");
  const Json answer = Json::parse(*reply.line, nullptr, false);
  Check(!answer.is_discarded(), "the answer is JSON", [&] { return *reply.line; });
  // What is JSON and still refused unread is nested too deep.
  CheckAnswer(reply.garbage ? Json() : request, answer, reply.garbage);
  Check(reply.garbage || !request.is_discarded(), "what is no JSON is garbage");
  if (!answer.contains("error") || answer["error"]["code"] != kMethodNotFound) return;
  Check(!kMethods.contains(request["method"].get<std::string>()), "a method that there is is found");
}

}  // namespace
}  // namespace bpfcast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bpfcast::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
