// Reports of the newest version, which both families lay out alike: ..A-48.
#include <gmock/gmock.h>

#include "unit/wire/family_packets.h"

namespace bpfcast::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class F>
class Records : public testing::Test {
 protected:
  using P = Packets<F>;
  using Address = typename F::Address;

  static ParsingOf<F> Parse(const Octets& message) { return {P::Send(message), P::Rules()}; }
  static ParsingOf<F> Parse(std::size_t count, const std::vector<Octets>& records) {
    Octets message = P::ReportHead(count);
    for (const Octets& record : records) message.Add(record.bytes());
    return Parse(message);
  }
  static GroupRecord<F> Record(RecordType type, const Address& group, std::vector<Address> sources = {}) {
    return {type, group, std::move(sources)};
  }
  static Octets ToEx() { return RecordOctets(RecordType::kToEx, P::kGroup); }
  static Octets Allow() { return RecordOctets(RecordType::kAllow, P::kSsmGroup, {P::S(1)}); }
};

using BothFamilies = testing::Types<Igmp, Mld>;
TYPED_TEST_SUITE(Records, BothFamilies);

TYPED_TEST(Records, TA_05_EveryTypeIsItself) {
  using T = TestFixture;
  for (unsigned type = 1; type <= 6; ++type) {
    const auto octets = RecordOctets({type, 2}, T::P::kSsmGroup, {T::P::S(1), T::P::S(2)});
    EXPECT_THAT(
        T::Parse(1, {octets}).AsReport().records,
        ElementsAre(T::Record(static_cast<RecordType>(type), T::P::kSsmGroup, {T::P::S(1), T::P::S(2)})));
  }
}

TYPED_TEST(Records, TA_14_A_41_EverySingleBitFlipFailsTheChecksum) {
  using T = TestFixture;
  const Bytes good = T::P::Send(T::P::ReportHead(1).Add(T::ToEx().bytes()));
  ASSERT_EQ(ParsingOf<TypeParam>(good, T::P::Rules()).Outcome(), "accepted");
  for (std::size_t bit = T::P::kEnvelope * 8; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
    EXPECT_EQ(ParsingOf<TypeParam>(bad, T::P::Rules()).Outcome(), "CSUM") << "bit " << bit;
  }
}

TYPED_TEST(Records, TA_16_ExtraOctetsCountInTheChecksumAndNowhereElse) {
  using T = TestFixture;
  const Octets message = T::P::ReportHead(1).Add(T::ToEx().bytes());
  EXPECT_THAT(T::Parse(Octets(message).Add(Hex("deadbeef"))).AsReport().records,
              ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup)));
  Bytes shorter = T::P::Send(message);
  shorter.erase(shorter.begin(), shorter.begin() + T::P::kEnvelope);
  const Bytes longer = T::P::SendAsIs(Octets().Add(shorter).Add(Hex("deadbeef")).bytes());
  EXPECT_EQ(ParsingOf<TypeParam>(longer, T::P::Rules()).Outcome(), "CSUM");
}

TYPED_TEST(Records, TA_18_AuxiliaryDataIsSkipped) {
  using T = TestFixture;
  const Octets with_aux = RecordOctets({4, 0, 2}, T::P::kGroup, {}, Bytes(8, 0xff));
  EXPECT_THAT(T::Parse(2, {with_aux, T::Allow()}).AsReport().records,
              ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup),
                          T::Record(RecordType::kAllow, T::P::kSsmGroup, {T::P::S(1)})));
}

TYPED_TEST(Records, TA_19_AuxiliaryDataThatIsNotThere) {
  using T = TestFixture;
  EXPECT_EQ(T::Parse(1, {RecordOctets({4, 0, 255}, T::P::kGroup)}).Outcome(), "TRUNC");
  EXPECT_EQ(T::Parse(1, {RecordOctets({4, 0, 1}, T::P::kGroup, {}, Bytes(3))}).Outcome(), "TRUNC");
}

TYPED_TEST(Records, TA_20_AnUnfinishedRecordDropsTheWholeReport) {
  using T = TestFixture;
  const auto parsing =
      T::Parse(2, {RecordOctets(RecordType::kAllow, T::P::kSsmGroup, {typename TypeParam::Address()}),
                   RecordOctets({5, 100}, T::P::kSsmGroup, {T::P::S(1)})});
  EXPECT_EQ(parsing.Outcome(), "TRUNC");
  EXPECT_EQ(parsing.LeftOut(), 0u) << "the bad source of the first record was counted";
}

TYPED_TEST(Records, TA_21_TheNumberOfRecordsRules) {
  using T = TestFixture;
  EXPECT_EQ(T::Parse(2, {T::ToEx()}).Outcome(), "TRUNC");
  EXPECT_THAT(T::Parse(0, {T::ToEx()}).AsReport().records, IsEmpty());
  EXPECT_THAT(T::Parse(0, {}).AsReport().records, IsEmpty());
  EXPECT_THAT(T::Parse(1, {T::ToEx(), T::Allow()}).AsReport().records,
              ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup)));
}

TYPED_TEST(Records, TA_21_ARecordCutAnywhereIsNotThere) {
  using T = TestFixture;
  const Bytes record = T::Allow().bytes();
  for (std::size_t size = 0; size < record.size(); ++size) {
    const auto cut = Octets().Add(Bytes(record.data(), record.data() + size));
    EXPECT_EQ(T::Parse(1, {cut}).Outcome(), "TRUNC") << size;
  }
}

