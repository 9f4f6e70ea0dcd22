// The stream is counted by number while the membership of other groups changes all the time.
#include <deque>
#include <iostream>

#include "fixture.h"

namespace bpfcast::test {
namespace {

class Stream : public E2e {};
BPFCAST_FOR_EACH_HOOK(Stream);

constexpr unsigned kRate = 20'000;
constexpr int kChanges = 500;

/// 500 joins and 500 leaves of groups other than the stream's, spread over the hosts; at most 40 joined at a
/// time.
void Churn(std::vector<Host> hosts) {
  std::deque<MulticastSocket> members;
  for (int i = 0; i < kChanges; ++i) {
    MulticastSocket& member = members.emplace_back(hosts[static_cast<std::size_t>(i) % hosts.size()]);
    member.Join(MakeIpv4(239, 2, static_cast<std::uint8_t>(i / 200), static_cast<std::uint8_t>(1 + i % 200)));
    if (members.size() > 40) members.pop_front();  // closing is leaving
    std::this_thread::sleep_for(8ms);
  }
  while (!members.empty()) {
    members.pop_front();
    std::this_thread::sleep_for(8ms);
  }
}

TEST_P(Stream, F_16_F_54_NothingIsLostDoubledOrReorderedWhileOtherGroupsComeAndGo) {
  StartDaemon();
  Receiver h1(bed_.h1(), kG);
  Receiver h3(bed_.h3(), kG);
  Receiver h4(bed_.h4(), kG);
  for (Receiver* receiver : {&h1, &h3, &h4}) receiver->Join();
  for (const char* port : {"lan1", "lan2", "lan3"}) ASSERT_TRUE(WaitForGroup(kG, port));

  Sender sender(bed_.up(), FromUpstream(kG, 1, kRate));
  const Instant start = Clock::now();
  Churn({bed_.h1(), bed_.h2(), bed_.h3(), bed_.h4()});
  const double seconds = Seconds(Clock::now() - start);
  sender.Stop();
  const std::uint64_t sent = sender.sent();

  std::cout << kChanges << " joins and leaves in " << seconds << " s, sent " << sent << " ("
            << static_cast<std::uint64_t>(static_cast<double>(sent) / seconds) << " packets/s)\n";
  EXPECT_GT(static_cast<double>(sent) / seconds, 0.8 * kRate) << "this machine could not send at the rate";
  for (const auto& [name, receiver] : {std::pair("h1", &h1), std::pair("h3", &h3), std::pair("h4", &h4)}) {
    receiver->WaitForTotal(sent);
    const StreamCount got = receiver->Of(Source(1));
    std::cout << "  " << name << ": received " << got.received << ", lost " << sent - got.received
              << ", duplicated " << got.duplicated << ", reordered " << got.reordered
              << ", dropped by its own socket " << receiver->SocketDrops() << "\n";
    SCOPED_TRACE(name);
    ExpectComplete(*receiver, Source(1), sent);
  }
  EXPECT_TRUE(Eventually([&] { return Groups().size() == 3; })) << Groups().dump(2);
}

}  // namespace
}  // namespace bpfcast::test
