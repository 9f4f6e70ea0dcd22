// The one source of randomness of the pure floors: seeded by the caller, so a run can be replayed.
#pragma once

#include <cstdint>
#include <random>

#include "base/time.h"

namespace bpfcast {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// Uniform in (0, max]; max itself when it is not positive.
  Duration UpTo(Duration max) {
    if (max <= Duration::zero()) return max;
    return Duration(std::uniform_int_distribution<Duration::rep>(1, max.count())(engine_));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace bpfcast
