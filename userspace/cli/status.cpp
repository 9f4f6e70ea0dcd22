#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/ansi.h"
#include "cli/counted.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "cli/wording.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

void AddPort(Table& table, const Json& port, Invocation::Colour colour) {
  table.Add({"  " + TextOf(port, "role"), TextOf(port, "name"), ColouredState(port, StateOf(port), colour),
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
    warn(fmt::format("{} IGMP and MLD packets were lost, the socket had no room for them", HumanCount(lost)));
  }
  for (const Json* family : FamiliesOf(port)) {
    if (up && family->at("state") == "waiting") {
      warn(fmt::format("no {}: {}", ProtocolOf(*family, NumberOf(*family, "version")),
                       TextOf(*family, "reason")));
    }
    if (const Json& querier = family->at("querier"); !querier.is_null() && querier.at("role") == "other") {
      warn(fmt::format("{} is the querier; it is given up when it is silent for {}",
                       TextOf(querier, "address"), SecondsOf(querier.at("expires_s"))));
    }
    const Json& host = family->at("host");
    if (up && !host.is_null() && NumberOf(host, "version") < NewestVersion(*family)) {
      warn(fmt::format("speaks {} upstream, which cannot ask for single sources",
                       ProtocolOf(*family, NumberOf(host, "version"))));
    }
  }
  return text;
}

/// How many of them are of IPv6.
std::string OfIpv6(const Json& status, const char* what) {
  const auto count = NumberOf(status.at("ipv6"), what);
  return count == 0 ? "" : fmt::format(" ({} of IPv6)", HumanCount(count));
}

}  // namespace

std::string StatusText(const Json& status, Invocation::Colour colour) {
  std::string text = fmt::format("bpfcast {}  instance {}  pid {}  up {}\n", TextOf(status, "version"),
                                 TextOf(status, "instance"), status.at("pid").get<std::int64_t>(),
                                 SecondsOf(status.at("uptime_s")));
  text += fmt::format("config {}  {}\n\n", TextOf(status, "config"),
                      status.at("bpffs").is_null() ? "the kernel's multicast routing forwards"
                                                   : "bpf " + TextOf(status, "bpffs"));
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"  ROLE"}, {"PORT"}, {"STATE"}, {"HOOK"}, {"RX PACKETS", kRight}, {"TX PACKETS", kRight}});
  AddPort(table, status.at("upstream"), colour);
  std::string warnings = Warnings(status.at("upstream"));
  for (const Json& port : status.at("downstreams")) {
    AddPort(table, port, colour);
    warnings += Warnings(port);
  }
  text += table.ToString();
  text += fmt::format("\n{}{}, {}{}\n", HumanCounted(NumberOf(status, "groups"), "group"),
                      OfIpv6(status, "groups"), HumanCounted(NumberOf(status, "routes"), "route"),
                      OfIpv6(status, "routes"));
  std::string drops;
  for (const auto& [reason, packets] : status.at("drops").items()) {
    const auto count = packets.get<std::uint64_t>();
    if (count > 0) drops += fmt::format("{}{} {}", drops.empty() ? "" : ", ", reason, HumanCount(count));
  }
  text += "not forwarded: " + (drops.empty() ? "nothing" : drops) + "\n";
  return warnings.empty() ? text
                          : text + "\n" + Paint(Tone::kWaiting, "worth a look:", colour) + "\n" + warnings;
}

namespace {

/// None was named, so it is of all that run: blocks, or an array.
Exit ShowAll(const Invocation& invocation, const std::vector<std::string>& running) {
  Exit exit = Exit::kOk;
  Json all = Json::array();
  std::string text;
  for (const std::string& instance : running) {
    auto status = invocation.call(instance, "status", {});
    if (!status) {
      exit = Complain(status.error());
      continue;
    }
    text += (text.empty() ? "" : "\n") + StatusText(*status, invocation.colour);
    all.push_back(std::move(*status));
  }
  const bool json = invocation.form == Invocation::Form::kJson;
  const Exit printed = Print(json ? all.dump(2) + "\n" : text);
  return printed == Exit::kOk ? exit : printed;
}

}  // namespace

Verb StatusVerb() {
  return {"status", "What runs, and how its ports are", {}, [](const Invocation& invocation) {
            if (invocation.instance.empty()) {
              if (const auto running = invocation.running(); running.size() > 1) {
                return ShowAll(invocation, running);
              }
            }
            return Show(invocation, "status",
                        [&](const Json& status) { return StatusText(status, invocation.colour); });
          }};
}

}  // namespace bpfcast
