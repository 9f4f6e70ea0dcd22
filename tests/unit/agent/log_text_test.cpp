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
  EXPECT_THAT(Describe({LinkEvent::kYielded, kRouter, Version::kV3, 2, seconds(125)}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 is the querier now"), HasSubstr("a little more than 250 s"),
                    HasSubstr("give lan1 an address lower than 192.0.2.1"),
                    HasSubstr("forward-if-not-querier = true")));
}

TEST(LogText, AnOlderQuerierDoesNotSayHowLong) {
  EXPECT_THAT(Describe({LinkEvent::kYielded, kRouter, Version::kV2, 0, {}}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 is the querier now"), Not(HasSubstr("0 s")),
                    HasSubstr("long enough")));
}

TEST(LogText, TakingOverNamesTheSilentRouter) {
  EXPECT_THAT(Describe({LinkEvent::kTookOver, kRouter}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 fell silent"), HasSubstr("forwards to lan1")));
}

TEST(LogText, AnOlderQueryNamesTheVersionAndTheSetting) {
  EXPECT_THAT(Describe({LinkEvent::kOlderQuery, kRouter, Version::kV2}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 sends IGMPv2 queries"), HasSubstr("older"),
                    HasSubstr("version = 2 for lan1"), HasSubstr("compat-querier")));
}

TEST(LogText, ANewerQueryNamesTheVersionAndTheSetting) {
  EXPECT_THAT(Describe({LinkEvent::kNewerQuery, kRouter, Version::kV3}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 sends IGMPv3 queries"), HasSubstr("newer"),
                    HasSubstr("version = 3 for lan1")));
}

TEST(LogText, DifferentTimingNamesWhatWasHeardAndNothingElse) {
  EXPECT_THAT(Describe({LinkEvent::kTimingDiffers, kRouter, Version::kV3, 3, seconds(60)}, "lan1"),
              AllOf(StartsWith("lan1: 192.0.2.1 "), HasSubstr("robustness 3 and query-interval 60 s")));
  EXPECT_THAT(Describe({LinkEvent::kTimingDiffers, kRouter, Version::kV3, 0, seconds(60)}, "lan1"),
              AllOf(HasSubstr("query-interval 60 s"), Not(HasSubstr("robustness"))));
  EXPECT_THAT(Describe({LinkEvent::kTimingDiffers, kRouter, Version::kV3, 3, {}}, "lan1"),
              AllOf(HasSubstr("robustness 3"), Not(HasSubstr("query-interval"))));
}

}  // namespace
}  // namespace bpfcast
