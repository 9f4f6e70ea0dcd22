#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"

namespace bpfcast {

std::string PortsText(const nlohmann::ordered_json& ports) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"PORT"},
               {"ROLE"},
               {"STATE"},
               {"ADDRESS"},
               {"RX", kRight},
               {"RX BYTES", kRight},
               {"TX", kRight},
               {"TX BYTES", kRight},
               {"DROPPED", kRight},
               {"REPORTS IN/OUT", kRight},
               {"QUERIES IN/OUT", kRight},
               {"IGMP DROPS", kRight},
               {"HOOK"}});
  for (const auto& port : ports) {
    const auto text = [&](const char* key) { return port.at(key).get<std::string>(); };
    const auto number = [&](const char* key) { return port.at(key).get<std::uint64_t>(); };
    const auto pair = [&](const char* in, const char* out) {
      return fmt::format("{}/{}", number(in), number(out));
    };
    std::uint64_t igmp_drops = 0;
    for (const auto& [reason, packets] : port.at("igmp_drops").items())
      igmp_drops += packets.get<std::uint64_t>();
    std::string hook = port.at("hook").is_null() ? "-" : text("hook");
    if (!text("hook_reason").empty()) hook += " (" + text("hook_reason") + ")";
    table.Add({text("name"), text("role"), text("state") == "up" ? "up" : "waiting: " + text("reason"),
               port.at("address").is_null() ? "-" : text("address"), HumanCount(number("rx_packets")),
               HumanBytes(number("rx_bytes")), HumanCount(number("tx_packets")),
               HumanBytes(number("tx_bytes")), HumanCount(number("tx_dropped")),
               pair("reports_received", "reports_sent"), pair("queries_received", "queries_sent"),
               HumanCount(igmp_drops), hook});
  }
  return table.ToString();
}

}  // namespace bpfcast
