#include "os/privileges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(CheckUser, AKnownUserIsAccepted) {
  EXPECT_TRUE(CheckUser("root"));
}

TEST(CheckUser, AnUnknownUserIsNamedWithTheWayOut) {
  const auto known = CheckUser("no-such-user-here");
  ASSERT_FALSE(known);
  EXPECT_THAT(known.error().message, testing::HasSubstr("'no-such-user-here' does not exist"));
  EXPECT_THAT(known.error().message, testing::HasSubstr("useradd"));
}

/// The paths are not touched when the user is unknown: nothing is half done.
TEST(GiveUpRoot, AnUnknownUserIsAnError) {
  EXPECT_FALSE(GiveUpRoot("no-such-user-here", {"/nonexistent"}));
}

}  // namespace
}  // namespace bpfcast
