#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

TEST(FlowsText, IsASentenceWhenThereAreNone) {
  EXPECT_EQ(FlowsText(Json::array()), "no flows: no multicast stream was seen lately\n");
}

TEST(FlowsText, IsALineForEachStreamAndADashWhereThereIsNothing) {
  Json unwanted = FlowAnswer();
  unwanted["group"] = "239.1.2.20";
  unwanted["ports"] = Json::array();
  unwanted["packets"] = 0;
  unwanted["bytes"] = 0;
  unwanted["dropped"] = 1500;
  unwanted["packets_per_s"] = 0;
  unwanted["bits_per_s"] = 0;
  unwanted["last_packet_s"] = 125.0;
  unwanted["arrival"] = nullptr;
  EXPECT_EQ(
      FlowsText({FlowAnswer(), unwanted}),
      "GROUP       SOURCE    FROM  TO         PACKETS   BYTES  DROPPED                      RATE       LAST\n"
      "239.1.2.3   10.0.0.1  wan0  lan1,lan2  123 456  162 MB        7  12.3 Mbit/s, 1 050 pkt/s   0.1s ago\n"
      "239.1.2.20  10.0.0.1  -     -                0     0 B    1 500                         -  2m 5s "
      "ago\n");
}

TEST(FlowsText, WhatFlowsNowComesTheFastestFirst) {
  Json silent = FlowAnswer();
  silent["packets_per_s"] = 0;
  silent["bits_per_s"] = 0;
  Json slow = FlowAnswer();
  slow["group"] = "239.0.0.1";
  slow["bits_per_s"] = 1000;
  Json fast = FlowAnswer();
  fast["group"] = "239.0.0.2";
  fast["bits_per_s"] = 5e6;
  const Json sorted = FastestFirst({silent, slow, fast});
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_EQ(sorted[0].at("group"), "239.0.0.2");
  EXPECT_EQ(sorted[1].at("group"), "239.0.0.1");
}

TEST(FlowsText, ManyPortsAreCounted) {
  Json flow = FlowAnswer();
  flow["ports"] = {"p1", "p2", "p3", "p4"};
  EXPECT_THAT(FlowsText(Json::array({flow})), HasSubstr(" p1,p2,p3,p4 "));
  flow["ports"] = {"p1", "p2", "p3", "p4", "p5", "p6"};
  EXPECT_THAT(FlowsText(Json::array({flow})), HasSubstr(" p1,p2,p3,p4 and 2 more "));
}

TEST(FlowsText, SocketsOfThisMachineTakeAStreamToo) {
  Json flow = FlowAnswer();
  flow["local"] = true;
  EXPECT_THAT(FlowsText(Json::array({flow})), HasSubstr(" lan1,lan2 and this machine "));
  flow["ports"] = Json::array();
  EXPECT_THAT(FlowsText(Json::array({flow})), HasSubstr(" this machine "));
}

}  // namespace
}  // namespace bpfcast
