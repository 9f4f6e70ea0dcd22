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

  /// How long a frame waits for its verdict, and how many wait with it: a program that decides is done within
  /// microseconds, but its CPU may be taken away from it meanwhile.
  static constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds(1);
  static constexpr std::size_t kMostWaiting = 32768;

  /// No verdict follows.
  void Add(CapturedFrame frame);
  /// A CPU tells of one frame of a hook after the other: the verdicts on earlier ones were lost.
  void Add(CapturedFrame frame, const Key& verdict_follows);
  /// The verdict on a frame that was added and not taken yet. What XDP passes on is forgotten: TC tells of it
  /// again.
  void Judge(const Key& key, const Judgement& judgement);
  /// The frames of before `end`, in the order of their times. One whose verdict may still come is not among
  /// them, and neither are those that are later than it.
  std::vector<CapturedFrame> TakeBefore(std::chrono::nanoseconds end);
  /// All of them.
  std::vector<CapturedFrame> TakeAll();
  /// Does a frame wait for its verdict?
  bool Waits() const { return !unjudged_.empty(); }
  /// Frames whose verdict did not come.
  std::uint64_t given_up() const { return given_up_; }

 private:
  /// Those of the same CPU and hook that came before.
  void GiveUpBefore(const Key& key);
  void GiveUpBefore(std::chrono::nanoseconds time);

  std::vector<CapturedFrame> done_;
  std::map<Key, CapturedFrame> unjudged_;  // one for each CPU and hook
  std::uint64_t given_up_ = 0;
};

}  // namespace bpfcast
