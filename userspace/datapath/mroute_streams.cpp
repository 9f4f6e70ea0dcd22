#include "datapath/mroute_streams.h"
#include "log/log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "datapath/counter_names.h"

namespace bpfcast {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
/// The kernel tells of packets on another interface every three seconds at most.
constexpr Duration kClaim = std::chrono::seconds(4);
constexpr Duration kComplaintInterval = std::chrono::minutes(1);

/// What a stream is worth when there is no room for all: those of members most, then what goes upstream
/// unasked, then what nobody gets.
template <class F>
int Worth(const StreamPlan<F>& plan) {
  if (plan.verdict != BPFCAST_FORWARDED) return 0;
  return plan.route ? 2 : 1;
}

/// A port on which a stream goes somewhere rather than one on which it may come, rather than one on which it
/// is refused.
int Claim(std::uint32_t verdict) {
  if (verdict == BPFCAST_FORWARDED) return 2;
  return IsAcceptedSource(verdict) ? 1 : 0;
}

}  // namespace

template <class F>
MrouteStreams<F>::MrouteStreams(MrouteKernel<F>& kernel, const MroutePlan<F>& plan, const VifTable& vifs,
                                const MrouteLimits& limits)
    : kernel_(kernel), plan_(plan), vifs_(vifs), limits_(limits) {}

// ---- What the kernel asks.

template <class F>
void MrouteStreams<F>::Answer(const std::vector<Upcall<F>>& upcalls, Time now,
                              std::vector<PacketEvent>& events) {
  for (const Upcall<F>& upcall : upcalls) {
    const auto arrival = vifs_.PortOf(upcall.arrival);
    if (!arrival) continue;
    Stream* stream = Find(upcall.stream);
    if (stream == nullptr || upcall.kind == UpcallKind::kNoEntry) {
      Admit(upcall.stream, *arrival, now, events);
    } else if (stream->arrival != *arrival) {
      OnOtherArrival(*stream, *arrival, now, events);
    }
  }
}

template <class F>
void MrouteStreams<F>::Admit(const RouteKey<F>& key, PortId arrival, Time now,
                             std::vector<PacketEvent>& events) {
  StreamPlan<F> plan = plan_.Decide(key, arrival);
  if (Find(key) == nullptr && !HasRoomFor(Worth(plan), now)) {
    CountVerdict(BPFCAST_NOMEM, arrival, 1);
    return;
  }
  const auto [slot, added] = streams_[key.group].try_emplace(key.source);
  Stream& stream = slot->second;
  if (added) {
    ++size_;
    stream.first = stream.last = stream.sampled = now;
  } else if (!Account(stream, now)) {
    stream.seen = {};  // the kernel has forgotten its entry, and counts anew
  }
  stream.arrival = arrival;
  stream.plan = std::move(plan);
  stream.claimant.reset();
  if (stream.stray == arrival) stream.stray.reset();
  if (!Write(stream, ToEntry(key, arrival, stream.plan.outgoing), now)) return Forget(key);
  Tell(key, arrival, stream.plan.verdict, events);
}

// An entry has one arrival interface. Another one takes over when it is the better one, or as good and the
// old one silent; Sample() looks again in a second.
template <class F>
void MrouteStreams<F>::OnOtherArrival(Stream& stream, PortId arrival, Time now,
                                      std::vector<PacketEvent>& events) {
  const RouteKey<F> key = stream.entry.stream;
  stream.stray = arrival;
  stream.strayed = now;
  const std::uint32_t verdict = plan_.Decide(key, arrival).verdict;
  const int claim = Claim(verdict);
  if (claim > Claim(stream.plan.verdict)) return Move(stream, arrival, now);
  Tell(key, arrival, verdict, events);
  if (claim > 0 && claim == Claim(stream.plan.verdict)) {
    stream.claimant = arrival;
    stream.claimed = now;
  }
}

/// Streams that nobody gets leave a quarter of the table to those that somebody does, and take the place of
/// others of their kind once a second at most: whoever invents streams keeps nobody's out.
template <class F>
bool MrouteStreams<F>::HasRoomFor(int worth, Time now) {
  const std::size_t most = worth > 0 ? limits_.streams : limits_.streams / 4 * 3;
  if (size_ < most) return true;
  if (worth == 0 && made_room_ && now - *made_room_ < kSecond) return false;
  made_room_ = now;
  MakeRoom(now);
  return size_ < most;
}

template <class F>
void MrouteStreams<F>::MakeRoom(Time now) {
  Count(now);
  std::vector<std::tuple<int, Time, RouteKey<F>>> least;
  for (const auto& [group, sources] : streams_) {
    for (const auto& [source, stream] : sources) {
      least.emplace_back(Worth(stream.plan), stream.last, RouteKey<F>{source, group});
    }
  }
  const std::size_t going = std::min(limits_.streams / 16 + 1, least.size());
  std::nth_element(least.begin(), least.begin() + static_cast<std::ptrdiff_t>(going) - 1, least.end());
  for (std::size_t i = 0; i < going; ++i) Forget(std::get<RouteKey<F>>(least[i]));
  Complain(now, std::string(F::kName) + ": too many streams at once for a table of " +
                    std::to_string(limits_.streams) +
                    "; those that nobody wants and the longest silent ones are forgotten");
}

