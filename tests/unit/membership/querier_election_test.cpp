// Which router of a link is its querier: C-50..C-59.
#include <iostream>
#include <map>
#include <random>

#include "router_querier.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class QuerierElection : public QuerierBed<F> {
 protected:
  static typename F::Address Router(unsigned n) { return Bed<F>::Router(n); }
};
TYPED_TEST_SUITE(QuerierElection, BothFamilies);

class IgmpElection : public QuerierBed<Igmp> {};
class MldElection : public QuerierBed<Mld> {};

TYPED_TEST(QuerierElection, TC_62_ALowerRouterSilencesUsUntilItIsNotHeardAnyMore) {
  this->Start(-100);
  this->RunTo(0);
  this->sent.clear();
  this->HearQuery(this->Router(2), 10, this->General());
  EXPECT_EQ(this->querier->role(), RouterRole::kNonQuerier);
  EXPECT_EQ(this->querier->other_querier(), this->Router(2));
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(265));
  this->RunTo(264.999);
  EXPECT_THAT(this->GeneralQueryTimes(), IsEmpty());
  this->RunTo(600);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_FALSE(this->querier->other_querier().has_value());
  EXPECT_EQ(this->querier->OtherQuerierExpires(), kNever);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(265, 390, 515));
}

TYPED_TEST(QuerierElection, C_51_YieldingEndsTheStartupQueriesAndTakingOverDoesNotRepeatThem) {
  this->Start(0);
  this->HearQuery(this->Router(2), 10, this->General());
  this->RunTo(400);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 265, 390));
}

TYPED_TEST(QuerierElection, TC_63_AHigherRouterChangesNothing) {
  this->own = this->Router(1);
  this->Start(0);
  this->HearQuery(this->Router(9), 10, this->General());
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  this->RunTo(160);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 31.25, 156.25));
  EXPECT_THAT(this->told, IsEmpty());
}

TYPED_TEST(QuerierElection, TC_64_EveryQueryOfTheQuerierRestartsTheTimer) {
  this->Start(0);
  this->sent.clear();
  this->HearQuery(this->Router(2), 10, this->General());
  this->HearQuery(this->Router(2), 135, this->General());
  this->RunTo(389.999);
  EXPECT_THAT(this->sent, IsEmpty());
  this->RunTo(390);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(390));
}

TYPED_TEST(QuerierElection, C_53_AQueryAtTheInstantOfTheTakeoverPreventsIt) {
  this->Start(0);
  this->sent.clear();
  this->HearQuery(this->Router(2), 10, this->General());
  this->HearQuery(this->Router(2), 265, this->General());
  this->RunTo(300);
  EXPECT_EQ(this->querier->role(), RouterRole::kNonQuerier);
  EXPECT_THAT(this->sent, IsEmpty());
}

TYPED_TEST(QuerierElection, TC_67_TheQuerierShownIsTheLowestThatIsHeardAndTheTimerThatOfTheLast) {
  this->Start(0);
  this->sent.clear();
  this->HearQuery(this->Router(2), 10, this->General());
  this->HearQuery(this->Router(3), 200, this->General());
  this->HearQuery(this->Router(9), 250, this->General());
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(455));
  this->RunTo(264.999);
  EXPECT_EQ(this->querier->other_querier(), this->Router(2));
  this->RunTo(265);
  EXPECT_EQ(this->querier->other_querier(), this->Router(3));
  this->RunTo(454.999);
  EXPECT_EQ(this->querier->role(), RouterRole::kNonQuerier);
  EXPECT_THAT(this->sent, IsEmpty());
  this->RunTo(455);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(455));
}

TYPED_TEST(QuerierElection, C_53_ALowerQuerierReplacesALow) {
  this->Start(0);
  this->HearQuery(this->Router(3), 10, this->General());
  this->HearQuery(this->Router(2), 20, this->General());
  EXPECT_EQ(this->querier->other_querier(), this->Router(2));
  ASSERT_EQ(this->told.size(), 2U);
  EXPECT_EQ(this->told[0].notice.event, LinkEvent::kYielded);
  EXPECT_EQ(this->told[0].notice.router, this->Router(3));
  EXPECT_EQ(this->told[1].notice.event, LinkEvent::kYielded);
  EXPECT_EQ(this->told[1].notice.router, this->Router(2));
}

TYPED_TEST(QuerierElection, C_54_TransitionsAreTold) {
  this->Start(0);
  this->HearQuery(this->Router(2), 10, this->General());
  this->HearQuery(this->Router(2), 20, this->General());
  this->RunTo(300);
  this->HearQuery(this->Router(2), 310, this->General());
  ASSERT_EQ(this->told.size(), 3U);
  EXPECT_THAT(this->ToldTimes(LinkEvent::kYielded), ElementsAre(10, 310));
  EXPECT_THAT(this->ToldTimes(LinkEvent::kTookOver), ElementsAre(275));
  EXPECT_EQ(this->told[1].notice.router, this->Router(2));
}

