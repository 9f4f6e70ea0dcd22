#include <gtest/gtest.h>

#include "answers.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

Json Host(const std::string& address, int version, const std::string& mode, double reported, double expires) {
  return {{"address", address},
          {"version", version},
          {"mode", mode},
          {"last_report_s", reported},
          {"expires_s", expires}};
}

TEST(HostsText, IsASentenceWhenThereAreNone) {
  EXPECT_EQ(HostsText(Json::array()), "no hosts: none has reported a group on a downstream interface\n");
  Json nobody = GroupAnswer("239.1.2.3", "lan1");
  nobody["hosts"] = Json::array();
  EXPECT_EQ(HostsText(Json::array({nobody})),
            "no hosts: none has reported a group on a downstream interface\n");
}

TEST(HostsText, IsALineForEachHostAndGroupByPortHostAndGroup) {
  Json one = GroupAnswer("239.1.2.3", "lan2");
  one["hosts"] =
      Json::array({Host("192.0.2.10", 3, "exclude", 20, 240), Host("192.0.2.9", 2, "exclude", 70, 190)});
  Json two = GroupAnswer("232.1.1.1", "lan2");
  two["mode"] = "include";
  two["sources"] = {"10.0.0.1"};
  two["hosts"] = Json::array({Host("192.0.2.10", 3, "include", 5, 255)});
  Json other_port = GroupAnswer("239.1.2.3", "lan1");
  other_port["hosts"] = Json::array({Host("192.0.2.77", 3, "exclude", 1, 259)});
  EXPECT_EQ(HostsText(Json::array({one, two, other_port})),
            "PORT  HOST        GROUP      SPEAKS  MODE       REPORTED  EXPIRES  THE PORT GETS\n"
            "lan1  192.0.2.77  239.1.2.3  IGMPv3  exclude    1.0s ago   4m 19s  all\n"
            "lan2  192.0.2.9   239.1.2.3  IGMPv2  exclude  1m 10s ago   3m 10s  all\n"
            "lan2  192.0.2.10  232.1.1.1  IGMPv3  include    5.0s ago   4m 15s  only 10.0.0.1\n"
            "lan2  192.0.2.10  239.1.2.3  IGMPv3  exclude   20.0s ago    4m 0s  all\n");
}

TEST(HostsText, SaysWhyThePortGetsNothing) {
  Json group = GroupAnswer("239.1.2.3", "lan1");
  group["hosts"] = Json::array({Host("192.0.2.77", 3, "exclude", 1, 259)});
  group["withheld"] = "192.0.2.200 is the querier";
  EXPECT_EQ(HostsText(Json::array({group})),
            "PORT  HOST        GROUP      SPEAKS  MODE     REPORTED  EXPIRES  THE PORT GETS\n"
            "lan1  192.0.2.77  239.1.2.3  IGMPv3  exclude  1.0s ago   4m 19s  nothing (192.0.2.200 is the "
            "querier)\n");
}

}  // namespace
}  // namespace bpfcast
