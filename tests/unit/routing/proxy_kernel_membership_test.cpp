// A proxy whose kernel speaks upstream (D-30, D-35): it says nothing there and tells what is to be said.
#include <gmock/gmock.h>

#include "unit/routing/proxy_bed.h"

namespace bpfcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Type = RecordType;

template <class F>
class ProxyKernelMembership : public ProxyBed<F> {
 protected:
  using Bed = ProxyBed<F>;

  static ProxyConfig<F> MakeKernelConfig() {
    auto config = Bed::MakeConfig();
    config.upstream.membership = UpstreamMembership::kKernel;
    return config;
  }
  ProxyKernelMembership() : Bed(MakeKernelConfig()) {}

  /// Groups that were told after a report of a host on D1.
  std::vector<typename F::Address> ToldAfter(std::vector<GroupRecord<F>> records) {
    ProxyEffects<F> effects;
    this->proxy.OnPacket(Bed::kD1, Codec<F>::Serialize(Report<F>{Version::kV3, records}, Bed::kHost1).bytes,
                         this->now, effects);
    this->Take(effects);
    return effects.told;
  }
};
TYPED_TEST_SUITE(ProxyKernelMembership, BothFamilies);

TYPED_TEST(ProxyKernelMembership, D_30_TellsEachGroupWhoseMergedRecordChangedAndNoOther) {
  EXPECT_THAT(this->ToldAfter({this->Record(Type::kToEx)}), ElementsAre(this->kGroup));
  EXPECT_EQ(this->proxy.host().Told(this->kGroup), this->Exclude({}));
  EXPECT_THAT(this->ToldAfter({this->Record(Type::kIsEx)}), IsEmpty()) << "nothing changed";
  EXPECT_THAT(this->ToldAfter({this->Record(Type::kAllow, {this->S(1)}, this->kSsmGroup)}),
              ElementsAre(this->kSsmGroup));
  EXPECT_EQ(this->proxy.host().Told(this->kSsmGroup), this->Include({this->S(1)}));
}

TYPED_TEST(ProxyKernelMembership, D_30_SaysNothingUpstreamByItself) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(1);
  this->Hear(this->kU, this->kUpstreamRouter);
  this->Hear(this->kU, this->kUpstreamRouter, this->kGroup);
  this->AdvanceTo(20);
  this->Down(this->kU);
  this->Up(this->kU);
  this->AdvanceTo(40);
  ProxyEffects<TypeParam> effects;
  this->proxy.OnLocalLeaveUpstream(this->kGroup, this->now);
  this->proxy.Leave(effects);
  this->Take(effects);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty());
}

TYPED_TEST(ProxyKernelMembership, X_04_D_35_OwnReportsBeginWithEverythingAndEndWithoutAWord) {
  this->Reports(this->kD1, {this->Record(Type::kToEx)});
  this->AdvanceTo(5);
  auto config = this->MakeKernelConfig().upstream;
  config.membership = UpstreamMembership::kOwnReports;
  this->Configure(config);
  this->AdvanceTo(10);
  EXPECT_THAT(this->UpstreamRecords(), ElementsAre(this->Record(Type::kToEx)));
  this->Configure(this->MakeKernelConfig().upstream);
  this->AdvanceTo(20);
  EXPECT_THAT(this->UpstreamRecords(), IsEmpty()) << "the group is still wanted: a leave would interrupt it";
  EXPECT_THAT(this->ToldAfter({this->Record(Type::kToEx, {}, this->kOtherGroup)}),
              ElementsAre(this->kOtherGroup));
}

}  // namespace
}  // namespace bpfcast
