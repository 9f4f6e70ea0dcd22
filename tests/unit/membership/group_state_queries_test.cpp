// Specific queries and leave latency: C-30..C-38.
#include <algorithm>
#include <utility>

#include "router_group_state.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class GroupStateQueries : public GroupStateBed<F> {
 protected:
  using GroupStateBed<F>::asked;

  std::size_t QueriesFor(unsigned source) const {
    std::size_t count = 0;
    for (const Asked& query : asked) count += std::count(query.sources.begin(), query.sources.end(), source);
    return count;
  }
};
TYPED_TEST_SUITE(GroupStateQueries, BothFamilies);

TYPED_TEST(GroupStateQueries, TC_30_ALeaveAsksTwiceAndEndsAfterLastMemberQueryTime) {
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}));
  this->RunTo(1.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
  this->RunTo(100);
  EXPECT_EQ(this->asked.size(), 2U);
}

TYPED_TEST(GroupStateQueries, TC_31_RobustnessThreeAsksThreeTimes) {
  this->rules.timing.robustness = 3;
  this->rules.timing.last_member_query_count = 3;
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->RunTo(2.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}, Asked{2, 0, {}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(3);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TC_32_TheIntervalIsTheSpacingAndTheMaxResponseTime) {
  this->rules.timing.last_member_query_interval = Seconds(0.5);
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->RunTo(0.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{0.5, 0, {}}));
  for (const auto& query : this->queries) EXPECT_EQ(query.max_response_time, Seconds(0.5));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(1);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TB_05_ARoundedIntervalIsUsedByTheTimersToo) {
  this->rules.timing.last_member_query_interval = Seconds(14.4);
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->RunTo(28.799);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{14.4, 0, {}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(28.8);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TC_33_AnAnswerKeepsTheGroupAndTheRemainingQuerySaysS) {
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->Record(0.7, RecordType::kIsEx, {});
  EXPECT_EQ(this->state.GroupTimer(), At(270.7));
  this->RunTo(1);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{1, 1, {}}));
  this->RunTo(270.699);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_EQ(this->asked.size(), 2U);
}

TYPED_TEST(GroupStateQueries, TC_34_ASecondLeaveDoesNotPostponeTheEnd) {
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->Record(0.4, RecordType::kToIn, {});
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
  EXPECT_LE(this->asked.size(), 3U);
}

TYPED_TEST(GroupStateQueries, C_34_AFloodOfLeavesIsNoFloodOfQueries) {
  this->Record(-10, RecordType::kToEx, {});
  for (int i = 0; i < 1000; ++i) this->Record(i * 0.0019, RecordType::kToIn, {});
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
  EXPECT_LE(this->asked.size(), 4U);
}

TYPED_TEST(GroupStateQueries, C_34_ALeaveAfterAnAnswerStartsAgain) {
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  this->Record(0.5, RecordType::kIsEx, {});
  this->Record(0.75, RecordType::kToIn, {});
  this->RunTo(2.749);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{0.75, 0, {}}, Asked{1.75, 0, {}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2.75);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TB_11_LoweringNeverRaisesTheTimer) {
  this->Record(-268.8, RecordType::kIsEx, {});
  this->RunTo(0);
  ASSERT_NEAR(this->GroupTimerLeft(), 1.2, 1e-9);
  this->Record(0, RecordType::kToIn, {});
  EXPECT_EQ(this->state.GroupTimer(), At(1.2));
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}));
  this->RunTo(1.2);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, ARoundDueWhenTheGroupEndsIsNotSent) {
  this->Record(-269, RecordType::kIsEx, {});
  this->Record(0, RecordType::kToIn, {});  // 1 s left: the second query would be due at the end
  this->RunTo(100);
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}));
}

TYPED_TEST(GroupStateQueries, TC_35_ABlockedSourceIsAskedForTwiceAndEnds) {
  this->Record(0, RecordType::kAllow, {1, 2});
  this->Record(100, RecordType::kBlock, {1});
  this->RunTo(101.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{100, 0, {1}}, Asked{101, 0, {1}}));
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(102);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  EXPECT_EQ(this->SourceTimerLeft(2), 168);
  EXPECT_EQ(this->asked.size(), 2U);
}

TYPED_TEST(GroupStateQueries, TC_36_AnAnswerKeepsTheSourceAndTheRemainingQuerySaysS) {
  this->Record(0, RecordType::kAllow, {1, 2});
  this->Record(100, RecordType::kBlock, {1});
  this->Record(100.5, RecordType::kIsIn, {1});
  EXPECT_EQ(this->SourceTimerLeft(1), 270);
  this->RunTo(200);
  EXPECT_THAT(this->asked, ElementsAre(Asked{100, 0, {1}}, Asked{101, 1, {1}}));
  EXPECT_TRUE(this->Wants(1));
}

