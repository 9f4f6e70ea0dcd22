#include "membership/pending_change.h"

#include <iterator>
#include <utility>

namespace bpfcast {

template <class F>
void PendingChange<F>::Add(const MembershipRecord<F>& before, const MembershipRecord<F>& after,
                           unsigned robustness) {
  untold_ = true;
  if (before.mode != after.mode) {
    // The records with the whole list tell everything that was still pending, too.
    mode_reports_ = robustness;
    source_reports_.clear();
    return;
  }
  for (const auto& source : before.sources - after.sources) source_reports_[source] = robustness;
  for (const auto& source : after.sources - before.sources) source_reports_[source] = robustness;
}

template <class F>
std::vector<GroupRecord<F>> PendingChange<F>::Records(const typename F::Address& group,
                                                      const MembershipRecord<F>& current) const {
  if (mode_reports_ > 0) {
    const RecordType type = current.mode == FilterMode::kInclude ? RecordType::kToIn : RecordType::kToEx;
    return {{type, group, current.sources.addresses()}};
  }
  GroupRecord<F> allow{RecordType::kAllow, group, {}};
  GroupRecord<F> block{RecordType::kBlock, group, {}};
  for (const auto& [source, reports] : source_reports_) {
    (current.Wants(source) ? allow : block).sources.push_back(source);
  }
  std::vector<GroupRecord<F>> records;
  if (!allow.sources.empty()) records.push_back(std::move(allow));
  if (!block.sources.empty()) records.push_back(std::move(block));
  return records;
}

template <class F>
void PendingChange<F>::CountReport() {
  untold_ = false;
  if (mode_reports_ > 0) --mode_reports_;
  for (auto at = source_reports_.begin(); at != source_reports_.end();) {
    at = --at->second == 0 ? source_reports_.erase(at) : std::next(at);
  }
}

template class PendingChange<Igmp>;
template class PendingChange<Mld>;

}  // namespace bpfcast
