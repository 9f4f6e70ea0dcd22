// DeadlineQueue: which key is due next, for many keys with one deadline each.
#pragma once

#include <set>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace bpfcast {

/// At most one deadline a key; setting it again moves it. O(log n).
template <class Key>
class DeadlineQueue {
 public:
  /// kNever removes the key.
  void Set(const Key& key, Time deadline) {
    const auto found = deadlines_.find(key);
    if (found != deadlines_.end()) {
      if (found->second == deadline) return;
      order_.erase({found->second, key});
      if (deadline == kNever) {
        deadlines_.erase(found);
        return;
      }
      found->second = deadline;
    } else {
      if (deadline == kNever) return;
      deadlines_.emplace(key, deadline);
    }
    order_.insert({deadline, key});
  }
  void Clear() {
    order_.clear();
    deadlines_.clear();
  }
  bool empty() const { return order_.empty(); }
  /// kNever when empty.
  Time Next() const { return order_.empty() ? kNever : order_.begin()->first; }
  /// The key that is due at Next(). Only while not empty.
  const Key& NextKey() const { return order_.begin()->second; }

 private:
  std::set<std::pair<Time, Key>> order_;
  std::unordered_map<Key, Time> deadlines_;
};

}  // namespace bpfcast
