#include "base/address.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(Ipv4Address, TextIsParsedAndWritten) {
  for (const auto* text : {"0.0.0.0", "192.0.2.1", "239.1.2.3", "255.255.255.255"}) {
    const auto address = Ipv4Address::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
  EXPECT_EQ(Ipv4Address::Parse("192.0.2.1"), MakeIpv4(192, 0, 2, 1));
}

TEST(Ipv4Address, OtherTextIsRefused) {
  for (const auto* text :
       {"", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "+1.2.3.4",
        " 1.2.3.4", "1.2.3.4 ", "1..2.3", "a.b.c.d", "1.2.3.4294967297"}) {
    EXPECT_FALSE(Ipv4Address::Parse(text)) << text;
  }
}

TEST(Ipv4Address, ComparesAsANumberInNetworkOrder) {
  EXPECT_LT(MakeIpv4(9, 255, 255, 255), MakeIpv4(10, 0, 0, 0));
  EXPECT_LT(MakeIpv4(10, 0, 0, 1), MakeIpv4(192, 0, 0, 0));
}

TEST(Ipv4Address, MulticastIs224To239) {
  EXPECT_FALSE(MakeIpv4(223, 255, 255, 255).IsMulticast());
  EXPECT_TRUE(MakeIpv4(224, 0, 0, 0).IsMulticast());
  EXPECT_TRUE(MakeIpv4(239, 255, 255, 255).IsMulticast());
  EXPECT_FALSE(MakeIpv4(240, 0, 0, 0).IsMulticast());
}

TEST(Ipv6Address, TextIsWrittenAsRfc5952Asks) {
  struct Case {
    const char* text;
    const char* canonical;
  };
  for (const auto& [text, canonical] : {
           Case{"::", "::"},
           {"::1", "::1"},
           {"1::", "1::"},
           {"2001:0db8::0001", "2001:db8::1"},               // 4.1 leading zeros
           {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},        // 4.2.1 as short as possible
           {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2 not for one group
           {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // 4.2.3 the longest run
           {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // 4.2.3 the first of equals
           {"2001:DB8::A", "2001:db8::a"},                   // 4.3 lower case
           {"FF0E:0:0:0:0:0:0:1234", "ff0e::1234"},
           {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
           {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
           {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
       }) {
    const auto address = Ipv6Address::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), canonical);
    EXPECT_EQ(Ipv6Address::Parse(canonical), address);
  }
}

TEST(Ipv6Address, OtherTextIsRefused) {
  for (const auto* text :
       {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8",
        "12345::", "g::", "1:", ":1", "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "::-1"}) {
    EXPECT_FALSE(Ipv6Address::Parse(text)) << text;
  }
}

TEST(Ipv6Address, MulticastIsFf) {
  EXPECT_TRUE(Ipv6Address::Parse("ff02::1")->IsMulticast());
  EXPECT_FALSE(Ipv6Address::Parse("fe80::1")->IsMulticast());
}

TEST(Prefix, ContainsComparesTheLeadingBitsOnly) {
  const Prefix<Ipv4Address> twenty{MakeIpv4(10, 1, 16, 7), 20};
  EXPECT_TRUE(twenty.Contains(MakeIpv4(10, 1, 16, 0)));
  EXPECT_TRUE(twenty.Contains(MakeIpv4(10, 1, 31, 255)));
  EXPECT_FALSE(twenty.Contains(MakeIpv4(10, 1, 32, 0)));
  EXPECT_FALSE(twenty.Contains(MakeIpv4(10, 1, 15, 255)));
  EXPECT_EQ(twenty.ToString(), "10.1.16.7/20");
  EXPECT_TRUE((Prefix<Ipv4Address>{MakeIpv4(1, 2, 3, 4), 0}.Contains(MakeIpv4(255, 0, 0, 1))));
  const Prefix<Ipv4Address> host{MakeIpv4(1, 2, 3, 4)};
  EXPECT_TRUE(host.Contains(MakeIpv4(1, 2, 3, 4)));
  EXPECT_FALSE(host.Contains(MakeIpv4(1, 2, 3, 5)));
}

TEST(Prefix, FirstAndLastFillTheHostBits) {
  const Prefix<Ipv4Address> twenty{MakeIpv4(10, 1, 23, 7), 20};
  EXPECT_EQ(twenty.First(), MakeIpv4(10, 1, 16, 0));
  EXPECT_EQ(twenty.Last(), MakeIpv4(10, 1, 31, 255));
  EXPECT_EQ(twenty.WithoutHostBits(), (Prefix<Ipv4Address>{MakeIpv4(10, 1, 16, 0), 20}));
  const Prefix<Ipv4Address> all{MakeIpv4(1, 2, 3, 4), 0};
  EXPECT_EQ(all.First(), Ipv4Address());
  EXPECT_EQ(all.Last(), MakeIpv4(255, 255, 255, 255));
  const Prefix<Ipv6Address> host{*Ipv6Address::Parse("2001:db8::1"), 128};
  EXPECT_EQ(host.First(), host.address);
  EXPECT_EQ(host.Last(), host.address);
}

TEST(MulticastMac, F_30_LowBitsOfTheGroup) {
  const MacAddress expected{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
  EXPECT_EQ(MulticastMac(MakeIpv4(239, 129, 2, 3)), expected);
  EXPECT_EQ(MulticastMac(MakeIpv4(239, 1, 2, 3)), expected);
  EXPECT_EQ(MulticastMac(MakeIpv4(224, 1, 2, 3)), expected);
  EXPECT_EQ(MulticastMac(*Ipv6Address::Parse("ff0e::1234")), (MacAddress{0x33, 0x33, 0, 0, 0x12, 0x34}));
  EXPECT_EQ(MulticastMac(*Ipv6Address::Parse("ff3e::8000:1")), (MacAddress{0x33, 0x33, 0x80, 0, 0, 1}));
}

}  // namespace
}  // namespace bpfcast