/// what the network causes must not fill the log.
template <class F>
void MrouteStreams<F>::Complain(Time now, const std::string& what) {
  if (complained_ && now - *complained_ < kComplaintInterval) return;
  complained_ = now;
  Log(Subsystem::kDatapath).warn("{}", what);
}

template <class F>
void MrouteStreams<F>::Tell(const RouteKey<F>& key, PortId arrival, std::uint32_t verdict,
                            std::vector<PacketEvent>& events) const {
  if (verdict != BPFCAST_NOROUTE && verdict != BPFCAST_RPF) return;
  PacketEvent event;
  event.kind = verdict == BPFCAST_RPF ? PacketEventKind::kWrongInterface : PacketEventKind::kNoRoute;
  event.arrival = arrival;
  event.stream = key;
  events.push_back(std::move(event));
}

// ---- What is wanted.

template <class F>
void MrouteStreams<F>::Refresh(const Address& group, Time now) {
  if (const auto found = streams_.find(group); found != streams_.end()) {
    for (auto& [source, stream] : found->second) Refresh(stream, now);
  }
}

template <class F>
void MrouteStreams<F>::RefreshAll(Time now) {
  for (auto& [group, sources] : streams_) {
    for (auto& [source, stream] : sources) Refresh(stream, now);
  }
}

template <class F>
void MrouteStreams<F>::Refresh(Stream& stream, Time now) {
  Move(stream, stream.arrival, now);
}

template <class F>
void MrouteStreams<F>::Move(Stream& stream, PortId arrival, Time now) {
  StreamPlan<F> plan = plan_.Decide(stream.entry.stream, arrival);
  const MrouteEntry<F> entry = ToEntry(stream.entry.stream, arrival, plan.outgoing);
  if (plan == stream.plan && entry == stream.entry) return;
  Account(stream, now);  // what came until now was by the old plan
  // Refused: it goes on as it was, and the next change tries again.
  if (entry != stream.entry && !Write(stream, entry, now)) return;
  stream.plan = std::move(plan);
  stream.arrival = arrival;
  stream.claimant.reset();
  if (stream.stray == arrival) stream.stray.reset();
}

template <class F>
MrouteEntry<F> MrouteStreams<F>::ToEntry(const RouteKey<F>& key, PortId arrival,
                                         const PortSet& outgoing) const {
  MrouteEntry<F> entry;
  entry.stream = key;
  entry.parent = vifs_.Find(arrival).value_or(0);
  outgoing.ForEach([&](PortId id) {
    const auto vif = vifs_.Find(id);
    const DatapathPort* port = plan_.FindPort(id);
    if (vif && port != nullptr) entry.thresholds[*vif] = std::max<std::uint8_t>(1, port->ttl_threshold);
  });
  return entry;
}

template <class F>
bool MrouteStreams<F>::Write(Stream& stream, const MrouteEntry<F>& entry, Time now) {
  if (const Result<void> written = kernel_.SetEntry(entry); !written) {
    Complain(now, written.error().message);
    return false;
  }
  stream.entry = entry;
  return true;
}

template <class F>
void MrouteStreams<F>::RemoveArrivals(PortId port, Time now) {
  KeepIf([&](Stream& stream) {
    if (stream.claimant == port) stream.claimant.reset();
    if (stream.stray == port) stream.stray.reset();
    if (stream.arrival != port) return true;
    Account(stream, now);
    return false;
  });
  reasons_.erase(port);  // as the kernel's own counters of an interface
}

// ---- What is counted.

template <class F>
bool MrouteStreams<F>::Account(Stream& stream, Time now) {
  const auto read = kernel_.CountOf(stream.entry.stream);
  if (!read) return false;
  const std::uint64_t wrong = read->wrong_interface - stream.seen.wrong_interface;
  const std::uint64_t all = read->packets - stream.seen.packets;
  const std::uint64_t packets = all - std::min(all, wrong);
  // The kernel does not count the octets of those apart: they share alike.
  std::uint64_t bytes = read->bytes - stream.seen.bytes;
  if (wrong > 0) bytes = static_cast<std::uint64_t>(static_cast<double>(bytes) * packets / all);
  stream.seen = *read;
  CountVerdict(stream.plan.verdict, stream.arrival, packets);
  CountVerdict(BPFCAST_RPF, now - stream.strayed <= kClaim ? stream.stray : std::nullopt, wrong);
  std::uint64_t dropped = wrong;
  PacketCount forwarded;
  if (stream.plan.verdict == BPFCAST_FORWARDED) {
    forwarded = {packets, bytes};
  } else if (stream.plan.verdict != BPFCAST_LOCAL) {
    dropped += packets;
    if (packets > 0) stream.refused = stream.plan.verdict;
  }
  if (wrong > 0) stream.refused = BPFCAST_RPF;
  stream.forwarded.packets += forwarded.packets;
  stream.forwarded.bytes += forwarded.bytes;
  stream.dropped += dropped;
  if (stream.plan.route) {
    RouteCount& route = routes_[*stream.plan.route];
    route.forwarded.packets += forwarded.packets;
    route.forwarded.bytes += forwarded.bytes;
    route.dropped += dropped;
  }
  if (packets > 0) stream.last = now;
  return true;
}

