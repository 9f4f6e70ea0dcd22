#include "membership/querier.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace bpfcast {
namespace {

/// A link too small for one source still gets its query: the packet is then fragmented or lost, as on
/// any router.
template <class F>
std::size_t SourcesPerQuery(std::size_t mtu) {
  constexpr std::size_t kFixed = F::kEnvelopeSize + F::kQueryHeaderSize;
  return mtu > kFixed ? std::max<std::size_t>(1, (mtu - kFixed) / F::Address::kBytes) : 1;
}

/// C-70, C-71: a source-specific group has no exclude mode, and older versions cannot name a source.
bool IsSourceSpecific(Version version, RecordType type) {
  if (version != Version::kV3) return false;
  switch (type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:
      return false;
    case RecordType::kIsIn:
    case RecordType::kToIn:
    case RecordType::kAllow:
    case RecordType::kBlock:
      return true;
  }
  return false;
}

}  // namespace

template <class F>
Querier<F>::Querier(const QuerierConfig<F>& config) : config_(config) {
  rules_.timing = config.timing;
  rules_.version = config.version;
  rules_.max_sources_per_group = config.max_sources_per_group;
  SetMtu(config.mtu);
}

template <class F>
void Querier<F>::SetMtu(std::size_t mtu) {
  config_.mtu = mtu;
  rules_.max_sources_per_query = SourcesPerQuery<F>(mtu);
}

template <class F>
void Querier<F>::Start(Time now, QuerierEffects<F>& out) {
  assert(!running_);
  running_ = true;
  startup_queries_left_ = config_.timing.startup_query_count;
  next_general_query_ = now;
  SendGeneralQuery(now, out);
}

template <class F>
void Querier<F>::Stop(QuerierEffects<F>& out) {
  Before before;
  for (const auto& [address, state] : groups_) before.emplace(address, state.Membership());
  groups_.clear();
  deadlines_.Clear();
  next_general_query_ = kNever;
  running_ = false;
  ReportChanges(before, out);
}

template <class F>
bool Querier<F>::running() const {
  return running_;
}

template <class F>
void Querier<F>::OnReport(const Report<F>& report, const Address& reporter, Time now, DropCounters& drops,
                          QuerierEffects<F>& out) {
  assert(running_);
  Before before;
  for (const GroupRecord<F>& record : report.records) {
    if (IsSsm(config_.ssm_ranges, record.group) && !IsSourceSpecific(report.version, record.type)) {
      drops.Add(DropReason::kSsm);
      continue;
    }
    if (!before.contains(record.group)) before.emplace(record.group, Membership(record.group));
    OnRecord(record, report.version, reporter, now, drops, out);
  }
  ReportChanges(before, out);
}

template <class F>
void Querier<F>::OnRecord(const GroupRecord<F>& record, Version version, const Address& reporter, Time now,
                          DropCounters& drops, QuerierEffects<F>& out) {
  const auto found = groups_.find(record.group);
  if (found == groups_.end()) {
    // A record that makes no state (C-25) takes no room in the table either.
    GroupState<F> fresh(record.group);
    const std::size_t left_out = fresh.OnRecord(record, version, rules_, now, out.queries);
    if (!fresh.IsEmpty() && groups_.size() >= config_.max_groups) {
      drops.Add(DropReason::kLimit);
      return;
    }
    drops.Add(DropReason::kLimit, left_out);
    if (fresh.IsEmpty()) return;
    fresh.SetLastReporter(reporter);
    Settle(groups_.emplace(record.group, std::move(fresh)).first->second);
    return;
  }
  GroupState<F>& state = found->second;
  drops.Add(DropReason::kLimit, state.OnRecord(record, version, rules_, now, out.queries));
  state.SetLastReporter(reporter);
  Settle(state);
}

template <class F>
void Querier<F>::Settle(const GroupState<F>& state) {
  const Address group = state.group();
  if (!state.IsEmpty()) {
    deadlines_.Set(group, state.NextExpiry());
    return;
  }
  deadlines_.Set(group, kNever);
  groups_.erase(group);
}

template <class F>
Time Querier<F>::NextExpiry() const {
  return std::min(next_general_query_, deadlines_.Next());
}

template <class F>
void Querier<F>::Expire(Time now, QuerierEffects<F>& out) {
  Before before;
  while (NextExpiry() <= now) {
    const Time due = NextExpiry();
    if (next_general_query_ == due) {
      SendGeneralQuery(now, out);
      continue;
    }
    const Address group = deadlines_.NextKey();
    GroupState<F>& state = groups_.at(group);
    if (!before.contains(group)) before.emplace(group, state.Membership());
    state.Expire(due, rules_, out.queries);
    Settle(state);
  }
  ReportChanges(before, out);
}

/// C-50. Intervals count from the deadline, so that lateness does not add up; what was missed altogether, for
/// example while the machine slept, is made up for by one query and not by a burst.
template <class F>
void Querier<F>::SendGeneralQuery(Time now, QuerierEffects<F>& out) {
  out.queries.push_back(MakeQuery<F>(rules_, rules_.timing.query_response_interval));
  do {
    if (startup_queries_left_ > 0) --startup_queries_left_;
    next_general_query_ +=
        startup_queries_left_ > 0 ? rules_.timing.startup_query_interval : rules_.timing.query_interval;
  } while (next_general_query_ <= now);
}

template <class F>
void Querier<F>::ReportChanges(const Before& before, QuerierEffects<F>& out) const {
  for (const auto& [group, record] : before) {
    if (Membership(group) != record) out.changed_groups.push_back(group);
  }
}

template <class F>
MembershipRecord<F> Querier<F>::Membership(const Address& group) const {
  const GroupState<F>* state = Find(group);
  return state == nullptr ? MembershipRecord<F>() : state->Membership();
}

template <class F>
const GroupState<F>* Querier<F>::Find(const Address& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

template <class F>
const std::unordered_map<typename F::Address, GroupState<F>>& Querier<F>::groups() const {
  return groups_;
}

template <class F>
const QuerierConfig<F>& Querier<F>::config() const {
  return config_;
}

template class Querier<Igmp>;
template class Querier<Mld>;

}  // namespace bpfcast
