#include "agent/explain_gather.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "agent/acl_verdict.h"
#include "agent/family_words.h"
#include "agent/hook_choice.h"
#include "agent/link_view.h"
#include "agent/stream_route.h"
#include "os/reverse_path.h"
#include "routing/boundary.h"

namespace bpfcast {
namespace {

constexpr std::string_view kLists =
    "change allow-groups, deny-groups, deny-sources, allow-sources or group-rules";

/// What to do to the settings of an interface.
std::string InFile(const std::string& port, std::string_view change) {
  return std::string(change) + " in [interface." + port + "], then: bpfcast reload";
}

double SecondsSince(Time then, Time now) {
  return std::max(0.0, std::chrono::duration<double>(now - then).count());
}

std::optional<double> SecondsLeft(Time deadline, Time now) {
  if (deadline == kNever) return std::nullopt;
  return SecondsSince(now, deadline);
}

const char* ModeName(FilterMode mode) {
  return mode == FilterMode::kInclude ? "include" : "exclude";
}

template <class F>
std::vector<std::string> Texts(const SourceSet<F>& sources) {
  std::vector<std::string> texts;
  for (const auto& source : sources) texts.push_back(source.ToString());
  return texts;
}

/// What the operator can do about an interface that does not work.
std::string RemedyOf(const std::string& problem, const std::string& port) {
  if (problem == "no such device") return "create " + port + ", or correct its name in the configuration";
  if (problem == "link is down") return "ip link set " + port + " up, and look at the cable";
  if (problem.find("no IPv4 address") != std::string::npos) return "ip addr add ADDRESS/LENGTH dev " + port;
  return "bpfcast ports";
}

template <class F>
bool HasInSubnet(const Port& port, const typename F::Address& source) {
  const auto& addresses = port.link.Addresses<F>();
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const LinkAddress<F>& each) { return each.subnet.Contains(source); });
}

template <class F>
class Gatherer {
 public:
  using Address = typename F::Address;

  Gatherer(const StreamSources<F>& from, const Address& group, const std::optional<Address>& source)
      : from_(from), group_(group), source_(source) {}

  StreamFacts Gather() const {
    StreamFacts facts;
    facts.family = FamilyWords<F>::kFamily;
    facts.group = group_.ToString();
    if (source_) facts.source = source_->ToString();
    facts.routable = F::IsRoutable(group_);
    facts.served = false;
    for (const PortView& view : from_.views) {
      if (view.hook == Hook::kKernel) facts.kernel_forwards = true;
      if (view.taking_over) facts.taking_over = true;
      if (const auto port = from_.ports.find(view.id); port != from_.ports.end()) {
        facts.served = facts.served || port->second.config.template Of<F>().served;
      }
      const Querier<F>* querier = from_.proxy.querier(view.id);
      if (querier != nullptr && IsSsm(querier->config().ssm_ranges, group_)) facts.source_specific = true;
    }
    for (const PortView& view : from_.views) {
      const auto port = from_.ports.find(view.id);
      if (port == from_.ports.end()) continue;
      if (view.role == PortRole::kUpstream) {
        facts.join = JoinOn(view, port->second);
      } else {
        facts.wishes.push_back(WishOn(view, port->second));
      }
      facts.ports.push_back(PortOf(view, port->second, facts.kernel_forwards));
    }
    if (facts.kernel_forwards) facts.reverse_path_drops = ReversePathDrops();
    AddFlows(facts);
    AddEvents(facts);
    AddOthers(facts);
    for (SeenFacts& seen : facts.seen) AddStop(seen);
    return facts;
  }

 private:
  bool Asks(const MembershipRecord<F>& record) const {
    return !record.IsEmpty() && (!source_ || record.Wants(*source_));
  }
  bool Permits(const AccessList<F>& access) const {
    return source_ ? access.Permits(group_, *source_) : access.Permits(group_);
  }

