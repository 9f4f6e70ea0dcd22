// A link that loses every fifth packet in both directions.
#include "fixture.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

AnyAddress Channel(int n) {
  return MakeIpv4(239, 1, 9, static_cast<std::uint8_t>(n));
}

class LossyLink : public OnDebian {
 protected:
  LossyLink() {
    Veth(router_, "wan0", up_, "up0");
    Veth(router_, "lan1", lan_, "port1");
    Veth(lan_, "port2", other_, "eth0");
    lan_.IpBatch(
        "link add eth0 type bridge mcast_snooping 0 forward_delay 0\nlink set port1 master eth0\n"
        "link set port2 master eth0\nlink set port1 up\nlink set port2 up\n");
    router_.IpBatch(AddAddresses("wan0", {"198.51.100.2/24"}) + AddAddresses("lan1", {"192.0.2.1/24"}) +
                    "link set wan0 up\nlink set lan1 up\n");
    for (const Host& host : {source_, member_, neighbour_}) {
      host.ns.Sysctl("ipv4/conf/all/rp_filter", "0");
      host.ns.IpBatch(AddAddresses(host.interface, {host.address.ToString() + "/24"}) + "link set " +
                      host.interface + " up\n");
    }
    // What the router sends, and what it gets from both hosts.
    MustRun({"tc", "qdisc", "add", "dev", "lan1", "root", "netem", "loss", "20%"}, &router_);
    MustRun({"tc", "qdisc", "add", "dev", "port1", "root", "netem", "loss", "20%"}, &lan_);
    // A query and its answer get through with 64 %; of seven in a row one does, but for one leave in a
    // thousand.
    StartDaemon(2,
                "upstream = \"wan0\"\ndownstream = [\"lan1\"]\n[interface.lan1]\nrobustness = 7\n"
                "query-interval = \"3s\"\nquery-response-interval = \"1s\"\nlast-member-query-interval = "
                "\"500ms\"\n");
  }

  NetNs other_{Name("other")};
  const Host neighbour_{other_, "eth0", MakeIpv4(192, 0, 2, 11)};
};

TEST_F(LossyLink, EveryJoinIsHeardAndNoLeaveOfOneViewerCutsAnother) {
  constexpr int kChannels = 8;
  std::vector<std::unique_ptr<Receiver>> stays;
  std::vector<std::unique_ptr<Receiver>> goes;
  for (int n = 0; n < kChannels; ++n) {
    stays.push_back(std::make_unique<Receiver>(member_, Channel(n)));
    goes.push_back(std::make_unique<Receiver>(neighbour_, Channel(n)));
    stays.back()->Join();
    goes.back()->Join();
  }
  Sender sender(source_, {.group = Channel(0), .source = source_.address, .rate = 100});
  for (int n = 0; n < kChannels; ++n) {
    EXPECT_TRUE(daemon_->WaitForGroup(Channel(n), "lan1", 30s)) << n;
  }
  ASSERT_TRUE(stays[0]->WaitForFirst(source_.address, 10s));
  for (auto& receiver : goes) receiver->Leave();
  const Instant until = Clock::now() + 7 * 500ms + 2s;  // longer than all queries of the last member
  while (Clock::now() < until) {
    for (int n = 0; n < kChannels; ++n) {
      ASSERT_FALSE(daemon_->GroupOn(Channel(n), "lan1").is_null()) << "channel " << n << " was cut";
    }
    std::this_thread::sleep_for(200ms);
  }
  EXPECT_TRUE(stays[0]->WaitForTotal(stays[0]->Total() + 100, 10s)) << "the viewer that stays still gets it";
  for (auto& receiver : stays) receiver->Leave();
  for (int n = 0; n < kChannels; ++n) {
    EXPECT_TRUE(daemon_->WaitForNoGroup(Channel(n), "lan1", 60s)) << n;
  }
  std::this_thread::sleep_for(200ms);  // what is under way
  const auto sent = daemon_->Port("lan1")["tx_packets"];
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(daemon_->Port("lan1")["tx_packets"], sent) << "after the last viewer nothing is sent";
}

}  // namespace
}  // namespace bpfcast::test
