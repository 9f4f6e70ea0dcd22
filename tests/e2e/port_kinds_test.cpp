// Streams between ports of every kind that this machine has, in both directions and both families:
//
//   "up"  up0 198.51.100.1 -- wan0 198.51.100.2 "router"  PORT 10.60.N.1 -- far-PORT 10.60.N.10  "hosts"
//                                                         two ports of each kind
//
// No host is prepared but those that face native XDP: all others leave their UDP checksums to hardware, and
// receive through sockets, which take no packet with a wrong one. (An ifb has no hosts, so it is no port.)
#include <sys/socket.h>

#include <iostream>

#include "fixture.h"
#include "support/tun_cable.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

struct Kind {
  std::string name;  // of the ports: "veth1", "veth2"
  std::string hook;
  std::string reason;  // as `bpfcast ports` says it
  /// Commands that make the port and its far end; PORT, FAR, N and HOSTS are filled in. Without any it is a
  /// tun.
  std::string router;
  std::string hosts;
};

const Kind kXdp{"xdp", "xdp", "configured", "link add PORT type veth peer name FAR netns HOSTS\n", ""};
const std::vector<Kind> kKinds = {
    kXdp,
    {"veth", "tc", "veth peers may leave checksums unfinished",
     "link add PORT type veth peer name FAR netns HOSTS\n", ""},
    {"br", "tc", "bridge has no native XDP",
     "link add PORT type bridge forward_delay 0\nlink add m-PORT type veth peer name FAR netns HOSTS\n"
     "link set m-PORT master PORT\nlink set m-PORT up\n",
     ""},
    {"mac", "tc", "macvlan has no native XDP",
     "link add l-PORT type veth peer name FAR netns HOSTS\nlink set l-PORT up\n"
     "link add PORT link l-PORT type macvlan mode bridge\n",
     ""},
    {"vx", "tc", "vxlan has no native XDP",
     "link add u-PORT type veth peer name u-FAR netns HOSTS\naddr add 10.70.N.1/24 dev u-PORT\nlink set "
     "u-PORT up\n"
     "link add PORT type vxlan id N local 10.70.N.1 remote 10.70.N.2 dstport 4789 dev u-PORT\n",
     "addr add 10.70.N.2/24 dev u-FAR\nlink set u-FAR up\n"
     "link add FAR type vxlan id N local 10.70.N.2 remote 10.70.N.1 dstport 4789 dev u-FAR\n"},
    {"tun", "tc", "tun has no Ethernet header", "", ""},
};
constexpr std::uint64_t kPackets = 200;
constexpr int kTtl = 16;

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

struct Member {
  std::string port;
  Host host;
  const Kind* kind;
};

class PortKinds : public ::testing::Test {
 protected:
  PortKinds() {
    RemoveLeftovers();
    const std::string prefix = NamePrefix("e2e") + "-kinds";
    up_.emplace(prefix + "-up", NetNs::Ipv6::kOn);
    router_.emplace(prefix + "-router", NetNs::Ipv6::kOn);
    hosts_.emplace(prefix + "-hosts", NetNs::Ipv6::kOn);
    // What one host sends comes back to another one of the same namespace.
    hosts_->Sysctl("ipv4/conf/all/accept_local", "1");
    for (const char* scope : {"all", "default"}) {
      hosts_->Sysctl(std::string("ipv4/conf/") + scope + "/rp_filter", "0");
    }
    Veth(*router_, "wan0", *up_, "up0");
    router_->IpBatch(AddAddresses("wan0", {"198.51.100.2/24", "fe80::2/64", "2001:db8:100::2/64"}) +
                     "link set wan0 up\n");
    ReadyHost(*up_, "up0", {"198.51.100.1/24", "fe80::1/64", "2001:db8:100::1/64"});
    members_.push_back(
        {"wan0", {*up_, "up0", MakeIpv4(198, 51, 100, 1), Ipv6("fe80::1"), Ipv6("2001:db8:100::1")}, &kXdp});
    std::string names;
    std::string tables = "\n[interface.wan0]\nhook = \"xdp\"\n";
    for (const Kind& kind : kKinds) {
      for (const char* which : {"1", "2"}) {
        MakePort(kind, kind.name + which);
        names += (names.empty() ? "\"" : ", \"") + kind.name + which + "\"";
        if (kind.hook == "xdp") tables += "[interface." + kind.name + which + "]\nhook = \"xdp\"\n";
      }
    }
    daemon_.emplace(*router_, "upstream = \"wan0\"\ndownstream = [" + names + "]\n" + tables,
                    NamePrefix("e2e"));
    daemon_->WaitUntilUp(members_.size(), 20s);
  }
  ~PortKinds() override {
    if (HasFailure() && daemon_) std::cerr << daemon_->Stderr();
  }

