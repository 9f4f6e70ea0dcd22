// What each host of a group wants: C-80.
#include "membership/tracked_hosts.h"

#include <optional>

#include "router_support.h"

namespace bpfcast {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

template <class F>
class TrackedHostsTest : public testing::Test {
 protected:
  using Address = typename F::Address;

  void Record(const Address& host, double at, RecordType type, std::initializer_list<unsigned> sources = {}) {
    hosts.OnRecord({type, Bed<F>::Group(), Sources<F>(sources)}, {host, Version::kV3}, At(at), At(at + 270),
                   max_hosts);
  }
  std::optional<Time> WantedUntil(unsigned source) const {
    return hosts.WantedUntil(SourceSet<F>{Bed<F>::Source(source)}).front();
  }
  bool Wants(unsigned source) const { return WantedUntil(source).has_value(); }

  TrackedHosts<F> hosts;
  std::size_t max_hosts = 4;
  const Address h1 = Bed<F>::Host(1);
  const Address h2 = Bed<F>::Host(2);
};
TYPED_TEST_SUITE(TrackedHostsTest, BothFamilies);

TYPED_TEST(TrackedHostsTest, EveryRecordTypeOfAHostInIncludeMode) {
  this->Record(this->h1, 0, RecordType::kAllow, {1});
  this->Record(this->h1, 1, RecordType::kIsIn, {2});  // may answer for some sources only
  EXPECT_TRUE(this->Wants(1) && this->Wants(2));
  EXPECT_FALSE(this->Wants(3));
  this->Record(this->h1, 2, RecordType::kBlock, {1});
  EXPECT_FALSE(this->Wants(1));
  this->Record(this->h1, 3, RecordType::kToEx, {2});
  EXPECT_TRUE(this->Wants(1) && this->Wants(3));
  EXPECT_FALSE(this->Wants(2));
  this->Record(this->h1, 4, RecordType::kToIn, {5});
  this->Record(this->h1, 4, RecordType::kToIn, {6});  // the rest of a list too long for one packet
  EXPECT_TRUE(this->Wants(5) && this->Wants(6));
  EXPECT_FALSE(this->Wants(1));
  EXPECT_FALSE(this->hosts.ExcludeUntil().has_value());
  this->Record(this->h1, 5, RecordType::kToIn);
  EXPECT_TRUE(this->hosts.empty());
}

TYPED_TEST(TrackedHostsTest, EveryRecordTypeOfAHostInExcludeMode) {
  this->Record(this->h1, 0, RecordType::kIsEx, {1, 2});
  EXPECT_FALSE(this->Wants(1));
  this->Record(this->h1, 1, RecordType::kAllow, {1});
  this->Record(this->h1, 2, RecordType::kIsIn, {2});  // an answer to Q(G,A): the mode is as it was
  this->Record(this->h1, 3, RecordType::kBlock, {3});
  EXPECT_TRUE(this->Wants(1) && this->Wants(2) && this->Wants(9));
  EXPECT_FALSE(this->Wants(3));
  EXPECT_EQ(this->hosts.ExcludeUntil(), At(273));
  this->Record(this->h1, 4, RecordType::kBlock, {1, 2});
  EXPECT_FALSE(this->hosts.empty());
}

TYPED_TEST(TrackedHostsTest, AHostThatIsNotKnownWantedNothing) {
  this->Record(this->h1, 0, RecordType::kBlock, {1});
  this->Record(this->h1, 0, RecordType::kToIn);
  this->Record(this->h1, 0, RecordType::kAllow);
  EXPECT_TRUE(this->hosts.empty());
  EXPECT_TRUE(this->hosts.IsComplete(At(0)));
}

TYPED_TEST(TrackedHostsTest, TheLastHostThatWantsASourceDecidesHowLong) {
  this->Record(this->h1, 0, RecordType::kAllow, {1, 2});
  this->Record(this->h2, 10, RecordType::kIsEx, {2});
  EXPECT_EQ(this->WantedUntil(1), At(280));
  EXPECT_EQ(this->WantedUntil(2), At(270));
}

TYPED_TEST(TrackedHostsTest, SilentHostsAreDroppedWhenTheNextRecordComes) {
  this->Record(this->h1, 0, RecordType::kIsEx);
  this->Record(this->h2, 200, RecordType::kIsEx);
  this->Record(this->h2, 270, RecordType::kIsEx);  // at the same instant packets go first
  EXPECT_THAT(this->hosts.List(), SizeIs(2));
  this->Record(this->h2, 270.001, RecordType::kIsEx);
  EXPECT_THAT(this->hosts.List(), SizeIs(1));
  EXPECT_FALSE(this->hosts.Knows(this->h1));
  this->Record(this->h1, 600, RecordType::kToIn);
  EXPECT_THAT(this->hosts.List(), IsEmpty());
}

TYPED_TEST(TrackedHostsTest, X_10_AHostWithoutRoomMakesTheListIncompleteForOneInterval) {
  for (unsigned n = 0; n < 4; ++n) this->Record(Bed<TypeParam>::Host(n), 0, RecordType::kIsEx);
  EXPECT_TRUE(this->hosts.IsComplete(At(0)));
  this->Record(Bed<TypeParam>::Host(9), 1, RecordType::kIsEx);
  this->Record(Bed<TypeParam>::Host(9), 2, RecordType::kIsEx);
  EXPECT_THAT(this->hosts.List(), SizeIs(4));
  EXPECT_FALSE(this->hosts.IsComplete(At(271.999)));
  EXPECT_TRUE(this->hosts.IsComplete(At(272)));
  // Those that are known have room, and leave it to others.
  this->Record(Bed<TypeParam>::Host(3), 3, RecordType::kIsEx);
  EXPECT_THAT(this->hosts.List(), SizeIs(4));
  this->Record(Bed<TypeParam>::Host(3), 4, RecordType::kToIn);
  this->Record(Bed<TypeParam>::Host(9), 5, RecordType::kIsEx);
  EXPECT_TRUE(this->hosts.Knows(Bed<TypeParam>::Host(9)));
}

TYPED_TEST(TrackedHostsTest, X_10_ListedSourcesAreLimitedAndTheHostWantsMoreAndNotLess) {
  this->max_hosts = 1;  // four sources
  this->Record(this->h1, 0, RecordType::kIsEx, {1, 2, 3, 4, 5});
  EXPECT_TRUE(this->Wants(1) && this->Wants(9));
  EXPECT_TRUE(this->hosts.IsComplete(At(0)));
  this->Record(this->h1, 1, RecordType::kToIn);
  this->Record(this->h1, 2, RecordType::kAllow, {1, 2, 3, 4});
  EXPECT_TRUE(this->Wants(4));
  EXPECT_TRUE(this->hosts.IsComplete(At(2)));
  this->Record(this->h1, 3, RecordType::kAllow, {5});
  EXPECT_TRUE(this->hosts.Knows(this->h1));
  EXPECT_FALSE(this->hosts.IsComplete(At(272.999)));
}

TYPED_TEST(TrackedHostsTest, X_10_TheRoomOfListsIsGivenBack) {
  this->max_hosts = 1;
  for (double at = 0; at < 1000; at += 100) {
    this->Record(this->h1, at, RecordType::kAllow, {1, 2, 3, 4});
    if (at < 500) this->Record(this->h1, at + 1, RecordType::kToIn);
    EXPECT_TRUE(this->hosts.IsComplete(At(at)));
  }
  this->Record(this->h2, 2000, RecordType::kAllow, {1, 2, 3, 4});  // h1 fell silent
  EXPECT_TRUE(this->hosts.IsComplete(At(2000)));
  EXPECT_TRUE(this->Wants(4));
}

TYPED_TEST(TrackedHostsTest, C_80_AHostWithoutAddressMakesTheListIncomplete) {
  this->Record({}, 0, RecordType::kIsEx);
  EXPECT_TRUE(this->hosts.empty());
  EXPECT_FALSE(this->hosts.IsComplete(At(269.999)));
  EXPECT_TRUE(this->hosts.IsComplete(At(270)));
}

TYPED_TEST(TrackedHostsTest, TheLastOfAllHostsDecidesForEachSource) {
  this->max_hosts = 8;
  this->Record(this->h1, 0, RecordType::kIsEx, {1});
  this->Record(this->h2, 10, RecordType::kIsEx, {1, 2});
  this->Record(Bed<TypeParam>::Host(3), 20, RecordType::kAllow, {3});
  this->Record(Bed<TypeParam>::Host(4), 5, RecordType::kAllow, {1, 3});
  const auto until = this->hosts.WantedUntil(SourceSet<TypeParam>(Sources<TypeParam>({1, 2, 3, 4})));
  EXPECT_THAT(until, testing::ElementsAre(At(275), At(270), At(290), At(280)));
  this->Record(Bed<TypeParam>::Host(4), 6, RecordType::kBlock, {1});
  EXPECT_FALSE(this->Wants(1));
}

}  // namespace
}  // namespace bpfcast
