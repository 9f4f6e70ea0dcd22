#include "agent/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "os/clock.h"

namespace bpfcast {
namespace {

using Json = nlohmann::json;

constexpr const char* kStatus = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";

constexpr std::size_t kLarge = std::size_t{4} << 20;  // octets of the answer to "large"

/// A client on the server's own loop.
class Client {
 public:
  Client(EventLoop& loop, const std::string& path)
      : loop_(loop),
        fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        watch_(loop, fd_.get()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    connected_ = connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }

  bool connected() const { return connected_; }
  /// Octets that the socket took.
  std::size_t Send(const std::string& text) {
    const ssize_t put = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    return put < 0 ? 0 : static_cast<std::size_t>(put);
  }
  void EndInput() { shutdown(fd_.get(), SHUT_WR); }

  /// Runs the loop until `lines` lines came or the server hung up.
  std::vector<Json> Read(std::size_t lines) {
    while (!ended_ && Count() < lines) {
      watch_.Wait(FdEvent::kReadable, [this] {
        Take();
        loop_.Stop();
      });
      loop_.Run();
    }
    std::vector<Json> answers;
    while (answers.size() < lines && Count() > 0) {
      const std::size_t end = received_.find('\n');
      answers.push_back(Json::parse(received_.substr(0, end)));
      received_.erase(0, end + 1);
    }
    return answers;
  }
  bool Ended() {
    Read(1);
    return ended_;
  }

 private:
  std::size_t Count() const {
    return static_cast<std::size_t>(std::count(received_.begin(), received_.end(), '\n'));
  }
  void Take() {
    std::array<char, 65536> buffer{};
    const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
    ended_ = got == 0 || (got < 0 && errno != EAGAIN);
  }

  EventLoop& loop_;
  UniqueFd fd_;
  FdWatch watch_;
  std::string received_;
  bool connected_ = false;
  bool ended_ = false;
};

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    char name[] = "/tmp/bpfcast-control-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/test.sock";
    RpcMethods methods;
    methods["status"].call = [](const RpcParams&) { return R"({"state":"running"})"; };
    methods["large"].call = [](const RpcParams&) { return "\"" + std::string(kLarge, 'x') + "\""; };
    server_ = *ControlServer::Open(loop_, path_, std::move(methods));
  }
  ~ControlTest() override {
    server_.reset();
    rmdir(directory_.c_str());
  }

  std::string directory_;
  std::string path_;
  EventLoop loop_;
  std::unique_ptr<ControlServer> server_;
};

void ExpectError(const std::vector<Json>& answers, int code) {
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].at("error").at("code"), code) << answers[0];
}

TEST_F(ControlTest, TheSocketIsForItsOwnerAndGroup) {
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660u);
}

TEST_F(ControlTest, TheSocketIsGoneWithTheServer) {
  server_.reset();
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(ControlTest, ASocketThatADeadAgentLeftIsReplaced) {
  const UniqueFd left(open((directory_ + "/left.sock").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_TRUE(left);
  auto server = ControlServer::Open(loop_, directory_ + "/left.sock", {});
  ASSERT_TRUE(server);
  Client client(loop_, directory_ + "/left.sock");
  EXPECT_TRUE(client.connected());
}

TEST_F(ControlTest, AnswersRequestsInOrderOnOneConnection) {
  Client client(loop_, path_);
  for (int id = 0; id < 3; ++id) {
    client.Send("{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + ",\"method\":\"status\"}\n");
  }
  const auto answers = client.Read(3);
  ASSERT_EQ(answers.size(), 3u);
  for (int id = 0; id < 3; ++id) EXPECT_EQ(answers[static_cast<std::size_t>(id)].at("id"), id);
}

TEST_F(ControlTest, ALineMayComeInPieces) {
  Client client(loop_, path_);
  Client other(loop_, path_);
  client.Send(std::string(kStatus).substr(0, 10));
  other.Send(kStatus);
  ASSERT_EQ(other.Read(1).size(), 1u);
  client.Send(std::string(kStatus).substr(10));
  EXPECT_EQ(client.Read(1).at(0).at("result").at("state"), "running");
}

TEST_F(ControlTest, EmptyLinesAndCarriageReturnsAreNoRequests) {
  Client client(loop_, path_);
  client.Send(std::string("\n\r\n\n") + kStatus);
  EXPECT_EQ(client.Read(1).at(0).at("result").at("state"), "running");
}

TEST_F(ControlTest, GarbageGetsAnErrorAndIsClosed) {
  Client client(loop_, path_);
  client.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ExpectError(client.Read(1), -32700);
  EXPECT_TRUE(client.Ended());
}

TEST_F(ControlTest, AnUnknownMethodGetsAnErrorAndMayGoOn) {
  Client client(loop_, path_);
  client.Send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reboot\"}\n");
  ExpectError(client.Read(1), -32601);
  client.Send(kStatus);
  EXPECT_EQ(client.Read(1).at(0).at("result").at("state"), "running");
}

TEST_F(ControlTest, HalfALineAtTheEndGetsAnError) {
  Client client(loop_, path_);
  client.Send("{\"jsonrpc\"");
  client.EndInput();
  ExpectError(client.Read(1), -32600);
  EXPECT_TRUE(client.Ended());
}

TEST_F(ControlTest, ALineWithoutEndIsRefusedAtItsLimit) {
  Client client(loop_, path_);
  ASSERT_EQ(client.Send(std::string(ControlServer::kMaxLine + 1, 'x')), ControlServer::kMaxLine + 1);
  ExpectError(client.Read(1), -32600);
  EXPECT_TRUE(client.Ended());
}

TEST_F(ControlTest, ALineOfTheLargestSizeIsAnswered) {
  Client client(loop_, path_);
  std::string line = kStatus;
  line.insert(1, std::string(ControlServer::kMaxLine + 1 - line.size(), ' '));
  ASSERT_EQ(client.Send(line), line.size());
  EXPECT_EQ(client.Read(1).at(0).at("result").at("state"), "running");
}

TEST_F(ControlTest, ARequestWithItsEndIsAnsweredBeforeTheClose) {
  Client client(loop_, path_);
  client.Send(kStatus);
  client.EndInput();
  EXPECT_EQ(client.Read(1).at(0).at("result").at("state"), "running");
  EXPECT_TRUE(client.Ended());
}

TEST_F(ControlTest, AClientThatDoesNotReadKeepsNobodyWaiting) {
  Client slow(loop_, path_);
  for (int i = 0; i < 100; ++i) slow.Send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n");
  Client other(loop_, path_);
  other.Send(kStatus);
  EXPECT_EQ(other.Read(1).at(0).at("result").at("state"), "running");
  // And gets all of it when it does.
  const auto answers = slow.Read(2);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1].at("result").get<std::string>().size(), kLarge);
}

