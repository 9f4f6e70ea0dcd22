#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

TEST(StatusText, FitsOneScreenAndDoesNotWarnOfNothing) {
  EXPECT_EQ(StatusText(StatusAnswer()),
            "bpfcast 1.2.3  instance default  pid 42  up 1m 30s\n"
            "config /etc/bpfcast/bpfcast.toml  bpf /sys/fs/bpf/bpfcast/default\n"
            "\n"
            "  ROLE        PORT  STATE  HOOK  RX PACKETS  TX PACKETS\n"
            "  upstream    wan0  up     xdp        1 234       5 678\n"
            "  downstream  lan1  up     xdp        1 234       5 678\n"
            "  downstream  lan2  up     xdp        1 234       5 678\n"
            "\n"
            "2 groups, 1 234 routes\n"
            "not forwarded: ttl 4\n");
}

TEST(StatusText, SaysThatTheKernelForwards) {
  Json status = StatusAnswer();
  status["bpffs"] = nullptr;
  EXPECT_THAT(StatusText(status),
              HasSubstr("config /etc/bpfcast/bpfcast.toml  the kernel's multicast routing forwards\n"));
}

TEST(StatusText, WarnsOfPortsThatWait) {
  Json status = StatusAnswer();
  status["downstreams"][0]["state"] = "waiting";
  status["downstreams"][0]["reason"] = "no IPv4 address";
  status["downstreams"][0]["hook"] = nullptr;
  EXPECT_THAT(StatusText(status), HasSubstr("worth a look:\n  lan1: waiting (no IPv4 address)\n"));
}

TEST(StatusText, WarnsOfAPortWithoutProgram) {
  Json status = StatusAnswer();
  status["downstreams"][0]["hook"] = nullptr;
  status["downstreams"][0]["hook_reason"] = "attach tc to lan1: Operation not permitted";
  EXPECT_THAT(StatusText(status),
              HasSubstr("  lan1: nothing is forwarded, no program is attached: attach tc to "
                        "lan1: Operation not permitted\n"));
}

TEST(StatusText, WarnsOfLostIgmpPackets) {
  Json status = StatusAnswer();
  status["upstream"]["igmp_overflows"] = 1200;
  EXPECT_THAT(StatusText(status), HasSubstr("  wan0: 1 200 IGMP and MLD packets were lost"));
}

TEST(StatusText, WarnsOfAnotherQuerier) {
  Json status = StatusAnswer();
  status["downstreams"][1]["ipv4"]["querier"] = {
      {"role", "other"}, {"address", "192.0.2.1"}, {"expires_s", 245.0}, {"version", 3}};
  EXPECT_THAT(StatusText(status),
              HasSubstr("  lan2: 192.0.2.1 is the querier; it is given up when it is silent "
                        "for 4m 5s\n"));
}

TEST(StatusText, WarnsOfAnOlderVersionUpstream) {
  Json status = StatusAnswer();
  status["upstream"]["ipv4"]["host"] = {{"version", 2}, {"expires_s", 240.0}};
  EXPECT_THAT(StatusText(status), HasSubstr("  wan0: speaks IGMPv2 upstream"));
}

TEST(StatusText, WarnsOfMldVersion1Upstream) {
  Json status = StatusAnswer();
  status["upstream"]["ipv6"]["host"] = {{"version", 1}, {"expires_s", 240.0}};
  EXPECT_THAT(StatusText(status), HasSubstr("  wan0: speaks MLDv1 upstream"));
}

TEST(StatusText, TC_73_WarnsOfAFamilyThatWaitsWhileTheOtherWorks) {
  Json status = StatusAnswer();
  status["downstreams"][0]["ipv4"]["state"] = "waiting";
  status["downstreams"][0]["ipv4"]["reason"] = "no IPv4 address";
  EXPECT_THAT(StatusText(status), HasSubstr("worth a look:\n  lan1: no IGMPv3: no IPv4 address\n"));
}

TEST(StatusText, DoesNotWarnOfAFamilyThatIsOff) {
  Json status = StatusAnswer();
  status["downstreams"][0]["ipv6"]["state"] = "off";
  status["downstreams"][0]["ipv6"]["reason"] = "no IPv6 address";
  EXPECT_THAT(StatusText(status), Not(HasSubstr("worth a look")));
}

TEST(StatusText, TellsHowMuchOfItIsIpv6) {
  Json status = StatusAnswer();
  status["ipv6"] = {{"groups", 1}, {"routes", 4}};
  EXPECT_THAT(StatusText(status), HasSubstr("\n2 groups (1 of IPv6), 1 234 routes (4 of IPv6)\n"));
}

}  // namespace
}  // namespace bpfcast
