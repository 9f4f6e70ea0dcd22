// The limit of what queries can make us remember; rules 3 to 5 are tested through Host.
#include "membership/pending_answer.h"

#include <gtest/gtest.h>

#include "host_bed.h"

namespace bpfcast {
namespace {

template <class F>
class PendingAnswerTest : public testing::Test {
 protected:
  using Bed = HostBed<F>;
  static constexpr unsigned kMax = PendingAnswer<F>::kMaxSources;
  static const MembershipRecord<F>& State() {
    static const MembershipRecord<F> state{FilterMode::kInclude, SourceSet<F>(Bed::ManySources(2))};
    return state;
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(PendingAnswerTest, BothFamilies);

TYPED_TEST(PendingAnswerTest, SourcesAreRememberedUpToTheLimit) {
  using Bed = typename TestFixture::Bed;
  auto sources = Bed::ManySources(TestFixture::kMax + 1);
  sources.erase(sources.begin());  // not the first one
  const PendingAnswer<TypeParam> answer(sources, Bed::At(1));
  EXPECT_EQ(answer.Record(Bed::G(), TestFixture::State()), Bed::Record(RecordType::kIsIn, {2}));
}

TYPED_TEST(PendingAnswerTest, BeyondTheLimitTheWholeRecordIsTheAnswer) {
  using Bed = typename TestFixture::Bed;
  auto sources = Bed::ManySources(TestFixture::kMax + 2);
  sources.erase(sources.begin());
  const PendingAnswer<TypeParam> at_once(sources, Bed::At(1));
  EXPECT_EQ(at_once.Record(Bed::G(), TestFixture::State()), Bed::Record(RecordType::kIsIn, {1, 2}));

  const auto last = sources.back();
  sources.pop_back();
  PendingAnswer<TypeParam> grown(sources, Bed::At(1));
  grown.Add({last}, Bed::At(2));
  EXPECT_EQ(grown.due(), Bed::At(1));
  EXPECT_EQ(grown.Record(Bed::G(), TestFixture::State()), Bed::Record(RecordType::kIsIn, {1, 2}));
}

TYPED_TEST(PendingAnswerTest, D_17_NoStateNoAnswer) {
  using Bed = typename TestFixture::Bed;
  EXPECT_FALSE(PendingAnswer<TypeParam>({}, Bed::At(1)).Record(Bed::G(), Bed::None()));
  EXPECT_FALSE(PendingAnswer<TypeParam>({Bed::S(1)}, Bed::At(1)).Record(Bed::G(), Bed::None()));
}

}  // namespace
}  // namespace bpfcast
