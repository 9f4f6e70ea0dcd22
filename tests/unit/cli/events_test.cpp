#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

TEST(EventsText, IsASentenceWhenThereAreNone) {
  EXPECT_EQ(EventsText(Json::array()), "no events: the datapath told of no packet lately\n");
}

TEST(EventsText, IsALineForEachEvent) {
  const auto events = Json::parse(R"([
      {"event": "rpf", "port": "lan1", "family": "ipv4", "group": "239.1.2.3", "source": "10.9.9.9",
       "mtu": null, "seconds_ago": 65.0},
      {"event": "too-big", "port": "wan0", "family": "ipv6", "group": "ff0e::1", "source": "2001:db8::1",
       "mtu": 1400, "seconds_ago": 0.5},
      {"event": "noroute", "port": "wan0", "family": "ipv4", "group": "239.9.9.9", "source": "10.0.0.1",
       "mtu": null, "seconds_ago": 0.1}])");
  EXPECT_EQ(EventsText(events),
            "  AGO  PORT  GROUP      SOURCE       WHAT\n"
            "1m 5s  lan1  239.1.2.3  10.9.9.9     dropped: the port takes no packets of this sender\n"
            " 0.5s  wan0  ff0e::1    2001:db8::1  larger than the MTU of an outgoing interface, 1400\n"
            " 0.1s  wan0  239.9.9.9  10.0.0.1     nobody wants it\n");
}

}  // namespace
}  // namespace bpfcast
