// B.1: the variables, what follows from them, and their limits.
#include "membership/timing.h"

#include <string>

#include "router_support.h"

namespace bpfcast {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MakeTimingTest : public testing::Test {
 protected:
  Timing Make(Version version = Version::kV3) {
    const auto timing = MakeTiming<Igmp>(config, version, warnings);
    EXPECT_TRUE(timing.has_value()) << timing.error().message;
    return timing.value_or(Timing());
  }
  std::string Refusal(Version version = Version::kV3) {
    const auto timing = MakeTiming<Igmp>(config, version, warnings);
    return timing ? "accepted" : timing.error().message;
  }
  void ExpectDerived(double gmi, double oqpi, double sqi, double lmqt, double ohpi) {
    const Timing timing = Make();
    EXPECT_EQ(timing.GroupMembershipInterval(), Seconds(gmi));
    EXPECT_EQ(timing.OtherQuerierPresentInterval(), Seconds(oqpi));
    EXPECT_EQ(timing.startup_query_interval, Seconds(sqi));
    EXPECT_EQ(timing.startup_query_count, config.robustness);
    EXPECT_EQ(timing.last_member_query_count, config.robustness);
    EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(lmqt));
    EXPECT_EQ(timing.OlderHostPresentInterval(), Seconds(ohpi));
    EXPECT_THAT(warnings, IsEmpty());
  }

  TimingConfig config;
  std::vector<std::string> warnings;
};

TEST_F(MakeTimingTest, TB_01_ProfileDef) {
  ExpectDerived(270, 255, 31.25, 2, 260);
  EXPECT_EQ(Make(), DefaultTiming());
}

TEST_F(MakeTimingTest, TB_01_ProfileRv3) {
  config.robustness = 3;
  ExpectDerived(395, 380, 31.25, 3, 385);
}

TEST_F(MakeTimingTest, TB_01_ProfileFast) {
  config.query_interval = Seconds(5);
  config.query_response_interval = Seconds(1);
  config.last_member_query_interval = Seconds(0.2);
  ExpectDerived(12, 10.5, 1.25, 0.4, 11);
}

TEST_F(MakeTimingTest, TB_01_ProfileTiny) {
  config.query_interval = Seconds(1);
  config.query_response_interval = Seconds(0.5);
  config.last_member_query_interval = Seconds(0.1);
  ExpectDerived(3, 2.25, 0.25, 0.2, 2.5);
}

TEST_F(MakeTimingTest, B_06_B_07_B_09_WhatIsSetIsNotDerived) {
  config.last_member_query_count = 4;
  config.startup_query_count = 5;
  config.startup_query_interval = Seconds(3);
  config.unsolicited_report_interval = Seconds(0.25);
  const Timing timing = Make();
  EXPECT_EQ(timing.last_member_query_count, 4U);
  EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(4));
  EXPECT_EQ(timing.startup_query_count, 5U);
  EXPECT_EQ(timing.startup_query_interval, Seconds(3));
  EXPECT_EQ(timing.unsolicited_report_interval, Seconds(0.25));
}

TEST_F(MakeTimingTest, TB_02_RobustnessZeroAndTooLargeAreRejected) {
  config.robustness = 0;
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("robustness"), HasSubstr("0"), HasSubstr("1 to 255")));
  config.robustness = 256;
  EXPECT_THAT(Refusal(), HasSubstr("robustness 256"));
  config.robustness = 255;
  EXPECT_EQ(Make().robustness, 255U);
}

TEST_F(MakeTimingTest, TB_02_RobustnessOneIsAWarning) {
  config.robustness = 1;
  EXPECT_EQ(Make().robustness, 1U);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("robustness 1")));
}

TEST_F(MakeTimingTest, TB_02_TheResponseIntervalIsShorterThanTheQueryInterval) {
  config.query_response_interval = Seconds(125);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("query-response-interval 125s"), HasSubstr("query-interval 125s")));
  config.query_response_interval = Seconds(126);
  EXPECT_THAT(Refusal(), HasSubstr("query-response-interval 126s"));
}

