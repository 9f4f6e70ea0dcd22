#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/family_words.h"
#include "agent/json_writer.h"
#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

/// When the group goes if nobody reports it again: its timer, or in INCLUDE the last of its sources'.
template <class F>
Time EndOf(const GroupState<F>& group) {
  if (group.mode() == FilterMode::kExclude) return group.GroupTimer();
  Time end = Time::min();
  for (const typename F::Address& source : group.Requested()) {
    if (const auto timer = group.SourceTimer(source)) end = std::max(end, *timer);
  }
  return end == Time::min() ? kNever : end;
}

void WriteSecondsUntil(Time deadline, Time now, JsonWriter& json) {
  json.Key("expires_s");
  if (deadline == kNever) return json.Null();
  json.Value(Seconds(std::max(deadline - now, Duration::zero())));
}

template <class F>
void WriteSources(const char* key, const SourceSet<F>& sources, JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const typename F::Address& source : sources) json.Value(source.ToString());
  json.EndArray();
}

template <class F>
void WriteSourceTimers(const GroupState<F>& group, Time now, JsonWriter& json) {
  for (const typename F::Address& source : group.Requested()) {
    const auto timer = group.SourceTimer(source);
    if (!timer) continue;
    json.BeginObject();
    json.Field("source", source.ToString());
    WriteSecondsUntil(*timer, now, json);
    json.EndObject();
  }
}

/// C-80. A host that was silent for its time is forgotten when the next record comes, and shown no more.
template <class F>
void WriteHosts(const std::vector<TrackedHost<F>>& hosts, Time now, JsonWriter& json) {
  for (const TrackedHost<F>& host : hosts) {
    if (host.expires <= now) continue;
    json.BeginObject();
    json.Field("address", host.address.ToString());
    json.Field("version", FamilyWords<F>::Number(host.version));
    json.Field("mode", Name(host.mode));
    json.Field("last_report_s", Seconds(now - host.last_report));
    WriteSecondsUntil(host.expires, now, json);
    json.EndObject();
  }
}

template <class F>
struct Row {
  typename F::Address group;
  const PortView* port;
  const Querier<F>* querier;
  const TimedGroup<F>* state;                     // null: no host wants it
  std::optional<MembershipRecord<F>> membership;  // E-07
};

/// Why members on the port get nothing of the group; empty when they do.
template <class F>
std::string Withheld(const Row<F>& row, const Proxy<F>& proxy) {
  const FamilyService& service = row.port->template Of<F>().service;
  const bool waits = service.service == Service::kWaits || service.service == Service::kAbsent;
  if (row.port->taking_over) return "";
  if (!row.port->waiting.empty()) return "the interface does not work: " + row.port->waiting;
  if (waits) return "the interface does not work: " + service.reason;
  if (proxy.topology().blocked().Contains(row.port->id)) {
    return "the interface is on one segment with another one of this router";
  }
  if (!proxy.topology().Serves(row.port->id)) {
    const auto other = row.querier->other_querier();
    return other ? other->ToString() + " is the querier" : "another router is the querier";
  }
  if (proxy.database().Links(row.group).contains(row.port->id)) return "";
  return row.state != nullptr ? "the access list refuses it" : "the interface is a boundary of it";
}

template <class F>
void WriteFilter(FilterMode mode, const SourceSet<F>& sources, JsonWriter& json) {
  json.Field("mode", Name(mode));
  WriteSources("sources", sources, json);
}

template <class F>
void WriteRecord(const char* key, const MembershipRecord<F>& record, JsonWriter& json) {
  json.Key(key);
  json.BeginObject();
  WriteFilter(record.mode, record.sources, json);
  json.EndObject();
}

