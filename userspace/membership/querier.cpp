#include "membership/querier.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "membership/record_meaning.h"

namespace bpfcast {
namespace {

/// A link too small for one source still gets its query: the packet is then fragmented or lost, as on
/// any router.
template <class F>
std::size_t SourcesPerQuery(std::size_t mtu) {
  constexpr std::size_t kFixed = F::kEnvelopeSize + F::kQueryHeaderSize;
  return mtu > kFixed ? std::max<std::size_t>(1, (mtu - kFixed) / F::Address::kBytes) : 1;
}

}  // namespace

template <class F>
Querier<F>::Querier(const QuerierConfig<F>& config) : config_(config) {
  UpdateRules();
}

template <class F>
void Querier<F>::SetMtu(std::size_t mtu) {
  config_.mtu = mtu;
  UpdateRules();
}

template <class F>
void Querier<F>::SetAddress(const Address& own) {
  own_ = own;  // C-58: who won before stays the querier until its timer runs out
}

template <class F>
void Querier<F>::Start(Time now, QuerierEffects<F>& out) {
  assert(!running_);
  running_ = true;
  startup_queries_left_ = config_.timing.startup_query_count;
  next_general_query_ = now;
  // The startup queries are sent so often because some of them may be lost.
  rules_.hosts_known_from = now +
                            (config_.timing.startup_query_count - 1) * config_.timing.startup_query_interval +
                            config_.timing.query_response_interval;
  SendGeneralQuery(now, out);
}

template <class F>
void Querier<F>::Stop(QuerierEffects<F>& out) {
  Before before;
  for (const auto& [address, state] : groups_) before.emplace(address, state.Membership());
  groups_.clear();
  hosts_ = 0;
  sources_ = 0;
  deadlines_.Clear();
  others_.Clear();
  older_queriers_ = OlderVersions();
  UpdateRules();
  next_general_query_ = kNever;
  running_ = false;
  ReportChanges(before, out);
}

template <class F>
void Querier<F>::Reconfigure(const QuerierConfig<F>& config, Time now) {
  const std::size_t mtu = config_.mtu;
  config_ = config;
  config_.mtu = mtu;
  UpdateRules();
  if (next_general_query_ != kNever)
    next_general_query_ = std::min(next_general_query_, now + NextInterval());
}

template <class F>
void Querier<F>::AskNow(Time now, QuerierEffects<F>& out) {
  if (next_general_query_ == kNever) return;
  next_general_query_ = now;
  SendGeneralQuery(now, out);
}

template <class F>
bool Querier<F>::running() const {
  return running_;
}

template <class F>
std::optional<typename F::Address> Querier<F>::other_querier() const {
  return others_.Elected();
}

template <class F>
Time Querier<F>::OtherQuerierExpires() const {
  return others_.LastExpiry();
}

template <class F>
std::vector<TrackedHost<F>> Querier<F>::Hosts(const Address& group) const {
  const GroupState<F>* state = Find(group);
  return state == nullptr ? std::vector<TrackedHost<F>>() : state->hosts().List();
}

template <class F>
void Querier<F>::OnQuery(const Query<F>& query, const Address& source, Time now, DropCounters& drops,
                         QuerierEffects<F>& out) {
  assert(running_);
  if (source == own_) return OnRefused(LinkEvent::kOwnAddress, source, now, out);
  if (config_.older_messages == OlderMessages::kIgnoreAll && query.version != Version::kV3) {
    drops.Add(DropReason::kPolicy);
    return;
  }
  if (source.IsUnspecified()) return;  // C-55
  HearElection(query, source, now, out);
  HearVersion(query, source, now, out);
  HearTiming(query, source, now, out);
  HearSpecific(query, source, now);
}

template <class F>
void Querier<F>::OnRefused(LinkEvent event, const Address& source, Time now, QuerierEffects<F>& out) {
  Warn({event, source}, now, out);
}

template <class F>
void Querier<F>::HearElection(const Query<F>& query, const Address& source, Time now,
                              QuerierEffects<F>& out) {
  if (!OtherQueriers<F>::Elects(query, source, own_)) {
    others_.OnOther(query, source);
    UpdateRules();
    return;
  }
  const auto before = others_.Elected();
  others_.OnElecting(query, source);
  UpdateRules();
  others_.Keep(source, now + rules_.timing.OtherQuerierPresentInterval());
  if (others_.Elected() == before) return;
  startup_queries_left_ = 0;
  next_general_query_ = kNever;
  const LinkNotice<F> yielded{LinkEvent::kYielded, source, query.version, query.robustness,
                              query.query_interval};
  if (before) {
    Warn(yielded, now, out);  // from one router to the next: anybody can make that happen all the time
  } else {
    out.notices.push_back(yielded);
  }
}

/// C-61, C-62; older specific queries change nothing (C-63).
template <class F>
void Querier<F>::HearVersion(const Query<F>& query, const Address& source, Time now, QuerierEffects<F>& out) {
  LinkNotice<F> notice{LinkEvent::kNewerQuery, source, query.version, query.robustness, query.query_interval};
  if (query.version > config_.version) Warn(notice, now, out);
  if (!query.IsGeneral()) return;
  notice.event = LinkEvent::kOlderQuery;
  if (query.version < config_.version) Warn(notice, now, out);
  older_queriers_.OnHeard(query.version, now + rules_.timing.OlderHostPresentInterval());  // B-12
  UpdateRules();
}

/// B-27. What a query leaves open agrees with everything.
template <class F>
void Querier<F>::HearTiming(const Query<F>& query, const Address& source, Time now, QuerierEffects<F>& out) {
  const Timing& ours = config_.timing;
  const bool agrees =
      (query.robustness == 0 || query.robustness == ours.robustness) &&
      (query.query_interval == Duration::zero() || query.query_interval == ours.query_interval);
  if (agrees) return;
  Warn({LinkEvent::kTimingDiffers, source, query.version, query.robustness, query.query_interval}, now, out);
}

/// C-40, C-41, and C-43: any host could end streams with a forged query otherwise.
template <class F>
void Querier<F>::HearSpecific(const Query<F>& query, const Address& source, Time now) {
  if (query.IsGeneral() || query.suppress_router_processing) return;
  if (config_.lowered_by == LoweredBy::kElectedQuerier && others_.Elected() != source) return;
  const auto found = groups_.find(query.group);
  if (found == groups_.end()) return;
  const Timing& timing = rules_.timing;
  const Duration last_member_query_time = query.version == Version::kV3
                                              ? timing.LastMemberQueryTime()
                                              : timing.last_member_query_count * query.max_response_time;
  Apply(found->second, [&](GroupState<F>& state) { state.OnQuery(query, now + last_member_query_time); });
}

template <class F>
void Querier<F>::ExpireOtherQueriers(Time due, Time now, QuerierEffects<F>& out) {
  const Address gone = *others_.Elected();
  others_.Expire(due);
  UpdateRules();
  const auto elected = others_.Elected();
  if (!elected) {
    // C-54: one query at once, no startup again.
    out.notices.push_back({LinkEvent::kTookOver, gone});
    next_general_query_ = due;
    SendGeneralQuery(now, out);
  } else if (*elected != gone) {
    out.notices.push_back({LinkEvent::kYielded, *elected});
  }
}

template <class F>
void Querier<F>::Warn(const LinkNotice<F>& notice, Time now, QuerierEffects<F>& out) {
  if (notice_limit_.Admits(notice.event, now)) out.notices.push_back(notice);
}

template <class F>
void Querier<F>::OnReport(const Report<F>& report, const Address& reporter, Time now, DropCounters& drops,
                          QuerierEffects<F>& out) {
  assert(running_);
  if (IsIgnored(config_.older_messages, report.version)) {
    drops.Add(DropReason::kPolicy);
    return;
  }
  Before before;
  for (const GroupRecord<F>& record : report.records) {
    const bool ssm = IsSsm(config_.ssm_ranges, record.group);
    if (ssm && !IsSourceSpecific(record.type, report.version)) {
      drops.Add(DropReason::kSsm);
      continue;
    }
    if (ssm && F::IsReservedSsm(record.group) && AsksForSources(record.type) && !record.sources.empty()) {
      Warn({LinkEvent::kReservedGroup, reporter, report.version, 0, {}, record.group}, now, out);
    }
    // C-71: a source-specific group has no exclude mode to be widened to.
    rules_.source_overflow = ssm ? SourceOverflow::kLeaveOut : config_.source_overflow;
    if (!before.contains(record.group)) before.emplace(record.group, Membership(record.group));
    OnRecord(record, {reporter, report.version}, now, drops, out);
  }
  ReportChanges(before, out);
}

template <class F>
void Querier<F>::Adopt(const Report<F>& report, Time now, DropCounters& drops, QuerierEffects<F>& out) {
  OnReport(report, Address(), now, drops, out);
  for (const GroupRecord<F>& record : report.records) {
    if (const auto found = groups_.find(record.group); found != groups_.end()) found->second.stale = true;
  }
}

template <class F>
void Querier<F>::OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter, Time now,
                          DropCounters& drops, QuerierEffects<F>& out) {
  if (const auto found = groups_.find(record.group); found != groups_.end()) {
    found->second.stale = false;
    LimitRoom(found->second);
    Apply(found->second, [&](GroupState<F>& state) {
      drops.Add(DropReason::kLimit, state.OnRecord(record, reporter, rules_, now, out.queries));
    });
    return;
  }
  // A record that makes no state (C-25) takes no room in the table either.
  TimedGroup<F> fresh(record.group);
  LimitRoom(fresh);
  const std::size_t left_out = fresh.OnRecord(record, reporter, rules_, now, out.queries);
  if (!fresh.IsEmpty() && groups_.size() >= config_.max_groups) {
    drops.Add(DropReason::kLimit);
    return;
  }
  drops.Add(DropReason::kLimit, left_out);
  if (fresh.IsEmpty()) return;
  AddToSums(fresh);
  deadlines_.Set(record.group, fresh.NextExpiry(), fresh.place);
  groups_.emplace(record.group, std::move(fresh));
}

