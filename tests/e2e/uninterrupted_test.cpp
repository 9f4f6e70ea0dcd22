// One numbered stream at 50 000 packets a second to four receivers that stay, while everything else happens
// at once: members of other ports come and go, a port flaps, the file changes, the daemon is killed and hands
// over.
#include <sys/socket.h>

#include <future>
#include <iostream>
#include <sstream>

#include "star_fixture.h"
#include "support/bpf_links.h"
#include "support/live_stream.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::Contains;

constexpr unsigned kRate = 50'000;
constexpr int kChanges = 1000;
constexpr int kFlaps = 50;
constexpr int kRounds = 20;          // each with one SIGKILL and one hand-over
constexpr int kReloadsPerRound = 5;  // 100 together

constexpr int kStaying = 4;  // lan1 to lan4
constexpr std::array kChanging{5, 6};
constexpr int kFlapping = 7;
constexpr int kSometimes = 8;  // a downstream in every second configuration

class NothingInterrupts : public StarTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void Start() {
    RemoveLeftovers();
    star_.emplace(NamePrefix("e2e") + "-star", kSometimes);
    for (int lan = 1; lan <= kSometimes; ++lan) ReadyForXdp(star_->host(lan).ns, star_->host(lan).interface);
    MustRun({"ethtool", "-K", "wan0", "gro", "on"}, &star_->router());  // or TC gets no live frames
    daemon_.emplace(star_->router(), Configuration(), NamePrefix("e2e"));
    daemon_->WaitUntilUp(kSometimes, 30s);  // seven downstreams and the upstream
    for (const json& port : daemon_->Call("ports")) EXPECT_EQ(port["hook"], GetParam()) << port.dump(1);
    for (const int lan : Watched()) watched_.insert(std::to_string(star_->router().IfIndex(NameOf(lan))));
  }

  /// The upstream, and the downstreams whose receivers stay.
  static std::vector<int> Watched() { return {0, 1, 2, 3, 4}; }
  static std::string NameOf(int lan) { return lan == 0 ? "wan0" : Star::LanName(lan); }

  std::string Configuration() const {
    std::ostringstream text;
    text << "upstream = \"wan0\"\ndownstream = [";
    for (int lan = 1; lan < kSometimes; ++lan) text << '"' << Star::LanName(lan) << "\", ";
    if (has_more_) text << '"' << Star::LanName(kSometimes) << '"';
    text << "]\n[interface.wan0]\nhook = \"" << GetParam() << "\"\n";
    for (int lan = 1; lan < kSometimes + (has_more_ ? 1 : 0); ++lan) {
      text << "[interface." << Star::LanName(lan) << "]\nhook = \"" << GetParam()
           << "\"\nquery-interval = \"5s\"\nlast-member-query-interval = \"100ms\"\n"
           << "query-response-interval = \"" << (has_other_timing_ && lan == kChanging[0] ? 2 : 1) << "s\"\n";
      if (lan == kChanging[0] || lan == kChanging[1]) text << "fast-leave = \"always\"\n";
      if (has_policy_ && lan == kChanging[1]) text << "deny-groups = [\"239.9.0.0/16\"]\n";
    }
    return text.str();
  }

  /// Another downstream, another time, another policy, in turn.
  void Reload() {
    bool& what = std::array{&has_more_, &has_other_timing_, &has_policy_}[reloads_++ % 3][0];
    what = !what;
    daemon_->config().Write(Configuration());
    const CommandResult result = daemon_->Cli("reload");
    EXPECT_EQ(result.status, 0) << result.err;
  }

  /// Joins and leaves of the stream's group by hosts of two other ports.
  void ChangeMembers() const {
    std::array members{MulticastSocket(star_->host(kChanging[0])),
                       MulticastSocket(star_->host(kChanging[1]))};
    for (int i = 0; i < kChanges; ++i) {
      MulticastSocket& member = members[static_cast<std::size_t>(i) % 2];
      i % 4 < 2 ? member.Join(kG) : member.Leave(kG);
      std::this_thread::sleep_for(20ms);  // the kernel reports a change within some 10 ms
    }
  }
  void FlapPort() const {
    MulticastSocket member(star_->host(kFlapping));
    member.Join(kG);
    for (int i = 0; i < kFlaps; ++i) {
      star_->router().Ip("link set " + Star::LanName(kFlapping) + " down");
      std::this_thread::sleep_for(100ms);
      star_->router().Ip("link set " + Star::LanName(kFlapping) + " up");
      std::this_thread::sleep_for(300ms);
    }
  }

  /// The attachments of the ports that the stream takes, by pin.
  std::map<std::string, BpfLinkInfo> Links() const {
    std::map<std::string, BpfLinkInfo> links = PinnedLinks(daemon_->Pins());
    std::erase_if(links, [&](const auto& link) {
      return !watched_.contains(link.first.substr(link.first.rfind('_') + 1));
    });
    return links;
  }
  /// Starts a successor of the one that ended: every attachment stays and gets a new program.
  void Succeed(const std::map<std::string, BpfLinkInfo>& before) {
    daemon_->StartAgain();
    ASSERT_TRUE(Eventually([&] { return IsServing(); }, 20s)) << daemon_->Call("ports").dump(1);
    const auto after = Links();
    EXPECT_EQ(after.size(), before.size());
    for (const auto& [name, link] : before) {
      ASSERT_TRUE(after.contains(name)) << name;
      EXPECT_EQ(after.at(name).id, link.id) << name << " was attached anew";
      EXPECT_NE(after.at(name).program, link.program) << name << " runs the program of the dead one";
    }
  }
  bool IsServing() const {
    const json ports = daemon_->Call("ports");
    return std::ranges::all_of(Watched(), [&](int lan) {
      return std::ranges::any_of(
          ports, [&](const json& port) { return port["name"] == NameOf(lan) && port["state"] == "up"; });
    });
  }

  /// What the devices of the stream's way say of frames that they could not take.
  std::string Refused() const {
    std::string text;
    const auto ask = [&](const NetNs& ns, const std::string& name) {
      std::istringstream lines(MustRun({"ethtool", "-S", name}, &ns));
      for (std::string line; std::getline(lines, line);) {
        const bool is_failure =
            line.find("err") != std::string::npos || line.find("drop") != std::string::npos;
        if (is_failure && !line.ends_with(": 0")) text += name + ":" + line + "\n";
      }
    };
    ask(star_->up().ns, star_->up().interface);
    for (const int lan : Watched()) ask(star_->router(), NameOf(lan));
    for (int lan = 1; lan <= kStaying; ++lan) ask(star_->host(lan).ns, star_->host(lan).interface);
    return text;
  }

  std::set<std::string> watched_;  // indexes of interfaces
  bool has_more_ = false;
  bool has_other_timing_ = false;
  bool has_policy_ = false;
  std::size_t reloads_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Hook, NothingInterrupts, ::testing::Values("xdp", "tc"), HookName);

