// RestingQueue: what the programs may still be reading rests here before it is used again.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "base/time.h"

namespace bpfcast {

/// Far longer than a packet stays in a program (an RCU grace period).
inline constexpr Duration kRest = std::chrono::seconds(1);

template <class T>
class RestingQueue {
 public:
  void Add(T item) { queue_.push_back({std::nullopt, std::move(item)}); }

  /// Calls `wake(item)` for each item that has rested long enough. Time runs for an item from the first Tick
  /// after its Add, so that it never rests too short.
  template <class Wake>
  void Tick(Time now, Wake wake) {
    while (!queue_.empty() && queue_.front().since && now - *queue_.front().since >= kRest) {
      T item = std::move(queue_.front().item);
      queue_.pop_front();
      wake(std::move(item));
    }
    for (auto entry = queue_.rbegin(); entry != queue_.rend() && !entry->since; ++entry) entry->since = now;
  }

  std::size_t size() const { return queue_.size(); }

 private:
  struct Entry {
    std::optional<Time> since;
    T item;
  };
  std::deque<Entry> queue_;
};

}  // namespace bpfcast
