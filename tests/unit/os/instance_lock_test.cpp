#include "os/instance_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace bpfcast {
namespace {

TEST(InstanceName, IsOneToThirtyTwoHarmlessCharacters) {
  EXPECT_TRUE(IsInstanceName("default"));
  EXPECT_TRUE(IsInstanceName("A-Z_09"));
  EXPECT_TRUE(IsInstanceName(std::string(32, 'x')));
  EXPECT_FALSE(IsInstanceName(std::string(33, 'x')));
  EXPECT_FALSE(IsInstanceName(""));
  EXPECT_FALSE(IsInstanceName(".hidden"));
  EXPECT_FALSE(IsInstanceName("a.b")) << "no directory of the BPF file system may have a dot";
  EXPECT_FALSE(IsInstanceName("../etc"));
  EXPECT_FALSE(IsInstanceName("a/b"));
  EXPECT_FALSE(IsInstanceName("a b"));
  EXPECT_FALSE(IsInstanceName("\xc3\xa4"));
}

class InstanceLockTest : public testing::Test {
 protected:
  InstanceLockTest() {
    char name[] = "/tmp/bpfcast-lock-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~InstanceLockTest() override { rmdir(directory_.c_str()); }

  std::string directory_;
};

TEST_F(InstanceLockTest, ASecondInstanceIsToldWhoRuns) {
  const auto first = InstanceLock::Take(directory_, "home");
  ASSERT_TRUE(first);
  const auto second = InstanceLock::Take(directory_, "home");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "instance 'home' is already running (pid " + std::to_string(getpid()) +
                                        "); stop it or choose another name");
}

TEST_F(InstanceLockTest, OtherNamesAreOtherInstances) {
  const auto first = InstanceLock::Take(directory_, "home");
  const auto second = InstanceLock::Take(directory_, "office");
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
}

TEST_F(InstanceLockTest, NothingIsLeftAndTheNameIsFreeAgain) {
  { ASSERT_TRUE(InstanceLock::Take(directory_, "home")); }
  EXPECT_NE(access((directory_ + "/home.lock").c_str(), F_OK), 0);
  EXPECT_TRUE(InstanceLock::Take(directory_, "home"));
}

TEST_F(InstanceLockTest, TheDirectoryIsMadeWhenItIsMissing) {
  const std::string inner = directory_ + "/run";
  EXPECT_TRUE(InstanceLock::Take(inner, "home"));
  EXPECT_EQ(rmdir(inner.c_str()), 0);
}

}  // namespace
}  // namespace bpfcast