TYPED_TEST(QuerierElection, C_54_ALateTakeoverKeepsTheGrid) {
  this->Start(0);
  this->HearQuery(this->Router(2), 10, this->General());
  QuerierEffects<TypeParam> late;
  this->querier->Expire(At(265.3), late);
  ASSERT_EQ(late.queries.size(), 1U);
  EXPECT_TRUE(late.queries[0].IsGeneral());
  EXPECT_EQ(this->querier->NextExpiry(), At(390));
}

TYPED_TEST(QuerierElection, TA_32_TheUnspecifiedAddressNeverWins) {
  this->Start(0);
  auto older = this->General(Version::kV2);
  this->HearQuery({}, 10, this->General());
  this->HearQuery({}, 11, older);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_EQ(this->querier->rules().version, Version::kV3);  // C-55: nothing else either
  EXPECT_THAT(this->told, IsEmpty());
  this->RunTo(160);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(0, 31.25, 156.25));
}

TYPED_TEST(QuerierElection, TC_68_AQueryFromOurOwnAddressIsIgnoredAndToldOnceAMinute) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(0);
  this->Hear(1, RecordType::kIsEx, group);
  for (double at = 10; at <= 130; at += 5) {
    this->HearQuery(this->own, at, this->General(Version::kV2));
    this->HearQuery(this->own, at, this->Specific(group));
  }
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_EQ(this->querier->rules().version, Version::kV3);
  EXPECT_EQ(this->querier->Find(group)->GroupTimer(), At(271));
  EXPECT_EQ(this->told.size(), 3U);
  EXPECT_THAT(this->ToldTimes(LinkEvent::kOwnAddress), ElementsAre(10, 70, 130));
  EXPECT_EQ(this->told[0].notice.router, this->own);
}

TYPED_TEST(QuerierElection, TC_71_AQuerySequenceIsFinishedAfterTheElectionIsLost) {
  const auto group = Bed<TypeParam>::Group();
  this->Start(-100);
  this->Hear(-50, RecordType::kIsEx, group);
  this->Hear(0, RecordType::kToIn, group);
  this->HearQuery(this->Router(2), 0.5, this->General());
  this->RunTo(1.999);
  EXPECT_THAT(this->SpecificQueries(), ElementsAre(Asked{0, 0, {}}, Asked{1, 0, {}}));
  EXPECT_NE(this->querier->Find(group), nullptr);
  this->RunTo(2);
  EXPECT_EQ(this->querier->Find(group), nullptr);
}

TYPED_TEST(QuerierElection, TC_72_ALowerAddressOfOursEndsTheReignOfTheOther) {
  this->Start(0);
  this->sent.clear();
  this->HearQuery(this->Router(2), 10, this->General());
  this->querier->SetAddress(this->Router(1));
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(265));
  this->HearQuery(this->Router(2), 135, this->General());  // does not win any more
  this->HearQuery(this->Router(2), 260, this->General());
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(265));
  this->RunTo(265);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(265));
  this->HearQuery(this->Router(2), 270, this->General());
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
}

TYPED_TEST(QuerierElection, C_58_AHigherAddressOfOursLosesToTheNextQuery) {
  this->own = this->Router(1);
  this->Start(0);
  this->HearQuery(this->Router(2), 10, this->General());
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  this->querier->SetAddress(this->Router(7));
  this->HearQuery(this->Router(2), 20, this->General());
  EXPECT_EQ(this->querier->role(), RouterRole::kNonQuerier);
}

TYPED_TEST(QuerierElection, X_01_AfterALinkFailureTheElectionStartsAgain) {
  this->Start(0);
  this->HearQuery(this->Router(2), 10, this->General(Version::kV2));
  this->Stop(20);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
  EXPECT_EQ(this->querier->NextExpiry(), kNever);
  this->sent.clear();
  QuerierEffects<TypeParam> out;
  this->querier->Start(At(30), out);
  ASSERT_EQ(out.queries.size(), 1U);
  EXPECT_EQ(out.queries[0].version, Version::kV3);
  this->RunTo(70);
  EXPECT_THAT(this->GeneralQueryTimes(), ElementsAre(61.25));
}