  /// What denies it.
  std::string ListOf(const AccessList<F>& access) const {
    if (source_ && !access.only_sources.Has(*source_)) return "allow-sources does not name the sender";
    if (!source_ && !access.only_sources.HasAll()) {
      return "allow-sources names senders, and a join of the whole group asks for all";
    }
    return WhyAccess(access, group_, source_);
  }

  WishFacts WishOn(const PortView& view, const Port& port) const {
    WishFacts wish;
    wish.port = view.name;
    const Querier<F>* querier = from_.proxy.querier(view.id);
    if (querier == nullptr) return wish;
    const LinkCounters& counters = from_.proxy.counters(view.id);
    wish.reports_received = counters.reports_received.Total();
    wish.queries_sent = counters.queries_sent;
    const auto& links = from_.proxy.database().Links(group_);
    const auto counted = links.find(view.id);
    const MembershipRecord<F> record = counted != links.end() ? counted->second : querier->Membership(group_);
    wish.wants = Asks(record);
    wish.mode = record.IsEmpty() ? "" : ModeName(record.mode);
    wish.sources = Texts(record.sources);
    for (const StaticMembership<F>& each : port.config.Of<F>().downstream.static_memberships) {
      if (each.group == group_) wish.configured = true;
    }
    if (const GroupState<F>* state = querier->Find(group_)) {
      Time end = state->GroupTimer() == kNever ? Time::min() : state->GroupTimer();
      for (const Address& source : state->Requested()) {
        if (const auto timer = state->SourceTimer(source)) end = std::max(end, *timer);
      }
      if (end != Time::min()) wish.expires_s = SecondsLeft(end, from_.now);
    }
    for (const TrackedHost<F>& host : querier->Hosts(group_)) {
      if (host.expires <= from_.now) continue;
      wish.hosts.push_back({host.address.ToString(), ProtocolName<F>(host.version), ModeName(host.mode),
                            SecondsSince(host.last_report, from_.now), SecondsLeft(host.expires, from_.now)});
    }
    const bool granted = counted != links.end() && Asks(counted->second);
    AddObstacle(view, port, *querier, counters, granted ? Granted::kYes : Granted::kNo, wish);
    return wish;
  }

  enum class Granted : std::uint8_t { kNo, kYes };  // do members there count?

  /// What the lists of who may have what keep from the port; nothing where they do not.
  std::optional<std::string> Refusal(const FamilyConfig<F>& config, const Querier<F>& querier,
                                     PortId port) const {
    const auto refused = from_.proxy.refused_hosts(port).Last(
        group_, from_.now - querier.rules().timing.GroupMembershipInterval());
    if (refused && querier.Membership(group_).IsEmpty()) {
      return refused->host.ToString() + " may not join anything there (" +
             WhyHost(config.downstream.hosts, refused->host) + ")";
    }
    return std::nullopt;
  }

