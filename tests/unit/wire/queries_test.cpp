// Queries of both families.
#include <gmock/gmock.h>

#include "unit/wire/family_packets.h"

namespace bpfcast::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

template <class F>
class Queries : public testing::Test {
 protected:
  using P = Packets<F>;
  using Address = typename F::Address;

  static Octets Newest(const Address& group, const std::vector<Address>& sources = {}) {
    return P::QueryHead(100, group).Add(QueryRest(sources));
  }
  static Octets Older(const Address& group) { return P::QueryHead(100, group); }
  static ParsingOf<F> Parse(const Octets& message, const Address& to) {
    return {P::Send(message, {.destination = to}), P::Rules()};
  }
  static std::string Outcome(const Octets& message, const Address& to) {
    return Parse(message, to).Outcome();
  }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(Queries, BothFamilies);

TYPED_TEST(Queries, TA_03_SuppressionRobustnessAndIntervalAreRead) {
  using T = TestFixture;
  const auto query =
      T::Parse(T::P::QueryHead(100, {}).Add(QueryRest<typename T::Address>({}, 0x0f, 0x8f)), T::P::kAllNodes)
          .AsQuery();
  EXPECT_TRUE(query.suppress_router_processing);
  EXPECT_EQ(query.robustness, 7u);
  EXPECT_EQ(query.query_interval, seconds(248));
  EXPECT_TRUE(query.IsGeneral());
}

TYPED_TEST(Queries, TA_22_HugeSourceCountsAreNotBelieved) {
  using T = TestFixture;
  const auto lying =
      T::P::QueryHead(100, T::P::kSsmGroup).U8(2).U8(125).U16(0xffff).Address(T::P::S(1)).Address(T::P::S(2));
  EXPECT_EQ(T::Outcome(lying, T::P::kSsmGroup), "TRUNC");
}

TYPED_TEST(Queries, TA_22_ASourceListCutAnywhereIsNotThere) {
  using T = TestFixture;
  const Bytes whole = T::Newest(T::P::kSsmGroup, {T::P::S(1), T::P::S(2)}).bytes();
  const std::size_t head = T::Newest(T::P::kSsmGroup).bytes().size();
  for (std::size_t size = head; size < whole.size(); ++size) {
    EXPECT_EQ(T::Outcome(Octets().Add(Bytes(whole.data(), whole.data() + size)), T::P::kSsmGroup), "TRUNC")
        << size;
  }
  EXPECT_EQ(T::Outcome(Octets().Add(whole), T::P::kSsmGroup), "accepted");
}

TYPED_TEST(Queries, TA_24_SourcesWithoutAGroupAreDropped) {
  using T = TestFixture;
  EXPECT_EQ(T::Outcome(T::Newest({}, {T::P::S(1)}), T::P::kAllNodes), "QGROUP");
}

TYPED_TEST(Queries, TA_24_AQueryForAUnicastAddressIsDropped) {
  using T = TestFixture;
  for (const auto& message : {T::Newest(T::P::kUnicast), T::Older(T::P::kUnicast)}) {
    EXPECT_EQ(T::Outcome(message, T::P::kUnicast), "QGROUP");
    EXPECT_EQ(T::Outcome(message, T::P::kOwn), "QGROUP");
  }
}

TYPED_TEST(Queries, TA_27_SourcesThatNoHostCanHaveAreLeftOut) {
  using T = TestFixture;
  auto sources = T::P::BadSources();
  const std::size_t bad = sources.size();
  sources.push_back(T::P::S(1));
  const auto parsing = T::Parse(T::Newest(T::P::kSsmGroup, sources), T::P::kSsmGroup);
  EXPECT_THAT(parsing.AsQuery().sources, ElementsAre(T::P::S(1)));
  EXPECT_EQ(parsing.left_out[DropReason::kRecordSource], bad);
}

TYPED_TEST(Queries, A_48_AQueryLeftWithoutItsSourcesDoesNotAskForTheGroup) {
  using T = TestFixture;
  EXPECT_EQ(T::Outcome(T::Newest(T::P::kSsmGroup, T::P::BadSources()), T::P::kSsmGroup), "RECSRC");
}

TYPED_TEST(Queries, TA_44_ReservedBitsAreIgnored) {
  using T = TestFixture;
  const auto reserved = T::P::QueryHead(100, {}).Add(QueryRest<typename T::Address>({}, 0xf2));
  EXPECT_EQ(T::Parse(reserved, T::P::kAllNodes).AsQuery(),
            T::Parse(T::Newest({}), T::P::kAllNodes).AsQuery());
}

TYPED_TEST(Queries, TA_35_AGeneralQueryGoesToAllNodesOrToUs) {
  using T = TestFixture;
  for (const auto& message : {T::Newest({}), T::Older({})}) {
    EXPECT_EQ(T::Outcome(message, T::P::kAllNodes), "accepted");
    EXPECT_EQ(T::Outcome(message, T::P::kOwn), "accepted");
    EXPECT_EQ(T::Outcome(message, T::P::kAllRouters), "DST");
    EXPECT_EQ(T::Outcome(message, T::P::kReports), "DST");
    EXPECT_EQ(T::Outcome(message, T::P::kGroup), "DST");
    EXPECT_EQ(T::Outcome(message, T::P::kHost), "DST");
  }
}

TYPED_TEST(Queries, A_10_ASpecificQueryMayGoToAnyAddressOfTheInterface) {
  using T = TestFixture;
  for (const auto& message : {T::Newest(T::P::kGroup), T::Older(T::P::kGroup)}) {
    for (const auto& to : {T::P::kGroup, T::P::kOwn, T::P::kAllNodes, T::P::kAllRouters, T::P::kReports}) {
      EXPECT_EQ(T::Outcome(message, to), "accepted") << to.ToString();
    }
    EXPECT_EQ(T::Outcome(message, T::P::kOtherGroup), "DST");
    EXPECT_EQ(T::Outcome(message, T::P::kHost), "DST");
  }
}

}  // namespace
}  // namespace bpfcast::test
