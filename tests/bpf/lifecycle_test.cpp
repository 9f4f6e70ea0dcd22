// Attaching, changing under traffic, crashing, and what is left in the kernel afterwards.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "bpf/lab.h"
#include "bpf/program_run.h"
#include "datapath/port_facts.h"

namespace bpfcast::bpftest {
namespace {

const Ipv4Address kAny;
const Ipv4Address kGroup = MakeIpv4(239, 1, 2, 3);

// Ids of our programs that are loaded anywhere on this machine.
std::set<std::uint32_t> Programs() {
  std::set<std::uint32_t> ids;
  std::uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    const BpfFd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 &&
        std::string(info.name).starts_with("bpfcast_")) {
      ids.insert(id);
    }
  }
  return ids;
}

std::set<std::string> Pins(const Lab& lab) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(lab.bpffs() + "/bpfcast/test", error)) {
    names.insert(entry.path().filename());
  }
  return names;
}

bool Intersect(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
  return std::any_of(a.begin(), a.end(), [&](std::uint32_t id) { return b.contains(id); });
}

class Lifecycle : public testing::TestWithParam<TcAttachment> {};

TEST_P(Lifecycle, NothingIsLeftAfterClose) {
  const std::set<std::uint32_t> before = Programs();
  Lab lab(GetParam());
  lab.MakeBed(Hook::kXdp);
  lab.Route(kAny, kGroup, {kD1, kD2});
  std::set<std::uint32_t> ours;
  for (const std::uint32_t id : Programs()) {
    if (!before.contains(id)) ours.insert(id);
  }
  EXPECT_GE(ours.size(), 3U);
  EXPECT_TRUE(Pins(lab).contains("rt4"));
  EXPECT_NE(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  const bool filter = GetParam() == TcAttachment::kFilter;
  EXPECT_EQ(Output("tc filter show dev u ingress").find("bpfcast_tc") != std::string::npos, filter);

  lab.Close();
  EXPECT_EQ(Output("ip -d link show u").find("prog/xdp"), std::string::npos);
  EXPECT_EQ(Output("tc filter show dev u ingress"), "");
  EXPECT_EQ(Output("tc qdisc show dev u clsact"), "");
  EXPECT_FALSE(std::filesystem::exists(lab.bpffs() + "/bpfcast"));
  // Programs are freed by a worker.
  for (int i = 0; i < 500 && Intersect(Programs(), ours); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(Intersect(Programs(), ours));
}

TEST_P(Lifecycle, ForeignFiltersStay) {
  Lab lab(GetParam());
  DatapathPort up = lab.MakePort(kU, "u", PortRole::kUpstream, Hook::kTc, {MakeIpv4(198, 51, 100, 2), 24});
  lab.Set(up);
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(up.ifindex);
  hook.attach_point = BPF_TC_INGRESS;
  const int created = bpf_tc_hook_create(&hook);
  ASSERT_TRUE(created == 0 || created == -EEXIST);
  bpf_tc_opts foreign{};
  foreign.sz = sizeof foreign;
  foreign.prog_fd = lab.datapath().object().tc_program();
  foreign.priority = 5;
  ASSERT_EQ(bpf_tc_attach(&hook, &foreign), 0);
  const std::string before = Output("tc filter show dev u ingress prio 5");
  lab.Close();
  EXPECT_NE(before, "");
  EXPECT_EQ(Output("tc filter show dev u ingress prio 5"), before);
  EXPECT_EQ(Output("tc filter show dev u ingress").find("pref 49137"), std::string::npos);
  EXPECT_NE(Output("tc qdisc show dev u clsact"), "");
}

TEST_P(Lifecycle, ForwardsWithBothKindsOfAttachment) {
  Lab lab(GetParam());
  lab.MakeBed(Hook::kTc);
  lab.Route(kAny, kGroup, {kD1, kD2});
  const Far d1 = lab.FarEnd(kD1);
  const Far d2 = lab.FarEnd(kD2);
  lab.FarEnd(kU).Send(Frame{}.Build());
  EXPECT_TRUE(d1.Receive());
  EXPECT_TRUE(d2.Receive());
}

INSTANTIATE_TEST_SUITE_P(Tc, Lifecycle, testing::Values(TcAttachment::kBest, TcAttachment::kFilter),
                         [](const auto& info) {
                           return info.param == TcAttachment::kBest ? "Tcx" : "Clsact";
                         });

TEST(Attachment, ForeignXdpMeansTcAndThePhraseNamesIt) {
  Lab lab;
  DatapathPort up = lab.MakePort(kU, "u", PortRole::kUpstream, Hook::kXdp, {MakeIpv4(198, 51, 100, 2), 24});
  lab.Set(up);
  // Our own program serves as the foreign one, on a port that the datapath does not know yet.
  DatapathPort d1 = lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(192, 0, 2, 1), 24});
  const BpfFd foreign(
      bpf_link_create(lab.datapath().object().xdp_program(), static_cast<int>(d1.ifindex), BPF_XDP, nullptr));
  ASSERT_TRUE(foreign);
  const auto attachment = lab.datapath().SetPort(d1);
  ASSERT_TRUE(attachment) << attachment.error().message;
  EXPECT_EQ(attachment->hook, Hook::kTc);
  EXPECT_NE(attachment->reason.find("bpfcast_xdp"), std::string::npos) << attachment->reason;
}

