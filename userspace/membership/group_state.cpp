#include "membership/group_state.h"

#include <algorithm>
#include <utility>

namespace bpfcast {
namespace {

/// `form` for all of `sources`, in as many queries as the MTU asks for.
template <class F>
void AppendSplit(Query<F> form, const std::vector<typename F::Address>& sources, std::size_t per_query,
                 std::vector<Query<F>>& out) {
  for (auto first = sources.begin(); first != sources.end();) {
    const auto rest = static_cast<std::size_t>(sources.end() - first);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(rest, per_query));
    form.sources.assign(first, last);
    out.push_back(form);
    first = last;
  }
}

}  // namespace

template <class F>
std::size_t GroupState<F>::OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter,
                                    const LinkRules& rules, Time now, std::vector<Query<F>>& out) {
  const Time gmi = now + rules.timing.GroupMembershipInterval();
  const Leaver leaver = hosts_.Knows(reporter.address) ? Leaver::kKnown : Leaver::kUnknown;
  std::size_t left_out = hosts_.OnRecord(record, reporter, now, gmi, rules.max_hosts_per_group);
  last_reporter_ = reporter.address;
  // C-64: a report of an older version is an IS_EX({}) here; its leave, a TO_IN({}), starts no timer.
  if (record.type == RecordType::kIsEx) {
    older_hosts_.OnHeard(reporter.version, now + rules.timing.OlderHostPresentInterval());
  }
  RecordType type = record.type;
  Sources sources;
  switch (Meaning(type, rules)) {
    case RecordMeaning::kIgnored:
      return left_out;
    case RecordMeaning::kWithoutSources:
      break;
    case RecordMeaning::kAsWritten:
      sources = Sources(record.sources);
      break;
  }
  const std::size_t overflow = Admit(type, sources, rules.max_sources_per_group);
  left_out += overflow;
  if (overflow > 0 && rules.source_overflow == SourceOverflow::kWiden && AsksForSources(type)) {
    type = RecordType::kIsEx;
    sources = Sources();
  }
  Ask ask = mode_ == FilterMode::kInclude ? OnRecordInInclude(type, sources, gmi)
                                          : OnRecordInExclude(type, sources, gmi);
  if (IsSingleHost(rules)) {
    EndNow(std::exchange(ask, Ask()));
  } else if (HostsDecide(rules, now)) {
    ask = LeftToAsk(std::move(ask), leaver);
  }
  if (StartQueries(ask, rules, now) == Round::kNow) SendRound(rules, now, out);
  return left_out;
}

template <class F>
RecordMeaning GroupState<F>::Meaning(RecordType type, const LinkRules& rules) const {
  const RecordMeaning meaning = MeaningInMode(type, older_hosts_.Oldest());
  if (rules.exclude_lists == ExcludeLists::kKept || meaning != RecordMeaning::kAsWritten) return meaning;
  return MeaningWithoutExcludeLists(type, mode_);
}

/// Takes out of `sources` the new ones that would make the state larger than `limit`; says how many.
template <class F>
std::size_t GroupState<F>::Admit(RecordType type, Sources& sources, std::size_t limit) const {
  const Sources known = Known();
  std::size_t kept = known.size();
  switch (type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:  // the state will have the listed sources only
      kept = (known * sources).size();
      break;
    case RecordType::kBlock:  // adds sources in EXCLUDE only
      if (mode_ == FilterMode::kInclude) return 0;
      break;
    case RecordType::kIsIn:
    case RecordType::kToIn:
    case RecordType::kAllow:
      break;
  }
  const Sources fresh = sources - known;
  const std::size_t room = limit > kept ? limit - kept : 0;
  if (fresh.size() <= room) return 0;
  sources =
      sources - Sources(std::vector<Address>(fresh.begin() + static_cast<std::ptrdiff_t>(room), fresh.end()));
  return fresh.size() - room;
}

// The tables of RFC 9776 6.4.1 and 6.4.2. `gmi` is the time one Group Membership Interval from now. The sets
// on the right side are those before the record (C-23).

