// What a test may expect of the kernel that it runs on: the oldest that bpfcast serves has less than a new
// one.
#pragma once

#include <sys/utsname.h>

#include <cstdio>

namespace bpfcast::test {

inline bool KernelIsAtLeast(int major, int minor) {
  utsname name{};
  int running_major = 0;
  int running_minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &running_major, &running_minor) != 2)
    return false;
  return running_major > major || (running_major == major && running_minor >= minor);
}

/// Whether the kernel says what drivers can do with native XDP; without, every port takes TC.
inline bool KernelTellsXdpFeatures() {
  return KernelIsAtLeast(6, 3);
}

}  // namespace bpfcast::test
