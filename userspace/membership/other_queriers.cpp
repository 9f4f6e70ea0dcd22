#include "membership/other_queriers.h"

#include <algorithm>
#include <iterator>

namespace bpfcast {

template <class F>
bool OtherQueriers<F>::Elects(const Query<F>& query, const Address& source, const Address& own) {
  if (!query.IsGeneral() && !F::kSpecificQueriesElect) return false;
  return !source.IsUnspecified() && (own.IsUnspecified() || IsLower()(source, own));
}

template <class F>
void OtherQueriers<F>::OnElecting(const Query<F>& query, const Address& source) {
  Note(query, routers_[source]);
  if (routers_.size() <= kMaxRouters) return;
  // Not the one that was just heard, so that the last deadline is always that of the last query.
  auto highest = std::prev(routers_.end());
  if (highest->first == source) --highest;
  routers_.erase(highest);
}

template <class F>
void OtherQueriers<F>::Keep(const Address& source, Time until) {
  routers_.at(source).expires = until;
}

template <class F>
void OtherQueriers<F>::OnOther(const Query<F>& query, const Address& source) {
  const auto found = routers_.find(source);
  if (found != routers_.end()) Note(query, found->second);
}

/// Older specific queries say nothing of the variables (C-63), older General Queries that there are none.
template <class F>
void OtherQueriers<F>::Note(const Query<F>& query, Router& router) {
  if (query.version != Version::kV3 && !query.IsGeneral()) return;
  router.robustness = query.robustness;
  router.query_interval = query.query_interval;
  if (query.IsGeneral()) router.query_response_interval = query.max_response_time;
}

template <class F>
std::optional<typename F::Address> OtherQueriers<F>::Elected() const {
  if (routers_.empty()) return std::nullopt;
  return routers_.begin()->first;
}

template <class F>
Timing OtherQueriers<F>::Adopt(const Timing& configured) const {
  Timing timing = configured;
  if (routers_.empty()) return timing;
  const Router& elected = routers_.begin()->second;
  if (elected.robustness != 0) {
    timing.robustness = elected.robustness;
    // B-09: the count follows the robustness unless it was set apart.
    if (configured.last_member_query_count == configured.robustness)
      timing.last_member_query_count = elected.robustness;
  }
  if (elected.query_interval > Duration::zero()) timing.query_interval = elected.query_interval;
  timing.query_response_interval =
      elected.query_response_interval.value_or(configured.query_response_interval);
  return timing;
}

template <class F>
Time OtherQueriers<F>::NextExpiry() const {
  Time next = kNever;
  for (const auto& [address, router] : routers_) next = std::min(next, router.expires);
  return next;
}

template <class F>
Time OtherQueriers<F>::LastExpiry() const {
  if (routers_.empty()) return kNever;
  Time last = Time::min();
  for (const auto& [address, router] : routers_) last = std::max(last, router.expires);
  return last;
}

template <class F>
void OtherQueriers<F>::Expire(Time now) {
  std::erase_if(routers_, [&](const auto& entry) { return entry.second.expires <= now; });
}

template class OtherQueriers<Igmp>;
template class OtherQueriers<Mld>;

}  // namespace bpfcast
