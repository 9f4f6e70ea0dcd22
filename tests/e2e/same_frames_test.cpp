// The programs and the kernel's multicast routing put the same frames on the wire (TF-42), and never both of
// them (TF-35).
#include <algorithm>
#include <array>
#include <iostream>

#include "kernel_hook.h"
#include "support/smcroute.h"

namespace bpfcast::test {
namespace {

using ::testing::HasSubstr;
using What = Capture::What;

/// The parameter names the family alone: "all" or "all-ipv6".
class SameFrames : public E2e {
 protected:
  /// `hook`: xdp, tc or kernel.
  std::string ConfigurationFor(const std::string& hook) const {
    std::string text = hook == "kernel" ? "datapath = \"kernel\"\n" : "datapath = \"bpf\"\n";
    text += "upstream = \"wan0\"\ndownstream = [\"lan1\", \"lan2\", \"lan3\"]\n";
    if (hook == "kernel") return text;
    for (const char* port : {"wan0", "lan1", "lan2", "lan3"}) {
      text += std::string("[interface.") + port + "]\nhook = \"" + hook + "\"\n";
    }
    return text;
  }

  /// From upstream: members' groups and others, sources of every kind, all TTLs that matter.
  std::vector<Bytes> FromUpstreamLink() const {
    const bool v4 = version() == IpVersion::k4;
    const AnyAddress refused = v4 ? AnyAddress(bed_.h3().address) : bed_.h3().global;        // F-12
    const AnyAddress own = v4 ? AnyAddress(kLan1) : Ipv6("2001:db8:1::1");                   // F-10
    const AnyAddress martian = v4 ? AnyAddress(MakeIpv4(169, 254, 1, 1)) : Ipv6("fe80::5");  // F-09
    std::vector<Bytes> frames;
    std::uint32_t n = 0;
    const auto add = [&](const AnyAddress& from, const AnyAddress& to, std::uint8_t ttl) {
      Bytes frame = UdpFrame(bed_.up().ns.Mac("up0"), GroupMac(to), {.from = from, .to = to, .ttl = ttl});
      Number(frame, ++n);
      frames.push_back(std::move(frame));
    };
    for (int round = 0; round < 20; ++round) {
      for (const std::uint8_t ttl : {1, 2, 16, 255}) {
        add(SourceNo(1), AnyGroup(), ttl);
        add(SourceNo(2), AnyGroup(), ttl);
        add(SourceNo(1), SsmGroup(), ttl);
        add(SourceNo(2), SsmGroup(), ttl);
        add(SourceNo(1), MoreGroups(1), ttl);
        add(SourceNo(1), MoreGroups(2), ttl);
      }
      for (const AnyAddress& bad : {refused, own, martian}) add(bad, AnyGroup(), 16);
    }
    return frames;
  }
  std::vector<Bytes> FromLan1() const {
    std::vector<Bytes> frames;
    for (std::uint32_t n = 0; n < 100; ++n) {
      const AnyAddress from = n % 3 == 2 ? SourceNo(1) : bed_.h1().Address(version());  // F-12: one in three
      const AnyAddress to = n % 2 == 0 ? AnyGroup() : MoreGroups(2);
      Bytes frame = UdpFrame(bed_.h1().ns.Mac("eth0"), GroupMac(to), {.from = from, .to = to});
      Number(frame, 1000000 + n);
      frames.push_back(std::move(frame));
    }
    return frames;
  }
  /// In the last octets, so that no two are alike.
  static void Number(Bytes& frame, std::uint32_t n) {
    ASSERT_GE(frame.size(), 60U) << "shorter ones are padded by some and not by others";
    for (std::size_t i = 0; i < 4; ++i) frame[frame.size() - 1 - i] = static_cast<std::uint8_t>(n >> 8 * i);
  }

