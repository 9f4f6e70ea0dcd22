#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// "us", or the other router and when it is given up.
std::string QuerierOf(const Json& port) {
  const Json& querier = port.at("querier");
  if (querier.is_null() || querier.at("role") == "none") return "-";
  if (querier.at("role") == "querier") return "us";
  return fmt::format("{} ({})", TextOf(querier, "address"), SecondsOf(querier.at("expires_s")));
}

/// Messages that were of no use.
std::uint64_t IgmpDrops(const Json& port) {
  std::uint64_t drops = NumberOf(port, "igmp_overflows");
  for (const auto& [reason, packets] : port.at("igmp_drops").items()) drops += packets.get<std::uint64_t>();
  return drops;
}

}  // namespace

std::string PortsText(const Json& ports) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"PORT"},
               {"ROLE"},
               {"STATE"},
               {"ADDRESS"},
               {"IGMP"},
               {"QUERIER"},
               {"RX", kRight},
               {"RX BYTES", kRight},
               {"TX", kRight},
               {"TX BYTES", kRight},
               {"DROPPED", kRight},
               {"REPORTS IN/OUT", kRight},
               {"QUERIES IN/OUT", kRight},
               {"IGMP DROPS", kRight},
               {"HOOK"},
               {"REASON"}});
  for (const Json& port : ports) {
    const auto count = [&](const char* key) { return HumanCount(NumberOf(port, key)); };
    const auto bytes = [&](const char* key) { return HumanBytes(NumberOf(port, key)); };
    const auto pair = [&](const char* in, const char* out) {
      return fmt::format("{}/{}", NumberOf(port, in), NumberOf(port, out));
    };
    const auto text = [&](const char* key) { return port.at(key).is_null() ? "-" : TextOf(port, key); };
    table.Add({text("name"), text("role"), StateOf(port), text("address"),
               fmt::format("v{}", NumberOf(port, "version")), QuerierOf(port), count("rx_packets"),
               bytes("rx_bytes"), count("tx_packets"), bytes("tx_bytes"), count("tx_dropped"),
               pair("reports_received", "reports_sent"), pair("queries_received", "queries_sent"),
               HumanCount(IgmpDrops(port)), text("hook"), text("hook_reason")});
  }
  return table.ToString();
}

}  // namespace bpfcast