TEST_F(MakeTimingTest, TB_02_RoundingMayNotMakeThemEqual) {
  config.query_interval = Seconds(129);           // 128 on the wire
  config.query_response_interval = Seconds(128);  // 1280 tenths, exact
  EXPECT_THAT(Refusal(), HasSubstr("query-response-interval 128s"));
}

TEST_F(MakeTimingTest, TB_02_V2CannotSayMoreThan25Seconds) {
  config.query_response_interval = Seconds(26);
  EXPECT_THAT(Refusal(Version::kV2),
              AllOf(HasSubstr("query-response-interval 26s"), HasSubstr("25.5s"), HasSubstr("IGMPv2")));
  config.query_response_interval = Seconds(25.5);
  EXPECT_EQ(Make(Version::kV2).query_response_interval, Seconds(25.5));
}

TEST_F(MakeTimingTest, TB_02_QueryIntervalLimits) {
  config.query_interval = Seconds(31745);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("query-interval 31745s"), HasSubstr("31744s")));
  config.query_interval = Seconds(31744);
  EXPECT_EQ(Make().query_interval, Seconds(31744));
  config.query_interval = Seconds(0.999);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("query-interval 0.999s"), HasSubstr("1s")));
}

TEST_F(MakeTimingTest, B_08_LastMemberQueryIntervalLimits) {
  config.last_member_query_interval = Seconds(0.05);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("last-member-query-interval 0.05s"), HasSubstr("0.1s")));
  config.last_member_query_interval = Seconds(3174.5);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("last-member-query-interval 3174.5s"), HasSubstr("3174.4s")));
  config.last_member_query_interval = Seconds(3174.4);
  EXPECT_EQ(Make().last_member_query_interval, Seconds(3174.4));
  config.last_member_query_interval = Seconds(25.6);
  EXPECT_THAT(Refusal(Version::kV2), HasSubstr("25.5s"));
}

TEST_F(MakeTimingTest, CountsAndIntervalsOfZeroAreRejected) {
  config.last_member_query_count = 0;
  EXPECT_THAT(Refusal(), HasSubstr("last-member-query-count 0"));
  config = {};
  config.startup_query_count = 0;
  EXPECT_THAT(Refusal(), HasSubstr("startup-query-count 0"));
  config = {};
  config.startup_query_interval = Duration::zero();
  EXPECT_THAT(Refusal(), HasSubstr("startup-query-interval 0s"));
  config = {};
  config.unsolicited_report_interval = Duration::zero();
  EXPECT_THAT(Refusal(), HasSubstr("unsolicited-report-interval 0s"));
}

TEST_F(MakeTimingTest, TB_03_LargeRobustness) {
  config.robustness = 9;
  EXPECT_EQ(Make().GroupMembershipInterval(), Seconds(1145));
}

TEST_F(MakeTimingTest, TB_04_TheQueryIntervalIsTheOneOnTheWire) {
  config.query_interval = Seconds(300);
  const Timing timing = Make();
  EXPECT_EQ(timing.query_interval, Seconds(288));
  EXPECT_EQ(timing.GroupMembershipInterval(), Seconds(596));
  EXPECT_EQ(timing.startup_query_interval, Seconds(72));
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("query-interval 300s"), HasSubstr("288s"))));
}

TEST_F(MakeTimingTest, TB_05_TheLastMemberQueryIntervalIsTheOneOnTheWire) {
  config.last_member_query_interval = Seconds(15);
  const Timing timing = Make();
  EXPECT_EQ(timing.last_member_query_interval, Seconds(14.4));
  EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(28.8));
}

TEST_F(MakeTimingTest, A_63_V2IsLinear) {
  config.last_member_query_interval = Seconds(15);
  EXPECT_EQ(Make(Version::kV2).last_member_query_interval, Seconds(15));
  EXPECT_THAT(warnings, IsEmpty());
}

}  // namespace
}  // namespace bpfcast
