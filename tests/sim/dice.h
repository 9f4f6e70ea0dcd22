// The one source of chance of a simulated world.
#pragma once

#include <cstdint>
#include <random>

#include "base/time.h"

namespace bpfcast::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 .. n-1
  unsigned Below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool Percent(unsigned n) { return Below(100) < n; }
  std::uint32_t Bits(unsigned n) { return static_cast<std::uint32_t>(engine_() & ((1ULL << n) - 1)); }
  /// Uniform in (0, max], as the RFCs draw their delays.
  Duration UpTo(Duration max) {
    if (max <= Duration::zero()) return Duration::zero();
    return Duration(1 + static_cast<Duration::rep>(engine_() % static_cast<std::uint64_t>(max.count())));
  }
  std::uint64_t Seed() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace bpfcast::sim
