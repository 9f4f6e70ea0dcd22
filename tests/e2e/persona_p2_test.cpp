// P2, the operator of a host with containers, as Docker wires it: a bridge for each network, a veth pair for
// each container, offloads and snooping as the kernel has them, and a firewall that drops what it does not
// know in FORWARD.
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "star_fixture.h"
#include "support/bpf_objects.h"
#include "support/process.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;

/// A container's network namespace and its address.
struct Container {
  Container(const std::string& name, const std::string& bridge, const NetNs& host, int network, int number)
      : ns(name),
        address(MakeIpv4(172, 20, static_cast<std::uint8_t>(network), static_cast<std::uint8_t>(number))) {
    const std::string port = "veth" + std::to_string(network) + "x" + std::to_string(number);
    Veth(host, port, ns, "eth0");
    ns.IpBatch("addr add " + address.ToString() +
               "/24 dev eth0\nlink set eth0 up\nroute add default via 172.20." + std::to_string(network) +
               ".1\n");
    host.IpBatch("link set " + port + " master " + bridge + "\nlink set " + port + " up\n");
  }
  Host host() const { return {ns, "eth0", address}; }

  NetNs ns;
  Ipv4Address address;
};

///   "src"  head 10.9.0.2 -- up0 10.9.0.1 "host"  br-N 172.20.N.1 { veth } -- eth0 172.20.N.M "c"
class PersonaP2 : public ::testing::Test {
 protected:
  PersonaP2() : prefix_(Prefix()), source_(prefix_ + "-src"), host_(prefix_ + "-host") {
    Veth(host_, "up0", source_, "head");
    host_.IpBatch("addr add 10.9.0.1/24 dev up0\nlink set up0 up\n");
    source_.IpBatch("addr add 10.9.0.2/24 dev head\nlink set head up\nroute add default via 10.9.0.1\n");
    MustRun(
        {"nft", "-f", "-"}, &host_,
        "table ip filter {\n chain FORWARD {\n type filter hook forward priority 0; policy drop;\n }\n}\n");
    firewall_ = Firewall();
    daemon_.emplace(host_, "upstream = \"up0\"\ndownstream = \"*\"\n[interface.\"*\"]\nfast-leave = true\n",
                    NamePrefix("e2e"));
    daemon_->WaitUntilUp(1);
  }
  ~PersonaP2() override {
    if (HasFailure())
      std::cerr << daemon_->Cli("status").out << daemon_->Cli("groups").out << daemon_->Stderr();
  }
  static std::string Prefix() {
    RemoveLeftovers();
    return NamePrefix("e2e") + "-p2";
  }

  Host Source() const { return {source_, "head", MakeIpv4(10, 9, 0, 2)}; }
  StreamOptions Stream(const Ipv4Address& group) const {
    return {.group = group, .source = MakeIpv4(10, 9, 0, 2), .ttl = 8};
  }
  static std::string Bridge(int network) { return "br-" + std::to_string(network); }
  void CreateNetwork(int network) const {
    host_.IpBatch("link add " + Bridge(network) + " type bridge\naddr add 172.20." + std::to_string(network) +
                  ".1/24 dev " + Bridge(network) + "\nlink set " + Bridge(network) + " up\n");
  }
  std::unique_ptr<Container> Run(int network, int number) const {
    return std::make_unique<Container>(
        prefix_ + "-c" + std::to_string(network) + "-" + std::to_string(number), Bridge(network), host_,
        network, number);
  }
  std::string Firewall() const { return MustRun({"nft", "list", "ruleset"}, &host_); }
  static std::string ChecksumErrors(const NetNs& ns) {
    std::string errors;
    ns.Run([&] {
      std::ifstream file("/proc/thread-self/net/snmp");
      for (std::string names, numbers; std::getline(file, names) && std::getline(file, numbers);) {
        std::istringstream name_of(names);
        std::istringstream number_of(numbers);
        if (!names.starts_with("Udp:")) continue;
        for (std::string name, number; name_of >> name && number_of >> number;) {
          if (name == "InCsumErrors") errors = number;
        }
      }
    });
    return errors;
  }
  /// Entries of the maps that grow with networks and members.
  std::string MapEntries() const {
    std::string entries;
    for (const char* map : {"rt4", "if_port", "sources4", "passages4"}) {
      const json dump =
          json::parse(MustRun({"bpftool", "-j", "map", "dump", "pinned", daemon_->Pins() / map}));
      entries += std::string(map) + " " + std::to_string(dump.size()) + "\n";
    }
    return entries;
  }

