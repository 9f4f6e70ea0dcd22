// Ten thousand joins from one sender at full speed, within the default limits.
#include <iostream>
#include <set>

#include "star_fixture.h"

namespace bpfcast::test {
namespace {

constexpr int kLans = 4;
constexpr std::size_t kGroups = 10'000;

Ipv4Address BurstGroup(std::size_t n) {
  return MakeIpv4(239, 5, static_cast<std::uint8_t>(n / 250), static_cast<std::uint8_t>(1 + n % 250));
}

enum class ReportForm { kVersion2, kVersion3 };

class Burst : public StarTest, public ::testing::WithParamInterface<ReportForm> {
 protected:
  static Bytes JoinFrame(const MacAddress& mac, const Ipv4Address& host, const Ipv4Address& group) {
    if (GetParam() == ReportForm::kVersion2) return IgmpFrame(mac, host, group, IgmpV2(0x16, 0, group));
    return IgmpFrame(mac, host, MakeIpv4(224, 0, 0, 22), ReportV3({{kToEx, group, {}}}));
  }
  std::uint64_t Overflows() const {
    std::uint64_t sum = 0;
    for (const auto& port : daemon_->Call("ports")) sum += port["igmp_overflows"].get<std::uint64_t>();
    return sum;
  }
};
INSTANTIATE_TEST_SUITE_P(Reports, Burst, ::testing::Values(ReportForm::kVersion2, ReportForm::kVersion3),
                         [](const ::testing::TestParamInfo<ReportForm>& info) {
                           return info.param == ReportForm::kVersion2 ? "Version2" : "Version3";
                         });

TEST_P(Burst, TC_98_X_10_TenThousandJoinsOverFourLinksAreAllTakenAndForwarded) {
  StartStar(kLans);
  std::vector<std::unique_ptr<Injector>> injectors;
  std::vector<std::vector<Bytes>> joins(kLans);
  std::vector<std::unique_ptr<Capture>> wires;
  for (int lan = 1; lan <= kLans; ++lan) {
    const Host host = star_->host(lan);
    injectors.push_back(std::make_unique<Injector>(host.ns, host.interface));
    wires.push_back(std::make_unique<Capture>(host.ns, host.interface, Capture::What::kUdp));
  }
  for (std::size_t n = 0; n < kGroups; ++n) {
    const Host host = star_->host(static_cast<int>(n % kLans) + 1);
    joins[n % kLans].push_back(JoinFrame(host.ns.Mac(host.interface), host.address, BurstGroup(n)));
  }

  const Instant start = Clock::now();
  for (std::size_t lan = 0; lan < kLans; ++lan) injectors[lan]->Send(joins[lan]);
  const auto sending = Clock::now() - start;
  const bool taken = Eventually([&] { return daemon_->Call("status")["groups"] == kGroups; }, 20s);
  const auto taking = Clock::now() - start;
  EXPECT_TRUE(taken) << daemon_->Call("status")["groups"] << " of " << kGroups;
  EXPECT_EQ(Overflows(), 0U) << "reports lost at the daemon's sockets";
  for (const auto& port : daemon_->Call("ports")) {
    for (const auto& [reason, count] : port["igmp_drops"].items()) EXPECT_EQ(count, 0) << reason;
  }
  const Instant asked = Clock::now();
  const CommandResult groups = daemon_->Cli("groups -j");
  const auto answering = Clock::now() - asked;
  EXPECT_EQ(nlohmann::json::parse(groups.out, nullptr, false).size(), kGroups);
  std::cout << kGroups << " joins sent in " << Millis(sending) << " ms ("
            << static_cast<std::uint64_t>(kGroups / Seconds(sending)) << "/s), all taken after "
            << Millis(taking) << " ms; groups -j (" << groups.out.size() / 1024 << " kB) took "
            << Millis(answering) << " ms\n";

  // One packet to each group, a little slower than veth's rings overflow.
  const Injector source(star_->up().ns, "up0");
  const MacAddress mac = star_->up().ns.Mac("up0");
  for (std::size_t n = 0; n < kGroups;) {
    std::vector<Bytes> packets;
    for (const std::size_t end = std::min(kGroups, n + 100); n < end; ++n) {
      packets.push_back(UdpFrame(mac, GroupMac(BurstGroup(n)), {.from = Source(1), .to = BurstGroup(n)}));
    }
    source.Send(packets);
    std::this_thread::sleep_for(2ms);
  }
  for (std::size_t lan = 0; lan < kLans; ++lan) {
    EXPECT_TRUE(Eventually([&] { return wires[lan]->Count(Arrived) >= kGroups / kLans; }, 3s));
    std::set<AnyAddress> arrived;
    for (const Packet& packet : wires[lan]->Packets(Arrived)) arrived.insert(packet.to);
    std::size_t missing = 0;
    for (std::size_t n = lan; n < kGroups; n += kLans) missing += arrived.contains(BurstGroup(n)) ? 0 : 1;
    EXPECT_EQ(missing, 0U) << Star::LanName(static_cast<int>(lan) + 1);
    EXPECT_EQ(wires[lan]->Count(Arrived), kGroups / kLans) << "each once, and nobody else's";
    EXPECT_EQ(wires[lan]->Missed(), 0U);
  }
}

}  // namespace
}  // namespace bpfcast::test