/// What hosts have of the group on the port.
template <class F>
void WriteState(const Row<F>& row, const TimedGroup<F>& state, Time now, JsonWriter& json) {
  const bool exclude = state.mode() == FilterMode::kExclude;
  WriteFilter(state.mode(), exclude ? state.Excluded() : state.Requested(), json);
  WriteSources("requested", exclude ? state.Requested() : SourceSet<F>(), json);
  WriteSecondsUntil(EndOf(state), now, json);
  json.Key("source_timers");
  json.BeginArray();
  WriteSourceTimers(state, now, json);
  json.EndArray();
  json.Field("host_version", FamilyWords<F>::Number(state.HostVersion()));
  json.Field("last_reporter", state.last_reporter().ToString());
  json.Field("stale", state.stale);
  json.Key("hosts");
  json.BeginArray();
  WriteHosts(row.querier->Hosts(row.group), now, json);
  json.EndArray();
}

/// The same of a group that no host has reported.
template <class F>
void WriteStaticState(const MembershipRecord<F>& membership, JsonWriter& json) {
  WriteFilter(membership.mode, membership.sources, json);
  WriteSources("requested", SourceSet<F>(), json);
  WriteSecondsUntil(kNever, {}, json);
  json.Key("source_timers");
  json.BeginArray();
  json.EndArray();
  json.Key("host_version");
  json.Null();
  json.Key("last_reporter");
  json.Null();
  json.Field("stale", false);
  json.Key("hosts");
  json.BeginArray();
  json.EndArray();
}

/// The groups of a port: those that its hosts and those that the configuration or the operator want.
template <class F>
void AddRows(const PortView& port, const Querier<F>& querier, std::vector<Row<F>>& rows) {
  StaticRecords<F> statics;
  if (port.config != nullptr) statics = RecordsOf(port.config->Of<F>().downstream.static_memberships);
  for (const auto& [group, state] : querier.groups()) {
    rows.push_back({group, &port, &querier, &state, std::nullopt});
    if (auto found = statics.extract(group)) rows.back().membership = std::move(found.mapped());
  }
  for (auto& [group, record] : statics) rows.push_back({group, &port, &querier, nullptr, std::move(record)});
}

}  // namespace

template <class F>
std::string GroupsJson(const std::vector<PortView>& ports, const Proxy<F>& proxy,
                       const std::vector<RouteCounters<F>>& routes, Time now) {
  std::unordered_map<typename F::Address, PacketCount> forwarded;
  forwarded.reserve(routes.size());
  for (const RouteCounters<F>& route : routes) {
    PacketCount& sum = forwarded[route.key.group];
    sum.packets += route.forwarded.packets;
    sum.bytes += route.forwarded.bytes;
  }
  std::vector<Row<F>> rows;
  for (const PortView& port : ports) {
    const Querier<F>* querier = proxy.querier(port.id);
    if (querier == nullptr) continue;
    AddRows(port, *querier, rows);
  }
  std::sort(rows.begin(), rows.end(), [](const Row<F>& a, const Row<F>& b) {
    return std::tie(a.group, a.port->name) < std::tie(b.group, b.port->name);
  });
  constexpr std::size_t kUsualRow = 512;
  std::string text;
  text.reserve(rows.size() * kUsualRow);
  JsonWriter json(text);
  json.BeginArray();
  for (const Row<F>& row : rows) {
    const auto count = forwarded.find(row.group);
    json.BeginObject();
    json.Field("family", FamilyWords<F>::kFamily);
    json.Field("group", row.group.ToString());
    json.Field("port", row.port->name);
    if (row.state != nullptr) {
      WriteState(row, *row.state, now, json);
    } else {
      WriteStaticState(*row.membership, json);
    }
    if (row.membership) {
      WriteRecord("static", *row.membership, json);
    } else {
      json.Key("static");
      json.Null();
    }
    json.Field("withheld", Withheld(row, proxy));
    WriteRecord("asked_upstream", proxy.host().Told(row.group), json);
    json.Field("forwarded_packets", count == forwarded.end() ? 0 : count->second.packets);
    json.Field("forwarded_bytes", count == forwarded.end() ? 0 : count->second.bytes);
    json.EndObject();
  }
  json.EndArray();
  return text;
}

template std::string GroupsJson(const std::vector<PortView>&, const Proxy<Igmp>&,
                                const std::vector<RouteCounters<Igmp>>&, Time);
template std::string GroupsJson(const std::vector<PortView>&, const Proxy<Mld>&,
                                const std::vector<RouteCounters<Mld>>&, Time);

}  // namespace bpfcast
