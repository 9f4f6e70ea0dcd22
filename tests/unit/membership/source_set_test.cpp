#include "membership/source_set.h"

#include "router_support.h"

namespace bpfcast {
namespace {

template <class F>
class SourceSetTest : public testing::Test {};
TYPED_TEST_SUITE(SourceSetTest, BothFamilies);

TYPED_TEST(SourceSetTest, TA_28_DuplicatesAreOneSource) {
  const auto set = Set<TypeParam>({1, 1, 1});
  EXPECT_EQ(set.size(), 1U);
  EXPECT_EQ(set, Set<TypeParam>({1}));
}

TYPED_TEST(SourceSetTest, OrderDoesNotMatter) {
  EXPECT_EQ(Set<TypeParam>({3, 1, 2}), Set<TypeParam>({1, 2, 3}));
  EXPECT_EQ(Set<TypeParam>({3, 1, 2}).addresses(), Sources<TypeParam>({1, 2, 3}));
}

TYPED_TEST(SourceSetTest, TheAlgebraOfTheRfc) {
  const auto a = Set<TypeParam>({1, 2});
  const auto b = Set<TypeParam>({2, 3});
  EXPECT_EQ(a + b, Set<TypeParam>({1, 2, 3}));
  EXPECT_EQ(a * b, Set<TypeParam>({2}));
  EXPECT_EQ(a - b, Set<TypeParam>({1}));
  EXPECT_EQ(b - a, Set<TypeParam>({3}));
}

TYPED_TEST(SourceSetTest, TheEmptySet) {
  const SourceSet<TypeParam> none;
  const auto a = Set<TypeParam>({1, 2});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(a + none, a);
  EXPECT_EQ(a * none, none);
  EXPECT_EQ(a - none, a);
  EXPECT_EQ(none - a, none);
  EXPECT_EQ(a - a, none);
}

TYPED_TEST(SourceSetTest, Contains) {
  const auto a = Set<TypeParam>({1, 3});
  EXPECT_TRUE(a.Contains(Bed<TypeParam>::Source(1)));
  EXPECT_FALSE(a.Contains(Bed<TypeParam>::Source(2)));
  EXPECT_TRUE(a.Contains(Bed<TypeParam>::Source(3)));
}

}  // namespace
}  // namespace bpfcast