template <class F>
void MrouteStreams<F>::CountVerdict(std::uint32_t verdict, std::optional<PortId> arrival,
                                    std::uint64_t packets) {
  verdicts_[verdict] += packets;
  if (arrival && packets > 0 && verdict != BPFCAST_FORWARDED) reasons_[*arrival][verdict] += packets;
}

template <class F>
ReasonCounts MrouteStreams<F>::ReasonsOf(PortId port) const {
  const auto found = reasons_.find(port);
  return found == reasons_.end() ? ReasonCounts{} : found->second;
}

template <class F>
void MrouteStreams<F>::Count(Time now) {
  KeepIf([&](Stream& stream) { return Account(stream, now); });
}

template <class F>
void MrouteStreams<F>::Sample(Time now) {
  KeepIf([&](Stream& stream) {
    if (!Account(stream, now)) return false;
    if (now - stream.last >= limits_.idle) return false;
    if (stream.claimant && stream.last <= stream.sampled) Move(stream, *stream.claimant, now);
    if (stream.claimant && now - stream.claimed > kClaim) stream.claimant.reset();
    const double seconds = std::chrono::duration<double>(now - stream.sampled).count();
    if (seconds <= 0) return true;
    const auto rate = [&](std::uint64_t then, std::uint64_t count) {
      return static_cast<double>(count - then) / seconds;
    };
    stream.packets_per_s = rate(stream.forwarded_at_sample.packets, stream.forwarded.packets);
    stream.bits_per_s = 8 * rate(stream.forwarded_at_sample.bytes, stream.forwarded.bytes);
    stream.forwarded_at_sample = stream.forwarded;
    stream.sampled = now;
    return true;
  });
  std::erase_if(routes_, [&](const auto& entry) { return !plan_.routes().contains(entry.first); });
}

template <class F>
std::vector<FlowCounters<F>> MrouteStreams<F>::Flows() const {
  std::vector<FlowCounters<F>> flows;
  for (const auto& [group, sources] : streams_) {
    for (const auto& [source, stream] : sources) {
      const std::uint32_t verdict = stream.plan.verdict;
      // As the programs: of streams that nobody asked for those that would go upstream.
      if (!stream.plan.route && verdict != BPFCAST_FORWARDED && verdict != BPFCAST_NOOIF &&
          verdict != BPFCAST_BOUND) {
        continue;
      }
      flows.push_back({{source, group},
                       stream.arrival,
                       stream.forwarded,
                       stream.dropped,
                       stream.first,
                       stream.last,
                       stream.packets_per_s,
                       stream.bits_per_s,
                       stream.refused == BPFCAST_FORWARDED ? "" : kCounterNames[stream.refused]});
    }
  }
  return flows;
}

template <class F>
std::vector<RouteCounters<F>> MrouteStreams<F>::CountersOfRoutes() const {
  std::vector<RouteCounters<F>> counters;
  counters.reserve(plan_.routes().size());
  for (const auto& [key, route] : plan_.routes()) {
    RouteCounters<F>& each = counters.emplace_back();
    each.key = key;
    const auto count = routes_.find(key);
    if (count == routes_.end()) continue;
    each.forwarded = count->second.forwarded;
    each.dropped = count->second.dropped;
  }
  return counters;
}

// ---- The table itself.

template <class F>
typename MrouteStreams<F>::Stream* MrouteStreams<F>::Find(const RouteKey<F>& key) {
  const auto group = streams_.find(key.group);
  if (group == streams_.end()) return nullptr;
  const auto found = group->second.find(key.source);
  return found == group->second.end() ? nullptr : &found->second;
}

template <class F>
void MrouteStreams<F>::Forget(const RouteKey<F>& key) {
  kernel_.RemoveEntry(key);
  const auto group = streams_.find(key.group);
  if (group == streams_.end()) return;
  size_ -= group->second.erase(key.source);
  if (group->second.empty()) streams_.erase(group);
}

template <class F>
template <class Visit>
void MrouteStreams<F>::KeepIf(Visit visit) {
  for (auto group = streams_.begin(); group != streams_.end();) {
    for (auto entry = group->second.begin(); entry != group->second.end();) {
      if (visit(entry->second)) {
        ++entry;
        continue;
      }
      kernel_.RemoveEntry({entry->first, group->first});
      entry = group->second.erase(entry);
      --size_;
    }
    group = group->second.empty() ? streams_.erase(group) : std::next(group);
  }
}

template class MrouteStreams<Igmp>;
template class MrouteStreams<Mld>;

}  // namespace bpfcast
