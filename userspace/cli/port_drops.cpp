// Why ports did not forward what arrived, and took no copies.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "capture/verdict_text.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;
using Reason = std::pair<std::string, std::uint64_t>;

/// The most frequent one first.
std::vector<Reason> Reasons(const Json& counts) {
  std::vector<Reason> reasons;
  for (const auto& [reason, packets] : counts.items()) {
    reasons.emplace_back(reason, packets.get<std::uint64_t>());
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.second > b.second; });
  return reasons;
}

}  // namespace

std::string CopiesDroppedText(const Json& port) {
  std::string names;
  for (const auto& [reason, copies] : Reasons(port.at("tx_drops"))) {
    names += (names.empty() ? "" : ", ") + reason;
  }
  return HumanCount(NumberOf(port, "tx_dropped")) + (names.empty() ? "" : " (" + names + ")");
}

std::string PortDropsText(const Json& ports) {
  Table table({{"PORT"}, {"PACKETS", Table::Align::kRight}, {"REASON"}, {"MEANING"}});
  bool any = false;
  for (const Json& port : ports) {
    for (const char* way : {"rx_drops", "tx_drops"}) {
      for (const auto& [reason, packets] : Reasons(port.at(way))) {
        table.Add({TextOf(port, "name"), HumanCount(packets), reason, MeaningOf(reason)});
        any = true;
      }
    }
  }
  return any ? table.ToString() : "every packet that arrived was forwarded, and every copy was sent\n";
}

}  // namespace bpfcast
