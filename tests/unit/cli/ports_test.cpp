#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

TEST(PortsText, ShowsTrafficAndHookOfEachPortAndTheProtocolsOfBothFamilies) {
  EXPECT_EQ(PortsText({UpstreamAnswer("wan0"), DownstreamAnswer("lan1")}),
            "PORT  ROLE        STATE     RX  RX BYTES     TX  TX BYTES       DROPPED  HOOK  REASON\n"
            "wan0  upstream    up     1 234    1.5 MB  5 678    7.3 MB  9 (thr, mtu)  xdp   native XDP\n"
            "lan1  downstream  up     1 234    1.5 MB  5 678    7.3 MB  9 (thr, mtu)  xdp   native XDP\n"
            "\n"
            "PORT  SPEAKS  ADDRESS       QUERIER  REPORTS IN/OUT  QUERIES IN/OUT  DROPS  STATE\n"
            "wan0  IGMPv3  198.51.100.2  -                  11/0           12/13      3  up\n"
            "wan0  MLDv2   fe80::5       -                  11/0           12/13      3  up\n"
            "lan1  IGMPv3  192.0.2.5     us                 11/0           12/13      3  up\n"
            "lan1  MLDv2   fe80::5       us                 11/0           12/13      3  up\n");
}

TEST(PortsText, AWaitingPortSaysWhy) {
  Json port = DownstreamAnswer("lan1");
  port["state"] = "waiting";
  port["reason"] = "no such interface";
  port["hook"] = nullptr;
  port["ipv4"]["address"] = nullptr;
  port["ipv4"]["querier"] = {{"role", "none"}, {"address", nullptr}, {"expires_s", nullptr}, {"version", 3}};
  EXPECT_THAT(PortsText(Json::array({port})), HasSubstr("waiting (no such interface)"));
}

TEST(PortsText, AFamilyThatDoesNotWorkSaysWhy) {
  Json port = DownstreamAnswer("lan1");
  port["ipv4"]["state"] = "waiting";
  port["ipv4"]["reason"] = "no IPv4 address";
  port["ipv6"]["state"] = "off";
  port["ipv6"]["reason"] = "not configured";
  const std::string text = PortsText(Json::array({port}));
  EXPECT_THAT(text, HasSubstr("  waiting (no IPv4 address)\n"));
  EXPECT_THAT(text, HasSubstr("  off (not configured)\n"));
}

TEST(PortsText, AnotherQuerierIsNamedWithItsTime) {
  Json port = DownstreamAnswer("lan1");
  for (const char* family : {"ipv4", "ipv6"}) {
    port[family]["querier"] = {
        {"role", "other"}, {"address", "192.0.2.1"}, {"expires_s", 245.0}, {"version", 3}};
  }
  port["ipv6"]["querier"]["address"] = "fe80::1";
  const std::string text = PortsText(Json::array({port}));
  EXPECT_THAT(text, HasSubstr("192.0.2.1 (4m 5s)"));
  EXPECT_THAT(text, HasSubstr("fe80::1 (4m 5s)"));
  EXPECT_THAT(text, Not(HasSubstr(" us ")));
}

TEST(PortDropsText, NamesEachReasonOfAPortAndWhatItMeansTheMostFrequentFirst) {
  Json quiet = DownstreamAnswer("lan1");
  quiet["rx_drops"] = quiet["tx_drops"] = Json::object();
  EXPECT_EQ(PortDropsText({UpstreamAnswer("wan0"), quiet}),
            "PORT  PACKETS  REASON   MEANING\n"
            "wan0    1 040  noroute  passed on: from upstream, and no route\n"
            "wan0       17  ctrl     passed on: IGMP or MLD\n"
            "wan0        7  thr      copy dropped: TTL or hop limit not above the threshold of the port\n"
            "wan0        2  mtu      copy dropped: larger than the MTU of the port\n");
  EXPECT_EQ(PortDropsText(Json::array({quiet})),
            "every packet that arrived was forwarded, and every copy was sent\n");
}

}  // namespace
}  // namespace bpfcast
