#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {

namespace {

using Json = nlohmann::ordered_json;

/// What the hosts speak; a row of a static membership alone has none.
std::string HostsOfGroup(const Json& group) {
  const Json& version = group.at("host_version");
  return version.is_null() ? "-" : ProtocolOf(group, version.get<std::uint64_t>());
}

std::string LastReporter(const Json& group) {
  const Json& reporter = group.at("last_reporter");
  if (reporter.is_null()) return "static";
  const std::string last = group.at("stale") ? "none since start" : reporter.get<std::string>();
  return group.at("static").is_null() ? last : last + ", static";
}

}  // namespace

std::string GroupsText(const nlohmann::ordered_json& groups) {
  if (groups.empty()) return "no groups: no host on a downstream interface has joined one\n";
  Table table({{"GROUP"},
               {"PORT"},
               {"EXPIRES", Table::Align::kRight},
               {"PACKETS", Table::Align::kRight},
               {"HOSTS"},
               {"LAST REPORTER"},
               {"SOURCES"}});
  for (const auto& group : groups) {
    const std::string withheld = TextOf(group, "withheld");
    table.Add({TextOf(group, "group"), TextOf(group, "port"), SecondsOf(group.at("expires_s")),
               HumanCount(NumberOf(group, "forwarded_packets")), HostsOfGroup(group), LastReporter(group),
               Wanted(group) + (withheld.empty() ? "" : " (not forwarded: " + withheld + ")")});
  }
  return table.ToString();
}

Verb GroupsVerb() {
  return {
      "groups",
      "Who wants what",
      {{Argument::Kind::kFlag, "-d,--details", "A block for each, with everything"}, kIpv4Flag, kIpv6Flag},
      [](const Invocation& invocation) {
        return ShowRows(invocation, "groups", invocation.Has("details") ? GroupDetailsText : GroupsText);
      }};
}

}  // namespace bpfcast