TYPED_TEST(GroupStateQueries, TC_37_ARoundSplitsIntoRefreshedAndLapsingSources) {
  this->Record(-10, RecordType::kAllow, {1, 2});
  this->Record(0, RecordType::kBlock, {1, 2});
  this->Record(0.5, RecordType::kIsIn, {1});
  this->RunTo(1);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {1, 2}}, Asked{1, 1, {1}}, Asked{1, 0, {2}}));
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(2));
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(2));
  EXPECT_TRUE(this->Wants(1));
  EXPECT_EQ(this->asked.size(), 3U);
}

TYPED_TEST(GroupStateQueries, TC_38_ASecondBlockDoesNotPostponeTheEnd) {
  this->Record(-10, RecordType::kAllow, {1, 2});
  this->Record(0, RecordType::kBlock, {1});
  this->Record(0.3, RecordType::kBlock, {1});
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_EQ(this->QueriesFor(1), 2U);
}

TYPED_TEST(GroupStateQueries, TC_39_OverlappingBlocksEachGetTheirQueriesAndTheirTime) {
  this->Record(-10, RecordType::kAllow, {1, 2, 3});
  this->Record(0, RecordType::kBlock, {1});
  this->Record(0.5, RecordType::kBlock, {2});
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_GE(this->QueriesFor(1), 2U);
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
  this->RunTo(2.499);
  EXPECT_TRUE(this->Wants(2));
  EXPECT_GE(this->QueriesFor(2), 2U);
  this->RunTo(2.5);
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({3}));
  for (const Asked& query : this->asked) {
    for (const unsigned source : query.sources) EXPECT_TRUE(source == 1 ? query.at < 2 : query.at >= 0.5);
  }
}

TYPED_TEST(GroupStateQueries, TC_40_ALeaveInExcludeAsksForGroupAndRequestedSources) {
  this->Record(-20, RecordType::kIsEx, {2});
  this->Record(-10, RecordType::kAllow, {1});
  this->Record(0, RecordType::kToIn, {});
  this->RunTo(1.999);
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{0, 0, {1}}, Asked{1, 0, {}}, Asked{1, 0, {1}}));
  EXPECT_TRUE(this->Wants(1));
  EXPECT_FALSE(this->Wants(2));
  EXPECT_TRUE(this->Wants(3));
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TC_41_TheSourceThatIsStillWantedIsNeverInterrupted) {
  this->Record(-10, RecordType::kIsEx, {});
  this->Record(0, RecordType::kToIn, {3});
  for (const double at : {0.0, 0.999, 1.0, 1.999, 2.0, 2.001, 269.999}) {
    this->RunTo(at);
    EXPECT_TRUE(this->Wants(3)) << at;
    EXPECT_EQ(this->Wants(4), at < 2) << at;
  }
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}));
  EXPECT_EQ(this->state.Membership(), Include<TypeParam>({3}));
}

TYPED_TEST(GroupStateQueries, TC_42_ANewlyExcludedSourceIsForwardedUntilNobodyAnswers) {
  this->Record(-120, RecordType::kIsEx, {});
  this->RunTo(0);
  ASSERT_EQ(this->GroupTimerLeft(), 150);
  this->Record(0, RecordType::kToEx, {1});
  EXPECT_EQ(this->GroupTimerLeft(), 270);
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {1}}, Asked{1, 0, {1}}));
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  EXPECT_EQ(this->state.GroupTimer(), At(270));
}

TYPED_TEST(GroupStateQueries, TC_43_FromIncludeToExcludeOthersFlowAtOnce) {
  this->Record(-10, RecordType::kAllow, {1});
  this->Record(0, RecordType::kToEx, {1});
  EXPECT_TRUE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {1}}));
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(2);
  EXPECT_FALSE(this->Wants(1));
  EXPECT_TRUE(this->Wants(2));
}

TYPED_TEST(GroupStateQueries, TC_45_MoreSourcesThanFitGoInSeveralQueriesOfOneRound) {
  std::vector<typename TypeParam::Address> sources;
  for (unsigned n = 1; n <= 400; ++n) sources.push_back(Bed<TypeParam>::Source(n));
  this->rules.max_sources_per_query = 366;
  this->Record(-10, RecordType::kAllow, sources);
  this->Record(0, RecordType::kBlock, sources);
  this->RunTo(1.999);
  ASSERT_EQ(this->asked.size(), 4U);
  for (std::size_t round = 0; round < 2; ++round) {
    const Asked& first = this->asked[round * 2];
    const Asked& second = this->asked[round * 2 + 1];
    EXPECT_EQ(first.at, static_cast<double>(round));
    EXPECT_EQ(second.at, static_cast<double>(round));
    EXPECT_EQ(first.sources.size(), 366U);
    EXPECT_EQ(second.sources.size(), 34U);
    EXPECT_EQ(first.s_flag + second.s_flag, 0U);
    EXPECT_EQ(first.sources.front(), 1U);
    EXPECT_EQ(second.sources.back(), 400U);
  }
  EXPECT_EQ(this->state.Requested().size(), 400U);
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
}

