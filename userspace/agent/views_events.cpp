#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "agent/family_words.h"
#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

template <class F>
void AddStream(const RouteKey<F>& stream, ViewJson& json) {
  json["family"] = FamilyWords<F>::kFamily;
  json["group"] = stream.group.ToString();
  json["source"] = stream.source.ToString();
}

}  // namespace

std::string EventsJson(const PacketEventLog& log, Time now) {
  ViewJson events = ViewJson::array();
  for (const PacketEventLog::Entry& entry : log.entries()) {
    ViewJson json;
    // Grows from event to event, across restarts of the agent, too: it is the machine's monotonic clock.
    json["number"] =
        std::chrono::duration_cast<std::chrono::microseconds>(entry.when.time_since_epoch()).count();
    json["event"] = Name(entry.event.kind);
    json["port"] = entry.port;
    std::visit([&](const auto& stream) { AddStream(stream, json); }, entry.event.stream);
    json["mtu"] = entry.event.kind == PacketEventKind::kTooBig ? ViewJson(entry.event.mtu) : ViewJson();
    json["seconds_ago"] = Seconds(std::max(now - entry.when, Duration::zero()));
    events.push_back(std::move(json));
  }
  return Text(events);
}

}  // namespace bpfcast
