#include "cli/client.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/socket_access.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;

/// Answers one client: reads its line, sends `reply`, hangs up.
class OneAnswer {
 public:
  explicit OneAnswer(std::string reply) : reply_(std::move(reply)) {
    char directory[] = "/tmp/bpfcast-client-XXXXXX";
    if (mkdtemp(directory) == nullptr) std::abort();
    directory_ = directory;
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) std::abort();
    if (listen(listener_, 1) < 0) std::abort();
    thread_ = std::thread([this] { Serve(); });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    shutdown(listener_, SHUT_RDWR);  // ends an accept() that waits
    if (thread_.joinable()) thread_.join();
    close(listener_);
    unlink(path().c_str());
    rmdir(directory_.c_str());
  }

  std::string path() const { return directory_ + "/socket"; }
  /// What the client sent, once it has its answer.
  const std::string& Request() {
    thread_.join();
    return request_;
  }

 private:
  void Serve() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char octet = 0;
    while (octet != '\n' && read(client, &octet, 1) == 1) request_ += octet;
    std::size_t sent = 0;
    while (sent < reply_.size()) {
      const ssize_t done = send(client, reply_.data() + sent, reply_.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) break;
      sent += static_cast<std::size_t>(done);
    }
    close(client);
  }

  std::string reply_;
  std::string directory_;
  int listener_ = -1;
  std::string request_;
  std::thread thread_;
};

/// Not root: root may connect to every socket.
class OrdinaryUser {
 public:
  OrdinaryUser() : before_(geteuid()) {
    if (before_ == 0 && seteuid(65534) < 0) std::abort();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;
  ~OrdinaryUser() {
    if (seteuid(before_) < 0) std::abort();
  }

 private:
  uid_t before_;
};

TEST(Client, ASocketThatThisUserMayNotUseIsNoAgentThatIsMissing) {
  const OneAnswer server("{}\n");
  ASSERT_EQ(chmod(server.path().c_str(), 0), 0);
  const OrdinaryUser user;
  const auto result = CallAt(server.path(), "groups");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kRefused);
  EXPECT_THAT(result.error().message,
              HasSubstr(server.path() + ": permission denied: run this as root, or "));
}

TEST(Client, NamesTheGroupThatMayUseASocketBesideRoot) {
  EXPECT_EQ(
      NotAllowedToAsk("/no/such.sock"),
      "/no/such.sock: permission denied: run this as root, or give bpfcastd a `user` in its configuration "
      "and run this as a member of that user's group");
  const OneAnswer server("{}\n");
  const group* entry = geteuid() == 0 ? getgrnam("nogroup") : getgrgid(getegid());
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(chown(server.path().c_str(), geteuid(), entry->gr_gid), 0);
  EXPECT_EQ(
      NotAllowedToAsk(server.path()),
      server.path() + ": permission denied: run this as root, or as a member of the group " + entry->gr_name);
}

TEST(Client, SendsARequestAndReturnsTheResult) {
  OneAnswer server("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"b\":1,\"a\":2}}\n");
  const auto result = CallAt(server.path(), "status");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->dump(), R"({"b":1,"a":2})");  // in the order of the agent
  EXPECT_EQ(nlohmann::json::parse(server.Request()),
            nlohmann::json::parse(R"({"jsonrpc": "2.0", "id": 1, "method": "status"})"));
}

TEST(Client, PassesTheTextOfAResultOnAsItCame) {
  std::string big = "[ 1 ";  // no library writes it like that
  for (int i = 0; i < 300'000; ++i) big += ", 4711";
  big += " ]";
  OneAnswer server("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + big + "}\n");
  const auto pieces = CallForTextAt(server.path(), "groups");
  ASSERT_TRUE(pieces) << pieces.error().message;
  std::string text;
  for (const std::string& piece : *pieces) text += piece;
  EXPECT_TRUE(text == big);
}

TEST(Client, RefusalsAreNoText) {
  OneAnswer server(R"({"error":{"code":-32002,"message":"line 3"},"id":1,"jsonrpc":"2.0"})"
                   "\n");
  const auto refused = CallForTextAt(server.path(), "reload");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, CallError::Kind::kUnusableFile);
  EXPECT_THAT(refused.error().message, HasSubstr("line 3"));
  const auto nobody = CallForTextAt("/nonexistent/socket", "status");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, CallError::Kind::kNoAnswer);
}

TEST(Client, ReadsAnswersOfMegabytes) {
  const std::string big(8'000'000, 'x');
  OneAnswer server("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"" + big + "\"}\n");
  const auto result = CallAt(server.path(), "groups");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, big);
}

TEST(Client, AnErrorOfTheAgentIsARefusalWithItsReason) {
  OneAnswer server(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32001,\"message\":\"no such group\"}}\n");
  const auto result = CallAt(server.path(), "explain");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kRefused);
  EXPECT_EQ(result.error().message, "bpfcastd refused 'explain': no such group");
}

TEST(Client, AFileThatTheAgentCannotUseIsARefusalOfItsOwn) {
  OneAnswer server(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,\"message\":\"x.toml:1:1: what\"}}\n");
  const auto result = CallAt(server.path(), "reload");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kUnusableFile);
  EXPECT_EQ(result.error().message, "bpfcastd refused 'reload': x.toml:1:1: what");
}

TEST(Client, AnAgentThatHangsUpDidNotAnswer) {
  OneAnswer server("{\"jsonrpc\"");
  const auto result = CallAt(server.path(), "status");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kNoAnswer);
  EXPECT_EQ(result.error().message, "it hung up");
}

TEST(Client, WhatIsNotJsonIsNoAnswer) {
  OneAnswer server("hello\n");
  const auto result = CallAt(server.path(), "status");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kNoAnswer);
}

TEST(Client, WithoutAgentItNamesTheSocketTheCauseAndTheWayOut) {
  const auto result = Call("no-such-instance", "status");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, CallError::Kind::kNoAnswer);
  EXPECT_THAT(result.error().message,
              HasSubstr("/run/bpfcast/no-such-instance.sock (No such file or directory)"));
  EXPECT_THAT(result.error().message, HasSubstr("bpfcastd -c FILE --instance no-such-instance"));
}

TEST(Client, AnInstanceNameThatIsTooLongIsAnErrorToo) {
  const auto result = Call(std::string(200, 'x'), "status");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("File name too long"));
}

}  // namespace
}  // namespace bpfcast
