#include "os/local_memberships.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

static_assert(std::endian::native == std::endian::little,
              "the texts below are those of a little-endian machine");

TEST(ProcNetIgmp, GivesTheGroupsOfEachInterfaceAndHowManyJoinedThem) {
  using Member = LocalMember<Igmp>;
  const auto memberships = ParseLocalMemberships<Igmp>(
      "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
      "1\tlo        :     1      V3\n"
      "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
      "12\teth0.100  :     3      V2\n"
      "\t\t\t\t0302EFEF    14 0:00000000\t\t1\n"
      "\t\t\t\tFB0000E0     1 1:0000002A\t\t0\n");
  EXPECT_THAT(memberships, ElementsAre(Pair(1u, ElementsAre(Member{MakeIpv4(224, 0, 0, 1), 1})),
                                       Pair(12u, ElementsAre(Member{MakeIpv4(239, 239, 2, 3), 14},
                                                             Member{MakeIpv4(224, 0, 0, 251), 1}))));
}

TEST(ProcNetIgmp, LinesThatMakeNoSenseAreLeftOut) {
  EXPECT_THAT(ParseLocalMemberships<Igmp>(""), IsEmpty());
  EXPECT_THAT(ParseLocalMemberships<Igmp>("\n\n\t\n \t \n"), IsEmpty());
  EXPECT_THAT(ParseLocalMemberships<Igmp>("\t\t\t\t010000E0     1 0:00000000\t\t0\n"), IsEmpty());
  EXPECT_THAT(ParseLocalMemberships<Igmp>("1\tlo : 1 V3\n\t\t\t\txyz\n\t\t\t\t010000E0FF\n\t\t\t\t0100"),
              IsEmpty());
}

TEST(ProcNetIgmp6, GivesTheGroupsOfEachInterfaceAndHowManyJoinedThem) {
  using Member = LocalMember<Mld>;
  EXPECT_THAT(
      ParseLocalMemberships<Mld>("1    lo              ff020000000000000000000000000001     1 0000000C 0\n"
                                 "12   eth0.100        ff0e0000000000000000000000001234     2 00000004 0\n"
                                 "12   eth0.100        ff0200000000000000000001ff0a0b0c     1 00000004 0\n"),
      ElementsAre(Pair(1u, ElementsAre(Member{*Ipv6Address::Parse("ff02::1"), 1})),
                  Pair(12u, ElementsAre(Member{*Ipv6Address::Parse("ff0e::1234"), 2},
                                        Member{*Ipv6Address::Parse("ff02::1:ff0a:b0c"), 1}))));
}

TEST(ProcNetIgmp6, LinesThatMakeNoSenseAreLeftOut) {
  EXPECT_THAT(ParseLocalMemberships<Mld>(""), IsEmpty());
  EXPECT_THAT(ParseLocalMemberships<Mld>("\n \t \nx\n1\n1 lo\n"), IsEmpty());
  EXPECT_THAT(ParseLocalMemberships<Mld>("lo 1 ff020000000000000000000000000001 1 0000000C 0\n"
                                         "1 lo ff0200000000000000000000000001 1 0000000C 0\n"
                                         "1 lo ff02000000000000000000000000000g 1 0000000C 0\n"
                                         "1 lo ff02000000000000000000000000000100 1 0000000C 0\n"),
              IsEmpty());
}

TEST(LocalMembershipsOfThisMachine, AreRead) {
  EXPECT_TRUE(ReadLocalMemberships<Igmp>());
  EXPECT_TRUE(ReadLocalMemberships<Mld>()) << "also where the kernel has no IPv6";
}

}  // namespace
}  // namespace bpfcast
