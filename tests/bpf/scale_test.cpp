// Hundreds of ports and thousands of routes. The figures are printed; the limits leave room for slow
// machines. Attaching a port waits for a grace period of the kernel, a dozen milliseconds; what grows with
// the number of ports would show.
#include <gtest/gtest.h>
#include <net/if.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>

#include "bpf/lab.h"

namespace bpfcast::bpftest {
namespace {

constexpr std::uint16_t kDownstreams = 300;
constexpr int kGroups = 1000;

const Ipv4Address kAny;

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Ipv4Address Group(int n) {
  return MakeIpv4(239, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                  static_cast<std::uint8_t>(n));
}

class Scale : public testing::Test {
 protected:
  // U and 300 downstreams, as veth pairs.
  void SetUp() override {
    std::ofstream batch("/mnt/links");
    for (std::uint16_t i = 0; i <= kDownstreams; ++i) {
      batch << "link add p" << i << " type veth peer name q" << i << "\nlink set p" << i << " up\nlink set q"
            << i << " up\n";
    }
    batch.close();
    Shell("ip -batch /mnt/links");
    for (std::uint16_t i = 0; i <= kDownstreams; ++i) ports_.push_back(Port(i));
  }

  static DatapathPort Port(std::uint16_t i) {
    const auto high = static_cast<std::uint8_t>(i >> 8);
    const auto low = static_cast<std::uint8_t>(i);
    DatapathPort port;
    port.id = PortId{i};
    port.name = "p" + std::to_string(i);
    port.ifindex = ::if_nametoindex(port.name.c_str());
    port.role = i == 0 ? PortRole::kUpstream : PortRole::kDownstream;
    port.xdp_target = true;
    port.mac = {0x02, 0, 0, 0, high, low};
    port.ipv4.own_addresses = {MakeIpv4(10, high, low, 1)};
    port.ipv4.subnets = {{MakeIpv4(10, high, low, 0), 24}};
    return port;
  }

  // Time for one port on average, and for the slowest one.
  void SetAll(const char* what) {
    const Stopwatch all;
    double slowest = 0;
    for (const DatapathPort& port : ports_) {
      const Stopwatch one;
      const auto attachment = lab_.datapath().SetPort(port);
      ASSERT_TRUE(attachment) << attachment.error().message;
      slowest = std::max(slowest, one.Seconds());
    }
    Report(what, all.Seconds(), slowest);
  }
  static void Report(const char* what, double all, double slowest) {
    std::printf("%s: %.0f ms for %d ports, at most %.1f ms for one\n", what, all * 1e3, kDownstreams + 1,
                slowest * 1e3);
    EXPECT_LT(all, 20.0) << what;
  }
  void RemoveAll(const char* what) {
    const Stopwatch all;
    double slowest = 0;
    for (const DatapathPort& port : ports_) {
      const Stopwatch one;
      lab_.datapath().RemovePort(port.id);
      slowest = std::max(slowest, one.Seconds());
    }
    Report(what, all.Seconds(), slowest);
  }
  void Route(const Ipv4Address& group, const PortSet& downstreams) {
    bpfcast::Route route;
    route.from_upstream = downstreams;
    route.from_downstream = downstreams;
    route.from_downstream.Add(kU);
    const Result<void> applied = lab_.datapath().Apply({{{kAny, group}, route}});
    ASSERT_TRUE(applied) << applied.error().message;
  }

  Lab lab_;
  std::vector<DatapathPort> ports_;
};

TEST_F(Scale, PortsComeAndGoFastWithoutRoutes) {
  SetAll("without routes, added");
  SetAll("without routes, unchanged");
  for (DatapathPort& port : ports_) port.mtu = 1400;
  SetAll("without routes, another MTU");
  RemoveAll("without routes, removed");
}

// Every port watches five of a thousand groups, and all of them one.
TEST_F(Scale, PortsComeAndGoFastWithAThousandGroups) {
  const std::uint32_t seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  std::vector<PortSet> sets(kGroups);
  for (std::uint16_t i = 1; i <= kDownstreams; ++i) {
    sets[0].Add(PortId{i});
    for (int n = 0; n < 5; ++n) sets[random() % kGroups].Add(PortId{i});
  }
  SetAll("before the routes, added");
  const Stopwatch stopwatch;
  for (int n = 0; n < kGroups; ++n) Route(Group(n), sets[static_cast<std::size_t>(n)]);
  std::printf("%d routes: %.0f ms\n", kGroups, stopwatch.Seconds() * 1e3);
  SetAll("with routes, unchanged");
  for (DatapathPort& port : ports_) port.mtu = 1400;
  SetAll("with routes, another MTU");
  RemoveAll("with routes, removed");
  SetAll("with routes, added");
}

// One group after the other, as reports bring them.
TEST_F(Scale, TenThousandRoutesOneByOne) {
  constexpr int kRoutes = 10000;
  SetAll("added");
  const PortSet sets[] = {
      {PortId{1}}, {PortId{1}, PortId{2}}, {PortId{3}, PortId{4}, PortId{5}}, {PortId{9}}};
  const Stopwatch adding;
  for (int n = 0; n < kRoutes; ++n) Route(Group(n), sets[n % 4]);
  const double added = adding.Seconds();
  const Stopwatch changing;
  for (int n = 0; n < kRoutes; ++n) Route(Group(n), sets[(n + 1) % 4]);
  const double changed = changing.Seconds();
  const Stopwatch removing;
  for (int n = 0; n < kRoutes; ++n) {
    ASSERT_TRUE(lab_.datapath().Apply({{{kAny, Group(n)}, std::nullopt}}));
  }
  std::printf("%d routes: %.0f added, %.0f changed, %.0f removed a second\n", kRoutes, kRoutes / added,
              kRoutes / changed, kRoutes / removing.Seconds());
  EXPECT_LT(added, 5.0);
  EXPECT_TRUE(lab_.datapath().CountersOfRoutes(Igmp())->empty());
}

}  // namespace
}  // namespace bpfcast::bpftest
