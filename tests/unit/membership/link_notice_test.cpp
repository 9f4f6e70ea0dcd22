// whatever a network sends, the log stays readable.
#include "membership/link_notice.h"

#include "router_querier.h"

namespace bpfcast {
namespace {

TEST(NoticeLimitTest, X_14_EachEventOnceAMinute) {
  NoticeLimit limit;
  EXPECT_TRUE(limit.Admits(LinkEvent::kOlderQuery, At(0)));
  EXPECT_FALSE(limit.Admits(LinkEvent::kOlderQuery, At(59.999)));
  EXPECT_TRUE(limit.Admits(LinkEvent::kNewerQuery, At(30)));
  EXPECT_TRUE(limit.Admits(LinkEvent::kOlderQuery, At(60)));
  EXPECT_FALSE(limit.Admits(LinkEvent::kNewerQuery, At(89)));
}

template <class F>
class LinkNotices : public QuerierBed<F> {};
TYPED_TEST_SUITE(LinkNotices, BothFamilies);

TYPED_TEST(LinkNotices, TX_09_TenThousandTriggersInAMinuteAreToldOnceEach) {
  this->config.version = Version::kV3;
  this->Start(0);
  const auto reserved = *TypeParam::Address::Parse(std::is_same_v<TypeParam, Igmp> ? "232.0.0.7" : "ff3e::7");
  auto odd = this->General();
  odd.robustness = 5;
  for (unsigned n = 0; n < 10000; ++n) {
    const double at = 100 + n * 0.0059;
    this->HearQuery(Bed<TypeParam>::Router(9), at, this->General(Version::kV2));
    this->HearQuery(Bed<TypeParam>::Router(9), at, odd);
    this->HearQuery(this->own, at, this->General());
    this->Hear(at, RecordType::kAllow, reserved, {1});
    // Two routers that win in turn, as a forger could make it look.
    this->HearQuery(Bed<TypeParam>::Router(n % 2 == 0 ? 3 : 2), at, this->General());
  }
  for (const LinkEvent event : {LinkEvent::kOlderQuery, LinkEvent::kTimingDiffers, LinkEvent::kOwnAddress,
                                LinkEvent::kReservedGroup}) {
    EXPECT_EQ(this->ToldTimes(event).size(), 1U) << static_cast<int>(event);
  }
  EXPECT_LE(this->ToldTimes(LinkEvent::kYielded).size(), 2U);
}

TYPED_TEST(LinkNotices, TX_09_OnALinkOfAnOlderVersionToo) {
  this->config.version = Version::kV2;
  this->Start(0);
  for (unsigned n = 0; n < 10000; ++n) {
    this->HearQuery(Bed<TypeParam>::Router(9), 100 + n * 0.0059, this->General());
  }
  EXPECT_EQ(this->ToldTimes(LinkEvent::kNewerQuery).size(), 1U);
}

}  // namespace
}  // namespace bpfcast