TEST_P(NothingInterrupts, TX_03_TX_04_X_03_X_04_AStreamWhileMembersReloadsRestartsHandOversAndFlapsGoOn) {
  ASSERT_NO_FATAL_FAILURE(Start());
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (int lan = 1; lan <= kStaying; ++lan) {
    receivers.push_back(std::make_unique<Receiver>(star_->host(lan), kG));
    const int room = 256 << 20;  // seconds of a machine that has no time for the test
    setsockopt(receivers.back()->socket().fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    receivers.back()->Join();
    ASSERT_TRUE(daemon_->WaitForGroup(kG, Star::LanName(lan)));
  }
  MulticastSocket sometimes(star_->host(kSometimes));
  sometimes.Join(kG);

  LiveStream stream(star_->up(), {.group = kG, .source = Source(1), .rate = kRate, .payload = 64});
  std::future<void> changes = std::async(std::launch::async, [&] { ChangeMembers(); });
  std::future<void> flaps = std::async(std::launch::async, [&] { FlapPort(); });
  const Instant begin = Clock::now();
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    for (int i = 0; i < kReloadsPerRound / 2; ++i) Reload();
    auto before = Links();
    daemon_->Kill();
    ASSERT_NO_FATAL_FAILURE(Succeed(before));
    for (int i = kReloadsPerRound / 2; i < kReloadsPerRound; ++i) Reload();
    before = Links();
    ASSERT_EQ(daemon_->HandOver(), 0) << daemon_->Stderr();
    ASSERT_NO_FATAL_FAILURE(Succeed(before));
  }
  changes.get();
  flaps.get();
  const double seconds = Seconds(Clock::now() - begin);
  stream.Stop();

  const std::uint64_t sent = stream.sent();
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t reordered = 0;
  std::uint64_t drops = 0;
  for (const auto& receiver : receivers) {
    receiver->WaitForTotal(sent);
    const StreamCount got = receiver->Of(Source(1));
    lost += sent - got.received;
    doubled += got.duplicated;
    reordered += got.reordered;
    drops += receiver->SocketDrops();
  }
  std::cout << GetParam() << ": " << static_cast<std::uint64_t>(stream.Rate()) << " packets/s for " << seconds
            << " s, sent " << sent << " to " << kStaying << " receivers: lost " << lost << ", doubled "
            << doubled << ", out of order " << reordered << ", dropped by the test's own sockets " << drops
            << "; " << kChanges << " changes of membership, " << reloads_ << " reloads, " << kRounds
            << " restarts after SIGKILL, " << kRounds << " hand-overs, " << kFlaps << " flaps\n";
  EXPECT_EQ(lost, drops) << Refused();
  EXPECT_EQ(doubled, 0U);
  EXPECT_EQ(reordered, 0U);
  EXPECT_GT(stream.Rate(), kRate / 5) << "this machine is too slow to show it";

  Listener listener(star_->host(kChanging[0]), kG);
  EXPECT_TRUE(daemon_->WaitForGroup(kG, Star::LanName(kChanging[0]))) << "the last of them still takes joins";
  EXPECT_EQ(daemon_->Stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon_->Pins()));
}

}  // namespace
}  // namespace bpfcast::test
