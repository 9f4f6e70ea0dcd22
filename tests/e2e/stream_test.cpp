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

TEST_P(Stream, TF_16_AMillionPacketsReachTwoLinksOnceAndInOrder) {
  constexpr std::uint64_t kPackets = 1'000'000;
  StartDaemon();
  Receiver h1(bed_.h1(), kG);
  Receiver h3(bed_.h3(), kG);
  h1.Join();
  h3.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  ASSERT_TRUE(WaitForGroup(kG, "lan2"));
  Sender sender(bed_.up(), FromUpstream(kG, 1, 2 * kRate), Sender::Start::kLater);
  const Instant start = Clock::now();
  sender.Send(kPackets);
  std::cout << static_cast<std::uint64_t>(kPackets / Seconds(Clock::now() - start)) << " packets/s\n";
  for (Receiver* receiver : {&h1, &h3}) {
    receiver->WaitForTotal(kPackets);
    const StreamCount got = receiver->Of(Source(1));
    std::cout << "  received " << got.received << ", duplicated " << got.duplicated << ", reordered "
              << got.reordered << ", dropped by its own socket " << receiver->SocketDrops() << "\n";
    EXPECT_EQ(got.received + receiver->SocketDrops(), kPackets);
    EXPECT_EQ(got.duplicated, 0U);
    EXPECT_EQ(got.reordered, 0U);
  }
}

TEST_P(Stream, TF_37_AThousandJoinsAndLeavesOfAnotherLinkCostThisOneNothing) {
  // Leaves that count at once, so that every one of them changes the outgoing interfaces of the stream.
  StartDaemon({.settings = {{"lan2", "fast-leave = true\n"}}});
  std::this_thread::sleep_for(
      2500ms);  // the hosts of a link are known once its startup queries were answered
  Receiver h1(bed_.h1(), kG);
  h1.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  Sender sender(bed_.up(), FromUpstream(kG, 1, kRate));
  const Injector injector(bed_.h3().ns, "eth0");
  const auto say = [&](std::uint8_t type) {
    injector.Send(IgmpFrame(bed_.h3().ns.Mac("eth0"), bed_.h3().address, MakeIpv4(224, 0, 0, 22),
                            ReportV3({{type, kG, {}}})));
    std::this_thread::sleep_for(5ms);
  };
  for (int i = 0; i < 1000; ++i) {
    say(kToEx);
    say(kToIn);
  }
  sender.Stop();
  const std::uint64_t sent = sender.sent();
  h1.WaitForTotal(sent);
  const nlohmann::json lan2 = Port("lan2");
  std::cout << "sent " << sent << ", to the link that stayed " << h1.Of(Source(1)).received
            << ", to the one that came and went " << lan2["tx_packets"] << "\n";
  EXPECT_EQ(lan2["reports_received"], 2000);
  EXPECT_GT(lan2["tx_packets"].get<std::uint64_t>(), sent / 10);
  EXPECT_LT(lan2["tx_packets"].get<std::uint64_t>(), sent - sent / 10);
  ExpectComplete(h1, Source(1), sent);
}

}  // namespace
}  // namespace bpfcast::test
