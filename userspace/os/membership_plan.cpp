#include "os/membership_plan.h"

#include <algorithm>
#include <utility>

namespace bpfcast {
namespace {

/// The first `count` of them.
template <class F>
SourceSet<F> First(const SourceSet<F>& sources, std::size_t count) {
  const auto end = sources.begin() + static_cast<std::ptrdiff_t>(std::min(count, sources.size()));
  return SourceSet<F>(std::vector<typename F::Address>(sources.begin(), end));
}

}  // namespace

template <class F>
std::vector<FilterCall<F>> MembershipPlan<F>::Change(const Address& group, const Record& record) {
  Parts& parts = groups_[group];
  const std::vector<Record> filters = Filters(parts, record);
  std::vector<FilterCall<F>> begins;
  std::vector<FilterCall<F>> changes;
  std::vector<FilterCall<F>> ends;
  Parts after;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (filters[i].IsEmpty()) {
      ends.push_back({parts[i].socket, group, {}});
      continue;
    }
    if (filters[i] != parts[i].filter) changes.push_back({parts[i].socket, group, filters[i]});
    after.push_back({parts[i].socket, filters[i]});
  }
  for (std::size_t i = parts.size(); i < filters.size(); ++i) {
    const std::size_t socket = Place(after);
    begins.push_back({socket, group, filters[i]});
    after.push_back({socket, filters[i]});
  }
  for (const FilterCall<F>& end : ends) Free(end.socket);
  parts = std::move(after);
  if (parts.empty()) groups_.erase(group);

  const bool fits =
      record.mode == FilterMode::kInclude || record.sources.size() <= limits_.sources_per_filter;
  if (fits) {
    widened_.erase(group);
  } else {
    widened_.insert(group);
  }
  // What begins is asked for before anything is given up: sources that an EXCLUDE filter let in may be spread
  // over several INCLUDE filters next, and the other way round.
  begins.insert(begins.end(), changes.begin(), changes.end());
  begins.insert(begins.end(), ends.begin(), ends.end());
  return begins;
}

/// The filters of the parts that there are, in their order, and those of new ones. A source stays where it
/// is.
template <class F>
std::vector<typename MembershipPlan<F>::Record> MembershipPlan<F>::Filters(const Parts& parts,
                                                                           const Record& record) const {
  std::vector<Record> filters(parts.size());
  if (record.mode == FilterMode::kExclude) {
    if (filters.empty()) filters.emplace_back();
    filters.front() = {FilterMode::kExclude, First(record.sources, limits_.sources_per_filter)};
    return filters;
  }
  SourceSet<F> left = record.sources;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].filter.mode == FilterMode::kExclude) continue;
    filters[i].sources = parts[i].filter.sources * record.sources;
    left = left - filters[i].sources;
  }
  for (std::size_t i = 0; !left.empty(); ++i) {
    if (i == filters.size()) filters.emplace_back();
    SourceSet<F>& sources = filters[i].sources;
    if (sources.size() >= limits_.sources_per_filter) continue;
    const SourceSet<F> more = First(left, limits_.sources_per_filter - sources.size());
    sources = sources + more;
    left = left - more;
  }
  return filters;
}

template <class F>
std::vector<FilterCall<F>> MembershipPlan<F>::Elsewhere(const FilterCall<F>& refused) {
  const auto found = groups_.find(refused.group);
  if (found == groups_.end() || loads_.at(refused.socket) == 1) return {};
  Parts& parts = found->second;
  const auto part = std::find_if(parts.begin(), parts.end(),
                                 [&](const Part& each) { return each.socket == refused.socket; });
  if (part == parts.end()) return {};
  open_.erase(refused.socket);
  part->socket = Place(parts);
  --loads_[refused.socket];
  return {{part->socket, refused.group, refused.filter}, {refused.socket, refused.group, {}}};
}

/// A socket with room that none of the others has.
template <class F>
std::size_t MembershipPlan<F>::Place(const Parts& others) {
  const auto is_free = [&](std::size_t socket) {
    return std::none_of(others.begin(), others.end(),
                        [&](const Part& part) { return part.socket == socket; });
  };
  const auto found = std::find_if(open_.begin(), open_.end(), is_free);
  const std::size_t socket = found == open_.end() ? loads_.size() : *found;
  if (socket == loads_.size()) {
    loads_.push_back(0);
    open_.insert(socket);
  }
  if (++loads_[socket] >= limits_.groups_per_socket) open_.erase(socket);
  return socket;
}

template <class F>
void MembershipPlan<F>::Free(std::size_t socket) {
  --loads_[socket];
  if (loads_[socket] < limits_.groups_per_socket) open_.insert(socket);
}

template class MembershipPlan<Igmp>;
template class MembershipPlan<Mld>;

}  // namespace bpfcast
