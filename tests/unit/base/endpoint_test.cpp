#include "base/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace bpfcast {
namespace {

using ::testing::HasSubstr;

TEST(Endpoint, IsAnAddressOfEitherFamilyWithAPort) {
  const auto ipv4 = Endpoint::Parse("127.0.0.1:9715");
  ASSERT_TRUE(ipv4);
  EXPECT_EQ(*ipv4, (Endpoint{MakeIpv4(127, 0, 0, 1), 9715}));
  EXPECT_EQ(ipv4->ToString(), "127.0.0.1:9715");
  const auto ipv6 = Endpoint::Parse("[0:0::1]:65535");
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(*ipv6, (Endpoint{*Ipv6Address::Parse("::1"), 65535}));
  EXPECT_EQ(ipv6->ToString(), "[::1]:65535");
  EXPECT_TRUE(Endpoint::Parse("0.0.0.0:1"));
  EXPECT_TRUE(Endpoint::Parse("[::]:1"));
}

TEST(Endpoint, SaysWhatIsWrongWithAnythingElse) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "'' is no IPv4 address"},
      {"9715", "'9715' is no IPv4 address"},
      {":9715", "'' is no IPv4 address"},
      {"localhost:9715", "'localhost' is no IPv4 address"},
      {"127.0.0.1", "the port is missing"},
      {"127.0.0.1:", "'' is no port: 1 to 65535"},
      {"127.0.0.1:0", "'0' is no port"},
      {"127.0.0.1:65536", "'65536' is no port"},
      {"127.0.0.1:-1", "'-1' is no port"},
      {"127.0.0.1:97 15", "'97 15' is no port"},
      {"127.0.0.1:http", "'http' is no port"},
      {"127.0.0.256:9715", "'127.0.0.256' is no IPv4 address"},
      {"::1:9715", "in brackets, as in [::1]:9715"},
      {"[::1]", "the port is missing"},
      {"[::1]9715", "the port is missing"},
      {"[::1:9715", "']' is missing"},
      {"[127.0.0.1]:9715", "'127.0.0.1' is no IPv6 address"},
      {"[fe80::1]:9715", "'fe80::1' is link-local and names no interface"},
      {"[fe80::1%eth0]:9715", "'fe80::1%eth0' is no IPv6 address"},
      {"239.1.2.3:9715", "that is a group"},
      {"[ff02::1]:9715", "that is a group"}};
  for (const auto& [text, why] : wrong) {
    const auto parsed = Endpoint::Parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(why)) << text;
  }
}

}  // namespace
}  // namespace bpfcast