  void MakePort(const Kind& kind, const std::string& port) {
    const auto number = static_cast<std::uint8_t>(members_.size());
    const std::string n = std::to_string(number);
    const std::string far = "h-" + port;
    const auto fill = [&](const std::string& text) {
      return Replaced(Replaced(Replaced(Replaced(text, "PORT", port), "FAR", far), "HOSTS", hosts_->name()),
                      "N", n);
    };
    if (kind.router.empty()) cables_.push_back(std::make_unique<TunCable>(*router_, port, *hosts_, far));
    router_->IpBatch(
        fill(kind.router) +
        AddAddresses(port, {"10.60." + n + ".1/24", "fe80::1/64", "2001:db8:60:" + n + "::1/64"}) +
        "link set " + port + " up\n");
    const std::string global = "2001:db8:60:" + n + "::a";
    hosts_->IpBatch(fill(kind.hosts) +
                    AddAddresses(far, {"10.60." + n + ".10/24", "fe80::a/64", global + "/64"}) + "link set " +
                    far + " up\n");
    if (kind.hook == "xdp") ReadyForXdp(*hosts_, far);
    members_.push_back(
        {port, {*hosts_, far, MakeIpv4(10, 60, number, 10), Ipv6("fe80::a"), Ipv6(global)}, &kind});
  }

  /// One that gets nothing from other interfaces of the namespace.
  static std::unique_ptr<Receiver> Listen(const Host& host, const AnyAddress& group) {
    auto receiver = std::make_unique<Receiver>(host, group);
    EXPECT_EQ(setsockopt(receiver->socket().fd(), SOL_SOCKET, SO_BINDTODEVICE, host.interface.c_str(),
                         static_cast<socklen_t>(host.interface.size() + 1)),
              0);
    receiver->Join();
    return receiver;
  }

  /// From each of `ports` to all others of them.
  void PlayBetween(const std::vector<const Member*>& ports, const AnyAddress& group) {
    std::vector<std::unique_ptr<Receiver>> receivers;
    for (const Member* member : ports) {
      receivers.push_back(Listen(member->host, group));
      if (member->port != "wan0") {
        ASSERT_TRUE(daemon_->WaitForGroup(group, member->port, 10s)) << member->port;
      }
    }
    for (std::size_t from = 0; from < ports.size(); ++from) {
      const AnyAddress source = ports[from]->host.Address(group.version());
      Sender(ports[from]->host, {.group = group, .source = source, .ttl = kTtl}, Sender::Start::kLater)
          .Send(kPackets);
      for (std::size_t to = 0; to < ports.size(); ++to) {
        SCOPED_TRACE(ports[from]->port + " to " + ports[to]->port + ", " + group.ToString());
        if (from == to) continue;
        EXPECT_TRUE(Eventually([&] { return receivers[to]->Of(source).received >= kPackets; }, 2s));
      }
      for (std::size_t to = 0; to < ports.size(); ++to) {
        SCOPED_TRACE(ports[from]->port + " to " + ports[to]->port + ", " + group.ToString());
        const StreamCount got = receivers[to]->Of(source);
        EXPECT_EQ(got.received, from == to ? 0 : kPackets);
        EXPECT_EQ(got.duplicated, 0U);
        EXPECT_EQ(receivers[to]->SocketDrops(), 0U);
        if (got.received == 0) continue;
        EXPECT_EQ(got.ttl_min, kTtl - 1);
        EXPECT_EQ(got.ttl_max, kTtl - 1);
      }
    }
  }

  std::optional<NetNs> up_;
  std::optional<NetNs> router_;
  std::optional<NetNs> hosts_;
  std::vector<std::unique_ptr<TunCable>> cables_;
  std::vector<Member> members_;  // the upstream first
  std::optional<Daemon> daemon_;
};

TEST_F(PortKinds, F_24_F_59_EveryKindSendsToEveryKindWholeAndOnceAndSaysHow) {
  std::vector<const Member*> all;
  std::vector<const Member*> of_xdp;
  for (const Member& member : members_) {
    const nlohmann::json port = daemon_->Port(member.port);
    EXPECT_EQ(port["hook"], member.kind->hook) << member.port;
    EXPECT_EQ(port["hook_reason"], member.kind->reason) << member.port;
    all.push_back(&member);
    if (member.kind->hook == "xdp") of_xdp.push_back(&member);
  }
  PlayBetween(all, kG);
  PlayBetween(all, kG6);
  // Where nobody else takes part the stack sees nothing of it.
  const Capture stack(*router_, of_xdp.back()->port, Capture::What::kUdp);
  for (const AnyAddress& group : {AnyAddress(Group(1)), AnyAddress(Ipv6("ff0e::7:1"))}) {
    PlayBetween(of_xdp, group);
    EXPECT_EQ(stack.Count(DataFor(group)), 0U);
  }
}

}  // namespace
}  // namespace bpfcast::test