template <class F>
typename GroupState<F>::Ask GroupState<F>::OnRecordInInclude(RecordType type, const Sources& b, Time gmi) {
  const Sources a = Requested();
  Ask ask;
  switch (type) {
    case RecordType::kIsIn:   // IS_IN (B) -> INCLUDE (A+B)
    case RecordType::kAllow:  // ALLOW (B) -> INCLUDE (A+B)
      // (B)=GMI
      SetTimers(b, gmi);
      break;
    case RecordType::kIsEx:  // IS_EX (B) -> EXCLUDE (A*B,B-A)
      // (B-A)=0, Delete (A-B), Group Timer=GMI
      Block(b - a);
      Delete(a - b);
      mode_ = FilterMode::kExclude;
      group_timer_ = gmi;
      break;
    case RecordType::kBlock:  // BLOCK (B) -> INCLUDE (A)
      // Send Q(G,A*B)
      ask.sources = a * b;
      break;
    case RecordType::kToEx:  // TO_EX (B) -> EXCLUDE (A*B,B-A)
      // (B-A)=0, Delete (A-B), Send Q(G,A*B), Group Timer=GMI
      Block(b - a);
      Delete(a - b);
      ask.sources = a * b;
      mode_ = FilterMode::kExclude;
      group_timer_ = gmi;
      break;
    case RecordType::kToIn:  // TO_IN (B) -> INCLUDE (A+B)
      // (B)=GMI, Send Q(G,A-B)
      SetTimers(b, gmi);
      ask.sources = a - b;
      break;
  }
  return ask;
}

template <class F>
typename GroupState<F>::Ask GroupState<F>::OnRecordInExclude(RecordType type, const Sources& a, Time gmi) {
  const Sources x = Requested();
  const Sources y = Excluded();
  Ask ask;
  switch (type) {
    case RecordType::kIsIn:   // IS_IN (A) -> EXCLUDE (X+A,Y-A)
    case RecordType::kAllow:  // ALLOW (A) -> EXCLUDE (X+A,Y-A)
      // (A)=GMI
      SetTimers(a, gmi);
      break;
    case RecordType::kIsEx:  // IS_EX (A) -> EXCLUDE (A-Y,Y*A)
      // (A-X-Y)=GMI, Delete (X-A), Delete (Y-A), Group Timer=GMI
      SetTimers(a - x - y, gmi);
      Delete(x - a);
      Delete(y - a);
      group_timer_ = gmi;
      break;
    case RecordType::kBlock:  // BLOCK (A) -> EXCLUDE (X+(A-Y),Y)
      // (A-X-Y)=Group Timer, Send Q(G,A-Y)
      SetTimers(a - x - y, group_timer_);
      ask.sources = a - y;
      break;
    case RecordType::kToEx:  // TO_EX (A) -> EXCLUDE (A-Y,Y*A)
      // (A-X-Y)=Group Timer, Delete (X-A), Delete (Y-A), Send Q(G,A-Y), Group Timer=GMI
      SetTimers(a - x - y, group_timer_);  // the old one (I-15)
      Delete(x - a);
      Delete(y - a);
      ask.sources = a - y;
      group_timer_ = gmi;
      break;
    case RecordType::kToIn:  // TO_IN (A) -> EXCLUDE (X+A,Y-A)
      // (A)=GMI, Send Q(G,X-A), Send Q(G)
      SetTimers(a, gmi);
      ask.sources = x - a;
      ask.group = true;
      break;
  }
  return ask;
}

/// C-82: the operator's word, in every mode that knows leaves.
template <class F>
bool GroupState<F>::IsSingleHost(const LinkRules& rules) const {
  return rules.fast_leave == FastLeave::kAlways && rules.role == RouterRole::kQuerier &&
         rules.version != Version::kV1;
}

template <class F>
void GroupState<F>::EndNow(const Ask& ask) {
  for (const Address& address : ask.sources) Lapse(address);
  if (ask.group) ExpireGroup();
}