  std::string prefix_;
  NetNs source_;
  NetNs host_;
  std::string firewall_;
  std::optional<Daemon> daemon_;
};

TEST_F(PersonaP2, Core_ANetworkThatComesLaterIsServedPastAFirewallThatDropsAndStaysAsItWas) {
  CreateNetwork(1);
  std::vector<std::unique_ptr<Container>> containers;
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (int n = 2; n <= 4; ++n) {
    containers.push_back(Run(1, n));
    receivers.push_back(std::make_unique<Receiver>(containers.back()->host(), kG));
    receivers.back()->Join();
  }
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br-1"));
  std::this_thread::sleep_for(200ms);
  Sender(Source(), Stream(kG), Sender::Start::kLater).Send(500);
  for (const auto& receiver : receivers) {
    ExpectComplete(*receiver, MakeIpv4(10, 9, 0, 2), 500);
    EXPECT_EQ(receiver->Of(MakeIpv4(10, 9, 0, 2)).ttl_max, 7);
  }
  EXPECT_EQ(Firewall(), firewall_);
  EXPECT_NE(host_.Ip("-d link show br-1").find("mcast_snooping 1"), std::string::npos);
}

/// With an address, link-local ones are enough, the veth ends on the host look like networks of their own;
/// what went to them and to their bridge would arrive twice.
TEST_F(PersonaP2, Core_AVethEndIsANetworkOnlyWhileItIsInNoBridge) {
  CreateNetwork(1);
  const auto container = Run(1, 2);
  host_.Ip("addr add 172.21.0.1/24 dev veth1x2");
  Receiver receiver(container->host(), kG);
  receiver.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br-1"));
  std::this_thread::sleep_for(200ms);
  const auto is_port = [&] {
    const json ports = daemon_->Call("ports");
    return std::any_of(ports.begin(), ports.end(),
                       [](const json& port) { return port["name"] == "veth1x2"; });
  };
  EXPECT_FALSE(is_port());
  host_.Ip("link set veth1x2 nomaster");
  EXPECT_TRUE(Eventually(is_port));
  host_.Ip("link set veth1x2 master br-1");
  EXPECT_TRUE(Eventually([&] { return !is_port(); }));
}

/// What the member got, once it is as much as was sent or nothing more comes.
std::size_t Received(Listener& member, std::size_t sent) {
  std::size_t received = 0;
  static_cast<void>(Eventually([&] { return (received += member.Drain()) >= sent; }));
  return received;
}

TEST_F(PersonaP2, Core_FortyGroupsOfOneReceiverEachAllFlow) {
  CreateNetwork(1);
  const auto container = Run(1, 2);
  std::vector<std::unique_ptr<Listener>> members;
  for (std::uint8_t n = 1; n <= 40; ++n)
    members.push_back(std::make_unique<Listener>(container->host(), Group(n)));
  ASSERT_TRUE(Eventually([&] { return daemon_->Call("groups").size() == 40; }));
  for (std::uint8_t n = 1; n <= 40; ++n) Sender(Source(), Stream(Group(n)), Sender::Start::kLater).Send(20);
  for (std::uint8_t n = 1; n <= 40; ++n) {
    EXPECT_EQ(Received(*members[n - std::size_t{1}], 20), 20U) << Group(n).ToString();
  }
}

TEST_F(PersonaP2, Core_ContainersOnMoreNetworksThanTheKernelRoutesForAllReceive) {
  constexpr int kNetworks = 64;  // the kernel's multicast routing has room for 32
  std::vector<std::unique_ptr<Container>> containers;
  std::vector<std::unique_ptr<Listener>> members;
  for (int n = 1; n <= kNetworks; ++n) {
    CreateNetwork(n);
    containers.push_back(Run(n, 2));
    members.push_back(std::make_unique<Listener>(containers.back()->host(), kG));
  }
  ASSERT_TRUE(Eventually([&] { return daemon_->Call("groups").size() == kNetworks; }, 20s))
      << daemon_->Call("groups").size();
  Sender(Source(), Stream(kG), Sender::Start::kLater).Send(50);
  for (int n = 1; n <= kNetworks; ++n) {
    EXPECT_EQ(Received(*members[static_cast<std::size_t>(n - 1)], 50), 50U) << "network " << n;
  }
}

