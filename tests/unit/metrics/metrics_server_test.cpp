#include "metrics/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "os/clock.h"

namespace bpfcast {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kMoreThanSocketsTake = std::size_t{8} << 20;  // octets, where the reader's is small
constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A port of 127.0.0.1 that is taken as long as it lives.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(fd_.get(), 1), 0);
    EXPECT_EQ(getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    endpoint_ = {MakeIpv4(127, 0, 0, 1), ntohs(address.sin_port)};
  }
  Endpoint endpoint() const { return endpoint_; }

 private:
  UniqueFd fd_;
  Endpoint endpoint_;
};

Endpoint FreePort() {
  return TakenPort().endpoint();
}

class MetricsServerTest : public testing::Test {
 protected:
  MetricsServerTest() {
    auto server = MetricsServer::Open(loop_, FreePort(), [this] {
      ++made_;
      poll(nullptr, 0, makes_for_ms_);
      return text_;
    });
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  UniqueFd Connected() const {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int small = 65536;
    EXPECT_EQ(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    const sockaddr_in address = Loopback(server_->endpoint().port);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }
  UniqueFd Asking(const std::string& octets) const {
    UniqueFd fd = Connected();
    Send(fd, octets);
    return fd;
  }
  static void Send(const UniqueFd& fd, const std::string& octets) {
    EXPECT_EQ(send(fd.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
  }
  /// Runs the loop until `done`, at most half a minute.
  template <class Done>
  bool RunUntil(Done done) {
    const Time limit = Now() + std::chrono::seconds(30);
    Deadline tick(loop_);
    bool is_done = false;
    std::function<void()> look = [&] {
      is_done = done();
      if (is_done || Now() > limit) return loop_.Stop();
      tick.Set(Now() + std::chrono::milliseconds(1), look);
    };
    tick.Set(Now(), look);
    loop_.Run();
    return is_done;
  }
  /// What comes until the server hangs up; nothing when it does not, or breaks the connection off.
  std::optional<std::string> ReadAll(const UniqueFd& fd) {
    std::string all;
    bool ended = false;
    const bool done = RunUntil([&] {
      std::array<char, 65536> buffer{};
      ssize_t got = 0;
      while ((got = recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
        all.append(buffer.data(), static_cast<std::size_t>(got));
      }
      ended = got == 0;
      return ended || (got < 0 && errno != EAGAIN);
    });
    if (!done || !ended) return std::nullopt;
    return all;
  }
  std::string Ask(const std::string& octets) { return ReadAll(Asking(octets)).value_or("broken off"); }

  EventLoop loop_;
  std::string text_ = "a 1\n";
  int made_ = 0;
  int makes_for_ms_ = 0;
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(MetricsServerTest, AnswersAndHangsUp) {
  EXPECT_EQ(Ask(kGet),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 4\r\nConnection: close\r\n\r\na 1\n");
  EXPECT_TRUE(RunUntil([&] { return server_->connections() == 0; }));
}

TEST_F(MetricsServerTest, HeadIsTheSameWithoutTheText) {
  EXPECT_THAT(Ask("HEAD /metrics HTTP/1.0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 4\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(MetricsServerTest, MakesNoTextForWhatAsksForNone) {
  EXPECT_THAT(Ask("GET / HTTP/1.0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 404 "), EndsWith("the metrics are at /metrics\n")));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  EXPECT_THAT(Ask("\x16\x03\x01"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(made_, 0);
  EXPECT_EQ(server_->counters().answers.at(HttpStatus::kNotFound), 1u);
  EXPECT_EQ(server_->counters().answers.at(HttpStatus::kHeadTooLarge), 1u);
  EXPECT_FALSE(server_->counters().answers.contains(HttpStatus::kOk));
}

TEST_F(MetricsServerTest, ARequestInPiecesIsAnsweredWhenItIsComplete) {
  const UniqueFd slow = Connected();
  for (const char* octet = kGet; octet[1] != '\0'; ++octet) Send(slow, std::string(1, *octet));
  EXPECT_THAT(Ask(kGet), EndsWith("a 1\n")) << "others do not wait";
  EXPECT_TRUE(RunUntil([&] { return server_->connections() == 1; }));
  Send(slow, "\n");
  EXPECT_THAT(ReadAll(slow).value_or(""), EndsWith("a 1\n"));
}

TEST_F(MetricsServerTest, ALargeAnswerArrivesWhole) {
  text_ = std::string(kMoreThanSocketsTake, 'x');
  const auto answer = ReadAll(Asking(kGet));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->size() - answer->find("\r\n\r\n") - 4, text_.size());
}

TEST_F(MetricsServerTest, SilentClientsGiveWayToThoseThatAsk) {
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 64; ++i) {
    silent.push_back(Connected());
    RunUntil([&] { return server_->connections() == std::min<std::size_t>(silent.size(), 16); });
  }
  EXPECT_THAT(Ask(kGet), EndsWith("a 1\n"));
  EXPECT_LE(server_->connections(), MetricsLimits().connections);
  EXPECT_EQ(server_->counters().crowded_out, 64u + 1 - MetricsLimits().connections);
}

TEST_F(MetricsServerTest, ClientsThatDoNotReadShareOneText) {
  text_ = std::string(kMoreThanSocketsTake, 'x');
  makes_for_ms_ = 200;  // so that it is shared for long enough on any machine
  std::vector<UniqueFd> deaf;
  for (int i = 0; i < 10; ++i) deaf.push_back(Asking(kGet));
  EXPECT_TRUE(RunUntil([&] {
    const auto& answers = server_->counters().answers;
    return answers.contains(HttpStatus::kOk) && answers.at(HttpStatus::kOk) == deaf.size();
  }));
  EXPECT_EQ(server_->connections(), deaf.size());
  EXPECT_LE(made_, 3);
}

TEST_F(MetricsServerTest, ClientsThatLeaveAreForgotten) {
  text_ = std::string(kMoreThanSocketsTake, 'x');
  { const UniqueFd before_asking = Connected(); }
  {
    const UniqueFd in_the_midst = Asking(kGet);
    EXPECT_TRUE(RunUntil([&] { return made_ == 1; }));
  }
  EXPECT_TRUE(RunUntil([&] { return server_->connections() == 0; }));
}

TEST_F(MetricsServerTest, WhoIsNotDoneInTimeIsClosed) {
  text_ = std::string(kMoreThanSocketsTake, 'x');
  auto server =
      MetricsServer::Open(loop_, FreePort(), [this] { return text_; }, {16, std::chrono::milliseconds(50)});
  ASSERT_TRUE(server) << server.error().message;
  server_ = std::move(*server);
  const UniqueFd silent = Connected();
  const UniqueFd half = Asking("GET /metrics HTTP/1.1\r\nHo");
  const UniqueFd deaf = Asking(kGet);
  EXPECT_TRUE(RunUntil([&] { return server_->counters().timed_out == 3; }));
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_EQ(ReadAll(silent), "");
}

TEST_F(MetricsServerTest, WhatIsListenedOnByAnotherIsRefusedWithTheWayOut) {
  const TakenPort taken;
  const auto second = MetricsServer::Open(loop_, taken.endpoint(), [] { return std::string(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(
      second.error().message,
      "metrics: listen on " + taken.endpoint().ToString() +
          ": Address already in use; choose another port, or end what listens there: ss -ltnp sport = :" +
          std::to_string(taken.endpoint().port));
}

TEST_F(MetricsServerTest, AnAddressThatNoInterfaceHasYetIsWaitedFor) {
  const auto server =
      MetricsServer::Open(loop_, {MakeIpv4(203, 0, 113, 77), 9715}, [] { return std::string(); });
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_TRUE((*server)->address_is_missing());
  EXPECT_FALSE(server_->address_is_missing());
}

}  // namespace
}  // namespace bpfcast
