// VLAN interfaces as ports: upstream and downstream are tags on one cable.
#include "fixture.h"

namespace bpfcast::test {
namespace {

class Vlans : public OnDebian {
 protected:
  /// eth0 of the router and "trunk" of a switch; the source behind tag `upstream`, or without one (0), the
  /// member behind tag 20.
  void MakeTrunk(int upstream) {
    Veth(router_, "eth0", switch_, "trunk");
    router_.IpBatch("link set eth0 up\nlink add link eth0 name eth0.20 type vlan id 20\n");
    switch_.IpBatch("link set trunk up\nlink add link trunk name eth0 netns " + lan_.name() +
                    " type vlan id 20\n");
    if (upstream != 0) {
      const std::string id = std::to_string(upstream);
      wan_ = "eth0." + id;
      router_.IpBatch("link add link eth0 name " + wan_ + " type vlan id " + id + "\n");
      switch_.IpBatch("link add link trunk name up0 netns " + up_.name() + " type vlan id " + id + "\n");
    } else {
      switch_.IpBatch("link add link trunk name up0 netns " + up_.name() + " type macvlan mode bridge\n");
    }
    router_.IpBatch(AddAddresses(wan_, {"198.51.100.2/24", "fe80::2/64", "2001:db8:100::2/64"}) +
                    AddAddresses("eth0.20", {"192.0.2.1/24", "fe80::1/64", "2001:db8:1::1/64"}) +
                    "link set " + wan_ + " up\nlink set eth0.20 up\n");
    ReadyHost(up_, "up0", {"198.51.100.1/24", "fe80::1/64", "2001:db8:100::1/64"});
    ReadyHost(lan_, "eth0", {"192.0.2.10/24", "fe80::a/64", "2001:db8:1::a/64"});
    for (const Host& host : {source_, member_}) WaitForIpv6(host.ns, host.interface);
    StartDaemon(2, "upstream = \"" + wan_ + "\"\ndownstream = [\"eth0.20\"]\n");
  }

  /// Both ways, both families: once to where it belongs, with its tag, and nowhere else.
  void PlayBothWays() {
    for (const AnyAddress& group : kGroups) {
      SCOPED_TRACE(group.ToString());
      Receiver member(member_, group);
      member.Join();
      ASSERT_TRUE(daemon_->WaitForGroup(group, "eth0.20"));
      const Capture cable(switch_, "trunk", Capture::What::kUdp);
      const Capture at_source(up_, "up0", Capture::What::kUdp);
      const Capture at_member(lan_, "eth0", Capture::What::kUdp);
      const AnyAddress down = source_.Address(group.version());
      Sender(source_, {.group = group, .source = down}, Sender::Start::kLater).Send(kPackets);
      ExpectAll(member, down, kPackets);
      EXPECT_EQ(Seen(cable, group), kPackets)
          << "the router sends one copy, and none but the one with tag 20";
      EXPECT_EQ(Seen(at_source, group), 0U) << "sent back to where it came from";

      const AnyAddress up = member_.Address(group.version());
      Sender(member_, {.group = group, .source = up}, Sender::Start::kLater).Send(kPackets);
      EXPECT_TRUE(Eventually([&] { return Seen(at_source, group) >= kPackets; }));
      EXPECT_EQ(Seen(at_source, group), kPackets);
      EXPECT_EQ(Seen(at_member, group), kPackets) << "those of the source, and no echo of its own";
      EXPECT_EQ(Seen(cable, group), 2 * kPackets);
      EXPECT_EQ(at_source.Missed() + at_member.Missed() + cable.Missed(), 0U);
    }
  }

  static constexpr std::uint64_t kPackets = 200;
  NetNs switch_{Name("switch")};
  std::string wan_ = "eth0";
};

TEST_F(Vlans, TE_31_E_43_F_24_TwoTagsOnOneCableAreTwoLinks) {
  MakeTrunk(10);
  PlayBothWays();
}

TEST_F(Vlans, E_43_TheCableItselfIsUpstreamAndATagOnItDownstream) {
  MakeTrunk(0);
  PlayBothWays();
}

}  // namespace
}  // namespace bpfcast::test
