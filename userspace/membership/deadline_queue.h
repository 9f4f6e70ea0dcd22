// DeadlineQueue: which key is due next, for many keys with one deadline each.
#pragma once

#include <set>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace bpfcast {

/// At most one deadline a key; setting it again moves it. O(log n), and next to nothing for the usual move,
/// to behind all others: with a hundred thousand keys each step down a tree is a cache miss.
template <class Key>
class DeadlineQueue {
 public:
  DeadlineQueue() = default;
  // A copy would refer to the places of the original.
  DeadlineQueue(const DeadlineQueue&) = delete;
  DeadlineQueue& operator=(const DeadlineQueue&) = delete;
  DeadlineQueue(DeadlineQueue&&) = default;
  DeadlineQueue& operator=(DeadlineQueue&&) = default;

  /// kNever removes the key.
  void Set(const Key& key, Time deadline) {
    if (deadline == kNever) return Remove(key);
    const auto [place, is_new] = places_.try_emplace(key);
    if (!is_new) {
      if (place->second->first == deadline) return;
      order_.erase(place->second);
    }
    place->second = order_.emplace_hint(order_.end(), deadline, key);
  }
  void Clear() {
    order_.clear();
    places_.clear();
  }
  bool empty() const { return order_.empty(); }
  /// kNever when empty.
  Time Next() const { return order_.empty() ? kNever : order_.begin()->first; }
  /// The key that is due at Next(). Only while not empty.
  const Key& NextKey() const { return order_.begin()->second; }

 private:
  using Order = std::set<std::pair<Time, Key>>;

  void Remove(const Key& key) {
    const auto place = places_.find(key);
    if (place == places_.end()) return;
    order_.erase(place->second);
    places_.erase(place);
  }

  Order order_;
  std::unordered_map<Key, typename Order::iterator> places_;
};

}  // namespace bpfcast
