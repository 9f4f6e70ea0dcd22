#include "base/sysctl_name.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(SysctlName, ADotInTheNameOfAnInterfaceIsNoSlash) {
  EXPECT_EQ(SysctlName("ipv4", "lan1", "rp_filter"), "net.ipv4.conf.lan1.rp_filter");
  EXPECT_EQ(SysctlName("ipv6", "wan.35", "forwarding"), "net/ipv6/conf/wan.35/forwarding");
}

}  // namespace
}  // namespace bpfcast
