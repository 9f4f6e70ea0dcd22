#include "membership/older_versions.h"

#include "router_support.h"

namespace bpfcast {
namespace {

TEST(OlderVersions, C_64_NoneIsPresentAtFirst) {
  const OlderVersions hosts;
  EXPECT_EQ(hosts.Oldest(), Version::kV3);
  EXPECT_EQ(hosts.NextExpiry(), kNever);
}

TEST(OlderVersions, C_64_TheOldestRunningTimerIsTheMode) {
  OlderVersions hosts;
  hosts.OnHeard(Version::kV2, At(360));
  EXPECT_EQ(hosts.Oldest(), Version::kV2);
  hosts.OnHeard(Version::kV1, At(260));
  EXPECT_EQ(hosts.Oldest(), Version::kV1);
  EXPECT_EQ(hosts.NextExpiry(), At(260));
  hosts.Expire(At(260) - Duration(1));
  EXPECT_EQ(hosts.Oldest(), Version::kV1);
  hosts.Expire(At(260));
  EXPECT_EQ(hosts.Oldest(), Version::kV2);
  EXPECT_EQ(hosts.NextExpiry(), At(360));
  hosts.Expire(At(360));
  EXPECT_EQ(hosts.Oldest(), Version::kV3);
  EXPECT_EQ(hosts.NextExpiry(), kNever);
}

TEST(OlderVersions, C_64_AReportStartsItsTimerAgain) {
  OlderVersions hosts;
  hosts.OnHeard(Version::kV2, At(260));
  hosts.OnHeard(Version::kV2, At(300));
  hosts.Expire(At(299));
  EXPECT_EQ(hosts.Oldest(), Version::kV2);
  hosts.OnHeard(Version::kV3, At(999));  // no timer for the newest
  hosts.Expire(At(300));
  EXPECT_EQ(hosts.Oldest(), Version::kV3);
}

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

}  // namespace
}  // namespace bpfcast
