// `bpfcast send` and `bpfcast recv` between two machines whose kernels are hosts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/capture.h"
#include "support/daemon.h"
#include "support/netns.h"
#include "support/socket_address.h"
#include "support/wiring.h"

namespace bpfcast::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TestStream : public ::testing::Test {
 protected:
  TestStream() {
    Veth(near_, "eth0", far_, "eth0");
    near_.IpBatch(AddAddresses("eth0", {"10.0.0.1/8", "10.0.0.2/8", "2001:db8::1/64", "2001:db8::2/64"}) +
                  "link set eth0 up\nroute add 224.0.0.0/4 dev eth0\n");
    far_.IpBatch(AddAddresses("eth0", {"10.0.0.9/8", "2001:db8::9/64"}) + "link set eth0 up\n");
    WaitForIpv6(near_, "eth0");
    WaitForIpv6(far_, "eth0");
  }

  Process Start(const NetNs& ns, const std::string& words) const {
    std::vector<std::string> argv = Words(words);
    argv.insert(argv.begin(), CliPath());
    return Process(argv, &ns);
  }
  CommandResult Run(const NetNs& ns, const std::string& words) const {
    std::vector<std::string> argv = Words(words);
    argv.insert(argv.begin(), CliPath());
    return RunCommand(argv, &ns);
  }
  /// A running `bpfcast recv` whose kernel is a member.
  std::unique_ptr<Process> Receiver(const std::string& words, const std::string& group) const {
    std::vector<std::string> argv = Words("recv -j --interface eth0 --timeout 10 " + words);
    argv.insert(argv.begin(), CliPath());
    auto process = std::make_unique<Process>(argv, &far_);
    if (!Eventually([&] { return far_.Ip("maddr show dev eth0").find(group) != std::string::npos; })) {
      throw std::runtime_error("recv has not joined " + group + ": " + process->Err());
    }
    return process;
  }
  void MustSend(const std::string& words) const {
    const CommandResult sent = Run(near_, "send --interface eth0 --rate 1000 " + words);
    ASSERT_EQ(sent.status, 0) << sent.err;
  }

  NetNs near_{NamePrefix("stream") + "-near", NetNs::Ipv6::kOn};
  NetNs far_{NamePrefix("stream") + "-far", NetNs::Ipv6::kOn};
};

TEST_F(TestStream, WhatIsSentIsReceivedWithItsTtlAndNothingIsLost) {
  const auto receiver = Receiver("239.1.2.3 --count 50", "239.1.2.3");
  const CommandResult sent = Run(near_, "send 239.1.2.3 --rate 1000 --count 50");
  EXPECT_EQ(sent.status, 0) << sent.err;
  EXPECT_THAT(sent.out, StartsWith("sent 50 packets of 200 octets to 239.1.2.3 port 5000 with TTL 16 in "));
  EXPECT_EQ(receiver->Wait(5s), 0) << receiver->Err();
  const json report = json::parse(receiver->Out());
  EXPECT_EQ(report["complete"], true);
  ASSERT_EQ(report["streams"].size(), 1U) << report;
  const json& stream = report["streams"][0];
  EXPECT_EQ(stream["source"], "10.0.0.1");
  EXPECT_EQ(stream["received"], 50);
  EXPECT_EQ(stream["lost"], 0);
  EXPECT_EQ(stream["bytes"], 50 * 200);
  EXPECT_EQ(stream["ttl_min"], 16);
  EXPECT_EQ(stream["ttl_max"], 16);
  EXPECT_GT(stream["delay_min_ms"], 0) << "one clock";
  EXPECT_LT(stream["delay_max_ms"], 2000);
}