TEST_F(PersonaP2, Core_NetworksThatComeAndGoTwentyTimesLeaveNothingBehind) {
  const std::string before = MapEntries();
  const std::set<BpfObject> held = HeldBy(daemon_->pid());
  const std::size_t descriptors = OpenDescriptors(daemon_->pid());
  for (int n = 0; n < 20; ++n) {
    CreateNetwork(1);
    const auto container = Run(1, 2);
    MulticastSocket member(container->host());
    member.Join(kG);
    ASSERT_TRUE(daemon_->WaitForGroup(kG, "br-1")) << "time " << n;
    host_.Ip("link del br-1");
    ASSERT_TRUE(daemon_->WaitForNoGroup(kG, "br-1")) << "time " << n;
  }
  EXPECT_TRUE(Eventually([&] { return MapEntries() == before; })) << "before:\n"
                                                                  << before << "after:\n"
                                                                  << MapEntries();
  EXPECT_TRUE(Eventually([&] { return HeldBy(daemon_->pid()).size() <= held.size(); }, 10s))
      << held.size() << " objects before, " << HeldBy(daemon_->pid()).size() << " after";
  EXPECT_TRUE(Eventually([&] { return OpenDescriptors(daemon_->pid()) <= descriptors; }))
      << descriptors << " before, " << OpenDescriptors(daemon_->pid()) << " after";
}

TEST_F(PersonaP2, Core_AContainerThatRestartsReceivesAgainWithinASecondAndTheOthersNoticeNothing) {
  CreateNetwork(1);
  const auto stays = Run(1, 2);
  Receiver other(stays->host(), kG);
  other.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br-1"));
  Sender sender(Source(), Stream(kG));
  ASSERT_TRUE(other.WaitForFirst(MakeIpv4(10, 9, 0, 2)));
  {
    const auto restarts = Run(1, 3);
    Receiver receiver(restarts->host(), kG);
    receiver.Join();
    ASSERT_TRUE(receiver.WaitForFirst(MakeIpv4(10, 9, 0, 2)));
  }
  const auto again = Run(1, 3);
  Receiver receiver(again->host(), kG);
  const Instant started = Clock::now();
  receiver.Join();
  ASSERT_TRUE(receiver.WaitForFirst(MakeIpv4(10, 9, 0, 2)));
  const auto took = receiver.Of(MakeIpv4(10, 9, 0, 2)).first_arrival - started;
  std::cout << "receiving again after " << Millis(took) << " ms\n";
  EXPECT_LE(took, 1s);
  sender.Stop();
  EXPECT_TRUE(Eventually([&] { return other.Of(MakeIpv4(10, 9, 0, 2)).last == sender.sent() - 1; }));
  ExpectNoGap(other, MakeIpv4(10, 9, 0, 2));
}

TEST_F(PersonaP2, Core_AContainerThatSendsReachesAnotherNetworkAndTheUpstreamWithGoodChecksums) {
  CreateNetwork(1);
  CreateNetwork(2);
  const auto sends = Run(1, 2);
  const auto receives = Run(2, 2);
  Receiver container(receives->host(), kG);
  Receiver upstream(Source(), kG);
  container.Join();
  upstream.Join();
  ASSERT_TRUE(daemon_->WaitForGroup(kG, "br-2"));
  ASSERT_TRUE(Eventually([&] { return daemon_->Port("br-1")["state"] == "up"; }));
  Sender(sends->host(), {.group = kG, .source = sends->address, .ttl = 8}, Sender::Start::kLater).Send(200);
  ExpectComplete(container, sends->address, 200);
  ExpectComplete(upstream, sends->address, 200);
  EXPECT_EQ(ChecksumErrors(receives->ns), "0");
  EXPECT_EQ(ChecksumErrors(source_), "0");
}

}  // namespace
}  // namespace bpfcast::test
