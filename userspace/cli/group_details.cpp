#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/verbs.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Heading(const Json& row) {
  return fmt::format("{}  asked for upstream: {}  forwarded: {} packets, {}\n", TextOf(row, "group"),
                     Wanted(row.at("asked_upstream")), HumanCount(NumberOf(row, "forwarded_packets")),
                     HumanBytes(NumberOf(row, "forwarded_bytes")));
}

/// One port of the group: its state, its sources, its hosts.
std::string PortBlock(const Json& row) {
  const std::string withheld = TextOf(row, "withheld");
  const auto version = NumberOf(row, "host_version");
  std::string text = fmt::format("  {}  {} mode, ends in {}, {}{}\n", TextOf(row, "port"),
                                 TextOf(row, "mode"), SecondsOf(row.at("expires_s")),
                                 version < 3 ? fmt::format("as IGMPv{} (an older host is present)", version)
                                             : fmt::format("as IGMPv{}", version),
                                 withheld.empty() ? "" : ", not forwarded: " + withheld);
  for (const Json& source : row.at("source_timers")) {
    text += fmt::format("    source {:<15}  wanted, ends in {}\n", TextOf(source, "source"),
                        SecondsOf(source.at("expires_s")));
  }
  if (row.at("mode") == "exclude") {
    for (const Json& source : row.at("sources")) {
      text += fmt::format("    source {:<15}  blocked\n", source.get<std::string>());
    }
  }
  for (const Json& host : row.at("hosts")) {
    text += fmt::format("    host   {:<15}  IGMPv{}, {} mode, reported {} ago, ends in {}\n",
                        TextOf(host, "address"), NumberOf(host, "version"), TextOf(host, "mode"),
                        SecondsOf(host.at("last_report_s")), SecondsOf(host.at("expires_s")));
  }
  return text;
}

}  // namespace

std::string GroupDetailsText(const Json& groups) {
  if (groups.empty()) return GroupsText(groups);
  std::string text;
  const Json* before = nullptr;  // the rows of a group follow one another
  for (const Json& row : groups) {
    if (before == nullptr || before->at("group") != row.at("group")) {
      if (before != nullptr) text += '\n';
      text += Heading(row);
    }
    text += PortBlock(row);
    before = &row;
  }
  return text;
}

}  // namespace bpfcast
