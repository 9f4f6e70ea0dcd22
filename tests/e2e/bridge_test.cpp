// A Linux bridge as downstream, with container-like namespaces on its ports.
#include <iostream>

#include "diagnosis.h"
#include "fixture.h"
#include "support/process.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using What = Capture::What;

struct BridgeCase {
  bool snooping;
  bool own_querier;  // the bridge asks, too
};

///   up0 198.51.100.1 -- wan0 198.51.100.2 "router" br0 10.50.0.1 { b1 b2 b3 b4 } -- eth0 10.50.0.11..14
///   "c1".."c4"
class Bridge : public ::testing::TestWithParam<BridgeCase> {
 protected:
  Bridge() {
    RemoveLeftovers();
    const std::string prefix = NamePrefix("e2e") + "-bridge";
    up_.emplace(prefix + "-up");
    router_.emplace(prefix + "-router");
    Veth(*router_, "wan0", *up_, "up0");
    ReadyHost(*up_, "up0", {"198.51.100.1/24"});
    const auto on = [](bool value) { return value ? " 1 " : " 0 "; };
    // The bridge believes in a querier only after its own idea of a response interval (in 1/100 s).
    router_->IpBatch(std::string("link add br0 type bridge forward_delay 0 mcast_snooping") +
                     on(GetParam().snooping) + "mcast_querier" + on(GetParam().own_querier) +
                     "mcast_igmp_version 3 mcast_query_response_interval 50\n"
                     "addr add 10.50.0.1/24 dev br0\naddr add 198.51.100.2/24 dev wan0\n"
                     "link set wan0 up\nlink set br0 up\n");
    for (int n = 1; n <= 4; ++n) {
      const std::string port = "b" + std::to_string(n);
      const NetNs& ns = *containers_.emplace_back(std::make_unique<NetNs>(prefix + "-c" + std::to_string(n)));
      Veth(*router_, port, ns, "eth0");
      router_->IpBatch("link set " + port + " master br0\nlink set " + port + " up\n");
      ReadyHost(ns, "eth0", {"10.50.0.1" + std::to_string(n) + "/24"});
    }
    daemon_.emplace(*router_,
                    "upstream = \"wan0\"\ndownstream = \"br0\"\n[interface.br0]\nquery-interval = \"1s\"\n"
                    "query-response-interval = \"500ms\"\nlast-member-query-interval = \"200ms\"\n",
                    NamePrefix("e2e"));
    daemon_->WaitUntilUp(2);
  }
  ~Bridge() override {
    if (HasFailure() && daemon_) std::cerr << daemon_->Stderr() << router_->Ip("-d link show br0") << "\n";
  }

  Host Up() const { return {*up_, "up0", MakeIpv4(198, 51, 100, 1)}; }
  Host Container(std::size_t n) const {
    return {*containers_.at(n - 1), "eth0", MakeIpv4(10, 50, 0, static_cast<std::uint8_t>(10 + n))};
  }
  static std::size_t Delivered(const Capture& wire) { return wire.Count(Both(Arrived, DataFor(kG))); }

  std::optional<NetNs> up_;
  std::optional<NetNs> router_;
  std::vector<std::unique_ptr<NetNs>> containers_;
  std::optional<Daemon> daemon_;
};
INSTANTIATE_TEST_SUITE_P(Bridges, Bridge,
                         ::testing::Values(BridgeCase{false, false}, BridgeCase{true, false},
                                           BridgeCase{true, true}),
                         [](const ::testing::TestParamInfo<BridgeCase>& info) {
                           return std::string(info.param.snooping ? "Snooping" : "Flooding") +
                                  (info.param.own_querier ? "WithItsOwnQuerier" : "");
                         });

