#include "os/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>

#include "os/unique_fd.h"

namespace bpfcast {
namespace {

TEST(ProcessUsage, FollowsWhatTheProcessDoes) {
  const ProcessUsage before = UsageOfThisProcess();
  EXPECT_GT(before.resident_bytes, std::size_t{1} << 20);
  std::array<UniqueFd, 5> files;
  for (UniqueFd& file : files) file = UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(UsageOfThisProcess().open_files, before.open_files + files.size());
  ProcessUsage now = before;
  for (int i = 0; i < 1'000'000 && now.cpu_seconds < before.cpu_seconds + 0.01; ++i)
    now = UsageOfThisProcess();
  EXPECT_GE(now.cpu_seconds, before.cpu_seconds + 0.01);
}

}  // namespace
}  // namespace bpfcast
