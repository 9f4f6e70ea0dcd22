// The router upstream does not notice that the daemon dies and comes back, except that it hears a join again.
#include <iostream>
#include <thread>

#include "fixture.h"

namespace bpfcast::test {
namespace {

using ::testing::IsEmpty;

constexpr int kRestarts = 20;
constexpr auto kQueryInterval = 1s;
constexpr auto kMaxResponse = 200ms;
constexpr int kRobustness = 2;

class UpstreamRestart : public E2e {
 protected:
  /// A querier that asks for everything, again and again, until it is stopped.
  class AskingRouter {
   public:
    AskingRouter(const Host& host, IpVersion version) {
      const AnyAddress all = version == IpVersion::k4 ? AnyAddress(MakeIpv4(224, 0, 0, 1)) : Ipv6("ff02::1");
      const Bytes query =
          IgmpFrame(host.ns.Mac(host.interface), host.Reporter(version), all,
                    QueryV3(MaxRespCode(version, kMaxResponse), AnyAddress::Unspecified(version), {},
                            static_cast<std::uint8_t>(kQueryInterval / 1s)));
      thread_ = std::thread([this, query, wire = std::make_shared<Injector>(host.ns, host.interface)] {
        for (Instant next = Clock::now(); !stop_; std::this_thread::sleep_until(next += kQueryInterval)) {
          asked_.push_back(Clock::now());
          wire->Send(query);
        }
      });
    }
    ~AskingRouter() { Stop(); }
    void Stop() {
      stop_ = true;
      if (thread_.joinable()) thread_.join();
    }
    /// When it asked; after the stop.
    const std::vector<Instant>& asked() const { return asked_; }

   private:
    std::vector<Instant> asked_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
  };

  /// Says that somebody wants the group.
  static bool IsMember(const Packet& packet, const AnyAddress& group) {
    return Arrived(packet) && (Record(kIsEx, group)(packet) || Record(kToEx, group)(packet));
  }
  /// Takes back a membership, in any version.
  static bool IsLeave(const Packet& packet) {
    if (!Arrived(packet) || !packet.igmp) return false;
    return packet.igmp->kind == IgmpKind::kLeave ||
           std::ranges::any_of(packet.igmp->records, [](const IgmpRecord& record) {
             return record.type == kToIn || record.type == kBlock;
           });
  }
};
// Each hook and each family once.
INSTANTIATE_TEST_SUITE_P(Hook, UpstreamRestart, ::testing::Values("tc", "xdp-ipv6"), HookName);

TEST_P(UpstreamRestart, TX_03_X_03_InTwentyRestartsTheRouterUpstreamHearsNoLeaveAndItsQueriesAreAnswered) {
  const Capture wire(bed_.up().ns, "up0", Control());
  StartDaemon();
  MulticastSocket member(bed_.h1(), version());
  member.Join(AnyGroup());
  const auto is_member = [&](const Packet& packet) { return IsMember(packet, AnyGroup()); };
  ASSERT_TRUE(wire.WaitFor(is_member));

  AskingRouter router(bed_.up(), version());
  for (int i = 0; i < kRestarts; ++i) {
    const Instant killed = Clock::now();
    daemon_->Kill();
    daemon_->StartAgain();
    ASSERT_TRUE(wire.WaitFor(is_member, 10s, killed)) << "restart " << i << "\n" << daemon_->Stderr();
    std::this_thread::sleep_for(300ms);
  }
  std::this_thread::sleep_for(kQueryInterval);
  router.Stop();

  std::string leaves;
  for (const Packet& packet : wire.Packets(IsLeave)) leaves += ToText(packet) + "\n";
  EXPECT_THAT(leaves, IsEmpty());
  EXPECT_EQ(wire.Missed(), 0U);
  const std::vector<Packet> reports = wire.Packets(is_member);
  int unanswered = 0;
  int running = 0;
  int longest = 0;  // unanswered queries in a row
  for (std::size_t i = 0; i + 1 < router.asked().size(); ++i) {
    const bool answered = std::ranges::any_of(reports, [&](const Packet& report) {
      return report.time >= router.asked()[i] && report.time < router.asked()[i + 1];
    });
    running = answered ? 0 : running + 1;
    unanswered += answered ? 0 : 1;
    longest = std::max(longest, running);
  }
  std::cout << kRestarts << " restarts, " << router.asked().size() << " queries, " << unanswered
            << " without an answer, " << longest << " in a row, " << reports.size()
            << " reports of the group\n";
  EXPECT_LT(longest, kRobustness) << "the router upstream would forget the group";
}

}  // namespace
}  // namespace bpfcast::test
