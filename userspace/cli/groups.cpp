#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

std::string Join(const Json& addresses) {
  std::string text;
  for (const Json& address : addresses) {
    if (!text.empty()) text += ' ';
    text += address.get<std::string>();
  }
  return text;
}

/// "only 10.0.0.1", "all", "all but 10.0.0.1"
std::string Wanted(const Json& group) {
  const std::string sources = Join(group.at("sources"));
  if (group.at("mode") == "include") return fmt::format("only {}", sources);
  return sources.empty() ? "all" : fmt::format("all but {}", sources);
}

}  // namespace

std::string GroupsText(const Json& groups) {
  if (groups.empty()) return "no groups: no host on a downstream interface has joined one\n";
  Table table({{"GROUP"},
               {"PORT"},
               {"EXPIRES", Table::Align::kRight},
               {"PACKETS", Table::Align::kRight},
               {"HOSTS"},
               {"LAST REPORTER"},
               {"SOURCES"}});
  for (const Json& group : groups) {
    const Json& expires = group.at("expires_s");
    table.Add({group.at("group").get<std::string>(), group.at("port").get<std::string>(),
               expires.is_null() ? "-" : HumanSeconds(expires.get<double>()),
               std::to_string(group.at("forwarded_packets").get<std::uint64_t>()),
               fmt::format("IGMPv{}", group.at("host_version").get<int>()),
               group.at("last_reporter").get<std::string>(), Wanted(group)});
  }
  return table.ToString();
}

}  // namespace bpfcast
