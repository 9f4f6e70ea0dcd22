// LazyDeadlines: which key is due next, when most deadlines move away before they are reached.
#pragma once

#include <set>
#include <utility>

#include "base/time.h"

namespace bpfcast {

/// A key stands in the queue at a place that is not later than its deadline. A deadline that moves away
/// leaves the key where it is; the owner moves it when its turn comes. So a refresh, which is what routers
/// hear most, costs nothing here, while each step through a tree of a hundred thousand keys is a cache miss.
///
/// The owner keeps the place beside the key, kNever when it has none, and hands it in.
template <class Key>
class LazyDeadlines {
 public:
  /// Nothing is due before `deadline`; kNever removes the key.
  void Set(const Key& key, Time deadline, Time& place) {
    if (place != kNever) {
      if (place <= deadline && deadline != kNever) return;
      order_.erase({place, key});
    }
    if (deadline != kNever) order_.emplace_hint(order_.end(), deadline, key);
    place = deadline;
  }
  /// The first key's turn has come, and its deadline is later.
  void Postpone(Time deadline, Time& place) {
    auto first = order_.extract(order_.begin());
    first.value().first = deadline;
    order_.insert(order_.end(), std::move(first));
    place = deadline;
  }
  void Clear() { order_.clear(); }
  bool empty() const { return order_.empty(); }
  /// Not later than the next deadline; kNever when empty.
  Time Next() const { return order_.empty() ? kNever : order_.begin()->first; }
  /// The key whose turn is at Next(). Only while not empty.
  const Key& NextKey() const { return order_.begin()->second; }

 private:
  std::set<std::pair<Time, Key>> order_;
};

}  // namespace bpfcast