  void AddObstacle(const PortView& view, const Port& port, const Querier<F>& querier,
                   const LinkCounters& counters, Granted granted, WishFacts& wish) const {
    const FamilyConfig<F>& config = port.config.Of<F>();
    const FamilyPortView& family = view.Of<F>();
    const auto in_file = [&](std::string_view change) { return InFile(view.name, change); };
    const auto set = [&](Obstacle obstacle, bool met, std::string reason, std::string remedy) {
      wish.obstacle = obstacle;
      wish.met = met;
      wish.reason = std::move(reason);
      wish.remedy = std::move(remedy);
    };
    const std::string problem = view.waiting.empty() ? family.service.reason : view.waiting;
    if (family.service.service == Service::kOff) return;
    if (!view.waiting.empty() || family.service.service != Service::kWorks) {
      return set(Obstacle::kNotWorking, false, problem, RemedyOf(problem, view.name));
    }
    if (from_.proxy.topology().blocked().Contains(view.id)) {
      return set(Obstacle::kLoop, false, "it is on one segment with another interface of this router",
                 "take one of the two cables out, or set loop-guard = \"notice\", then: bpfcast reload");
    }
    if (!from_.proxy.topology().Serves(view.id)) {
      const auto other = querier.other_querier();
      return set(Obstacle::kOtherQuerier, false,
                 (other ? other->ToString() : std::string("another router")) + " is the querier there",
                 in_file("stop the querier on that router, or set forward-if-not-querier = true"));
    }
    if (IsBounded(config.downstream.boundaries, group_)) {
      return set(Obstacle::kBoundary, !querier.Membership(group_).IsEmpty(),
                 "the group does not pass it (boundaries)", in_file("take the group out of boundaries"));
    }
    if (granted == Granted::kNo && !Permits(config.access())) {
      return set(Obstacle::kAccessList, counters.drops[DropReason::kPolicy] > 0,
                 "its access list denies it (" + ListOf(config.access()) + ")", in_file(kLists));
    }
    if (const auto refusal = Refusal(config, querier, view.id)) {
      return set(Obstacle::kAccessList, true, *refusal, in_file("change allow-hosts or deny-hosts"));
    }
    const std::size_t limit = querier.config().max_groups;
    if (querier.Find(group_) == nullptr && querier.groups().size() >= limit) {
      return set(Obstacle::kNoRoom, counters.drops[DropReason::kLimit] > 0,
                 "its max-groups of " + std::to_string(limit) + " are taken", in_file("raise max-groups"));
    }
    if (querier.Find(group_) == nullptr && IsSsm(querier.config().ssm_ranges, group_)) {
      return set(Obstacle::kOlderHosts, counters.drops[DropReason::kSsm] > 0,
                 "a source-specific group can only be asked for with its sources",
                 "let the receiver join a source of it, in " + ProtocolName<F>(Version::kV3));
    }
  }

  JoinFacts JoinOn(const PortView& view, const Port& port) const {
    JoinFacts join;
    const Host<F>& host = from_.proxy.host();
    const UpstreamConfig<F>& config = port.config.Of<F>().upstream;
    const FamilyPortView& family = view.Of<F>();
    join.port = view.name;
    join.kernel_speaks = config.membership == UpstreamMembership::kKernel;
    const MembershipRecord<F> told = host.Told(group_);
    join.mode = ModeName(told.mode);
    join.sources = Texts(told.sources);
    join.protocol = ProtocolName<F>(host.mode());
    if (host.mode() != Version::kV3) join.older_until_s = SecondsLeft(host.ModeExpires(), from_.now);
    const LinkCounters& counters = from_.proxy.counters(view.id);
    join.reports_sent = counters.reports_sent;
    join.queries_received = counters.queries_received.Total();
    if (const auto last = from_.proxy.last_report()) join.last_report_s = SecondsSince(*last, from_.now);
    if (const auto& query = from_.proxy.last_query(view.id)) {
      join.querier = query->router.ToString();
      join.last_query_s = SecondsSince(query->when, from_.now);
    }
    const auto in_file = [&](std::string_view change) { return InFile(view.name, change); };
    const auto set = [&](Obstacle obstacle, std::string reason, std::string remedy) {
      join.obstacle = obstacle;
      join.reason = std::move(reason);
      join.remedy = std::move(remedy);
    };
    const bool works = view.waiting.empty() && family.service.service == Service::kWorks;
    join.asked = works && Asks(told);
    if (!works) {
      const std::string problem = view.waiting.empty() ? family.service.reason : view.waiting;
      set(Obstacle::kNotWorking, problem, RemedyOf(problem, view.name));
    } else if (from_.proxy.topology().blocked().Contains(view.id)) {
      set(Obstacle::kLoop, "it is on one segment with another interface of this router",
          "take one of the two cables out, or set loop-guard = \"notice\", then: bpfcast reload");
    } else if (IsBounded(config.boundaries, group_)) {
      if (config.boundaries == F::DefaultBoundaries()) {
        set(Obstacle::kBoundary, "the group does not pass it (boundaries, as they are by default)",
            in_file("boundaries = []"));
      } else {
        set(Obstacle::kBoundary, "the group does not pass it (boundaries)",
            in_file("leave it out of boundaries"));
      }
    } else if (!join.asked && !Permits(config.host.access)) {
      set(Obstacle::kAccessList, "its access list denies it (" + ListOf(config.host.access) + ")",
          in_file(kLists));
    } else if (host.mode() != Version::kV3 && told.IsEmpty() && IsSsm(config.host.ssm_ranges, group_)) {
      set(Obstacle::kOlderQuerier,
          "the querier there speaks " + join.protocol + ", which cannot ask for single sources",
          in_file("set the querier to " + ProtocolName<F>(Version::kV3) +
                  ", or report-ssm-to-older-querier = true"));
    } else if (!source_ && told.mode == FilterMode::kInclude && !Permits(config.host.access) &&
               from_.proxy.database().Merged(group_).mode == FilterMode::kExclude) {
      set(Obstacle::kNone,
          "of those who want the whole group nothing is asked, its access list denies that (" +
              ListOf(config.host.access) + ")",
          "let the receivers name their senders, or " + in_file(kLists));
    } else if (family.address.empty()) {
      set(Obstacle::kNone, view.name + " has no address, and routers may not believe reports from 0.0.0.0",
          "ip addr add ADDRESS/LENGTH dev " + view.name);
    }
    return join;
  }

