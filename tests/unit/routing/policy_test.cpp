// Conformance C-85: what an access list lets through of a report.
#include "routing/policy.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

template <class F>
struct PolicyAddresses;
template <>
struct PolicyAddresses<Igmp> {
  static Ipv4Address Open() { return MakeIpv4(239, 1, 2, 3); }
  static Ipv4Address Denied() { return MakeIpv4(239, 9, 9, 9); }
  static Prefix<Ipv4Address> DeniedRange() { return {MakeIpv4(239, 9, 0, 0), 16}; }
  static Ipv4Address S(std::uint8_t n) { return MakeIpv4(10, 0, 0, n); }
};
template <>
struct PolicyAddresses<Mld> {
  static Ipv6Address Open() { return *Ipv6Address::Parse("ff0e::1234"); }
  static Ipv6Address Denied() { return *Ipv6Address::Parse("ff0e:9::9"); }
  static Prefix<Ipv6Address> DeniedRange() { return {*Ipv6Address::Parse("ff0e:9::"), 32}; }
  static Ipv6Address S(std::uint8_t n) {
    auto bytes = Ipv6Address::Parse("2001:db8::")->bytes();
    bytes[15] = n;
    return Ipv6Address(bytes);
  }
};

/// TC-95: source 2 and group 239.9/16 are denied.
template <class F>
class PolicyTest : public testing::Test {
 protected:
  using A = PolicyAddresses<F>;
  using Address = typename F::Address;
  using Records = std::vector<GroupRecord<F>>;

  static AccessList<F> List() {
    AccessList<F> list;
    list.rules = {{Access::kDeny, A::DeniedRange(), {Address(), 0}},
                  {Access::kDeny, {Address(), 0}, {A::S(2), Address::kBits}}};
    return list;
  }
  static GroupRecord<F> Record(RecordType type, std::initializer_list<std::uint8_t> sources = {},
                               const Address& group = A::Open()) {
    GroupRecord<F> record{type, group, {}};
    for (const std::uint8_t n : sources) record.sources.push_back(A::S(n));
    return record;
  }
  Records Apply(const Records& records, Version version = Version::kV3) {
    const Report<F> out = ApplyAccess(List(), Report<F>{version, records}, drops);
    EXPECT_EQ(out.version, version);
    return out.records;
  }
  std::uint64_t refused() const { return drops[DropReason::kPolicy]; }

