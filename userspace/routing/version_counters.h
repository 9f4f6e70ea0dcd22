// VersionCounters: messages of one kind, by the version of the protocol that they are of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "wire/family.h"

namespace bpfcast {

class VersionCounters {
 public:
  void Add(Version version) { ++counts_[static_cast<std::size_t>(version)]; }
  std::uint64_t operator[](Version version) const { return counts_[static_cast<std::size_t>(version)]; }
  std::uint64_t Total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Version::kV3) + 1> counts_{};
};

}  // namespace bpfcast
