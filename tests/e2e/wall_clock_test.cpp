// The wall clock jumps, and nothing that the daemon does moves with it (B-25).
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using What = Capture::What;

/// An hour as the daemon sees it, for as long as the file is there.
class WallClockJump {
 public:
  WallClockJump() : file_(fs::temp_directory_path() / (NamePrefix("e2e") + "-jump")) {}
  ~WallClockJump() { Back(); }
  std::vector<std::string> Wrapper() const {
    return {"env", std::string("LD_PRELOAD=") + BPFCAST_WALL_CLOCK, "WALL_CLOCK_JUMP=" + file_.string()};
  }
  void Ahead() const { std::ofstream{file_}; }
  void Back() const {
    std::error_code error;
    fs::remove(file_, error);
  }

 private:
  fs::path file_;
};

class WallClock : public E2e {};
INSTANTIATE_TEST_SUITE_P(Hook, WallClock, ::testing::Values("tc"), HookName);

TEST_P(WallClock, TB_12_AJumpOfAnHourLosesNoGroupAndMovesNoQuery) {
  const WallClockJump jump;
  daemon_.emplace(bed_.router(), Configuration(), NamePrefix("e2e"), Daemon::Start::kWaitUntilReady,
                  jump.Wrapper());
  daemon_->WaitUntilUp(4);
  Capture lan1(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kIgmp);
  Receiver member(bed_.h1(), kG);
  member.Join();
  Sender sender(bed_.up(), FromUpstream(kG));
  ASSERT_TRUE(member.WaitForFirst(Source(1)));
  std::this_thread::sleep_for(3s);  // behind the startup queries

  const auto hour_of_the_log = [&] {
    const std::string log = daemon_->Stderr();
    const std::size_t line = log.rfind('\n', log.size() - 2) + 1;  // 2026-01-31T12:34:56.789 info ...
    return log.substr(line, 13);
  };
  const Instant jumped = Clock::now();
  const std::string before = hour_of_the_log();
  jump.Ahead();
  bed_.router().Ip("link set lan3 down");
  bed_.router().Ip("link set lan3 up");
  ASSERT_TRUE(Eventually([&] { return hour_of_the_log() != before; })) << "the jump did not reach the daemon";
  std::this_thread::sleep_for(kFast.GroupMembershipInterval() + 1s);
  jump.Back();
  std::this_thread::sleep_for(kFast.query_interval + 500ms);

  const auto queries = lan1.Packets(Both(Arrived, QueryFor(Ipv4Address())), jumped);
  ASSERT_GE(queries.size(), 3U);
  for (std::size_t i = 1; i < queries.size(); ++i) {
    const auto gap = queries[i].time - queries[i - 1].time;
    std::cout << "general query after " << Seconds(gap) << " s\n";
    EXPECT_GE(gap, kFast.query_interval - 100ms);
    EXPECT_LE(gap, kFast.query_interval + 2s);
  }
  sender.Stop();
  ExpectNoGap(member, Source(1));
  EXPECT_FALSE(GroupOn(kG, "lan1").is_null());
}

}  // namespace
}  // namespace bpfcast::test
