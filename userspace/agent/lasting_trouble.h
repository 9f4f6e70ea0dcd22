// LastingTrouble: what fails again and again is told once, until it works.
#pragma once

#include <string>
#include <utility>

namespace bpfcast {

class LastingTrouble {
 public:
  /// It failed. True when that was not told yet: it worked the last time, or failed otherwise.
  bool IsNews(const std::string& why) { return std::exchange(told_, why) != why; }
  /// It worked. True when somebody was told that it does not.
  bool IsOver() { return !std::exchange(told_, "").empty(); }

 private:
  std::string told_;
};

}  // namespace bpfcast
