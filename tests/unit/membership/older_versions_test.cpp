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

TEST(OlderMessages, C_69_WhatIsIgnored) {
  for (const Version version : {Version::kV1, Version::kV2, Version::kV3}) {
    EXPECT_FALSE(IsIgnored(OlderMessages::kAccept, version));
    EXPECT_EQ(IsIgnored(OlderMessages::kIgnoreV1Reports, version), version == Version::kV1);
    EXPECT_EQ(IsIgnored(OlderMessages::kIgnoreAll, version), version != Version::kV3);
  }
}

}  // namespace
}  // namespace bpfcast
