// Tests on the kernel's multicast routing instead of programs: the parameter is "kernel" or "kernel-ipv6".
#pragma once

#include "fixture.h"

namespace bpfcast::test {

/// A wrapper by which the daemon runs whenever it has something to do: the kernel keeps four packets of a
/// stream that it asks about, and a busy machine must not be what loses the fifth.
inline std::vector<std::string> AtOnce() {
  return {"chrt", "--rr", "1"};
}

}  // namespace bpfcast::test

/// Beside the tests of the suite on the programs.
#define BPFCAST_FOR_THE_KERNEL_TOO(suite) \
  INSTANTIATE_TEST_SUITE_P(TF_41_Kernel, suite, ::testing::Values("kernel"), ::bpfcast::test::HookName)
#define BPFCAST_FOR_THE_KERNEL_AND_EACH_FAMILY_TOO(suite)                                   \
  INSTANTIATE_TEST_SUITE_P(TF_41_Kernel, suite, ::testing::Values("kernel", "kernel-ipv6"), \
                           ::bpfcast::test::HookName)
