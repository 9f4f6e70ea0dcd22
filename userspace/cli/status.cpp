#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

void AddPort(Table& table, const Json& port) {
  table.Add({"  " + TextOf(port, "role"), TextOf(port, "name"), StateOf(port),
             port.at("hook").is_null() ? "-" : TextOf(port, "hook"), HumanCount(NumberOf(port, "rx_packets")),
             HumanCount(NumberOf(port, "tx_packets"))});
}

/// What keeps streams from flowing, or may: one line each.
std::string Warnings(const Json& port) {
  std::string text;
  const auto warn = [&](const std::string& what) {
    text += fmt::format("  {}: {}\n", TextOf(port, "name"), what);
  };
  const bool up = port.at("state") == "up";
  if (!up) warn(StateOf(port));
  if (up && port.at("hook").is_null()) {
    const std::string reason = TextOf(port, "hook_reason");
    warn("nothing is forwarded, no program is attached" + (reason.empty() ? "" : ": " + reason));
  }
  if (const auto lost = NumberOf(port, "igmp_overflows"); lost > 0) {
    warn(fmt::format("{} IGMP packets were lost, the socket had no room for them", HumanCount(lost)));
  }
  if (const Json& querier = port.at("querier"); !querier.is_null() && querier.at("role") == "other") {
    warn(fmt::format("{} is the querier; it is given up when it is silent for {}", TextOf(querier, "address"),
                     SecondsOf(querier.at("expires_s"))));
  }
  if (const Json& host = port.at("host"); up && !host.is_null() && NumberOf(host, "version") < 3) {
    warn(fmt::format("speaks IGMPv{} upstream, which cannot ask for single sources",
                     NumberOf(host, "version")));
  }
  return text;
}

}  // namespace

std::string StatusText(const Json& status) {
  std::string text = fmt::format("bpfcast {}  instance {}  pid {}  up {}\n", TextOf(status, "version"),
                                 TextOf(status, "instance"), status.at("pid").get<std::int64_t>(),
                                 SecondsOf(status.at("uptime_s")));
  text += fmt::format("config {}  bpf {}\n\n", TextOf(status, "config"), TextOf(status, "bpffs"));
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"  ROLE"}, {"PORT"}, {"STATE"}, {"HOOK"}, {"RX PACKETS", kRight}, {"TX PACKETS", kRight}});
  AddPort(table, status.at("upstream"));
  std::string warnings = Warnings(status.at("upstream"));
  for (const Json& port : status.at("downstreams")) {
    AddPort(table, port);
    warnings += Warnings(port);
  }
  text += table.ToString();
  text += fmt::format("\n{} groups, {} routes\n", HumanCount(NumberOf(status, "groups")),
                      HumanCount(NumberOf(status, "routes")));
  std::string drops;
  for (const auto& [reason, packets] : status.at("drops").items()) {
    const auto count = packets.get<std::uint64_t>();
    if (count > 0) drops += fmt::format("{}{} {}", drops.empty() ? "" : ", ", reason, HumanCount(count));
  }
  text += "not forwarded: " + (drops.empty() ? "nothing" : drops) + "\n";
  return warnings.empty() ? text : text + "\nworth a look:\n" + warnings;
}

}  // namespace bpfcast
