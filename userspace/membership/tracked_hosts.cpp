#include "membership/tracked_hosts.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace bpfcast {

template <class F>
std::size_t TrackedHosts<F>::OnRecord(const GroupRecord<F>& record, const Reporter<F>& reporter, Time now,
                                      Time until, std::size_t max_hosts) {
  DropSilent(now);
  if (reporter.address.IsUnspecified()) {
    incomplete_until_ = until;
    return 0;
  }
  auto found = hosts_.find(reporter.address);
  const MembershipRecord<F> before = found == hosts_.end() ? MembershipRecord<F>() : found->second.wants;
  listed_sources_ -= before.sources.size();
  MembershipRecord<F> wants = After(record, before);
  const bool leaves = wants.IsEmpty();
  if (leaves || (found == hosts_.end() && hosts_.size() >= max_hosts)) {
    if (found != hosts_.end()) hosts_.erase(found);
    if (leaves) return 0;
    incomplete_until_ = until;
    return 1;
  }
  if (found == hosts_.end()) found = hosts_.try_emplace(reporter.address).first;
  Host& host = found->second;
  host.wants = std::move(wants);
  std::size_t without_room = 0;
  if (listed_sources_ + host.wants.sources.size() > max_hosts * kSourcesPerHost) {
    // Without its list a host in EXCLUDE mode wants more than it said; one in INCLUDE mode would want less.
    if (host.wants.mode == FilterMode::kInclude) incomplete_until_ = until;
    host.wants.sources = SourceSet<F>();
    without_room = 1;
  }
  listed_sources_ += host.wants.sources.size();
  host.version = reporter.version;
  host.last_report = now;
  host.expires = until;
  first_expiry_ = std::min(first_expiry_, until);
  return without_room;
}

/// A host that is not known yet is one that wanted nothing, INCLUDE({}).
template <class F>
MembershipRecord<F> TrackedHosts<F>::After(const GroupRecord<F>& record, const MembershipRecord<F>& before) {
  const SourceSet<F> b(record.sources);
  const bool exclude = before.mode == FilterMode::kExclude;
  switch (record.type) {
    case RecordType::kIsEx:
    case RecordType::kToEx:
      return {FilterMode::kExclude, b};
    case RecordType::kToIn:
      // A long list comes in several records, so that one with sources only adds to INCLUDE.
      if (b.empty() || exclude) return {FilterMode::kInclude, b};
      return {FilterMode::kInclude, before.sources + b};
    case RecordType::kIsIn:  // also the answer of a host in EXCLUDE mode to Q(G,A)
    case RecordType::kAllow:
      return {before.mode, exclude ? before.sources - b : before.sources + b};
    case RecordType::kBlock:
      return {before.mode, exclude ? before.sources + b : before.sources - b};
  }
  return before;
}

template <class F>
void TrackedHosts<F>::DropSilent(Time now) {
  if (first_expiry_ >= now) return;
  first_expiry_ = kNever;
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    const Host& host = it->second;
    if (host.expires < now) {  // at the same instant packets go first (B-26)
      listed_sources_ -= host.wants.sources.size();
      it = hosts_.erase(it);
    } else {
      first_expiry_ = std::min(first_expiry_, host.expires);
      ++it;
    }
  }
}

template <class F>
std::optional<Time> TrackedHosts<F>::ExcludeUntil() const {
  std::optional<Time> until;
  for (const auto& [address, host] : hosts_) {
    if (host.wants.mode == FilterMode::kExclude) until = std::max(until, std::optional(host.expires));
  }
  return until;
}

template <class F>
bool TrackedHosts<F>::AnyIncludes() const {
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [](const auto& entry) { return entry.second.wants.mode == FilterMode::kInclude; });
}

template <class F>
SourceSet<F> TrackedHosts<F>::Named() const {
  std::vector<Address> named;
  for (const auto& [address, host] : hosts_) {
    const SourceSet<F>& listed = host.wants.sources;
    if (host.wants.mode == FilterMode::kInclude) named.insert(named.end(), listed.begin(), listed.end());
  }
  return SourceSet<F>(std::move(named));
}

template <class F>
std::vector<std::optional<Time>> TrackedHosts<F>::WantedUntil(const SourceSet<F>& sources) const {
  // Hosts in INCLUDE mode want what they list. Those in EXCLUDE mode want all but that: the first of them
  // that does not list a source is nearly always the first of all.
  std::unordered_map<Address, Time> listed;
  std::vector<const Host*> excluding;
  for (const auto& [address, host] : hosts_) {
    if (host.wants.mode == FilterMode::kExclude) {
      excluding.push_back(&host);
      continue;
    }
    for (const Address& source : host.wants.sources) {
      Time& until = listed.try_emplace(source, host.expires).first->second;
      until = std::max(until, host.expires);
    }
  }
  std::sort(excluding.begin(), excluding.end(),
            [](const Host* a, const Host* b) { return a->expires > b->expires; });
  std::vector<std::optional<Time>> result;
  result.reserve(sources.size());
  for (const Address& source : sources) {
    std::optional<Time> until;
    if (const auto found = listed.find(source); found != listed.end()) until = found->second;
    const auto last = std::find_if(excluding.begin(), excluding.end(),
                                   [&](const Host* host) { return host->wants.Wants(source); });
    if (last != excluding.end()) until = std::max(until, std::optional((*last)->expires));
    result.push_back(until);
  }
  return result;
}

template <class F>
std::vector<TrackedHost<F>> TrackedHosts<F>::List() const {
  std::vector<TrackedHost<F>> list;
  for (const auto& [address, host] : hosts_) {
    list.push_back({address, host.version, host.wants.mode, host.last_report, host.expires});
  }
  return list;
}

template class TrackedHosts<Igmp>;
template class TrackedHosts<Mld>;

}  // namespace bpfcast
