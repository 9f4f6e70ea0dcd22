#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string EventWhat(const Json& event) {
  const std::string kind = TextOf(event, "event");
  if (kind == "noroute") return "nobody wants it";
  if (kind == "rpf") return "dropped: the port takes no packets of this sender";
  if (kind == "too-big")
    return "larger than the MTU of an outgoing interface, " + std::to_string(NumberOf(event, "mtu"));
  return kind;
}

std::string EventsText(const Json& events) {
  if (events.empty()) return "no events: the datapath told of no packet lately\n";
  Table table({{"AGO", Table::Align::kRight}, {"PORT"}, {"GROUP"}, {"SOURCE"}, {"WHAT"}});
  for (const Json& event : events) {
    table.Add({SecondsOf(event.at("seconds_ago")), TextOf(event, "port"), TextOf(event, "group"),
               TextOf(event, "source"), EventWhat(event)});
  }
  return table.ToString();
}

Verb EventsVerb() {
  return {
      "events",
      "Packets that were refused or wanted by nobody lately, one of each stream",
      {{Argument::Kind::kFlag, "-f,--follow", "Goes on with new ones until Ctrl-C; with -j a line for each"},
       kIpv4Flag,
       kIpv6Flag},
      [](const Invocation& invocation) {
        return invocation.Has("follow") ? FollowEvents(invocation)
                                        : ShowRows(invocation, "events", EventsText);
      }};
}

}  // namespace bpfcast