  PortFactsOfStream PortOf(const PortView& view, const Port& port, bool kernel_forwards) const {
    PortFactsOfStream facts;
    facts.port = view.name;
    if (view.hook) facts.hook = HookName(*view.hook);
    facts.hook_reason = view.hook_reason.empty() && !view.hook ? view.waiting : view.hook_reason;
    facts.ttl_threshold = port.config.ttl_threshold;
    facts.mtu = port.link.mtu;
    for (const PortCounters& each : from_.counters.ports) {
      if (each.id != view.id) continue;
      facts.received = each.received.packets;
      facts.transmitted = each.transmitted.packets;
      for (const DropCounter& drop : each.copies_dropped) {
        if (drop.packets > 0) facts.copies_dropped.emplace(drop.reason, drop.packets);
      }
    }
    if (kernel_forwards && std::is_same_v<F, Igmp>) {
      facts.reverse_path_filter = ReversePathFilter(view.name);
    }
    return facts;
  }

  void AddFlows(StreamFacts& facts) const {
    for (const FlowCounters<F>& flow : from_.flows) {
      if (flow.key.group != group_ || (source_ && flow.key.source != *source_)) continue;
      SeenFacts seen = ArrivalOf<F>(from_.ports, flow.key.source, flow.arrival);
      seen.packets = flow.forwarded.packets;
      if (seen.packets > 0) seen.octets = flow.forwarded.bytes / seen.packets;
      seen.dropped = flow.dropped;
      seen.packets_per_s = flow.packets_per_s;
      seen.bits_per_s = flow.bits_per_s;
      seen.last_s = SecondsSince(flow.last, from_.now);
      seen.refused = flow.refused;
      Outgoing(RouteOf(flow.key, from_.proxy), flow, from_.proxy.PassagesOf(flow.arrival), from_.proxy)
          .ForEach([&](PortId id) {
            const auto taker = from_.ports.find(id);
            if (id != flow.arrival && taker != from_.ports.end()) {
              seen.takers.push_back(taker->second.config.name);
            }
          });
      facts.seen.push_back(std::move(seen));
    }
    std::stable_sort(facts.seen.begin(), facts.seen.end(), [](const SeenFacts& a, const SeenFacts& b) {
      return a.packets_per_s > b.packets_per_s;
    });
  }

