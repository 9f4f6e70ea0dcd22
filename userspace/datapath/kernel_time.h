// The clock that the BPF programs read.
#pragma once

#include <time.h>

#include <chrono>

#include "base/time.h"

namespace bpfcast {

/// CLOCK_MONOTONIC: the time line of a caller may start anywhere.
inline Time KernelTime() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace bpfcast
