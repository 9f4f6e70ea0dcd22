#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

TEST(PortsText, ShowsHookAndReasonQuerierAndTraffic) {
  EXPECT_EQ(
      PortsText({UpstreamAnswer("wan0"), DownstreamAnswer("lan1")}),
      "PORT  ROLE        STATE  ADDRESS       IGMP  QUERIER     RX  RX BYTES     TX  TX BYTES  DROPPED  "
      "REPORTS IN/OUT  QUERIES IN/OUT  IGMP DROPS  HOOK  REASON\n"
      "wan0  upstream    up     198.51.100.2  v3    -        1 234    1.5 MB  5 678    7.3 MB        9  "
      "          11/0           12/13           3  xdp   native XDP\n"
      "lan1  downstream  up     192.0.2.5     v3    us       1 234    1.5 MB  5 678    7.3 MB        9  "
      "          11/0           12/13           3  xdp   native XDP\n");
}

TEST(PortsText, AWaitingPortSaysWhy) {
  Json port = DownstreamAnswer("lan1");
  port["state"] = "waiting";
  port["reason"] = "no such interface";
  port["address"] = nullptr;
  port["hook"] = nullptr;
  port["querier"] = {{"role", "none"}, {"address", nullptr}, {"expires_s", nullptr}, {"version", 3}};
  EXPECT_THAT(PortsText(Json::array({port})), HasSubstr("waiting (no such interface)"));
}

TEST(PortsText, AnotherQuerierIsNamedWithItsTime) {
  Json port = DownstreamAnswer("lan1");
  port["querier"] = {{"role", "other"}, {"address", "192.0.2.1"}, {"expires_s", 245.0}, {"version", 3}};
  const std::string text = PortsText(Json::array({port}));
  EXPECT_THAT(text, HasSubstr("192.0.2.1 (4m 5s)"));
  EXPECT_THAT(text, Not(HasSubstr(" us ")));
}

TEST(PortsText, PacketsThatTheSocketLostAreAmongTheDrops) {
  Json port = DownstreamAnswer("lan1");
  port["igmp_overflows"] = 4000;
  EXPECT_THAT(PortsText(Json::array({port})), HasSubstr(" 4 003 "));
}

}  // namespace
}  // namespace bpfcast