TEST_F(ControlTest, WhileAllConnectionsAreInUseOneTooManyIsToldSoAndClosed) {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < ControlServer::kMaxConnections; ++i) {
    clients.push_back(std::make_unique<Client>(loop_, path_));
    clients.back()->Send(kStatus);
    ASSERT_EQ(clients.back()->Read(1).size(), 1u);
  }
  // All within the second that counts, also where the machine has more to do.
  for (Time begin{}; Now() - begin > ControlServer::kActive / 2;) {
    begin = Now();
    for (auto& client : clients) {
      client->Send(kStatus);
      ASSERT_EQ(client->Read(1).size(), 1u);
    }
  }
  Client extra(loop_, path_);
  ExpectError(extra.Read(1), -32000);
  EXPECT_TRUE(extra.Ended());
  EXPECT_EQ(server_->connections(), ControlServer::kMaxConnections);
  clients.front()->Send(kStatus);
  EXPECT_EQ(clients.front()->Read(1).size(), 1u);
}

TEST_F(ControlTest, ConnectionsThatSayNothingGiveWayToOthersTheOldestFirst) {
  Client working(loop_, path_);
  working.Send(kStatus);
  ASSERT_EQ(working.Read(1).size(), 1u);
  constexpr std::size_t kSilent = 300;
  std::vector<std::unique_ptr<Client>> silent;
  for (std::size_t i = 0; i < kSilent; ++i) {
    silent.push_back(std::make_unique<Client>(loop_, path_));
    Client asks(loop_, path_);
    asks.Send(kStatus);
    ASSERT_EQ(asks.Read(1).at(0).at("result").at("state"), "running") << "beside " << i + 1 << " silent ones";
  }
  EXPECT_LE(server_->connections(), ControlServer::kMaxConnections);
  ExpectError(silent.front()->Read(1), -32000);
  EXPECT_TRUE(silent.front()->Ended());
  silent.back()->Send(kStatus);
  EXPECT_EQ(silent.back()->Read(1).at(0).at("result").at("state"), "running") << "the newest ones stay";
  working.Send(kStatus);
  EXPECT_EQ(working.Read(1).at(0).at("result").at("state"), "running") << "who asks before who is silent";
}

TEST_F(ControlTest, AnswersThatNobodyTakesDoNotFillTheMemory) {
  std::vector<std::unique_ptr<Client>> greedy;
  for (std::size_t i = 0; i < ControlServer::kMaxConnections - 1; ++i) {
    greedy.push_back(std::make_unique<Client>(loop_, path_));
    greedy.back()->Send("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n");
    Client other(loop_, path_);
    other.Send(kStatus);
    ASSERT_EQ(other.Read(1).at(0).at("result").at("state"), "running");
  }
  // One that is just made comes on top.
  EXPECT_LE(server_->connections(), ControlServer::kMaxUnsent / kLarge + 1);
  EXPECT_EQ(greedy.back()->Read(1).at(0).at("result").get<std::string>().size(), kLarge)
      << "the newest stays";
  EXPECT_TRUE(greedy.front()->Ended());
}

TEST_F(ControlTest, IdleConnectionsAreClosed) {
  Client client(loop_, path_);
  client.Send(kStatus);
  ASSERT_EQ(client.Read(1).size(), 1u);
  server_->CloseIdle(Now() + ControlServer::kIdleLimit / 2);
  EXPECT_EQ(server_->connections(), 1u);
  server_->CloseIdle(Now() + ControlServer::kIdleLimit * 2);
  EXPECT_EQ(server_->connections(), 0u);
  ExpectError(client.Read(1), -32000);
  EXPECT_TRUE(client.Ended());
}

TEST_F(ControlTest, HungUpClientsAreForgotten) {
  {
    Client client(loop_, path_);
    client.Send(kStatus);
    ASSERT_EQ(client.Read(1).size(), 1u);
    ASSERT_EQ(server_->connections(), 1u);
  }
  Client next(loop_, path_);
  next.Send(kStatus);
  ASSERT_EQ(next.Read(1).size(), 1u);
  EXPECT_EQ(server_->connections(), 1u);
}

}  // namespace
}  // namespace bpfcast