TYPED_TEST(QuerierElection, X_10_FloodsOfLowerRoutersNeitherGrowWithoutEndNorShortenTheTimer) {
  this->own = this->Router(200);
  this->Start(0);
  for (unsigned n = 199; n >= 2; --n) this->HearQuery(this->Router(n), 10, this->General());
  EXPECT_EQ(this->querier->other_querier(), this->Router(2));
  this->HearQuery(this->Router(199), 100, this->General());
  EXPECT_EQ(this->querier->OtherQuerierExpires(), At(355));
  this->RunTo(265);
  EXPECT_EQ(this->querier->other_querier(), this->Router(199));
  this->RunTo(355);
  EXPECT_EQ(this->querier->role(), RouterRole::kQuerier);
}

// The model knows when it heard each router last and nothing else.
TYPED_TEST(QuerierElection, C_53_RandomQueriesElectAsTheModelSays) {
  const std::uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  this->Start(0);
  std::map<unsigned, double> heard;  // routers lower than us
  double at = 0;
  for (int step = 0; step < 20000 && !this->HasFatalFailure(); ++step) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
    at += static_cast<double>(random() % (step % 4 == 0 ? 400 : 40));
    const unsigned router = static_cast<unsigned>(random() % 10);  // 0: the unspecified address
    const bool general = random() % 4 != 0;
    const auto query = general ? this->General() : this->Specific(Bed<TypeParam>::Group());
    this->HearQuery(router == 0 ? typename TypeParam::Address() : this->Router(router), at,
                    random() % 2 == 0 ? query : this->Suppressed(query));
    const bool elects = general || TypeParam::kSpecificQueriesElect;
    if (router > 0 && router < 5 && elects) heard[router] = at;
    std::erase_if(heard, [&](const auto& entry) { return entry.second + 255 < at; });
    if (random() % 2 == 0) {
      this->RunTo(at);  // timers of this instant too
      std::erase_if(heard, [&](const auto& entry) { return entry.second + 255 <= at; });
    } else if (std::any_of(heard.begin(), heard.end(), [&](const auto& e) { return e.second + 255 == at; })) {
      continue;  // due at this instant, after the packet
    }
    ASSERT_EQ(this->querier->role() == RouterRole::kQuerier, heard.empty());
    if (heard.empty()) continue;
    ASSERT_EQ(this->querier->other_querier(), this->Router(heard.begin()->first));
    double last = 0;
    for (const auto& [number, time] : heard) last = std::max(last, time);
    ASSERT_EQ(this->querier->OtherQuerierExpires(), At(last + 255));
  }
}

TEST_F(IgmpElection, TC_65_ASpecificQueryElectsNobodyInIgmp) {
  Start(0);
  HearQuery(Bed<Igmp>::Router(2), 10, Specific(Bed<Igmp>::Group()));
  EXPECT_EQ(querier->role(), RouterRole::kQuerier);
  // Nor does it restart the timer of the querier.
  HearQuery(Bed<Igmp>::Router(2), 20, General());
  HearQuery(Bed<Igmp>::Router(2), 100, Specific(Bed<Igmp>::Group()));
  EXPECT_EQ(querier->OtherQuerierExpires(), At(275));
}

TEST_F(IgmpElection, C_51_TheWholeAddressIsComparedAsANumber) {
  own = MakeIpv4(10, 0, 0, 200);
  Start(0);
  HearQuery(MakeIpv4(10, 0, 1, 1), 10, General());
  EXPECT_EQ(querier->role(), RouterRole::kQuerier);
  HearQuery(MakeIpv4(9, 255, 255, 255), 11, General());
  EXPECT_EQ(querier->role(), RouterRole::kNonQuerier);
}

TEST_F(MldElection, TC_66_AnyMldQueryElects) {
  Start(0);
  HearQuery(Bed<Mld>::Router(2), 10, Specific(Bed<Mld>::Group()));
  EXPECT_EQ(querier->role(), RouterRole::kNonQuerier);
  EXPECT_EQ(querier->OtherQuerierExpires(), At(265));
  HearQuery(Bed<Mld>::Router(2), 100, Specific(Bed<Mld>::Group(), {1}));
  EXPECT_EQ(querier->OtherQuerierExpires(), At(355));
}

TEST_F(MldElection, TC_66_TheInterfaceIdentifiersAreComparedAsNumbers) {
  own = *Ipv6Address::Parse("fe80::200:ff:fe00:2");
  Start(0);
  HearQuery(*Ipv6Address::Parse("fe80::8000:0:0:1"), 10, General());
  EXPECT_EQ(querier->role(), RouterRole::kQuerier);
  HearQuery(*Ipv6Address::Parse("fe80::1ff:ffff:ffff:ffff"), 11, General());
  EXPECT_EQ(querier->role(), RouterRole::kNonQuerier);
}

}  // namespace
}  // namespace bpfcast
