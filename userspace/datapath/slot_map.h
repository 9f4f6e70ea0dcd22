// SlotMap: which of the numbers from 0 are taken, in runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace bpfcast {

class SlotMap {
 public:
  explicit SlotMap(std::uint32_t size) : taken_(size) {}

  /// The first of `count` free ones that follow each other, the lowest there are; nothing when there are
  /// none.
  std::optional<std::uint32_t> Take(std::uint32_t count) {
    while (first_free_ < taken_.size() && taken_[first_free_]) ++first_free_;
    std::uint32_t run = 0;
    for (std::uint32_t slot = first_free_; slot < taken_.size(); ++slot) {
      run = taken_[slot] ? 0 : run + 1;
      if (run < count) continue;
      const std::uint32_t first = slot + 1 - count;
      Mark(first, count, true);
      return first;
    }
    return std::nullopt;
  }
  /// Takes these; some may be taken already. What lies outside is left out.
  void Reserve(std::uint32_t first, std::uint32_t count) { Mark(first, count, true); }
  void Free(std::uint32_t first, std::uint32_t count) {
    Mark(first, count, false);
    first_free_ = std::min(first_free_, first);
  }

  bool IsTaken(std::uint32_t slot) const { return taken_[slot]; }
  std::uint32_t taken() const {
    return static_cast<std::uint32_t>(std::count(taken_.begin(), taken_.end(), true));
  }

 private:
  void Mark(std::uint32_t first, std::uint32_t count, bool taken) {
    for (std::uint32_t slot = first; slot < taken_.size() && slot - first < count; ++slot)
      taken_[slot] = taken;
  }

  std::vector<bool> taken_;
  std::uint32_t first_free_ = 0;  // none below it
};

}  // namespace bpfcast
