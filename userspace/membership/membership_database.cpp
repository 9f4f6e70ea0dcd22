#include "membership/membership_database.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace bpfcast {

template <class F>
std::optional<MembershipChange<F>> MembershipDatabase<F>::Set(PortId link, const Address& group,
                                                              const MembershipRecord<F>& record) {
  const auto known = groups_.find(group);
  if (record.IsEmpty()) {
    if (known == groups_.end() || known->second.links.erase(link) == 0) return std::nullopt;
  } else {
    LinkRecords& links = known != groups_.end() ? known->second.links : groups_[group].links;
    const auto [at, is_new] = links.try_emplace(link, record);
    if (!is_new) {
      if (at->second == record) return std::nullopt;
      at->second = record;
    }
  }
  const auto found = groups_.find(group);
  MembershipRecord<F> after = Merge(found->second.links);
  MembershipRecord<F> before = std::exchange(found->second.merged, after);
  if (found->second.links.empty()) groups_.erase(found);
  if (before == after) return std::nullopt;
  return MembershipChange<F>{group, std::move(before), std::move(after)};
}

template <class F>
const MembershipRecord<F>& MembershipDatabase<F>::Merged(const Address& group) const {
  return Find(group).merged;
}

template <class F>
const typename MembershipDatabase<F>::LinkRecords& MembershipDatabase<F>::Links(const Address& group) const {
  return Find(group).links;
}

template <class F>
MembershipRecord<F> MembershipDatabase<F>::Merge(const LinkRecords& links) {
  if (links.size() == 1) return links.begin()->second;
  std::vector<const SourceSet<F>*> included;
  std::vector<const SourceSet<F>*> excluded;
  for (const auto& [link, record] : links) {
    (record.mode == FilterMode::kInclude ? included : excluded).push_back(&record.sources);
  }
  if (excluded.empty()) {
    std::vector<Address> all;
    for (const SourceSet<F>* sources : included) all.insert(all.end(), sources->begin(), sources->end());
    return {FilterMode::kInclude, SourceSet<F>(std::move(all))};
  }
  // What nobody wants: it only shrinks from link to link, so an empty list is final.
  SourceSet<F> blocked = *excluded.front();
  for (auto at = excluded.begin() + 1; at != excluded.end() && !blocked.empty(); ++at) {
    blocked = blocked * **at;
  }
  for (auto at = included.begin(); at != included.end() && !blocked.empty(); ++at) {
    blocked = blocked - **at;
  }
  return {FilterMode::kExclude, std::move(blocked)};
}

template <class F>
const typename MembershipDatabase<F>::Group& MembershipDatabase<F>::Find(const Address& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nobody_ : found->second;
}

template class MembershipDatabase<Igmp>;
template class MembershipDatabase<Mld>;

}  // namespace bpfcast