TEST_P(Bridge, TX_10_X_15_OnlyPortsWithMembersGetTheStreamWhereTheBridgeSnoops) {
  ForceIgmpVersion(Container(2), 2);
  std::vector<std::unique_ptr<Capture>> wires;
  for (std::size_t n = 1; n <= 4; ++n) {
    wires.push_back(std::make_unique<Capture>(Container(n).ns, "eth0", What::kUdp));
  }
  std::this_thread::sleep_for(1500ms);  // the bridge has heard a querier and waited for its response interval
  Receiver version3(Container(1), kG);
  version3.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br0"));
  Receiver version2(Container(2), kG);
  version2.Join();
  std::this_thread::sleep_for(300ms);
  Sender sender(Up(), {.group = kG, .source = Up().address}, Sender::Start::kLater);
  sender.Send(500);
  ExpectComplete(version3, Up().address, 500);
  ExpectComplete(version2, Up().address, 500);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Delivered(*wires[0]), 500U);
  EXPECT_EQ(Delivered(*wires[1]), 500U);
  const std::size_t elsewhere = GetParam().snooping ? 0 : 500;
  EXPECT_EQ(Delivered(*wires[2]), elsewhere);
  EXPECT_EQ(Delivered(*wires[3]), elsewhere);
}

TEST_P(Bridge, X_15_AVersion2JoinAloneIsSeenThroughTheBridgeAndItsLeaveStopsTheStream) {
  ForceIgmpVersion(Container(3), 2);
  std::this_thread::sleep_for(1500ms);
  Sender sender(Up(), {.group = kG, .source = Up().address});
  Receiver receiver(Container(3), kG);
  receiver.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br0"));
  EXPECT_EQ(daemon_->GroupOn(kG, "br0")["host_version"], 2);
  ASSERT_TRUE(receiver.WaitForTotal(1000));
  receiver.Leave();
  EXPECT_TRUE(daemon_->WaitForNoGroup(kG, "br0", 10s));
  ExpectNoGap(receiver, Up().address);
}

TEST_P(Bridge, AMemberStaysServedForManyQueryIntervals) {
  Sender sender(Up(), {.group = kG, .source = Up().address});
  Receiver version3(Container(1), kG);
  version3.Join();
  ForceIgmpVersion(Container(4), 2);
  Receiver version2(Container(4), kG);
  version2.Join();
  ASSERT_TRUE(version3.WaitForFirst(Up().address));
  ASSERT_TRUE(version2.WaitForFirst(Up().address));
  std::this_thread::sleep_for(4s);  // longer than the Group Membership Interval of 3 s
  sender.Stop();
  std::this_thread::sleep_for(100ms);
  for (const Receiver* receiver : {&version3, &version2}) {
    EXPECT_EQ(receiver->Of(Up().address).last, sender.sent() - 1);
    ExpectNoGap(*receiver, Up().address);
  }
}

TEST_P(Bridge, DoctorNamesAGroupThatNoPortAskedForWhereTheBridgeSnoops) {
  ASSERT_EQ(daemon_->Cli("join br0 " + kG.ToString()).status, 0);
  MustRun({"bridge", "link", "set", "dev", "b2", "fastleave", "on"}, &*router_);
  std::this_thread::sleep_for(1500ms);  // the bridge has heard a querier and waited for its response interval
  const Capture wire(Container(1).ns, "eth0", What::kUdp);
  Sender sender(Up(), {.group = kG, .source = Up().address}, Sender::Start::kLater);
  sender.Send(20);
  if (!GetParam().snooping) {
    EXPECT_TRUE(wire.WaitFor(Both(Arrived, DataFor(kG))));
    EXPECT_TRUE(FindFinding(Findings(*daemon_), "bridge-members", "br0").is_null());
    return;
  }
  const std::string fix =
      ExpectFinding(*daemon_, "bridge-members", "br0", "warn", 20s)["fix"].get<std::string>();
  ExpectFinding(*daemon_, "bridge-fast-leave", "br0", "ok");
  EXPECT_EQ(Delivered(wire), 0U);
  ASSERT_THAT(fix, ::testing::HasSubstr("port b1 "));
  MustRun(Words(fix.substr(0, fix.find(','))), &*router_);
  sender.Send(20);
  EXPECT_TRUE(wire.WaitFor(Both(Arrived, DataFor(kG))));
  ExpectNoComplaint(*daemon_, "bridge-members", "br0");
}

}  // namespace
}  // namespace bpfcast::test