TEST(Attachment, TheHookChangesWithoutALoss) {
  Lab lab;
  lab.MakeBed(Hook::kXdp);
  lab.Route(kAny, kGroup, {kD1});
  const Far up = lab.FarEnd(kU);
  const Far d1 = lab.FarEnd(kD1);
  for (const Hook hook : {Hook::kTc, Hook::kXdp, Hook::kTc}) {
    lab.port(kU).hook = hook;
    lab.Set(lab.port(kU));
    EXPECT_EQ(Output("ip -d link show u").find("prog/xdp") != std::string::npos, hook == Hook::kXdp);
    up.Send(Frame{}.Build());
    EXPECT_EQ(d1.Drain().size(), 1U);
  }
}

// A frame that is taken for a packet, or a packet for a frame, would be read at the wrong place.
TEST(Attachment, AnInterfaceWithAnotherLinkLayerIsRefused) {
  Lab lab;
  lab.MakePort(kD2, "d2", PortRole::kDownstream, Hook::kTc, {MakeIpv4(203, 0, 113, 1), 24});
  Shell("ip tuntap add dev t0 mode tun");
  for (const auto& [name, ethernet] :
       {std::pair("t0", true), std::pair("d2", false), std::pair("lo", false), std::pair("lo", true)}) {
    DatapathPort port;
    port.id = kD1;
    port.name = name;
    port.ifindex = ::if_nametoindex(name);
    port.ethernet = ethernet;
    const auto attachment = lab.datapath().SetPort(port);
    ASSERT_FALSE(attachment) << name;
    EXPECT_NE(attachment.error().message.find(name), std::string::npos);
  }
}

TEST(Attachment, AnInterfaceThatIsNotThereIsAnErrorThatNamesIt) {
  Lab lab;
  DatapathPort port =
      lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(192, 0, 2, 1), 24});
  Shell("ip link del d1");
  const auto attachment = lab.datapath().SetPort(port);
  ASSERT_FALSE(attachment);
  EXPECT_NE(attachment.error().message.find("d1"), std::string::npos);
  EXPECT_TRUE(lab.datapath().Counters()->ports.empty());
}

