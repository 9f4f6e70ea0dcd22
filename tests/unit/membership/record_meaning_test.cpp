#include "membership/record_meaning.h"

#include "router_support.h"

namespace bpfcast {
namespace {

TEST(MeaningInMode, C_66_EveryRecordInEveryMode) {
  struct Row {
    RecordType type;
    RecordMeaning v1, v2, v3;
  };
  constexpr auto kAsWritten = RecordMeaning::kAsWritten;
  constexpr auto kWithoutSources = RecordMeaning::kWithoutSources;
  constexpr auto kIgnored = RecordMeaning::kIgnored;
  for (const Row& row : {Row{RecordType::kIsIn, kAsWritten, kAsWritten, kAsWritten},
                         Row{RecordType::kIsEx, kAsWritten, kAsWritten, kAsWritten},
                         Row{RecordType::kToIn, kIgnored, kAsWritten, kAsWritten},
                         Row{RecordType::kToEx, kWithoutSources, kWithoutSources, kAsWritten},
                         Row{RecordType::kAllow, kAsWritten, kAsWritten, kAsWritten},
                         Row{RecordType::kBlock, kIgnored, kIgnored, kAsWritten}}) {
    EXPECT_EQ(MeaningInMode(row.type, Version::kV1), row.v1) << static_cast<int>(row.type);
    EXPECT_EQ(MeaningInMode(row.type, Version::kV2), row.v2) << static_cast<int>(row.type);
    EXPECT_EQ(MeaningInMode(row.type, Version::kV3), row.v3) << static_cast<int>(row.type);
  }
}

TEST(MeaningWithoutExcludeLists, C_84_EveryRecordInEveryMode) {
  constexpr auto kInclude = FilterMode::kInclude;
  constexpr auto kExclude = FilterMode::kExclude;
  for (const RecordType type : {RecordType::kIsIn, RecordType::kToIn, RecordType::kAllow}) {
    EXPECT_EQ(MeaningWithoutExcludeLists(type, kInclude), RecordMeaning::kAsWritten);
    EXPECT_EQ(MeaningWithoutExcludeLists(type, kExclude), RecordMeaning::kAsWritten);
  }
  for (const RecordType type : {RecordType::kIsEx, RecordType::kToEx}) {
    EXPECT_EQ(MeaningWithoutExcludeLists(type, kInclude), RecordMeaning::kWithoutSources);
    EXPECT_EQ(MeaningWithoutExcludeLists(type, kExclude), RecordMeaning::kWithoutSources);
  }
  EXPECT_EQ(MeaningWithoutExcludeLists(RecordType::kBlock, kInclude), RecordMeaning::kAsWritten);
  EXPECT_EQ(MeaningWithoutExcludeLists(RecordType::kBlock, kExclude), RecordMeaning::kIgnored);
}

TEST(IsSourceSpecific, C_70_C_71_NoExcludeModeAndNoOlderVersion) {
  for (const RecordType type :
       {RecordType::kIsIn, RecordType::kToIn, RecordType::kAllow, RecordType::kBlock}) {
    EXPECT_TRUE(IsSourceSpecific(type, Version::kV3));
    EXPECT_FALSE(IsSourceSpecific(type, Version::kV2));
    EXPECT_FALSE(IsSourceSpecific(type, Version::kV1));
  }
  EXPECT_FALSE(IsSourceSpecific(RecordType::kIsEx, Version::kV3));
  EXPECT_FALSE(IsSourceSpecific(RecordType::kToEx, Version::kV3));
}

}  // namespace
}  // namespace bpfcast