/// What the group has already keeps its room. A group without room for a host decides without its
/// hosts.
template <class F>
void Querier<F>::LimitRoom(const GroupState<F>& state) {
  rules_.max_hosts_per_group =
      hosts_ < config_.max_hosts ? config_.max_hosts_per_group : state.hosts().size();
  const std::size_t room = config_.max_sources > sources_ ? config_.max_sources - sources_ : 0;
  rules_.max_sources_per_group = std::min(config_.max_sources_per_group, state.SourceCount() + room);
}

template <class F>
template <class Change>
void Querier<F>::Apply(TimedGroup<F>& state, Change change) {
  const Address group = state.group();
  TakeFromSums(state);
  change(state);
  if (state.IsEmpty()) {
    deadlines_.Set(group, kNever, state.place);
    groups_.erase(group);
    return;
  }
  AddToSums(state);
  deadlines_.Set(group, state.NextExpiry(), state.place);
}

template <class F>
void Querier<F>::AddToSums(const GroupState<F>& state) {
  hosts_ += state.hosts().size();
  sources_ += state.SourceCount();
}

template <class F>
void Querier<F>::TakeFromSums(const GroupState<F>& state) {
  hosts_ -= state.hosts().size();
  sources_ -= state.SourceCount();
}

template <class F>
Time Querier<F>::NextExpiry() const {
  return std::min(
      {next_general_query_, others_.NextExpiry(), older_queriers_.NextExpiry(), deadlines_.Next()});
}

