// Clients of the control socket that mean no good, or know no better: they cost the daemon nothing that
// lasts, nobody waits for them, and the stream goes on.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "fixture.h"
#include "support/unique_fd.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kGroups = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"groups\"}\n";
constexpr std::size_t kManyGroups = 10'000;

class HostileControl : public E2e {
 protected:
  void StartStream(const Scenario& scenario = {}) {
    StartDaemon(scenario);
    receiver_.emplace(bed_.h1(), kG);
    receiver_->Join();
    sender_.emplace(bed_.up(), FromUpstream(kG));
    ASSERT_TRUE(receiver_->WaitForFirst(Source(1)));
    std::this_thread::sleep_for(300ms);  // until the connections that were needed so far are closed
    descriptors_ = Descriptors();
  }
  /// Everybody else is served, and nothing is left when the clients are gone.
  void ExpectNoHarm() {
    EXPECT_TRUE(daemon_->Call("status").is_object());
    EXPECT_TRUE(Eventually([&] { return Descriptors() <= descriptors_; })) << Descriptors();
    sender_->Stop();
    EXPECT_TRUE(Eventually([&] { return receiver_->Of(Source(1)).last == sender_->sent() - 1; }));
    ExpectNoGap(*receiver_, Source(1));
    EXPECT_TRUE(daemon_->Running());
  }
  UniqueFd Connected() const {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    daemon_->Socket().string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to the control socket");
    }
    return fd;
  }
  UniqueFd Asking(const std::string& request) const {
    UniqueFd fd = Connected();
    EXPECT_EQ(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return fd;
  }
  std::size_t Descriptors() const {
    const fs::directory_iterator all("/proc/" + std::to_string(daemon_->pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  std::size_t ResidentKb() const {
    std::ifstream status("/proc/" + std::to_string(daemon_->pid()) + "/status");
    for (std::string word; status >> word;) {
      if (word == "VmRSS:" && status >> word) return std::stoul(word);
    }
    return 0;
  }

  std::optional<Receiver> receiver_;
  std::optional<Sender> sender_;
  std::size_t descriptors_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Hook, HostileControl, ::testing::Values("tc"), HookName);

TEST_P(HostileControl, EveryLineThatIsNoRequestGetsOneRefusal) {
  StartStream();
  const std::pair<std::string, int> lines[] = {
      {"GET / HTTP/1.1\r\n\r\n", -32700},
      {std::string("\0\x01\x02\xff\n", 5), -32700},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth\n", -32700},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}\n", -32700},
      {"{\"jsonrpc\":\"2.0\",\"id\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}\n", -32700},
      {std::string(1 << 20, 'x'), -32600},  // never ends
      {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}]\n", -32600},
      {"\"status\"\n", -32600},
      {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}\n", -32600},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":[\"status\"]}\n", -32600},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}\n", -32601},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\",\"params\":{\"group\":{}}}\n", -32602},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"explain\",\"params\":{\"group\":\"239.1\"}}\n", -32001}};
  for (const auto& [line, code] : lines) {
    const std::string answer = daemon_->Raw(line, 5s);
    EXPECT_EQ(std::count(answer.begin(), answer.end(), '\n'), 1) << answer;
    const json parsed = json::parse(answer, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line.substr(0, 80) << " was answered with " << answer;
    EXPECT_EQ(parsed["error"]["code"], code) << answer;
    EXPECT_FALSE(parsed["error"]["message"].get<std::string>().empty());
  }
  ExpectNoHarm();
}

TEST_P(HostileControl, AThousandConnectionsThatSayNothingKeepNobodyOut) {
  constexpr std::size_t kSilent = 1000;
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit more{std::max<rlim_t>(files.rlim_cur, kSilent + 500), files.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &more), 0);
  StartStream();
  {
    std::vector<UniqueFd> silent;
    for (std::size_t i = 0; i < kSilent; ++i) silent.push_back(Connected());
    EXPECT_TRUE(daemon_->Call("status").is_object());
    EXPECT_EQ(daemon_->Cli("ports").status, 0);
    EXPECT_LE(Descriptors(), descriptors_ + 64 + 4);
    EXPECT_TRUE(receiver_->WaitForTotal(receiver_->Total() + 200));
  }
  ExpectNoHarm();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
}

TEST_P(HostileControl, ClientsThatDoNotReadLongAnswersOrLeaveInTheMidstOfThemAreForgotten) {
  std::string groups = "static-groups = [";
  for (std::size_t i = 0; i < kManyGroups; ++i) {
    groups += "\"239.100." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "\",\n";
  }
  StartStream({.downstreams = {"lan1", "lan2"}, .settings = {{"lan2", groups + "]\n"}}});
  ASSERT_TRUE(Eventually([&] { return daemon_->Call("groups").size() > kManyGroups; }));
  const std::size_t resident = ResidentKb();
  const std::size_t answer = daemon_->Call("groups").dump().size();
  {
    std::vector<UniqueFd> deaf;
    for (int i = 0; i < 8; ++i) deaf.push_back(Asking(kGroups));
    EXPECT_TRUE(daemon_->Call("status").is_object());
    EXPECT_GT(daemon_->Call("groups").size(), kManyGroups);
    std::printf("%zu kB resident, %zu with %zu answers of %zu octets that nobody reads\n", resident,
                ResidentKb(), deaf.size(), answer);
    EXPECT_LE(ResidentKb(), resident + 128 * 1024) << "their answers, and what the allocator keeps";
    EXPECT_TRUE(receiver_->WaitForTotal(receiver_->Total() + 200));
  }
  for (int i = 0; i < 5; ++i) {
    const UniqueFd leaves = Asking(kGroups);
    char begin[1000];
    EXPECT_GT(recv(leaves.get(), begin, sizeof begin, 0), 0);
  }
  ExpectNoHarm();
}

}  // namespace
}  // namespace bpfcast::test