  void AddOthers(StreamFacts& facts) const {
    if (!source_) return;
    for (const FlowCounters<F>& flow : from_.flows) {
      const bool other = flow.key.group == group_ && flow.key.source != *source_;
      if (other && flow.arrival == kUpstreamPort && flow.packets_per_s > 0) {
        facts.others.push_back(flow.key.source.ToString());
      }
    }
  }

  /// What was counted a moment ago does not come any more when its port does not work.
  void AddStop(SeenFacts& seen) const {
    for (const PortView& view : from_.views) {
      const auto port = from_.ports.find(view.id);
      if (view.name != seen.port || port == from_.ports.end()) continue;
      const Port& arrival = port->second;
      seen.stopped_by = LinkProblem(&arrival.link);
      if (seen.stopped_by.empty() && !view.hook) seen.stopped_by = view.waiting;
      if (seen.stopped_by.empty() && !MayForward<F>(arrival.link, arrival.role, arrival.config.Of<F>())) {
        seen.stopped_by = view.template Of<F>().service.reason;
      }
    }
    if (!seen.stopped_by.empty()) seen.packets_per_s = seen.bits_per_s = 0;
  }

  /// Packets without a route are not counted by stream; what was told of them stands in the log.
  void AddEvents(StreamFacts& facts) const {
    const auto& entries = from_.events.entries();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      const auto* stream = std::get_if<RouteKey<F>>(&entry->event.stream);
      if (stream == nullptr || stream->group != group_ || (source_ && stream->source != *source_)) continue;
      if (entry->event.kind == PacketEventKind::kTooBig) continue;
      SeenFacts seen = ArrivalOf<F>(from_.ports, stream->source, entry->event.arrival);
      const bool known = std::any_of(facts.seen.begin(), facts.seen.end(), [&](const SeenFacts& each) {
        return each.source == seen.source && each.port == seen.port;
      });
      if (known) continue;
      seen.last_s = SecondsSince(entry->when, from_.now);
      seen.nobody_asked = entry->event.kind == PacketEventKind::kNoRoute;
      if (!seen.nobody_asked) seen.refused = "rpf";
      facts.seen.push_back(std::move(seen));
    }
  }

  const StreamSources<F>& from_;
  const Address& group_;
  const std::optional<Address>& source_;
};

}  // namespace

template <class F>
SeenFacts ArrivalOf(const Ports& ports, const typename F::Address& source, PortId arrival) {
  SeenFacts seen;
  seen.source = source.ToString();
  const auto port = ports.find(arrival);
  if (port == ports.end()) return seen;
  seen.port = port->second.config.name;
  seen.from_upstream = port->second.role == PortRole::kUpstream;
  seen.asks_routes = port->second.config.source_check == SourceCheck::kFib;
  for (const auto& network : port->second.config.template Of<F>().other_sources) {
    seen.altnets.push_back(network.ToString());
  }
  if (HasInSubnet<F>(port->second, source)) return seen;
  for (const auto& [id, other] : ports) {
    if (id != arrival && HasInSubnet<F>(other, source)) seen.belongs_to = other.config.name;
  }
  return seen;
}

template <class F>
StreamFacts GatherStream(const StreamSources<F>& from, const typename F::Address& group,
                         const std::optional<typename F::Address>& source) {
  return Gatherer<F>(from, group, source).Gather();
}

template SeenFacts ArrivalOf<Igmp>(const Ports&, const Ipv4Address&, PortId);
template SeenFacts ArrivalOf<Mld>(const Ports&, const Ipv6Address&, PortId);
template StreamFacts GatherStream(const StreamSources<Igmp>&, const Ipv4Address&,
                                  const std::optional<Ipv4Address>&);
template StreamFacts GatherStream(const StreamSources<Mld>&, const Ipv6Address&,
                                  const std::optional<Ipv6Address>&);

}  // namespace bpfcast