/// C-81, C-82: older hosts keep silent when another host reported the group already, so that they are not all
/// known.
template <class F>
bool GroupState<F>::HostsDecide(const LinkRules& rules, Time now) const {
  return rules.fast_leave == FastLeave::kTracked && rules.role == RouterRole::kQuerier &&
         rules.version == Version::kV3 && older_hosts_.Oldest() == Version::kV3 &&
         rules.hosts_known_from <= now && hosts_.IsComplete(now);
}

/// C-81, C-83. What another known host wants is kept as long as that host is; what nobody wants ends now.
/// Left to ask: when the group would go back to INCLUDE while hosts in that mode remain, for their sources
/// may be forgotten; and when the leaver is not among the known hosts.
template <class F>
typename GroupState<F>::Ask GroupState<F>::LeftToAsk(Ask ask, Leaver leaver) {
  Ask left;
  if (ask.group) {
    const auto until = hosts_.ExcludeUntil();
    if (until && !hosts_.AnyIncludes()) {
      group_timer_ = std::min(group_timer_, *until);
    } else if (leaver == Leaver::kKnown && hosts_.empty()) {
      sources_.clear();
      ExpireGroup();
      return left;
    } else {
      left.group = true;
    }
  }
  std::vector<Address> sources;
  const auto wanted = hosts_.WantedUntil(ask.sources);
  auto until_of = wanted.begin();
  for (const Address& address : ask.sources) {
    if (const auto until = *until_of++) {
      std::optional<Time>& timer = sources_.at(address).timer;
      timer = std::min(*timer, *until);
    } else if (leaver == Leaver::kKnown) {
      Lapse(address);
    } else {
      sources.push_back(address);
    }
  }
  left.sources = Sources(std::move(sources));
  return left;
}

/// Lowers the timers and sets the retransmission counts of what is asked about (C-30, C-31).
template <class F>
typename GroupState<F>::Round GroupState<F>::StartQueries(const Ask& ask, const LinkRules& rules, Time now) {
  Round round = Round::kNothingNew;
  if (rules.role != RouterRole::kQuerier || rules.version == Version::kV1) return round;
  const Time lowered = now + rules.timing.LastMemberQueryTime();
  // C-34: while a sequence runs and nobody has refreshed the group since, another leave changes nothing. So a
  // flood of leaves neither postpones the end nor makes a flood of queries.
  if (ask.group && (group_queries_left_ == 0 || group_timer_ > lowered)) {
    group_timer_ = std::min(group_timer_, lowered);
    group_queries_left_ = rules.timing.last_member_query_count;
    round = Round::kNow;
  }
  if (rules.version != Version::kV3) return round;  // C-60: no Q(G,A) in older versions
  for (const Address& address : ask.sources) {
    Source& source = sources_.at(address);
    if (source.timer <= lowered) continue;
    source.timer = lowered;
    source.queries_left = rules.timing.last_member_query_count;
    round = Round::kNow;
  }
  return round;
}

/// One transmission of all that is pending (C-32), and the time of the next one.
template <class F>
void GroupState<F>::SendRound(const LinkRules& rules, Time now, std::vector<Query<F>>& out) {
  const Time lowered = now + rules.timing.LastMemberQueryTime();
  Query<F> query = MakeQuery<F>(rules, rules.timing.last_member_query_interval);  // C-36
  query.group = group_;
  bool pending = false;
  if (group_queries_left_ > 0) {
    pending = --group_queries_left_ > 0;
    query.suppress_router_processing = group_timer_ > lowered;  // C-33: refreshed meanwhile
    // An older version cannot say S and would lower the refreshed timers of other routers; v1 has no specific
    // queries at all (C-60).
    const bool sayable =
        rules.version == Version::kV3 || (rules.version == Version::kV2 && !query.suppress_router_processing);
    if (sayable) out.push_back(query);
  }
  std::vector<Address> refreshed;
  std::vector<Address> lapsing;
  for (auto& [address, source] : sources_) {
    if (source.queries_left == 0) continue;
    if (--source.queries_left > 0) pending = true;
    (source.timer > lowered ? refreshed : lapsing).push_back(address);
  }
  // An older version cannot name sources: it would ask for the whole group and lower its timer elsewhere.
  if (rules.version == Version::kV3) {
    query.suppress_router_processing = true;
    AppendSplit(query, refreshed, rules.max_sources_per_query, out);
    query.suppress_router_processing = false;
    AppendSplit(query, lapsing, rules.max_sources_per_query, out);
  }
  next_round_ = pending ? now + rules.timing.last_member_query_interval : kNever;
}