  /// Of one stream they keep their order; which stream comes first when two begin at once is nobody's
  /// promise.
  void SortByStream(std::vector<Bytes>& frames) const {
    // Source and destination in the IP header behind the 14 octets of Ethernet.
    const std::ptrdiff_t first = version() == IpVersion::k4 ? 14 + 12 : 14 + 8;
    const std::ptrdiff_t size = version() == IpVersion::k4 ? 8 : 32;
    std::stable_sort(frames.begin(), frames.end(), [&](const Bytes& a, const Bytes& b) {
      return std::lexicographical_compare(a.begin() + first, a.begin() + first + size, b.begin() + first,
                                          b.begin() + first + size);
    });
  }
  /// What left through each port, as it is on the wire.
  using Frames = std::array<std::vector<Bytes>, 4>;
  Frames Run(const std::string& hook) {
    daemon_.emplace(bed_.router(), ConfigurationFor(hook), NamePrefix("e2e"), Daemon::Start::kWaitUntilReady,
                    hook == "kernel" ? AtOnce() : std::vector<std::string>());
    daemon_->WaitUntilUp(4);
    for (const auto& port : Ports()) EXPECT_EQ(port["hook"], hook);
    Receiver all1(bed_.h2(), AnyGroup());
    Receiver all2(bed_.h3(), AnyGroup());
    Receiver ssm(bed_.h3(), SsmGroup());
    Receiver more(bed_.h4(), MoreGroups(1));
    all1.Join();
    all2.Join();
    ssm.socket().JoinSource(SsmGroup(), SourceNo(1));
    more.Join();
    EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan1"));
    EXPECT_TRUE(WaitForGroup(AnyGroup(), "lan2"));
    EXPECT_TRUE(WaitForGroup(SsmGroup(), "lan2"));
    EXPECT_TRUE(WaitForGroup(MoreGroups(1), "lan3"));

    const std::array<const char*, 4> ports{"wan0", "lan1", "lan2", "lan3"};
    std::array<std::unique_ptr<Capture>, 4> wires;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const LinkEnd far = bed_.Far(ports[i]);
      wires[i] = std::make_unique<Capture>(far.ns, far.interface, What::kUdp);
    }
    const Injector up(bed_.up().ns, "up0");
    const Injector h1(bed_.h1().ns, "eth0");
    const auto play = [](const Injector& injector, const std::vector<Bytes>& frames) {
      for (const Bytes& frame : frames) {
        injector.Send(frame);
        std::this_thread::sleep_for(1ms);  // the kernel keeps few of a stream that it has to ask about
      }
    };
    play(up, FromUpstreamLink());
    play(h1, FromLan1());
    std::this_thread::sleep_for(300ms);
    Frames left;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const MacAddress mac = bed_.router().Mac(ports[i]);
      for (const Packet& packet : wires[i]->Packets(Arrived)) {
        if (packet.mac_from == mac) left[i].push_back(packet.frame);
      }
      SortByStream(left[i]);
      EXPECT_EQ(wires[i]->Missed(), 0U);
    }
    EXPECT_EQ(daemon_->Stop(), 0);
    daemon_.reset();
    return left;
  }
};
INSTANTIATE_TEST_SUITE_P(Hook, SameFrames, ::testing::Values("all", "all-ipv6"), HookName);

TEST_P(SameFrames, TF_42_NativeXdpTcAndTheKernelSendTheSameFrames) {
  const Frames xdp = Run("xdp");
  const Frames tc = Run("tc");
  const Frames kernel = Run("kernel");
  // 20 rounds of TTL 2, 16 and 255 from two sources, one of them of the SSM group; from lan1 what is not
  // refused.
  EXPECT_EQ(xdp[0].size(), 67U) << "everything of lan1's own sources";
  EXPECT_EQ(xdp[1].size(), 120U);
  EXPECT_EQ(xdp[2].size(), 120U + 60U + 33U) << "and lan1's for the common group";
  EXPECT_EQ(xdp[3].size(), 60U);
  for (std::size_t port = 0; port < xdp.size(); ++port) {
    SCOPED_TRACE(port);
    EXPECT_TRUE(tc[port] == xdp[port])
        << tc[port].size() << " frames of TC, " << xdp[port].size() << " of XDP";
    EXPECT_TRUE(kernel[port] == xdp[port])
        << kernel[port].size() << " frames of the kernel, " << xdp[port].size() << " of XDP";
  }
}

class BesideSmcroute : public E2e {
 protected:
  static std::string Routes() {
    return "phyint wan0 enable\nphyint lan1 enable\nphyint lan2 enable\n"
           "mroute from wan0 source 10.0.0.1 group 239.1.2.3 to lan1\n";
  }
};
BPFCAST_FOR_EACH_HOOK(BesideSmcroute);

TEST_P(BesideSmcroute, TF_35_WhatTheProgramsForwardTheKernelDoesNotForwardAgain) {
  const Smcroute other(bed_.router(), Routes());
  const Capture wire(bed_.Far("lan1").ns, bed_.Far("lan1").interface, What::kUdp);
  Sender(bed_.up(), FromUpstream(kG), Sender::Start::kLater).Send(100);
  ASSERT_TRUE(Eventually([&] { return wire.Count(Both(Arrived, DataFor(kG))) == 100; }))
      << "smcrouted's route does not forward by itself";
  StartDaemon();
  EXPECT_THAT(daemon_->Stderr(), HasSubstr("smcrouted (process " + std::to_string(other.pid()) + ")"));
  Receiver member(bed_.h1(), kG);
  member.Join();
  ASSERT_TRUE(WaitForGroup(kG, "lan1"));
  const Instant begin = Clock::now();
  Sender stream(bed_.up(), FromUpstream(kG), Sender::Start::kLater);
  stream.Send(1000);
  ExpectComplete(member, Source(1), 1000);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(wire.Count(Both(Arrived, DataFor(kG)), begin), 1000U);
}

}  // namespace
}  // namespace bpfcast::test
