#include "routing/loop_guard.h"

#include <algorithm>

namespace bpfcast {

void LoopGuard::OnHeard(PortId sender, PortId arrival, Time until, Notices& out) {
  if (sender == arrival) return;
  const bool is_new = heard_.insert_or_assign({sender, arrival}, until).second;
  next_expiry_ = std::min(next_expiry_, until);
  if (!is_new || !heard_.contains({arrival, sender})) return;
  looped_.Add(sender);
  looped_.Add(arrival);
  out.push_back({LoopNotice::State::kBegan, std::min(sender, arrival), std::max(sender, arrival)});
}

void LoopGuard::Forget(PortId port, Notices& out) {
  End([&](const auto& entry) { return entry.first.first == port || entry.first.second == port; }, out);
}

bool LoopGuard::AreLooped(PortId one, PortId other) const {
  return heard_.contains({one, other}) && heard_.contains({other, one});
}

void LoopGuard::Expire(Time now, Notices& out) {
  if (next_expiry_ > now) return;
  End([&](const auto& entry) { return entry.second <= now; }, out);
}

template <class IsOver>
void LoopGuard::End(IsOver is_over, Notices& out) {
  next_expiry_ = kNever;
  for (auto entry = heard_.begin(); entry != heard_.end();) {
    if (!is_over(*entry)) {
      next_expiry_ = std::min(next_expiry_, entry->second);
      ++entry;
      continue;
    }
    const auto [one, other] = entry->first;
    if (heard_.contains({other, one})) {
      out.push_back({LoopNotice::State::kEnded, std::min(one, other), std::max(one, other)});
    }
    entry = heard_.erase(entry);
  }
  looped_ = PortSet();
  for (const auto& [direction, until] : heard_) {
    if (heard_.contains({direction.second, direction.first})) looped_.Add(direction.first);
  }
}

}  // namespace bpfcast
