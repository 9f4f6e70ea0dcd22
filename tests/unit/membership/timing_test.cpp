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

template <class F>
class MakeTimingTest : public testing::Test {
 protected:
  Timing Make(Version version = Version::kV3) {
    const auto timing = MakeTiming<F>(config, version, warnings);
    EXPECT_TRUE(timing.has_value()) << timing.error().message;
    return timing.value_or(Timing());
  }
  std::string Refusal(Version version = Version::kV3) {
    const auto timing = MakeTiming<F>(config, version, warnings);
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
TYPED_TEST_SUITE(MakeTimingTest, BothFamilies);

// What depends on the units of Max Resp Code: tenths of a second in IGMP, milliseconds in MLD.
using IgmpTiming = MakeTimingTest<Igmp>;
using MldTiming = MakeTimingTest<Mld>;

TYPED_TEST(MakeTimingTest, TB_01_ProfileDef) {
  this->ExpectDerived(270, 255, 31.25, 2, 260);
  EXPECT_EQ(this->Make(), DefaultTiming());
}

TYPED_TEST(MakeTimingTest, TB_01_ProfileRv3) {
  this->config.robustness = 3;
  this->ExpectDerived(395, 380, 31.25, 3, 385);
}

TYPED_TEST(MakeTimingTest, TB_01_ProfileFast) {
  this->config.query_interval = Seconds(5);
  this->config.query_response_interval = Seconds(1);
  this->config.last_member_query_interval = Seconds(0.2);
  this->ExpectDerived(12, 10.5, 1.25, 0.4, 11);
}

TYPED_TEST(MakeTimingTest, TB_01_ProfileTiny) {
  this->config.query_interval = Seconds(1);
  this->config.query_response_interval = Seconds(0.5);
  this->config.last_member_query_interval = Seconds(0.1);
  this->ExpectDerived(3, 2.25, 0.25, 0.2, 2.5);
}

TYPED_TEST(MakeTimingTest, B_06_B_07_B_09_WhatIsSetIsNotDerived) {
  this->config.last_member_query_count = 4;
  this->config.startup_query_count = 5;
  this->config.startup_query_interval = Seconds(3);
  this->config.unsolicited_report_interval = Seconds(0.25);
  const Timing timing = this->Make();
  EXPECT_EQ(timing.last_member_query_count, 4U);
  EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(4));
  EXPECT_EQ(timing.startup_query_count, 5U);
  EXPECT_EQ(timing.startup_query_interval, Seconds(3));
  EXPECT_EQ(timing.unsolicited_report_interval, Seconds(0.25));
}

TYPED_TEST(MakeTimingTest, TB_02_RobustnessZeroAndTooLargeAreRejected) {
  this->config.robustness = 0;
  EXPECT_THAT(this->Refusal(), AllOf(HasSubstr("robustness"), HasSubstr("0"), HasSubstr("1 to 255")));
  this->config.robustness = 256;
  EXPECT_THAT(this->Refusal(), HasSubstr("robustness 256"));
  this->config.robustness = 255;
  EXPECT_EQ(this->Make().robustness, 255U);
}

TYPED_TEST(MakeTimingTest, TB_02_RobustnessOneIsAWarning) {
  this->config.robustness = 1;
  EXPECT_EQ(this->Make().robustness, 1U);
  EXPECT_THAT(this->warnings, ElementsAre(HasSubstr("robustness 1")));
}

TYPED_TEST(MakeTimingTest, TB_02_TheResponseIntervalIsShorterThanTheQueryInterval) {
  this->config.query_response_interval = Seconds(125);
  EXPECT_THAT(this->Refusal(),
              AllOf(HasSubstr("query-response-interval 125s"), HasSubstr("query-interval 125s")));
  this->config.query_response_interval = Seconds(126);
  EXPECT_THAT(this->Refusal(), HasSubstr("query-response-interval 126s"));
}

TYPED_TEST(MakeTimingTest, TB_02_RoundingMayNotMakeThemEqual) {
  this->config.query_interval = Seconds(129);           // 128 on the wire
  this->config.query_response_interval = Seconds(128);  // 1280 tenths, exact
  EXPECT_THAT(this->Refusal(), HasSubstr("query-response-interval 128s"));
}

TEST_F(IgmpTiming, TB_02_V2CannotSayMoreThan25Seconds) {
  config.query_response_interval = Seconds(26);
  EXPECT_THAT(Refusal(Version::kV2),
              AllOf(HasSubstr("query-response-interval 26s"), HasSubstr("25.5s"), HasSubstr("IGMPv2")));
  config.query_response_interval = Seconds(25.5);
  EXPECT_EQ(Make(Version::kV2).query_response_interval, Seconds(25.5));
}

TYPED_TEST(MakeTimingTest, TB_02_QueryIntervalLimits) {
  this->config.query_interval = Seconds(31745);
  EXPECT_THAT(this->Refusal(), AllOf(HasSubstr("query-interval 31745s"), HasSubstr("31744s")));
  this->config.query_interval = Seconds(31744);
  EXPECT_EQ(this->Make().query_interval, Seconds(31744));
  this->config.query_interval = Seconds(0.999);
  EXPECT_THAT(this->Refusal(), AllOf(HasSubstr("query-interval 0.999s"), HasSubstr("1s")));
}

TEST_F(IgmpTiming, B_08_LastMemberQueryIntervalLimits) {
  config.last_member_query_interval = Seconds(0.05);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("last-member-query-interval 0.05s"), HasSubstr("0.1s")));
  config.last_member_query_interval = Seconds(3174.5);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("last-member-query-interval 3174.5s"), HasSubstr("3174.4s")));
  config.last_member_query_interval = Seconds(3174.4);
  EXPECT_EQ(Make().last_member_query_interval, Seconds(3174.4));
  config.last_member_query_interval = Seconds(25.6);
  EXPECT_THAT(Refusal(Version::kV2), HasSubstr("25.5s"));
}