TEST_F(TestStream, Ipv6IsSentAndReceivedToo) {
  const auto receiver = Receiver("ff0e::1234 ff12::5 --count 20 --port 6000", "ff0e::1234");
  MustSend("ff0e::1234 --port 6000 --count 10 --ttl 200 --size 1000 --source 2001:db8::2");
  MustSend("ff12::5 --port 6000 --count 10 --size 32");
  EXPECT_EQ(receiver->Wait(5s), 0) << receiver->Err();
  const json streams = json::parse(receiver->Out())["streams"];
  ASSERT_EQ(streams.size(), 2U) << streams;
  EXPECT_EQ(streams[0]["group"], "ff0e::1234");
  EXPECT_EQ(streams[0]["source"], "2001:db8::2");
  EXPECT_EQ(streams[0]["received"], 10);
  EXPECT_EQ(streams[0]["bytes"], 10000);
  EXPECT_EQ(streams[0]["ttl_max"], 200);
  EXPECT_EQ(streams[1]["group"], "ff12::5");
  EXPECT_EQ(streams[1]["received"], 10);
  EXPECT_EQ(streams[1]["bytes"], 320);
}

/// Family, group and two senders.
struct Filtered {
  std::string group;
  std::string one;
  std::string two;
};

class TestStreamFilter : public TestStream, public ::testing::WithParamInterface<Filtered> {};
INSTANTIATE_TEST_SUITE_P(, TestStreamFilter,
                         ::testing::Values(Filtered{"232.1.1.1", "10.0.0.1", "10.0.0.2"},
                                           Filtered{"ff3e::1", "2001:db8::1", "2001:db8::2"}),
                         [](const auto& info) {
                           return info.param.group.find(':') == std::string::npos ? "ipv4" : "ipv6";
                         });

TEST_P(TestStreamFilter, IncludeAndExcludeListsChooseTheSenders) {
  const auto [group, one, two] = GetParam();
  const auto include = Receiver(group + " --source " + one + " --count 10", group);
  const auto exclude = Receiver(group + " --exclude " + one, group);
  ASSERT_TRUE(Eventually([&] {  // two sockets of two processes
    return far_.Ip("maddr show dev eth0").find(group + " users 2") != std::string::npos;
  })) << far_.Ip("maddr show dev eth0");
  MustSend(group + " --count 10 --source " + two);
  MustSend(group + " --count 10 --source " + one);
  EXPECT_EQ(include->Wait(5s), 0) << include->Err();
  exclude->Signal(SIGINT);
  EXPECT_EQ(exclude->Wait(5s), 0) << exclude->Err();
  const json included = json::parse(include->Out())["streams"];
  ASSERT_EQ(included.size(), 1U) << included;
  EXPECT_EQ(included[0]["source"], one);
  const json excluded = json::parse(exclude->Out())["streams"];
  ASSERT_EQ(excluded.size(), 1U) << excluded;
  EXPECT_EQ(excluded[0]["source"], two);
  EXPECT_EQ(excluded[0]["received"], 10);
}

TEST_F(TestStream, LossCopiesAndDisorderAreReported) {
  const auto receiver = Receiver("239.1.2.3 --count 4", "239.1.2.3");
  const UniqueFd socket = near_.Socket(AF_INET, SOCK_DGRAM, 0);
  const auto to = ToSocketAddress(MakeIpv4(239, 1, 2, 3), 5000, 0);
  for (const char number : {0, 1, 1, 4, 3}) {
    std::string payload = "bpfcast\x01" + std::string(24, '\0');
    payload[23] = number;
    ASSERT_EQ(sendto(socket.get(), payload.data(), payload.size(), 0, to.get(), to.length), 32);
  }
  EXPECT_EQ(receiver->Wait(5s), 1) << "something was lost: " << receiver->Err();
  const json stream = json::parse(receiver->Out())["streams"][0];
  EXPECT_EQ(stream["received"], 4);
  EXPECT_EQ(stream["lost"], 1);
  EXPECT_EQ(stream["duplicated"], 1);
  EXPECT_EQ(stream["reordered"], 1);
  EXPECT_EQ(stream["ttl_max"], 1);
}

