#include "agent/json_rpc.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace bpfcast {
namespace {

using Json = nlohmann::json;

RpcMethods Methods() {
  RpcMethods methods;
  methods["status"] = {[](const RpcParams&) { return R"({"state":"running"})"; }, {}, {}};
  methods["groups"] = {[](const RpcParams&) { return "[]"; }, {}, {}};
  methods["explain"] = {[](const RpcParams& params) {
                          std::string text;
                          for (const auto& [key, value] : params) text += key + "=" + value + " ";
                          return Json(text).dump();
                        },
                        {"group"},
                        {"source", "limit"}};
  return methods;
}

TEST(JsonRpc, AnswersAMethodWithItsResultAndId) {
  const RpcReply reply = AnswerRpc(R"({"jsonrpc":"2.0","id":7,"method":"status"})", Methods());
  ASSERT_TRUE(reply.line);
  EXPECT_FALSE(reply.garbage);
  EXPECT_EQ(Json::parse(*reply.line),
            Json({{"jsonrpc", "2.0"}, {"id", 7}, {"result", {{"state", "running"}}}}));
}

TEST(JsonRpc, KeepsIdsThatAreText) {
  const RpcReply reply =
      AnswerRpc(R"({"jsonrpc":"2.0","id":"a\"b","method":"groups","params":{}})", Methods());
  ASSERT_TRUE(reply.line);
  EXPECT_EQ(Json::parse(*reply.line).at("id"), "a\"b");
}

TEST(JsonRpc, NotificationsGetNoAnswer) {
  EXPECT_FALSE(AnswerRpc(R"({"jsonrpc":"2.0","method":"status"})", Methods()).line);
}

struct BadRequest {
  std::string line;
  int code;
  bool garbage;
};
void PrintTo(const BadRequest& row, std::ostream* out) {
  *out << row.code;
}

class JsonRpcErrors : public testing::TestWithParam<BadRequest> {};

TEST_P(JsonRpcErrors, HaveTheCodeOfTheStandard) {
  const RpcReply reply = AnswerRpc(GetParam().line, Methods());
  ASSERT_TRUE(reply.line) << GetParam().line;
  const Json answer = Json::parse(*reply.line);
  EXPECT_EQ(answer.at("jsonrpc"), "2.0");
  EXPECT_EQ(answer.at("error").at("code"), GetParam().code) << GetParam().line;
  EXPECT_FALSE(answer.at("error").at("message").get<std::string>().empty());
  EXPECT_FALSE(answer.contains("result"));
  EXPECT_EQ(reply.garbage, GetParam().garbage);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, JsonRpcErrors,
    testing::Values(
        BadRequest{"GET / HTTP/1.1", -32700, true}, BadRequest{"{\"jsonrpc\":", -32700, true},
        BadRequest{"\xff\xfe", -32700, true}, BadRequest{std::string(60000, '['), -32700, true},
        BadRequest{"[]", -32600, false}, BadRequest{"1", -32600, false}, BadRequest{"{}", -32600, false},
        BadRequest{R"({"jsonrpc":"1.0","id":1,"method":"status"})", -32600, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1})", -32600, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":5})", -32600, false},
        BadRequest{R"({"jsonrpc":"2.0","id":[1],"method":"status"})", -32600, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"reboot"})", -32601, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"status","params":[1]})", -32602, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"status","params":1})", -32602, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"status","params":{"a":1}})", -32602, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"explain"})", -32602, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"explain","params":{"source":"a"}})", -32602, false},
        BadRequest{R"({"jsonrpc":"2.0","id":1,"method":"explain","params":{"group":["a"]}})", -32602,
                   false}));

TEST(JsonRpc, TooManyBracketsInEachOtherAreRefusedWithTheirLimit) {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"status","params":{"[[\"[":)" + std::string(depth - 2, '[') +
           std::string(depth - 2, ']') + "}}";
  };
  const RpcReply reply = AnswerRpc(nested(kDeepestRpc + 1), Methods());
  ASSERT_TRUE(reply.line);
  EXPECT_TRUE(reply.garbage);
  EXPECT_NE(reply.line->find("nested deeper than 16 levels"), std::string::npos) << *reply.line;
  const RpcReply allowed = AnswerRpc(nested(kDeepestRpc), Methods());
  ASSERT_TRUE(allowed.line);
  EXPECT_EQ(Json::parse(*allowed.line).at("error").at("code"), -32602)
      << "read, and refused for what it says";
}

TEST(JsonRpc, AnInvalidRequestGetsItsIdBackWhereItHasOne) {
  const auto id_in_answer = [](const char* line) {
    return Json::parse(AnswerRpc(line, Methods()).line.value_or("{}")).at("id");
  };
  EXPECT_EQ(id_in_answer(R"({"jsonrpc":"1.0","id":8,"method":"status"})"), 8);
  EXPECT_EQ(id_in_answer(R"({"jsonrpc":"2.0","id":"a","method":5})"), "a");
  EXPECT_EQ(id_in_answer(R"({"jsonrpc":"2.0","id":[1],"method":"status"})"), nullptr);
  EXPECT_EQ(id_in_answer(R"([{"jsonrpc":"2.0","id":1,"method":"status"}])"), nullptr);
}

TEST(JsonRpc, AReasonThatIsNoUtf8IsSaidAllTheSame) {
  RpcMethods methods;
  methods["reload"].call = [](const RpcParams&) -> Result<std::string> {
    return Fail("/etc/\xff.toml: cannot open: no");
  };
  const RpcReply reply = AnswerRpc(R"({"jsonrpc":"2.0","id":7,"method":"reload"})", methods);
  ASSERT_TRUE(reply.line);
  EXPECT_EQ(Json::parse(*reply.line).at("error").at("message"), "/etc/\xef\xbf\xbd.toml: cannot open: no");
}

TEST(JsonRpc, ParametersReachTheMethodByName) {
  const RpcReply reply = AnswerRpc(
      R"({"jsonrpc":"2.0","id":1,"method":"explain","params":{"group":"239.1.1.1","limit":3}})", Methods());
  ASSERT_TRUE(reply.line);
  EXPECT_EQ(Json::parse(*reply.line).at("result"), "group=239.1.1.1 limit=3 ");
}

TEST(JsonRpc, WhatAMethodTakesIsSaidWithTheError) {
  const RpcReply reply =
      AnswerRpc(R"({"jsonrpc":"2.0","id":1,"method":"explain","params":{"grp":"a"}})", Methods());
  ASSERT_TRUE(reply.line);
  EXPECT_EQ(Json::parse(*reply.line).at("error").at("message"),
            "there is no parameter 'grp'; 'explain' takes 'group', and optionally 'source', 'limit'");
}

TEST(JsonRpc, AMethodThatFailsAnswersWithItsError) {
  RpcMethods methods;
  methods["reload"].call = [](const RpcParams&) -> Result<std::string> {
    return Fail("router.toml:3:1: unknown key 'x'");
  };
  const RpcReply reply = AnswerRpc(R"({"jsonrpc":"2.0","id":7,"method":"reload"})", methods);
  ASSERT_TRUE(reply.line);
  EXPECT_FALSE(reply.garbage);
  const Json answer = Json::parse(*reply.line);
  EXPECT_EQ(answer.at("id"), 7);
  EXPECT_EQ(answer.at("error").at("message"), "router.toml:3:1: unknown key 'x'");
  EXPECT_FALSE(answer.contains("result"));
}

}  // namespace
}  // namespace bpfcast
