#include "capture/frame_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bpfcast {
namespace {

constexpr int kXdpPass = 2;

}  // namespace

void FrameQueue::Add(CapturedFrame frame) {
  done_.push_back(std::move(frame));
}

void FrameQueue::Add(CapturedFrame frame, const Key& verdict_follows) {
  unjudged_.insert_or_assign(verdict_follows, std::move(frame));
}

void FrameQueue::Judge(const Key& key, const Judgement& judgement) {
  const auto found = unjudged_.find(key);
  if (found == unjudged_.end()) return;
  if (judgement.by != JudgedBy::kXdp || judgement.action != kXdpPass) {
    found->second.judgement = judgement;
    done_.push_back(std::move(found->second));
  }
  unjudged_.erase(found);
}

std::vector<CapturedFrame> FrameQueue::TakeBefore(std::chrono::nanoseconds end) {
  for (auto each = unjudged_.begin(); each != unjudged_.end();) {
    if (each->second.time >= end) {
      ++each;
      continue;
    }
    done_.push_back(std::move(each->second));
    each = unjudged_.erase(each);
  }
  const auto later = std::stable_partition(done_.begin(), done_.end(),
                                           [&](const CapturedFrame& frame) { return frame.time < end; });
  std::vector<CapturedFrame> taken(std::make_move_iterator(done_.begin()), std::make_move_iterator(later));
  done_.erase(done_.begin(), later);
  std::stable_sort(taken.begin(), taken.end(),
                   [](const CapturedFrame& a, const CapturedFrame& b) { return a.time < b.time; });
  return taken;
}

}  // namespace bpfcast