TYPED_TEST(Records, TA_22_HugeCountsAreNotBelieved) {
  using T = TestFixture;
  EXPECT_EQ(T::Parse(1, {RecordOctets({5, 0xffff, 255}, T::P::kSsmGroup, {T::P::S(1)})}).Outcome(), "TRUNC");
  EXPECT_EQ(T::Parse(0xffff, {T::ToEx()}).Outcome(), "TRUNC");
}

TYPED_TEST(Records, TA_23_UnknownTypesAreSkipped) {
  using T = TestFixture;
  const auto parsing = T::Parse(5, {T::ToEx(), RecordOctets({0, 1}, T::P::kOtherGroup, {T::P::S(1)}),
                                    RecordOctets({7, 0}, T::P::kGroup),
                                    RecordOctets({255, 0, 1}, T::P::kOtherGroup, {}, Bytes(4)), T::Allow()});
  EXPECT_THAT(parsing.AsReport().records,
              ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup),
                          T::Record(RecordType::kAllow, T::P::kSsmGroup, {T::P::S(1)})));
  EXPECT_EQ(parsing.left_out[DropReason::kRecordType], 3u);
  EXPECT_EQ(parsing.LeftOut(), 3u);
}

TYPED_TEST(Records, TA_25_RecordsForUnicastAddressesAreLeftOut) {
  using T = TestFixture;
  const auto parsing = T::Parse(3, {RecordOctets(RecordType::kToEx, T::P::kUnicast), T::ToEx(),
                                    RecordOctets(RecordType::kToEx, typename TypeParam::Address())});
  EXPECT_THAT(parsing.AsReport().records, ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup)));
  EXPECT_EQ(parsing.left_out[DropReason::kGroup], 2u);
  EXPECT_EQ(parsing.LeftOut(), 2u);
}

TYPED_TEST(Records, TA_25_OlderReportsForUnicastAddressesHaveNoRecord) {
  using T = TestFixture;
  for (const Octets& message : {T::P::OldReport(T::P::kUnicast), T::P::OldLeave(T::P::kUnicast)}) {
    const auto parsing = T::Parse(message);
    EXPECT_THAT(parsing.AsReport().records, IsEmpty());
    EXPECT_EQ(parsing.left_out[DropReason::kGroup], 1u);
  }
}

TYPED_TEST(Records, TA_26_GroupsOfTheLinkAreLeftOut) {
  using T = TestFixture;
  for (const auto& group : T::P::LinkLocalGroups()) {
    const auto newest = T::Parse(2, {RecordOctets(RecordType::kToEx, group), T::ToEx()});
    EXPECT_THAT(newest.AsReport().records, ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup)));
    EXPECT_EQ(newest.left_out[DropReason::kScope], 1u) << group.ToString();
    const ParsingOf<TypeParam> older(T::P::Send(T::P::OldReport(group), {.destination = group}),
                                     T::P::Rules());
    EXPECT_THAT(older.AsReport().records, IsEmpty());
    EXPECT_EQ(older.left_out[DropReason::kScope], 1u) << group.ToString();
  }
}

TYPED_TEST(Records, TA_27_SourcesThatNoHostCanHaveAreLeftOut) {
  using T = TestFixture;
  auto sources = T::P::BadSources();
  const std::size_t bad = sources.size();
  sources.insert(sources.begin() + 1, T::P::S(1));
  const auto parsing = T::Parse(1, {RecordOctets(RecordType::kAllow, T::P::kSsmGroup, sources)});
  EXPECT_THAT(parsing.AsReport().records,
              ElementsAre(T::Record(RecordType::kAllow, T::P::kSsmGroup, {T::P::S(1)})));
  EXPECT_EQ(parsing.left_out[DropReason::kRecordSource], bad);
  EXPECT_EQ(parsing.LeftOut(), bad);
}

TYPED_TEST(Records, TA_28_RepeatedSourcesAndGroupsStayInWireOrder) {
  using T = TestFixture;
  const std::vector<typename TypeParam::Address> thrice(3, T::P::S(1));
  EXPECT_THAT(T::Parse(3, {RecordOctets(RecordType::kAllow, T::P::kSsmGroup, thrice),
                           RecordOctets(RecordType::kBlock, T::P::kSsmGroup), T::Allow()})
                  .AsReport()
                  .records,
              ElementsAre(T::Record(RecordType::kAllow, T::P::kSsmGroup, thrice),
                          T::Record(RecordType::kBlock, T::P::kSsmGroup),
                          T::Record(RecordType::kAllow, T::P::kSsmGroup, {T::P::S(1)})));
}

TYPED_TEST(Records, TA_43_ExtensionsChangeNothing) {
  using T = TestFixture;
  for (const auto* extension : {"0000000400000000", "00000100"}) {
    EXPECT_THAT(
        T::Parse(T::P::ReportHead(1, 0x8000).Add(T::ToEx().bytes()).Add(Hex(extension))).AsReport().records,
        ElementsAre(T::Record(RecordType::kToEx, T::P::kGroup)));
  }
}

TYPED_TEST(Records, TA_44_ReservedBitsAreIgnored) {
  using T = TestFixture;
  Bytes reserved = T::P::ReportHead(1, 0x7fff).Add(T::ToEx().bytes()).bytes();
  reserved[1] = 0xff;
  EXPECT_EQ(T::Parse(Octets().Add(reserved)).AsReport(), T::Parse(1, {T::ToEx()}).AsReport());
}

}  // namespace
}  // namespace bpfcast::test
