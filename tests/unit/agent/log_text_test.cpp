#include "agent/log_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Ipv4Address kRouter = MakeIpv4(192, 0, 2, 1);

TEST(LogText, YieldingSaysToWhomForHowLongAndTheWaysOut) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kYielded, kRouter, Version::kV3, 2, seconds(125)}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 is the querier now"), HasSubstr("a little more than 250 s"),
                    HasSubstr("give lan1 an address lower than 192.0.2.1"),
                    HasSubstr("forward-if-not-querier = true")));
}

TEST(LogText, AnOlderQuerierDoesNotSayHowLong) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kYielded, kRouter, Version::kV2, 0, {}}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 is the querier now"), Not(HasSubstr("0 s")),
                    HasSubstr("long enough")));
}

TEST(LogText, TakingOverNamesTheSilentRouter) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kTookOver, kRouter}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 fell silent"), HasSubstr("forwards IPv4 multicast to lan1")));
}

TEST(LogText, AnOlderQueryNamesTheVersionAndTheSetting) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kOlderQuery, kRouter, Version::kV2}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 sends IGMPv2 queries"), HasSubstr("older"),
                    HasSubstr("version = 2 for lan1"), HasSubstr("compat-querier")));
}

TEST(LogText, ANewerQueryNamesTheVersionAndTheSetting) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kNewerQuery, kRouter, Version::kV3}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 sends IGMPv3 queries"), HasSubstr("newer"),
                    HasSubstr("version = 3 for lan1")));
}

TEST(LogText, DifferentTimingNamesWhatWasHeardAndNothingElse) {
  EXPECT_THAT(
      Describe(LinkNotice<Igmp>{LinkEvent::kTimingDiffers, kRouter, Version::kV3, 3, seconds(60)}, "lan1"),
      AllOf(StartsWith("lan1: 192.0.2.1 "), HasSubstr("robustness 3 and query-interval 60 s")));
  EXPECT_THAT(
      Describe(LinkNotice<Igmp>{LinkEvent::kTimingDiffers, kRouter, Version::kV3, 0, seconds(60)}, "lan1"),
      AllOf(HasSubstr("query-interval 60 s"), Not(HasSubstr("robustness"))));
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kTimingDiffers, kRouter, Version::kV3, 3, {}}, "lan1"),
              AllOf(HasSubstr("robustness 3"), Not(HasSubstr("query-interval"))));
}

TEST(LogText, MldIsNamedAndCountedByItsOwnNames) {
  const Ipv6Address router = *Ipv6Address::Parse("fe80::1");
  EXPECT_THAT(Describe(LinkNotice<Mld>{LinkEvent::kOlderQuery, router, Version::kV2}, "lan1"),
              AllOf(StartsWith("lan1: fe80::1 sends MLDv1 queries"), HasSubstr("mld-version = 1 for lan1")));
  EXPECT_THAT(
      Describe(LinkNotice<Mld>{LinkEvent::kYielded, router, Version::kV3, 2, seconds(125)}, "lan1"),
      AllOf(HasSubstr("forwards no IPv6 multicast to lan1"),
            HasSubstr("give lan1 a link-local address with a lower interface identifier than fe80::1")));
  EXPECT_THAT(Describe(LinkNotice<Mld>{LinkEvent::kOwnAddress, router}, "lan1"),
              StartsWith("lan1: MLD with one"));
}

TEST(LogText, ARefusedQueryNamesTheSender) {
  EXPECT_THAT(Describe(LinkNotice<Igmp>{LinkEvent::kForeignQuery, kRouter}, "lan1"),
              AllOf(StartsWith("lan1: queries from 192.0.2.1 are ignored"), HasSubstr("no router")));
}

TEST(LogText, ALoopNamesBothPortsAndWhatBecomesOfThem) {
  LoopNotice notice;
  EXPECT_THAT(Describe<Igmp>(notice, "lan1", "lan2"),
              AllOf(StartsWith("lan1 and lan2: each hears the IGMP"), HasSubstr("one segment"),
                    HasSubstr("no IPv4 multicast is forwarded on either")));
  notice.guard = LoopGuardMode::kNotice;
  EXPECT_THAT(Describe<Mld>(notice, "lan1", "lan2"),
              AllOf(StartsWith("lan1 and lan2: each hears the MLD"), Not(HasSubstr("no IPv6 multicast"))));
  notice.state = LoopNotice::State::kEnded;
  EXPECT_THAT(Describe<Mld>(notice, "lan1", "lan2"), Not(HasSubstr("forwarded")));
  notice.guard = LoopGuardMode::kBlock;
  EXPECT_THAT(Describe<Mld>(notice, "lan1", "lan2"), HasSubstr("IPv6 multicast is forwarded there again"));
}

}  // namespace
}  // namespace bpfcast
