#include <spdlog/fmt/fmt.h>

#include <algorithm>
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

/// Room for the longest address that stands in a column.
std::size_t AddressWidth(const Json& groups) {
  std::size_t width = std::string("255.255.255.255").size();
  const auto make_room = [&](const Json& address) {
    width = std::max(width, address.get_ref<const std::string&>().size());
  };
  for (const Json& row : groups) {
    for (const Json& source : row.at("source_timers")) make_room(source.at("source"));
    for (const Json& source : row.at("sources")) make_room(source);
    for (const Json& host : row.at("hosts")) make_room(host.at("address"));
  }
  return width;
}

/// One port of the group: its state, its sources, its hosts.
std::string PortBlock(const Json& row, std::size_t width) {
  const std::string withheld = TextOf(row, "withheld");
  const std::string unsent = withheld.empty() ? "" : ", not forwarded: " + withheld;
  const Json& membership = row.at("static");
  const std::string fixed = membership.is_null() ? "" : "    static membership: " + Wanted(membership) + "\n";
  if (row.at("host_version").is_null()) {
    return fmt::format("  {}  no host has reported it{}\n", TextOf(row, "port"), unsent) + fixed;
  }
  const auto version = NumberOf(row, "host_version");
  const bool older = version < NewestVersion(row);
  std::string text = fmt::format(
      "  {}  {} mode, ends in {}, as {}{}{}{}\n", TextOf(row, "port"), TextOf(row, "mode"),
      SecondsOf(row.at("expires_s")), ProtocolOf(row, version), older ? " (an older host is present)" : "",
      row.at("stale") ? ", taken over from the agent before, not reported since" : "", unsent);
  text += fixed;
  for (const Json& source : row.at("source_timers")) {
    text += fmt::format("    source {:<{}}  wanted, ends in {}\n", TextOf(source, "source"), width,
                        SecondsOf(source.at("expires_s")));
  }
  if (row.at("mode") == "exclude") {
    for (const Json& source : row.at("sources")) {
      text += fmt::format("    source {:<{}}  blocked\n", source.get<std::string>(), width);
    }
  }
  for (const Json& host : row.at("hosts")) {
    text +=
        fmt::format("    host   {:<{}}  {}, {} mode, reported {} ago, ends in {}\n", TextOf(host, "address"),
                    width, ProtocolOf(row, NumberOf(host, "version")), TextOf(host, "mode"),
                    SecondsOf(host.at("last_report_s")), SecondsOf(host.at("expires_s")));
  }
  return text;
}

}  // namespace

std::string GroupDetailsText(const Json& groups) {
  if (groups.empty()) return GroupsText(groups);
  const std::size_t width = AddressWidth(groups);
  std::string text;
  const Json* before = nullptr;  // the rows of a group follow one another
  for (const Json& row : groups) {
    if (before == nullptr || before->at("group") != row.at("group")) {
      if (before != nullptr) text += '\n';
      text += Heading(row);
    }
    text += PortBlock(row, width);
    before = &row;
  }
  return text;
}

}  // namespace bpfcast
