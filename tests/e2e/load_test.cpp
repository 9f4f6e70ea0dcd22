// F-55: a stream that takes nearly all that a port can receive does not delay who joins elsewhere.
#include "fixture.h"

namespace bpfcast::test {
namespace {

class Load : public E2e {
 protected:
  std::uint64_t Received() const { return Port("wan0")["rx_packets"].get<std::uint64_t>(); }
  /// Packets a second that arrive at the upstream's port while this sender sends.
  double RateOf(const Sender&, Clock::duration time) const {
    const std::uint64_t before = Received();
    const Instant start = Clock::now();
    std::this_thread::sleep_for(time);
    return static_cast<double>(Received() - before) / Seconds(Clock::now() - start);
  }
};
BPFCAST_FOR_EACH_HOOK_AND_FAMILY(Load);

TEST_P(Load, TF_38_JoinsAreEffectiveAtOnceUnderNineTenthsOfWhatAPortTakes) {
  constexpr unsigned kAsFastAsPossible = 1'000'000;
  constexpr std::uint8_t kJoins = 5;
  StartDaemon();
  MulticastSocket member(bed_.h3(), version());  // joined and never read
  member.Join(AnyGroup());
  ASSERT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
  double most = 0;
  {
    Sender flood(bed_.up(), FromUpstream(AnyGroup(), 1, kAsFastAsPossible));
    most = RateOf(flood, 1s);
  }
  Sender load(bed_.up(), FromUpstream(AnyGroup(), 1, static_cast<unsigned>(0.9 * most)));
  std::vector<std::unique_ptr<Sender>> quiet;
  for (std::uint8_t n = 1; n <= kJoins; ++n) {
    quiet.push_back(std::make_unique<Sender>(bed_.up(), FromUpstream(MoreGroups(n), 2, 500)));
  }
  const double rate = RateOf(load, 1s);
  std::printf("a port takes %.0f packets/s; loaded with %.0f\n", most, rate);
  for (std::uint8_t n = 1; n <= kJoins; ++n) {
    Receiver receiver(bed_.h4(), MoreGroups(n));
    const Instant joined = Clock::now();
    receiver.Join();
    ASSERT_TRUE(receiver.WaitForFirst(SourceNo(2))) << "join " << int{n};
    const Clock::duration took = receiver.Of(SourceNo(2)).first_arrival - joined;
    std::printf("join %d: effective after %.1f ms\n", int{n}, Millis(took));
    EXPECT_LE(took, 1s) << "usually 0.1 s at most";
  }
  load.Stop();
  for (auto& sender : quiet) sender->Stop();
  for (const auto& port : Ports()) EXPECT_EQ(port["igmp_overflows"], 0) << port["name"];
}

}  // namespace
}  // namespace bpfcast::test
