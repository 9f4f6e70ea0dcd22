#include "summary.h"

#include "config/effective.h"

namespace bpfcast {
namespace {

std::string Described(const std::string& begin, const std::vector<EffectiveSetting>& settings) {
  std::string line = begin;
  for (const EffectiveSetting& each : settings) {
    line.append(" ").append(each.key).append("=").append(ToWords(each.value));
  }
  return line;
}

}  // namespace

std::vector<std::string> Summary(const Config& config) {
  std::vector<std::string> lines;
  std::vector<std::string> last;
  for (const EffectiveTable& table : EffectiveSettings(config, Settings::kNotDefault)) {
    if (!table.interface.empty()) {
      const std::string name =
          table.interface == kOtherInterfaces ? "(every other interface)" : table.interface;
      lines.push_back(Described((table.role == PortRole::kUpstream ? "upstream " : "downstream ") + name,
                                table.settings));
      continue;
    }
    for (const EffectiveSetting& each : table.settings) {
      if (each.key == "upstream" || each.key == "downstream") continue;
      if (each.key == "disabled") {
        for (const std::string& name : each.value.items) last.push_back("disabled " + name);
      } else if (each.key == "user") {
        last.push_back("user " + ToWords(each.value));
      } else {
        lines.push_back(std::string(each.key) + "=" + ToWords(each.value));
      }
    }
  }
  lines.insert(lines.end(), last.begin(), last.end());
  return lines;
}

}  // namespace bpfcast
