// What the network repeats ten thousand times is said once.
#include <sstream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

constexpr std::size_t kTriggers = 10'000;
const Ipv4Address kAllSystems = MakeIpv4(224, 0, 0, 1);

class QuietLog : public E2e {
 protected:
  /// Lines with `text` that the daemon wrote.
  std::size_t LinesWith(const std::string& text) const {
    std::istringstream log(daemon_->Stderr());
    std::size_t count = 0;
    for (std::string line; std::getline(log, line);) count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
  }
  std::size_t Lines() const { return LinesWith(""); }
  /// The same message from another router of lan2, ten thousand times.
  void Trigger(const Bytes& message) {
    const auto heard = [&] {
      const nlohmann::json port = Port("lan2");
      return port["queries_received"].get<std::size_t>() + port["igmp_drops"]["LIMIT"].get<std::size_t>();
    };
    const std::size_t before = heard();
    const Injector injector(bed_.h3().ns, "eth0");
    const Bytes frame = IgmpFrame(bed_.h3().ns.Mac("eth0"), MakeIpv4(203, 0, 113, 9), kAllSystems, message);
    for (std::size_t sent = 0; sent < kTriggers; sent += 500) {
      injector.Send(std::vector<Bytes>(500, frame));
      std::this_thread::sleep_for(20ms);
    }
    ASSERT_TRUE(Eventually([&] { return heard() - before >= kTriggers; })) << heard() - before;
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, QuietLog, ::testing::Values("tc"), HookName);

TEST_P(QuietLog, TX_09_TenThousandQueriesOfOneKindMakeAtMostTwoLinesOfLog) {
  StartDaemon();
  const std::size_t before = Lines();
  Trigger(IgmpV2(0x11, 100, Ipv4Address()));
  const std::size_t older = LinesWith("IGMPv2");
  EXPECT_GE(older, 1U) << "C-61 asks for a warning";
  EXPECT_LE(older, 2U) << daemon_->Stderr();
  Trigger(QueryV3(100, Ipv4Address(), {}, 60));
  const std::size_t differs = LinesWith("60 s");
  EXPECT_GE(differs, 1U) << "B-27 asks for a warning";
  EXPECT_LE(differs, 2U) << daemon_->Stderr();
  EXPECT_LE(Lines() - before, 4U) << daemon_->Stderr();
}

}  // namespace
}  // namespace bpfcast::test
