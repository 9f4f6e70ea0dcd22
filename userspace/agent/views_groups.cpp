#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/family_words.h"
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

template <class F>
ViewJson SourceTimers(const GroupState<F>& group, Time now) {
  ViewJson json = ViewJson::array();
  for (const typename F::Address& source : group.Requested()) {
    const auto timer = group.SourceTimer(source);
    if (timer) json.push_back({{"source", source.ToString()}, {"expires_s", SecondsUntil(*timer, now)}});
  }
  return json;
}

/// C-80. A host that was silent for its time is forgotten when the next record comes, and shown no more.
template <class F>
ViewJson Hosts(const std::vector<TrackedHost<F>>& hosts, Time now) {
  ViewJson json = ViewJson::array();
  for (const TrackedHost<F>& host : hosts) {
    if (host.expires <= now) continue;
    ViewJson row;
    row["address"] = host.address.ToString();
    row["version"] = FamilyWords<F>::Number(host.version);
    row["mode"] = Name(host.mode);
    row["last_report_s"] = Seconds(now - host.last_report);
    row["expires_s"] = SecondsUntil(host.expires, now);
    json.push_back(std::move(row));
  }
  return json;
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
  if (!proxy.topology().Serves(row.port->id)) {
    const auto other = row.querier->other_querier();
    return other ? other->ToString() + " is the querier" : "another router is the querier";
  }
  if (proxy.database().Links(row.group).contains(row.port->id)) return "";
  return row.state != nullptr ? "the access list refuses it" : "the interface is a boundary of it";
}

template <class F>
ViewJson ToJson(const MembershipRecord<F>& record) {
  ViewJson json;
  json["mode"] = Name(record.mode);
  json["sources"] = ToJson(record.sources);
  return json;
}

/// What hosts have of the group on the port; all of it empty when none has reported it.
template <class F>
ViewJson StateJson(const Row<F>& row, const Proxy<F>& proxy, Time now) {
  const TimedGroup<F>* state = row.state;
  const bool exclude = state != nullptr && state->mode() == FilterMode::kExclude;
  ViewJson json;
  if (state == nullptr) {
    json = ToJson(*row.membership);
  } else {
    json["mode"] = Name(state->mode());
    json["sources"] = ToJson(exclude ? state->Excluded() : state->Requested());
  }
  json["requested"] = exclude ? ToJson(state->Requested()) : ViewJson::array();
  json["expires_s"] = state == nullptr ? ViewJson() : SecondsUntil(EndOf(*state), now);
  json["source_timers"] = state == nullptr ? ViewJson::array() : SourceTimers(*state, now);
  json["host_version"] =
      state == nullptr ? ViewJson() : ViewJson(FamilyWords<F>::Number(state->HostVersion()));
  json["last_reporter"] = state == nullptr ? ViewJson() : ViewJson(state->last_reporter().ToString());
  json["stale"] = state != nullptr && state->stale;
  json["hosts"] = state == nullptr ? ViewJson::array() : Hosts(row.querier->Hosts(row.group), now);
  json["static"] = row.membership ? ToJson(*row.membership) : ViewJson();
  json["withheld"] = Withheld(row, proxy);
  return json;
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
  // Ten thousand groups: each row becomes text at once.
  constexpr std::size_t kUsualRow = 512;
  std::string text;
  text.reserve(rows.size() * kUsualRow);
  text += '[';
  for (const Row<F>& row : rows) {
    const PacketCount& count = forwarded[row.group];
    ViewJson json;
    json["family"] = FamilyWords<F>::kFamily;
    json["group"] = row.group.ToString();
    json["port"] = row.port->name;
    json.update(StateJson(row, proxy, now));
    json["asked_upstream"] = ToJson(proxy.host().Told(row.group));
    json["forwarded_packets"] = count.packets;
    json["forwarded_bytes"] = count.bytes;
    if (text.size() > 1) text += ',';
    text += Text(json);
  }
  text += ']';
  return text;
}

template std::string GroupsJson(const std::vector<PortView>&, const Proxy<Igmp>&,
                                const std::vector<RouteCounters<Igmp>>&, Time);
template std::string GroupsJson(const std::vector<PortView>&, const Proxy<Mld>&,
                                const std::vector<RouteCounters<Mld>>&, Time);

}  // namespace bpfcast
