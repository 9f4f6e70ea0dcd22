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

TEST(ProcNetIgmp, GivesTheGroupsOfEachInterface) {
  const LocalMemberships memberships = ParseProcNetIgmp(
      "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
      "1\tlo        :     1      V3\n"
      "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
      "12\teth0.100  :     3      V2\n"
      "\t\t\t\t0302EFEF     1 0:00000000\t\t1\n"
      "\t\t\t\tFB0000E0     1 1:0000002A\t\t0\n");
  EXPECT_THAT(memberships,
              ElementsAre(Pair(1u, ElementsAre(MakeIpv4(224, 0, 0, 1))),
                          Pair(12u, ElementsAre(MakeIpv4(239, 239, 2, 3), MakeIpv4(224, 0, 0, 251)))));
}

TEST(ProcNetIgmp, LinesThatMakeNoSenseAreLeftOut) {
  EXPECT_THAT(ParseProcNetIgmp(""), IsEmpty());
  EXPECT_THAT(ParseProcNetIgmp("\n\n\t\n \t \n"), IsEmpty());
  EXPECT_THAT(ParseProcNetIgmp("\t\t\t\t010000E0     1 0:00000000\t\t0\n"), IsEmpty());
  EXPECT_THAT(ParseProcNetIgmp("1\tlo : 1 V3\n\t\t\t\txyz\n\t\t\t\t010000E0FF\n\t\t\t\t0100"),
              ElementsAre(Pair(1u, ElementsAre(MakeIpv4(0, 1, 0, 0)))));
}

}  // namespace
}  // namespace bpfcast
