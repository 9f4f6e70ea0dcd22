// tools/flows: what `bpfcast flows -j` shows, from the pinned maps alone, whether the agent answers or not.
#include <csignal>

#include "fixture.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

using nlohmann::ordered_json;

class FlowsScript : public E2e {
 protected:
  /// `option`: "-4", "-6" or nothing.
  ordered_json Script(const std::string& option = "") const {
    std::vector<std::string> command{"nsenter", "--net=/run/netns/" + bed_.router().name(),
                                     BPFCAST_TOOLS_DIR "/flows", "--instance", daemon_->instance()};
    if (!option.empty()) command.push_back(option);
    return ordered_json::parse(MustRun(command));
  }
  ordered_json Agent(const std::string& option = "") const {
    return ordered_json::parse(daemon_->Cli("flows -j " + option).out);
  }
  static std::uint64_t Packets(const ordered_json& flows, const AnyAddress& group) {
    std::uint64_t sum = 0;
    for (const auto& flow : flows) {
      if (flow["group"] == group.ToString()) sum += flow["packets"].get<std::uint64_t>();
    }
    return sum;
  }
  static std::vector<std::string> Keys(const ordered_json& flow) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : flow.items()) keys.push_back(key);
    return keys;
  }
  /// Row by row, key by key, but for times.
  static void ExpectSame(ordered_json script, ordered_json agent) {
    ASSERT_EQ(script.size(), agent.size()) << script.dump(1) << agent.dump(1);
    for (std::size_t i = 0; i < script.size(); ++i) {
      EXPECT_EQ(Keys(script[i]), Keys(agent[i]));
      for (const char* time : {"first_packet_s", "last_packet_s"}) {
        if (!agent[i].contains(time) || !script[i].contains(time)) continue;
        EXPECT_NEAR(script[i][time].get<double>(), agent[i][time].get<double>(), 5.0) << script[i].dump();
        script[i][time] = agent[i][time] = 0;
      }
      EXPECT_EQ(script[i].dump(), agent[i].dump());
    }
  }
  void Play(const AnyAddress& group, const AnyAddress& source, std::uint64_t count, int ttl = 16) const {
    Sender(bed_.up(), {.group = group, .source = source, .ttl = ttl}, Sender::Start::kLater).Send(count);
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, FlowsScript, ::testing::Values("xdp-ipv6", "tc-ipv6"), HookName);

TEST_P(FlowsScript, X_13_ShowsFromThePinnedMapsWhatTheAgentShowsAndAlsoWithoutIt) {
  StartDaemon();
  Receiver one(bed_.h1(), kG);
  Receiver two(bed_.h3(), kG);
  Receiver ssm(bed_.h1(), kSsm);
  Receiver six(bed_.h4(), kG6);
  Receiver local({bed_.router(), "wan0", kWan}, Group(6));
  for (Receiver* receiver : {&one, &two, &six, &local}) receiver->Join();
  ssm.socket().JoinSource(kSsm, Source(2));
  for (const auto& [group, port] :
       {std::pair<AnyAddress, const char*>(kG, "lan1"), {kG, "lan2"}, {kSsm, "lan1"}, {kG6, "lan3"}}) {
    ASSERT_TRUE(WaitForGroup(group, port)) << group;
  }
  Sender playing(bed_.up(), {.group = kG, .source = Source(1), .rate = 500});
  Sender playing6(bed_.up(), {.group = kG6, .source = Source(IpVersion::k6, 1), .rate = 500});
  Play(kSsm, Source(2), 50);
  Play(kG, Source(3), 20, 1);  // TTL 1: refused
  Play(Group(6), bed_.up().address, 30);
  Sender(bed_.h3(), {.group = Group(5), .source = bed_.h3().address}, Sender::Start::kLater).Send(40);
  std::this_thread::sleep_for(3s);

  const ordered_json moving = Script();
  for (const auto& flow : moving) {
    if (flow["packets"].get<std::uint64_t>() < 1000) continue;
    EXPECT_NEAR(flow["packets_per_s"].get<double>(), 500, 150) << flow.dump();
    EXPECT_NEAR(flow["bits_per_s"].get<double>(), 500 * 8 * 238, 500 * 8 * 80) << flow.dump();
  }
  playing.Stop();
  playing6.Stop();
  std::this_thread::sleep_for(3s);  // rates are over
  ExpectSame(Script(), Agent());
  ExpectSame(Script("-4"), Agent("-4"));
  ExpectSame(Script("-6"), Agent("-6"));
  EXPECT_GE(Script().size(), 6U) << Script().dump(1);
  EXPECT_EQ(Packets(Script(), kG), playing.sent());
  EXPECT_EQ(Packets(Script(), kG6), playing6.sent());

  daemon_->Signal(SIGSTOP);
  Play(kSsm, Source(2), 50);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(Packets(Script(), kSsm), 100U);
  daemon_->Signal(SIGCONT);
  std::this_thread::sleep_for(3s);
  ExpectSame(Script(), Agent());

  daemon_->Signal(SIGKILL);
  ASSERT_TRUE(daemon_->Wait(5s));
  Play(kSsm, Source(2), 50);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(Packets(Script(), kSsm), 150U);
  EXPECT_EQ(ssm.Total(), 150U) << "the programs went on meanwhile";
}

}  // namespace
}  // namespace bpfcast::test
