#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/ansi.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// "us", or the other router and when it is given up.
std::string QuerierOf(const Json& family) {
  const Json& querier = family.at("querier");
  if (querier.is_null() || querier.at("role") == "none") return "-";
  if (querier.at("role") == "querier") return "us";
  return fmt::format("{} ({})", TextOf(querier, "address"), SecondsOf(querier.at("expires_s")));
}

std::string FamilyState(const Json& family) {
  const std::string reason = TextOf(family, "reason");
  return TextOf(family, "state") + (reason.empty() ? "" : " (" + reason + ")");
}

/// Messages that were of no use.
std::uint64_t Drops(const Json& family) {
  std::uint64_t drops = 0;
  for (const auto& [reason, packets] : family.at("drops").items()) drops += packets.get<std::uint64_t>();
  return drops;
}

std::string TextOrDash(const Json& json, const char* key) {
  return json.at(key).is_null() ? "-" : TextOf(json, key);
}

}  // namespace

std::string PortsText(const Json& ports, Invocation::Colour colour) {
  constexpr auto kRight = Table::Align::kRight;
  Table traffic({{"PORT"},
                 {"ROLE"},
                 {"STATE"},
                 {"RX", kRight},
                 {"RX BYTES", kRight},
                 {"TX", kRight},
                 {"TX BYTES", kRight},
                 {"DROPPED", kRight},
                 {"HOOK"},
                 {"REASON"}});
  Table protocols({{"PORT"},
                   {"SPEAKS"},
                   {"ADDRESS"},
                   {"QUERIER"},
                   {"REPORTS IN/OUT", kRight},
                   {"QUERIES IN/OUT", kRight},
                   {"DROPS", kRight},
                   {"STATE"}});
  for (const Json& port : ports) {
    const auto count = [&](const char* key) { return HumanCount(NumberOf(port, key)); };
    const auto bytes = [&](const char* key) { return HumanBytes(NumberOf(port, key)); };
    traffic.Add({TextOf(port, "name"), TextOf(port, "role"), ColouredState(port, StateOf(port), colour),
                 count("rx_packets"), bytes("rx_bytes"), count("tx_packets"), bytes("tx_bytes"),
                 CopiesDroppedText(port), TextOrDash(port, "hook"), TextOrDash(port, "hook_reason")});
    for (const Json* family : FamiliesOf(port)) {
      const auto pair = [&](const char* in, const char* out) {
        return fmt::format("{}/{}", NumberOf(*family, in), NumberOf(*family, out));
      };
      protocols.Add({TextOf(port, "name"), ProtocolOf(*family, NumberOf(*family, "version")),
                     TextOrDash(*family, "address"), QuerierOf(*family),
                     pair("reports_received", "reports_sent"), pair("queries_received", "queries_sent"),
                     HumanCount(Drops(*family)), ColouredState(*family, FamilyState(*family), colour)});
    }
  }
  return traffic.ToString() + "\n" + protocols.ToString();
}

Verb PortsVerb() {
  return {"ports",
          "Every port with its hook, its traffic, its queriers, and IGMP and MLD counters",
          {{Argument::Kind::kFlag, "-d,--details", "With the reasons why packets were not forwarded"},
           kIpv4Flag,
           kIpv6Flag},
          [](const Invocation& invocation) {
            return ShowRows(invocation, "ports", [&](const Json& ports) {
              const std::string drops = invocation.Has("details") ? "\n" + PortDropsText(ports) : "";
              return PortsText(ports, invocation.colour) + drops;
            });
          }};
}

}  // namespace bpfcast
