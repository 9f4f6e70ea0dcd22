#include "capture/frame_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bpfcast {
namespace {

using std::chrono::nanoseconds;

constexpr int kXdpPass = 2;

}  // namespace

void FrameQueue::Add(CapturedFrame frame) {
  done_.push_back(std::move(frame));
}

void FrameQueue::Add(CapturedFrame frame, const Key& verdict_follows) {
  GiveUpBefore(verdict_follows);
  unjudged_.insert_or_assign(verdict_follows, std::move(frame));
}

void FrameQueue::Judge(const Key& key, const Judgement& judgement) {
  GiveUpBefore(key);
  const auto found = unjudged_.find(key);
  if (found == unjudged_.end()) return;
  if (judgement.by != JudgedBy::kXdp || judgement.action != kXdpPass) {
    found->second.judgement = judgement;
    done_.push_back(std::move(found->second));
  }
  unjudged_.erase(found);
}

void FrameQueue::GiveUpBefore(const Key& key) {
  const auto from = unjudged_.lower_bound({key.cpu, key.by, 0});
  const auto to = unjudged_.lower_bound(key);
  for (auto each = from; each != to; ++each) done_.push_back(std::move(each->second));
  given_up_ += static_cast<std::uint64_t>(std::distance(from, to));
  unjudged_.erase(from, to);
}

void FrameQueue::GiveUpBefore(nanoseconds time) {
  for (auto each = unjudged_.begin(); each != unjudged_.end();) {
    if (each->second.time >= time) {
      ++each;
      continue;
    }
    done_.push_back(std::move(each->second));
    ++given_up_;
    each = unjudged_.erase(each);
  }
}

std::vector<CapturedFrame> FrameQueue::TakeBefore(nanoseconds end) {
  GiveUpBefore(done_.size() + unjudged_.size() > kMostWaiting ? end : end - kPatience);
  for (const auto& [key, frame] : unjudged_) end = std::min(end, frame.time);
  const auto later = std::stable_partition(done_.begin(), done_.end(),
                                           [&](const CapturedFrame& frame) { return frame.time < end; });
  std::vector<CapturedFrame> taken(std::make_move_iterator(done_.begin()), std::make_move_iterator(later));
  done_.erase(done_.begin(), later);
  std::stable_sort(taken.begin(), taken.end(),
                   [](const CapturedFrame& a, const CapturedFrame& b) { return a.time < b.time; });
  return taken;
}

std::vector<CapturedFrame> FrameQueue::TakeAll() {
  GiveUpBefore(nanoseconds::max());
  return TakeBefore(nanoseconds::max());
}

}  // namespace bpfcast
