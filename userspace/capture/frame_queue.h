// FrameQueue: brings what several places tell of frames into one order of time, with the verdicts on them.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "capture/frame.h"

namespace bpfcast {

class FrameQueue {
 public:
  /// Under which the verdict on a frame comes.
  struct Key {
    int cpu = 0;
    JudgedBy by = JudgedBy::kTc;
    std::uint64_t number = 0;

    auto operator<=>(const Key&) const = default;
  };

  /// No verdict follows.
  void Add(CapturedFrame frame);
  void Add(CapturedFrame frame, const Key& verdict_follows);
  /// The verdict on a frame that was added and not taken yet. What XDP passes on is forgotten: TC tells of it
  /// again.
  void Judge(const Key& key, const Judgement& judgement);
  /// The frames of before `end`, in the order of their times, judged or not.
  std::vector<CapturedFrame> TakeBefore(std::chrono::nanoseconds end);

 private:
  std::vector<CapturedFrame> done_;
  std::map<Key, CapturedFrame> unjudged_;
};

}  // namespace bpfcast
