#include "datapath/null_datapath.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(NullDatapath, RemembersUpdatesAndTheTableThatTheyMake) {
  NullDatapath datapath;
  const RouteKey<Igmp> first{Ipv4Address(), MakeIpv4(239, 1, 2, 3)};
  const RouteKey<Igmp> second{MakeIpv4(10, 0, 0, 1), MakeIpv4(239, 1, 2, 3)};
  const Route route{{PortId{1}}, {PortId{0}, PortId{1}}, false};
  ASSERT_TRUE(datapath.Apply({{first, route}, {second, route}}));
  ASSERT_TRUE(datapath.Apply({{first, std::nullopt}}));
  EXPECT_EQ(datapath.updates().size(), 2U);
  EXPECT_EQ(datapath.routes(), (NullDatapath::Routes{{second, route}}));
  ASSERT_TRUE(datapath.Sync({{first, route}}));
  EXPECT_EQ(datapath.routes(), (NullDatapath::Routes{{first, route}}));
  EXPECT_EQ(datapath.CountersOfRoutes()->size(), 1U);
}

}  // namespace
}  // namespace bpfcast
