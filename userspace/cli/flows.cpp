#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

/// "lan1,lan2", "lan1,lan2,lan3,lan4 and 36 more", "-" when nobody takes the stream.
std::string Takers(const Json& flow) {
  constexpr std::size_t kShown = 4;
  const Json& ports = flow.at("ports");
  std::string text;
  for (std::size_t i = 0; i < ports.size() && i < kShown; ++i) {
    text += (text.empty() ? "" : ",") + ports[i].get<std::string>();
  }
  if (ports.size() > kShown) text += fmt::format(" and {} more", ports.size() - kShown);
  if (flow.at("local").get<bool>()) text += text.empty() ? "this machine" : " and this machine";
  return text.empty() ? "-" : text;
}

}  // namespace

Json FastestFirst(const Json& flows) {
  const auto rate = [](const Json& flow) {
    return std::pair(flow.at("bits_per_s").get<double>(), flow.at("packets_per_s").get<double>());
  };
  Json flowing = Json::array();
  for (const Json& flow : flows) {
    if (rate(flow).second > 0) flowing.push_back(flow);
  }
  std::stable_sort(flowing.begin(), flowing.end(),
                   [&](const Json& a, const Json& b) { return rate(a) > rate(b); });
  return flowing;
}

std::string FlowsText(const Json& flows) {
  if (flows.empty()) return "no flows: no multicast stream was seen lately\n";
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"GROUP"},
               {"SOURCE"},
               {"FROM"},
               {"TO"},
               {"PACKETS", kRight},
               {"BYTES", kRight},
               {"DROPPED", kRight},
               {"RATE", kRight},
               {"LAST", kRight}});
  for (const Json& flow : flows) {
    const double packets_per_s = flow.at("packets_per_s").get<double>();
    table.Add({TextOf(flow, "group"), TextOf(flow, "source"),
               flow.at("arrival").is_null() ? "-" : TextOf(flow, "arrival"), Takers(flow),
               HumanCount(NumberOf(flow, "packets")), HumanBytes(NumberOf(flow, "bytes")),
               HumanCount(NumberOf(flow, "dropped")),
               packets_per_s > 0 ? HumanRate(flow.at("bits_per_s").get<double>(), packets_per_s) : "-",
               SecondsOf(flow.at("last_packet_s")) + " ago"});
  }
  return table.ToString();
}

Verb FlowsVerb() {
  return {"flows",
          "Every stream: where it comes from, where it goes, and how fast",
          {{Argument::Kind::kFlag, "--rate", "Those that flow now, the fastest first"}, kIpv4Flag, kIpv6Flag},
          [](const Invocation& invocation) {
            if (!invocation.Has("rate")) return ShowRows(invocation, "flows", FlowsText);
            const auto flows = AskRows(invocation, "flows");
            if (!flows) return Complain(flows.error());
            const Json fastest = FastestFirst(*flows);
            if (invocation.form == Invocation::Form::kJson) return Print(fastest.dump(2) + "\n");
            return Print(fastest.empty() ? "no stream flows now\n" : FlowsText(fastest));
          }};
}

}  // namespace bpfcast