TEST_F(TestStream, TheNumberOfGroupsIsNotThatOfOneSocket) {
  // net.ipv4.igmp_max_memberships is 20 for each socket.
  std::string groups;
  for (int i = 1; i <= 25; ++i) groups += "239.1.7." + std::to_string(i) + " ";
  const auto receiver = Receiver(groups + "--count 25", "239.1.7.25");
  for (int i = 1; i <= 25; ++i) MustSend("--count 1 239.1.7." + std::to_string(i));
  EXPECT_EQ(receiver->Wait(5s), 0) << receiver->Out();
  EXPECT_EQ(json::parse(receiver->Out())["streams"].size(), 25U);
}

TEST_F(TestStream, MembersOnTheSameMachineAreServedOnlyWithLoop) {
  auto receiver = Start(near_, "recv 239.1.2.3 -j --timeout 10");
  ASSERT_TRUE(
      Eventually([&] { return near_.Ip("maddr show dev eth0").find("239.1.2.3") != std::string::npos; }));
  MustSend("239.1.2.3 --count 3");
  MustSend("239.1.2.3 --count 5 --loop");
  receiver.Signal(SIGTERM);
  EXPECT_EQ(receiver.Wait(5s), 0);
  EXPECT_EQ(json::parse(receiver.Out())["received"], 5);
}

TEST_F(TestStream, ASenderWithoutCountEndsWithItsReport) {
  const Capture capture(far_, "eth0", Capture::What::kUdp);
  auto sender = Start(near_, "send 239.1.2.3 --ttl 1");
  const auto packet = capture.WaitFor([](const Packet& each) { return each.udp && each.udp->port == 5000; });
  ASSERT_TRUE(packet) << sender.Err();
  EXPECT_EQ(packet->ttl, 1);
  EXPECT_EQ(sender.Err(), "TTL 1: no router forwards these packets; give a --ttl above 1\n");
  sender.Signal(SIGINT);
  EXPECT_EQ(sender.Wait(5s), 0);
  EXPECT_THAT(sender.Out(), StartsWith("sent "));
}

TEST_F(TestStream, WhatTheKernelRefusesIsOneSentenceWithTheWayOut) {
  const auto fails = [&](const NetNs& ns, const std::string& words) {
    const CommandResult result = Run(ns, words);
    EXPECT_EQ(result.status, 1) << words;
    EXPECT_EQ(result.out, "") << words;
    return result.err;
  };
  EXPECT_EQ(fails(far_, "recv 239.1.2.3"),
            "cannot join 239.1.2.3: no route leads to the group; name the interface with --interface\n");
  EXPECT_EQ(fails(far_, "recv 239.1.2.3 --interface eth7"),
            "--interface eth7: there is no such interface here; `ip link` shows those that there are\n");
  std::string sources;
  for (int i = 1; i <= 11; ++i) sources += " --source 10.0.1." + std::to_string(i);
  EXPECT_EQ(fails(far_, "recv 232.1.1.1 --interface eth0" + sources),
            "cannot join 232.1.1.1: 11 sources are more than the kernel takes for one group; raise "
            "net.ipv4.igmp_max_msf (10 now)\n");
  far_.Sysctl("ipv4/igmp_max_memberships", "0");
  EXPECT_EQ(
      fails(far_, "recv 239.1.2.3 --interface eth0"),
      "cannot join 239.1.2.3: the kernel takes no more memberships; raise net.ipv4.igmp_max_memberships (0 "
      "now)\n");
  EXPECT_EQ(fails(far_, "send 239.1.2.3"),
            "cannot send to 239.1.2.3: no route leads to the group; name the interface with --interface\n");
  EXPECT_EQ(
      fails(near_, "send 239.1.2.3 --source 10.0.0.77"),
      "--source 10.0.0.77: no interface here has this address; `ip address` shows those that there are\n");
}

}  // namespace
}  // namespace bpfcast::test