TYPED_TEST(MakeTimingTest, CountsAndIntervalsOfZeroAreRejected) {
  this->config.last_member_query_count = 0;
  EXPECT_THAT(this->Refusal(), HasSubstr("last-member-query-count 0"));
  this->config = {};
  this->config.startup_query_count = 0;
  EXPECT_THAT(this->Refusal(), HasSubstr("startup-query-count 0"));
  this->config = {};
  this->config.startup_query_interval = Duration::zero();
  EXPECT_THAT(this->Refusal(), HasSubstr("startup-query-interval 0s"));
  this->config = {};
  this->config.unsolicited_report_interval = Duration::zero();
  EXPECT_THAT(this->Refusal(), HasSubstr("unsolicited-report-interval 0s"));
}

TYPED_TEST(MakeTimingTest, TB_03_LargeRobustness) {
  this->config.robustness = 9;
  EXPECT_EQ(this->Make().GroupMembershipInterval(), Seconds(1145));
}

TYPED_TEST(MakeTimingTest, TB_04_TheQueryIntervalIsTheOneOnTheWire) {
  this->config.query_interval = Seconds(300);
  const Timing timing = this->Make();
  EXPECT_EQ(timing.query_interval, Seconds(288));
  EXPECT_EQ(timing.GroupMembershipInterval(), Seconds(596));
  EXPECT_EQ(timing.startup_query_interval, Seconds(72));
  EXPECT_THAT(this->warnings, ElementsAre(AllOf(HasSubstr("query-interval 300s"), HasSubstr("288s"))));
}

TEST_F(IgmpTiming, TB_05_TheLastMemberQueryIntervalIsTheOneOnTheWire) {
  config.last_member_query_interval = Seconds(15);
  const Timing timing = Make();
  EXPECT_EQ(timing.last_member_query_interval, Seconds(14.4));
  EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(28.8));
}

TEST_F(IgmpTiming, A_63_V2IsLinear) {
  config.last_member_query_interval = Seconds(15);
  EXPECT_EQ(Make(Version::kV2).last_member_query_interval, Seconds(15));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(MldTiming, TB_02_MldV1CannotSayMoreThan65Seconds) {
  config.query_response_interval = Seconds(66);
  EXPECT_THAT(Refusal(Version::kV2),
              AllOf(HasSubstr("query-response-interval 66s"), HasSubstr("65.535s"), HasSubstr("MLDv1")));
  config.query_response_interval = Seconds(65.535);
  EXPECT_EQ(Make(Version::kV2).query_response_interval, Seconds(65.535));
}

TEST_F(MldTiming, B_08_LastListenerQueryIntervalLimits) {
  config.last_member_query_interval = Seconds(0.0005);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("last-member-query-interval 0.0005s"), HasSubstr("0.001s")));
  config.last_member_query_interval = Seconds(0.001);
  EXPECT_EQ(Make().last_member_query_interval, Seconds(0.001));
  config.last_member_query_interval = Seconds(8387.585);
  EXPECT_THAT(Refusal(), HasSubstr("8387.584s"));
  config.last_member_query_interval = Seconds(8387.584);
  EXPECT_EQ(Make().last_member_query_interval, Seconds(8387.584));
}

// 32775 ms are 0x8000, which is 32768 (A.5).
TEST_F(MldTiming, TB_05_TheLastListenerQueryIntervalIsTheOneOnTheWire) {
  config.last_member_query_interval = Seconds(32.775);
  const Timing timing = Make();
  EXPECT_EQ(timing.last_member_query_interval, Seconds(32.768));
  EXPECT_EQ(timing.LastMemberQueryTime(), Seconds(65.536));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("32.768s")));
}

TEST_F(MldTiming, A_63_MldV1IsLinear) {
  config.last_member_query_interval = Seconds(32.775);
  EXPECT_EQ(Make(Version::kV2).last_member_query_interval, Seconds(32.775));
  EXPECT_THAT(warnings, IsEmpty());
}

TYPED_TEST(MakeTimingTest, I_01_TheMembershipIntervalOfRfc3376) {
  this->config.membership_interval = MembershipInterval::kRfc3376;
  const Timing timing = this->Make();
  EXPECT_EQ(timing.GroupMembershipInterval(), Seconds(260));
  // The others do not depend on it.
  EXPECT_EQ(timing.OtherQuerierPresentInterval(), Seconds(255));
  EXPECT_EQ(timing.OlderHostPresentInterval(), Seconds(260));
}

}  // namespace
}  // namespace bpfcast