  DropCounters drops;
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(PolicyTest, BothFamilies);

TYPED_TEST(PolicyTest, TC_95_DeniedSourcesAreRemovedAndDeniedGroupsIgnored) {
  using T = TestFixture;
  const auto out =
      this->Apply({T::Record(RecordType::kAllow, {1, 2}), T::Record(RecordType::kToEx, {}, T::A::Denied())});
  EXPECT_EQ(out, typename T::Records{T::Record(RecordType::kAllow, {1})});
  EXPECT_EQ(this->refused(), 2u);
}

TYPED_TEST(PolicyTest, C_85_ExcludeModeNeedsPermissionForTheGroup) {
  using T = TestFixture;
  for (const RecordType type : {RecordType::kIsEx, RecordType::kToEx}) {
    EXPECT_TRUE(this->Apply({T::Record(type, {1}, T::A::Denied())}).empty());
    const typename T::Records open{
        T::Record(type, {2})};  // not all sources of it: rules on sources do not matter
    EXPECT_EQ(this->Apply(open), open);
  }
  EXPECT_EQ(this->refused(), 2u);
}

TYPED_TEST(PolicyTest, C_85_ReportsOfOlderVersionsNeedPermissionAndLeavesDoNot) {
  using T = TestFixture;
  EXPECT_TRUE(this->Apply({T::Record(RecordType::kIsEx, {}, T::A::Denied())}, Version::kV2).empty());
  EXPECT_EQ(this->refused(), 1u);
  const typename T::Records leave{T::Record(RecordType::kToIn, {}, T::A::Denied())};
  EXPECT_EQ(this->Apply(leave, Version::kV2), leave);
  EXPECT_EQ(this->refused(), 1u);
}

TYPED_TEST(PolicyTest, C_85_ARecordThatAsksForNothingElseIsDropped) {
  using T = TestFixture;
  for (const RecordType type : {RecordType::kIsIn, RecordType::kAllow}) {
    EXPECT_TRUE(this->Apply({T::Record(type, {2})}).empty());
    EXPECT_TRUE(this->Apply({T::Record(type, {1, 3}, T::A::Denied())}).empty());
  }
  EXPECT_EQ(this->refused(), 6u) << "each source counts";
}

TYPED_TEST(PolicyTest, C_85_ToInLosesSourcesAndStaysALeave) {
  using T = TestFixture;
  EXPECT_EQ(this->Apply({T::Record(RecordType::kToIn, {2, 3})}),
            typename T::Records{T::Record(RecordType::kToIn, {3})});
  EXPECT_EQ(this->Apply({T::Record(RecordType::kToIn, {1}, T::A::Denied())}),
            (typename T::Records{T::Record(RecordType::kToIn, {}, T::A::Denied())}));
  EXPECT_EQ(this->refused(), 2u);
}

TYPED_TEST(PolicyTest, C_85_BlockOnlyEndsWhatWasPermitted) {
  using T = TestFixture;
  const typename T::Records block{T::Record(RecordType::kBlock, {1, 2}),
                                  T::Record(RecordType::kBlock, {1}, T::A::Denied())};
  EXPECT_EQ(this->Apply(block), block);
  EXPECT_EQ(this->refused(), 0u);
}

TYPED_TEST(PolicyTest, C_85_TheOtherRecordsOfAReportKeepTheirOrder) {
  using T = TestFixture;
  EXPECT_EQ(this->Apply({T::Record(RecordType::kAllow, {3}), T::Record(RecordType::kIsEx, {}, T::A::Denied()),
                         T::Record(RecordType::kBlock, {1}), T::Record(RecordType::kAllow, {2})}),
            (typename T::Records{T::Record(RecordType::kAllow, {3}), T::Record(RecordType::kBlock, {1})}));
}

TYPED_TEST(PolicyTest, C_85_WithoutAListEverythingPasses) {
  using T = TestFixture;
  const typename T::Records records{T::Record(RecordType::kAllow, {1, 2}), T::Record(RecordType::kIsIn),
                                    T::Record(RecordType::kToEx, {}, T::A::Denied())};
  const auto out = ApplyAccess({}, Report<TypeParam>{Version::kV3, records}, this->drops);
  EXPECT_EQ(out.records, records);
  EXPECT_EQ(this->refused(), 0u);
}

TYPED_TEST(PolicyTest, C_85_AListThatPermitsNothingElseRefusesAll) {
  using T = TestFixture;
  AccessList<TypeParam> list;
  list.otherwise = Access::kDeny;
  const auto out =
      ApplyAccess(list, Report<TypeParam>{Version::kV3, {T::Record(RecordType::kToEx)}}, this->drops);
  EXPECT_TRUE(out.records.empty());
  EXPECT_EQ(this->refused(), 1u);
}

TYPED_TEST(PolicyTest, C_85_WhereSourcesAreAllowedAJoinOfTheWholeGroupIsRefused) {
  using T = TestFixture;
  AccessList<TypeParam> list;
  list.only_sources = Allowed<typename TypeParam::Address>({{T::A::S(1), TypeParam::Address::kBits}});
  const auto apply = [&](const GroupRecord<TypeParam>& record, Version version = Version::kV3) {
    return ApplyAccess(list, Report<TypeParam>{version, {record}}, this->drops).records;
  };
  EXPECT_TRUE(apply(T::Record(RecordType::kToEx)).empty());
  EXPECT_TRUE(apply(T::Record(RecordType::kIsEx, {}), Version::kV2).empty());
  EXPECT_EQ(this->refused(), 2u);
  EXPECT_EQ(apply(T::Record(RecordType::kAllow, {1, 2})),
            typename T::Records{T::Record(RecordType::kAllow, {1})});
  EXPECT_EQ(this->refused(), 3u);
}

TYPED_TEST(PolicyTest, EachRecordOfARefusedHostThatAsksForSomethingIsCountedAndNoted) {
  using T = TestFixture;
  RefusedHosts<TypeParam> refused;
  const auto host = T::A::S(7);
  const auto at = [](int seconds) { return Time(std::chrono::seconds(seconds)); };
  const auto report = [&](typename T::Records records, Time now) {
    RefuseHost(Report<TypeParam>{Version::kV3, std::move(records)}, host, now, refused, this->drops);
  };
  report({T::Record(RecordType::kToEx), T::Record(RecordType::kAllow, {1}, T::A::Denied()),
          T::Record(RecordType::kBlock, {1}), T::Record(RecordType::kIsIn)},
         at(10));
  EXPECT_EQ(this->refused(), 2u);
  EXPECT_FALSE(refused.Last(T::A::Open(), at(0))) << "BLOCK and IS_IN of nothing ask for nothing";
  ASSERT_TRUE(refused.Last(T::A::Denied(), at(10)));
  EXPECT_EQ(refused.Last(T::A::Denied(), at(10))->host, host);
  EXPECT_FALSE(refused.Last(T::A::Denied(), at(11)));
  report({T::Record(RecordType::kToIn, {}, T::A::Denied())}, at(12));
  EXPECT_FALSE(refused.Last(T::A::Denied(), at(0))) << "it does not want it any more";
  EXPECT_EQ(this->refused(), 2u);
}

TYPED_TEST(PolicyTest, OfRefusedHostsTheLastAreKept) {
  using T = TestFixture;
  RefusedHosts<TypeParam> refused;
  const auto nth = [](std::size_t n) { return T::A::S(static_cast<std::uint8_t>(n)); };
  for (std::size_t n = 0; n <= RefusedHosts<TypeParam>::kMost; ++n) {
    refused.OnRecord({RecordType::kToEx, nth(n), {}}, T::A::S(200), Time());
  }
  EXPECT_FALSE(refused.Last(nth(0), Time()));
  EXPECT_TRUE(refused.Last(nth(1), Time()));
  EXPECT_TRUE(refused.Last(nth(RefusedHosts<TypeParam>::kMost), Time()));
}

}  // namespace
}  // namespace bpfcast