// C-35 lets the querier leave out the S=0 part of Q(G,A) beside a Q(G) with S=0. Whether or not it does, the
// outcome is that of the two apart.
TYPED_TEST(GroupStateQueries, TC_46_AGroupQueryBesideASourceQueryEndsBoth) {
  this->Record(-20, RecordType::kIsEx, {2});
  this->Record(-10, RecordType::kAllow, {1});
  this->Record(0, RecordType::kBlock, {1});
  this->Record(0, RecordType::kToIn, {});
  this->RunTo(1.999);
  EXPECT_TRUE(this->Wants(1));
  EXPECT_TRUE(this->Wants(3));
  EXPECT_FALSE(this->Wants(2));
  unsigned group_queries = 0;
  for (const Asked& query : this->asked) {
    EXPECT_EQ(query.s_flag, 0U);
    if (query.sources.empty()) ++group_queries;
  }
  EXPECT_EQ(group_queries, 2U);
  this->RunTo(2);
  EXPECT_TRUE(this->IsGone());
}

TYPED_TEST(GroupStateQueries, TC_47_FieldsOfSpecificQueries) {
  this->Record(-20, RecordType::kIsEx, {});
  this->Record(-10, RecordType::kAllow, {1});
  this->Record(0, RecordType::kToIn, {});
  ASSERT_EQ(this->queries.size(), 2U);
  for (const auto& query : this->queries) {
    EXPECT_EQ(query.version, Version::kV3);
    EXPECT_EQ(query.group, Bed<TypeParam>::Group());
    EXPECT_EQ(query.max_response_time, Seconds(1));
    EXPECT_EQ(query.robustness, 2U);
    EXPECT_EQ(query.query_interval, Seconds(125));
    EXPECT_FALSE(query.suppress_router_processing);
  }
  EXPECT_EQ(this->queries[1].sources, Sources<TypeParam>({1}));
}

TYPED_TEST(GroupStateQueries, TB_03_QrvIsSevenAtMost) {
  double at = 0;
  for (const auto& [robustness, qrv] : std::vector<std::pair<unsigned, unsigned>>{{7, 7}, {8, 0}, {9, 0}}) {
    this->rules.timing.robustness = robustness;
    this->state = GroupState<TypeParam>(Bed<TypeParam>::Group());
    this->Record(++at, RecordType::kToEx, {});
    this->Record(++at, RecordType::kToIn, {});
    ASSERT_FALSE(this->queries.empty());
    EXPECT_EQ(this->queries.back().robustness, qrv) << robustness;
  }
}

TYPED_TEST(GroupStateQueries, TC_48_EveryPacketOfTheLastMemberQueryTimeIsForwarded) {
  this->Record(-10, RecordType::kToEx, {});
  this->Record(0, RecordType::kToIn, {});
  int forwarded = 0;
  for (int ms = 0; ms < 3000; ++ms) {
    this->RunTo(ms / 1000.0);
    if (this->Wants(1)) ++forwarded;
  }
  EXPECT_EQ(forwarded, 2000);
}

TYPED_TEST(GroupStateQueries, C_56_ANonQuerierWaitsForTheGroupTimer) {
  this->rules.role = RouterRole::kNonQuerier;
  this->Record(0, RecordType::kToEx, {});
  this->Record(10, RecordType::kToIn, {});
  this->RunTo(269.999);
  EXPECT_TRUE(this->Wants(1));
  this->RunTo(270);
  EXPECT_TRUE(this->IsGone());
  EXPECT_THAT(this->asked, IsEmpty());
}

TYPED_TEST(GroupStateQueries, C_60_AnOlderVersionAsksForGroupsOnly) {
  this->rules.version = Version::kV2;
  this->Record(-20, RecordType::kIsEx, {});
  this->Record(-10, RecordType::kAllow, {1});
  this->Record(0, RecordType::kToIn, {});
  EXPECT_THAT(this->asked, ElementsAre(Asked{0, 0, {}}));
  EXPECT_EQ(this->queries[0].version, Version::kV2);
  EXPECT_EQ(this->queries[0].robustness, 0U);
  EXPECT_EQ(this->queries[0].query_interval, Duration::zero());
  EXPECT_EQ(this->SourceTimerLeft(1), 260);  // nobody is asked, so nothing is lowered
  this->Record(0.5, RecordType::kIsEx, {});
  this->RunTo(10);
  EXPECT_EQ(this->asked.size(), 1U);  // without an S flag the answered query is not repeated
}

}  // namespace
}  // namespace bpfcast