template <class F>
void GroupState<F>::OnQuery(const Query<F>& query, Time end) {
  if (query.sources.empty() && mode_ == FilterMode::kExclude) group_timer_ = std::min(group_timer_, end);
  for (const Address& address : query.sources) {
    const auto found = sources_.find(address);
    if (found == sources_.end() || !found->second.timer) continue;
    found->second.timer = std::min(*found->second.timer, end);
  }
}

template <class F>
Time GroupState<F>::NextExpiry() const {
  Time next = std::min({group_timer_, next_round_, older_hosts_.NextExpiry()});
  for (const auto& [address, source] : sources_) next = std::min(next, source.timer.value_or(kNever));
  return next;
}

template <class F>
void GroupState<F>::Expire(Time now, const LinkRules& rules, std::vector<Query<F>>& out) {
  for (Time due = NextExpiry(); due <= now; due = NextExpiry()) {
    older_hosts_.Expire(due);
    ExpireSources(due);
    if (group_timer_ <= due) ExpireGroup();
    if (next_round_ <= due) SendRound(rules, due, out);
  }
}

template <class F>
void GroupState<F>::ExpireSources(Time now) {
  for (auto it = sources_.begin(); it != sources_.end();) {
    const auto [address, source] = *it++;
    if (source.timer && *source.timer <= now) Lapse(address);
  }
}

/// C-05: INCLUDE forgets the source, EXCLUDE moves it from X to Y. Nobody is asked about it any more.
template <class F>
void GroupState<F>::Lapse(const Address& source) {
  if (mode_ == FilterMode::kInclude) {
    sources_.erase(source);
  } else {
    sources_[source] = Source();
  }
}

/// C-06: EXCLUDE (X,Y) -> INCLUDE (X), whose timers go on; Y is deleted.
template <class F>
void GroupState<F>::ExpireGroup() {
  std::erase_if(sources_, [](const auto& entry) { return !entry.second.timer; });
  mode_ = FilterMode::kInclude;
  group_timer_ = kNever;
  group_queries_left_ = 0;
}

template <class F>
MembershipRecord<F> GroupState<F>::Membership() const {
  return {mode_, mode_ == FilterMode::kInclude ? Requested() : Excluded()};
}

template <class F>
SourceSet<F> GroupState<F>::Requested() const {
  std::vector<Address> addresses;
  for (const auto& [address, source] : sources_) {
    if (source.timer) addresses.push_back(address);
  }
  return Sources(std::move(addresses));
}

template <class F>
SourceSet<F> GroupState<F>::Excluded() const {
  std::vector<Address> addresses;
  for (const auto& [address, source] : sources_) {
    if (!source.timer) addresses.push_back(address);
  }
  return Sources(std::move(addresses));
}

template <class F>
SourceSet<F> GroupState<F>::Named() const {
  return hosts_.WasIncomplete() ? hosts_.Named() + Requested() : hosts_.Named();
}

template <class F>
std::optional<Time> GroupState<F>::SourceTimer(const Address& source) const {
  const auto found = sources_.find(source);
  return found == sources_.end() ? std::nullopt : found->second.timer;
}

template <class F>
SourceSet<F> GroupState<F>::Known() const {
  return Requested() + Excluded();
}

template <class F>
void GroupState<F>::SetTimers(const Sources& sources, Time expiry) {
  for (const Address& address : sources) sources_[address].timer = expiry;
}

template <class F>
void GroupState<F>::Block(const Sources& sources) {
  for (const Address& address : sources) sources_[address] = Source();
}

template <class F>
void GroupState<F>::Delete(const Sources& sources) {
  for (const Address& address : sources) sources_.erase(address);
}

template class GroupState<Igmp>;
template class GroupState<Mld>;

}  // namespace bpfcast
