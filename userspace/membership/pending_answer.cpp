#include "membership/pending_answer.h"

#include <algorithm>

namespace bpfcast {

template <class F>
GroupRecord<F> CurrentState(const typename F::Address& group, const MembershipRecord<F>& current) {
  const RecordType type = current.mode == FilterMode::kInclude ? RecordType::kIsIn : RecordType::kIsEx;
  return {type, group, current.sources.addresses()};
}

template <class F>
PendingAnswer<F>::PendingAnswer(const std::vector<Address>& sources, Time due)
    : due_(due), sources_(sources) {
  LimitSources();
}

template <class F>
void PendingAnswer<F>::Add(const std::vector<Address>& sources, Time due) {
  due_ = std::min(due_, due);
  if (sources.empty() || sources_.empty()) {
    sources_ = {};
  } else {
    sources_ = sources_ + SourceSet<F>(sources);
    LimitSources();
  }
}

template <class F>
std::optional<GroupRecord<F>> PendingAnswer<F>::Record(const Address& group,
                                                       const MembershipRecord<F>& current) const {
  if (current.IsEmpty()) return std::nullopt;
  if (sources_.empty()) return CurrentState(group, current);
  // INC(A): IS_IN(A*B), EXC(A): IS_IN(B-A).
  const SourceSet<F> wanted =
      current.mode == FilterMode::kInclude ? current.sources * sources_ : sources_ - current.sources;
  if (wanted.empty()) return std::nullopt;
  return GroupRecord<F>{RecordType::kIsIn, group, wanted.addresses()};
}

template <class F>
void PendingAnswer<F>::LimitSources() {
  if (sources_.size() > kMaxSources) sources_ = {};
}

template GroupRecord<Igmp> CurrentState(const Igmp::Address&, const MembershipRecord<Igmp>&);
template GroupRecord<Mld> CurrentState(const Mld::Address&, const MembershipRecord<Mld>&);
template class PendingAnswer<Igmp>;
template class PendingAnswer<Mld>;

}  // namespace bpfcast