template <class F>
void Querier<F>::Expire(Time now, QuerierEffects<F>& out) {
  Before before;
  while (NextExpiry() <= now) {
    const Time due = NextExpiry();
    if (older_queriers_.NextExpiry() == due) {
      older_queriers_.Expire(due);
      UpdateRules();
      continue;
    }
    if (others_.NextExpiry() == due) {
      ExpireOtherQueriers(due, now, out);
      continue;
    }
    if (next_general_query_ == due) {
      SendGeneralQuery(now, out);
      continue;
    }
    const Address group = deadlines_.NextKey();
    TimedGroup<F>& state = groups_.at(group);
    if (const Time deadline = state.NextExpiry(); deadline > due) {
      deadlines_.Postpone(deadline, state.place);
      continue;
    }
    if (!before.contains(group)) before.emplace(group, state.Membership());
    Apply(state, [&](GroupState<F>& each) { each.Expire(due, rules_, out.queries); });
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
    next_general_query_ += NextInterval();
  } while (next_general_query_ <= now);
}

template <class F>
Duration Querier<F>::NextInterval() const {
  return startup_queries_left_ > 0 ? rules_.timing.startup_query_interval : rules_.timing.query_interval;
}

template <class F>
void Querier<F>::UpdateRules() {
  rules_.timing = others_.Adopt(config_.timing);
  rules_.role = others_.Elected() ? RouterRole::kNonQuerier : RouterRole::kQuerier;
  rules_.version = config_.version;
  if (config_.older_queriers == OlderQueriers::kFollow) {
    rules_.version = std::min(rules_.version, older_queriers_.Oldest());
  }
  rules_.max_sources_per_query = SourcesPerQuery<F>(config_.mtu);
  rules_.fast_leave = config_.fast_leave;
  rules_.exclude_lists = config_.exclude_lists;
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
SourceSet<F> Querier<F>::Named(const Address& group) const {
  const GroupState<F>* state = Find(group);
  return state == nullptr ? SourceSet<F>() : state->Named();
}

template <class F>
const GroupState<F>* Querier<F>::Find(const Address& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

template <class F>
const typename Querier<F>::Groups& Querier<F>::groups() const {
  return groups_;
}

template <class F>
const QuerierConfig<F>& Querier<F>::config() const {
  return config_;
}

template class Querier<Igmp>;
template class Querier<Mld>;

}  // namespace bpfcast