// Ten thousand times another set, while packets pass: D1, which is in all of them, gets every packet (F-54).
TEST(Changes, TenThousandListsUnderTrafficLoseNothing) {
  for (const Hook hook : {Hook::kXdp, Hook::kTc}) {
    SCOPED_TRACE(hook == Hook::kXdp ? "XDP" : "TC");
    Lab lab;
    lab.MakeBed(hook);
    lab.Route(kAny, kGroup, {kD1, kD2});
    const Far up = lab.FarEnd(kU);
    const Far d1 = lab.FarEnd(kD1);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> sent{0};
    std::thread sender([&] {
      const Bytes frame = Frame{}.Build();
      // Paced below what the receiver stores; the change is under test, not the queues.
      while (!stop) {
        up.Send(frame);
        ++sent;
        if (sent % 32 == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
    const PortSet sets[] = {{kD1, kD2}, {kD1, kD3}, {kD1}, {kD1, kD2, kD3}};
    for (std::size_t i = 0; i < 10000 || (sent < 2000 && i < 10'000'000); ++i) {
      lab.Route(kAny, kGroup, sets[i % 4]);
      if (i % 100 == 0) lab.datapath().Tick(Time{} + std::chrono::milliseconds(20 * i));
    }
    stop = true;
    sender.join();
    EXPECT_GE(sent.load(), 2000U);
    EXPECT_EQ(d1.Drain(500).size(), sent.load());
    EXPECT_EQ(lab.Counter("forwarded"), sent.load());
  }
}

TEST(Changes, SyncLeavesExactlyWhatItWasGiven) {
  Lab lab;
  lab.MakeBed(Hook::kTc);
  lab.Route(kAny, kGroup, {kD1});
  lab.Route(kAny, MakeIpv4(239, 9, 9, 9), {kD1});
  Route route;
  route.from_upstream = {kD2};
  route.from_downstream = {kD2, kU};
  ASSERT_TRUE(lab.datapath().Sync({{{kAny, kGroup}, route}}));
  EXPECT_EQ(lab.datapath().CountersOfRoutes(Igmp())->size(), 1U);
  const Far d2 = lab.FarEnd(kD2);
  lab.FarEnd(kU).Send(Frame{}.Build());
  EXPECT_TRUE(d2.Receive());
}

// A route that comes back finds its counters at zero, and an index is not used again before it rested.
TEST(Changes, ANewRouteStartsAtZero) {
  Lab lab;
  lab.MakeBed(Hook::kTc);
  const Far d1 = lab.FarEnd(kD1);
  for (int round = 0; round < 3; ++round) {
    lab.Route(kAny, kGroup, {kD1});
    EXPECT_EQ(lab.datapath().CountersOfRoutes(Igmp())->at(0).forwarded.packets, 0U);
    lab.FarEnd(kU).Send(Frame{}.Build());
    ASSERT_TRUE(d1.Receive());
    EXPECT_EQ(lab.datapath().CountersOfRoutes(Igmp())->at(0).forwarded.packets, 1U);
    ASSERT_TRUE(lab.datapath().Apply({{{kAny, kGroup}, std::nullopt}}));
    lab.datapath().Tick(Time{} + std::chrono::seconds(10 * round));
    lab.datapath().Tick(Time{} + std::chrono::seconds(10 * round + 5));
  }
}

TEST(Lease, WithoutAnAgentEverythingGoesToTheStack) {
  for (const Hook hook : {Hook::kXdp, Hook::kTc}) {
    Lab lab;
    lab.MakeBed(hook);
    lab.Route(kAny, kGroup, {kD1});
    const BpfFd control(bpf_obj_get((lab.bpffs() + "/bpfcast/test/control").c_str()));
    const std::uint32_t zero = 0;
    const bpfcast_control ended{.lease = 1, .netns = 0, .abi = BPFCAST_ABI, .reserved = 0};
    ASSERT_EQ(bpf_map_update_elem(control.get(), &zero, &ended, BPF_ANY), 0);
    const PortOutcome got = RunPort(lab, hook, Frame{}.Build(), lab.port(kU).ifindex);
    EXPECT_EQ(got.fate, Fate::kPass);
    EXPECT_EQ(lab.Counter("lease"), 1U);
  }
}

// The service runs without CAP_SYS_ADMIN and CAP_PERFMON; the verifier is stricter then.
TEST(Privileges, ThreeCapabilitiesLoadAndAttachEverything) {
  Lab lab;
  lab.MakePort(kU, "u", PortRole::kUpstream, Hook::kXdp, {MakeIpv4(198, 51, 100, 2), 24});
  lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(192, 0, 2, 1), 24});
  lab.MakePort(kD2, "d2", PortRole::kDownstream, Hook::kXdp, {MakeIpv4(203, 0, 113, 1), 24});
  lab.Close();
  const pid_t child = ::fork();
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    for (const int capability : {CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW}) {
      sets[capability / 32].effective |= 1U << capability % 32;
      sets[capability / 32].permitted |= 1U << capability % 32;
    }
    if (::syscall(SYS_capset, &header, sets) != 0) ::_exit(2);
    const auto opened = lab.Reopen();
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      ::_exit(3);
    }
    for (const PortId id : {kU, kD1, kD2}) lab.Set(lab.port(id));
    lab.Route(kAny, kGroup, {kD1, kD2});
    lab.Close();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(PortFacts, KnowsVethAndBridgeApart) {
  Lab lab;
  const DatapathPort port =
      lab.MakePort(kD1, "d1", PortRole::kDownstream, Hook::kTc, {MakeIpv4(192, 0, 2, 1), 24});
  const bpfcast::PortFacts veth = ProbePort("d1", port.ifindex);
  EXPECT_EQ(veth.driver, "veth");
  EXPECT_TRUE(veth.ethernet);
  EXPECT_TRUE(veth.features_known);
  EXPECT_TRUE(veth.xdp_native);
  EXPECT_TRUE(veth.xdp_target);
  Shell("ethtool -K d1-far gro off >/dev/null");
  EXPECT_FALSE(ProbePort("d1", port.ifindex).xdp_target);
  Shell("ip link add br0 type bridge");
  const auto index = ::if_nametoindex("br0");
  const bpfcast::PortFacts bridge = ProbePort("br0", index);
  EXPECT_EQ(bridge.driver, "bridge");
  EXPECT_TRUE(bridge.ethernet);
  EXPECT_FALSE(bridge.xdp_native);
  EXPECT_FALSE(bridge.xdp_target);
  const bpfcast::PortFacts lo = ProbePort("lo", 1);
  EXPECT_FALSE(lo.ethernet);
  EXPECT_FALSE(lo.bare);
  EXPECT_FALSE(veth.bare);
  Shell("ip tuntap add dev t0 mode tun && ip tuntap add dev t1 mode tap");
  EXPECT_FALSE(ProbePort("t0", ::if_nametoindex("t0")).ethernet);
  EXPECT_TRUE(ProbePort("t0", ::if_nametoindex("t0")).bare);
  EXPECT_TRUE(ProbePort("t1", ::if_nametoindex("t1")).ethernet);
  EXPECT_FALSE(ProbePort("t1", ::if_nametoindex("t1")).bare);
  EXPECT_EQ(ProbePort("nothing", 99).driver, "");
}

}  // namespace
}  // namespace bpfcast::bpftest
