// More interfaces and groups than the kernel's own multicast routing has room for: 32 interfaces of a router,
// 20 groups of a socket.
#include <csignal>
#include <iostream>

#include "star_fixture.h"

namespace bpfcast::test {
namespace {

class ManyPorts : public StarTest {
 protected:
  static std::uint64_t Transmitted(const nlohmann::json& ports, const std::string& name) {
    for (const auto& port : ports) {
      if (port["name"] == name) return port["tx_packets"];
    }
    return 0;
  }
};

TEST_F(ManyPorts, FortyDownstreamsEachGetTheirOwnGroupAndTheCommonOneAndNothingElse) {
  constexpr int kLans = 40;
  constexpr std::size_t kPackets = 50;
  StartStar(kLans);
  std::vector<std::unique_ptr<Listener>> own;
  std::vector<std::unique_ptr<Listener>> common;
  for (int n = 1; n <= kLans; ++n) {
    own.push_back(std::make_unique<Listener>(star_->host(n), Group(static_cast<std::uint8_t>(n))));
    common.push_back(std::make_unique<Listener>(star_->host(n), kG));
  }
  ASSERT_TRUE(Eventually([&] { return daemon_->Call("groups").size() == 2 * kLans; }, 10s))
      << daemon_->Call("groups").size();
  Sender(star_->up(), {.group = kG, .source = Source(1)}, Sender::Start::kLater).Send(kPackets);
  for (int n = 1; n <= kLans; ++n) {
    Sender(star_->up(), {.group = Group(static_cast<std::uint8_t>(n)), .source = Source(1)},
           Sender::Start::kLater)
        .Send(kPackets);
  }
  std::this_thread::sleep_for(300ms);
  const auto ports = daemon_->Call("ports");
  for (int n = 1; n <= kLans; ++n) {
    SCOPED_TRACE(Star::LanName(n));
    EXPECT_EQ(own[static_cast<std::size_t>(n - 1)]->Drain(), kPackets);
    EXPECT_EQ(common[static_cast<std::size_t>(n - 1)]->Drain(), kPackets);
    EXPECT_EQ(Transmitted(ports, Star::LanName(n)), 2 * kPackets) << "it was sent what nobody there wants";
  }
}

TEST_F(ManyPorts, TwentyFiveGroupsFlowWhereASocketMayJoinTwenty) {
  constexpr std::uint8_t kGroups = 25;
  StartStar(2);
  star_->router().Sysctl("ipv4/igmp_max_memberships", "20");
  const Capture upstream(star_->up().ns, "up0", Capture::What::kIgmp);
  std::vector<std::unique_ptr<Listener>> members;
  for (std::uint8_t n = 1; n <= kGroups; ++n) {
    members.push_back(std::make_unique<Listener>(star_->host(1 + n % 2), Group(n)));
  }
  for (std::uint8_t n = 1; n <= kGroups; ++n) {
    EXPECT_TRUE(upstream.WaitFor(Both(Arrived, Record(kToEx, Group(n), {})))) << Group(n).ToString();
    Sender(star_->up(), {.group = Group(n), .source = Source(1)}, Sender::Start::kLater).Send(20);
  }
  std::this_thread::sleep_for(200ms);
  for (std::uint8_t n = 1; n <= kGroups; ++n) {
    EXPECT_EQ(members[n - std::size_t{1}]->Drain(), 20U) << Group(n).ToString();
  }
}

TEST_F(ManyPorts, ThreeHundredDownstreamsStartAndAllForwardOneGroup) {
  constexpr int kLans = 300;
  constexpr std::size_t kPackets = 20;
  const Instant begin = Clock::now();
  StartStar(kLans);
  const Instant started = Clock::now();
  std::vector<std::unique_ptr<Listener>> members;
  for (int n = 1; n <= kLans; ++n) members.push_back(std::make_unique<Listener>(star_->host(n), kG));
  ASSERT_TRUE(Eventually([&] { return daemon_->Call("groups").size() == kLans; }, 20s))
      << daemon_->Call("groups").size() << " of " << kLans;
  const Instant joined = Clock::now();
  Sender(star_->up(), {.group = kG, .source = Source(1), .rate = 100}, Sender::Start::kLater).Send(kPackets);
  std::this_thread::sleep_for(500ms);
  int complete = 0;
  for (const auto& member : members) complete += member->Drain() == kPackets ? 1 : 0;
  std::cout << kLans << " ports: bed " << Seconds(started - begin - start_time_) << " s, daemon up after "
            << Seconds(start_time_) << " s, joined after " << Seconds(joined - started) << " s\n";
  EXPECT_EQ(complete, kLans);
  EXPECT_LE(start_time_, 30s);
  const Instant stop = Clock::now();
  daemon_->Signal(SIGTERM);
  EXPECT_EQ(daemon_->Wait(30s), 0);
  std::cout << "stopped after " << Seconds(Clock::now() - stop) << " s\n";
}

}  // namespace
}  // namespace bpfcast::test
