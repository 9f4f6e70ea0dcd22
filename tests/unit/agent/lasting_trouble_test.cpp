#include "agent/lasting_trouble.h"

#include <gtest/gtest.h>

namespace bpfcast {
namespace {

TEST(LastingTrouble, X_14_IsToldOnceUntilItIsOver) {
  LastingTrouble trouble;
  EXPECT_FALSE(trouble.IsOver()) << "it always worked";
  EXPECT_TRUE(trouble.IsNews("read BPF map port_stat: Bad file descriptor"));
  EXPECT_FALSE(trouble.IsNews("read BPF map port_stat: Bad file descriptor"));
  EXPECT_TRUE(trouble.IsNews("read BPF map verdicts: Bad file descriptor")) << "another one";
  EXPECT_TRUE(trouble.IsOver());
  EXPECT_FALSE(trouble.IsOver());
  EXPECT_TRUE(trouble.IsNews("read BPF map verdicts: Bad file descriptor")) << "again, and new";
}

}  // namespace
}  // namespace bpfcast
