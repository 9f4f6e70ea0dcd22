#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "cli/table.h"
#include "cli/verbs.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

void AddPort(Table& table, const Json& port) {
  const bool up = port.at("state") == "up";
  const Json& hook = port.at("hook");
  table.Add({"  " + port.at("role").get<std::string>(), port.at("name").get<std::string>(),
             up ? "up" : "waiting: " + port.at("reason").get<std::string>(),
             hook.is_null() ? "-" : hook.get<std::string>(),
             HumanCount(port.at("rx_packets").get<std::uint64_t>()),
             HumanCount(port.at("tx_packets").get<std::uint64_t>())});
}

}  // namespace

std::string StatusText(const Json& status) {
  std::string text =
      fmt::format("bpfcast {}  instance {}  pid {}  up {}\n", status.at("version").get<std::string>(),
                  status.at("instance").get<std::string>(), status.at("pid").get<std::int64_t>(),
                  HumanSeconds(status.at("uptime_s").get<double>()));
  text += fmt::format("config {}  bpf {}\n\n", status.at("config").get<std::string>(),
                      status.at("bpffs").get<std::string>());
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"  ROLE"}, {"PORT"}, {"STATE"}, {"HOOK"}, {"RX PACKETS", kRight}, {"TX PACKETS", kRight}});
  AddPort(table, status.at("upstream"));
  for (const Json& port : status.at("downstreams")) AddPort(table, port);
  text += table.ToString();
  text += fmt::format("\n{} groups, {} routes\n", status.at("groups").get<std::uint64_t>(),
                      status.at("routes").get<std::uint64_t>());
  std::string drops;
  for (const auto& [reason, packets] : status.at("drops").items()) {
    if (packets.get<std::uint64_t>() == 0) continue;
    drops +=
        fmt::format("{}{} {}", drops.empty() ? "" : ", ", reason, HumanCount(packets.get<std::uint64_t>()));
  }
  return text + "not forwarded: " + (drops.empty() ? "nothing" : drops) + "\n";
}

}  // namespace bpfcast
