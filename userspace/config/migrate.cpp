#include "config/migrate.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "config/print.h"

namespace bpfcast {
namespace {

/// A value without a place is one for which that grammar has no word; TOML has one for each.
bool IsFromIgmpproxy(const Config& config) {
  const ValueOrigin* ipv6 = config.origins.Find("", "ipv6");
  return ipv6 != nullptr && ipv6->places.empty();
}

class Notes {
 public:
  explicit Notes(const Config& config) : config_(config) {}

  std::vector<std::string> Take() {
    // What was said when the file was read, with its line.
    const std::string& file = config_.origins.file();
    for (const std::string& warning : config_.warnings) {
      notes_.push_back(warning.starts_with(file + ":") ? "line " + warning.substr(file.size() + 1) : warning);
    }
    OfRoles();
    OfSources();
    OfWords();
    return std::move(notes_);
  }

 private:
  bool IsGiven(std::string_view interface, std::string_view key) const {
    const ValueOrigin* origin = config_.origins.Find(interface, key);
    return origin != nullptr && !origin->places.empty();
  }
  bool AnyGives(std::string_view key) const {
    return IsGiven(config_.upstream.name, key) || IsGiven(kOtherInterfaces, key) ||
           std::any_of(config_.downstreams.begin(), config_.downstreams.end(),
                       [&](const InterfaceConfig& each) { return IsGiven(each.name, key); });
  }

  void OfRoles() {
    if (config_.default_downstream) {
      notes_.emplace_back(
          "defaultdown: \"*\" stands for every interface that has an address and is neither named nor in "
          "'disabled'; [interface.\"*\"] is how they are served");
    } else if (!config_.disabled.empty()) {
      notes_.emplace_back("'disabled' may go: without \"*\" in 'downstream' only what is named is served");
    }
    if (config_.downstreams.empty() && !config_.default_downstream) {
      notes_.emplace_back(
          "name the interfaces towards the receivers in 'downstream'; this file has none, and bpfcastd "
          "does not start without");
    }
    notes_.emplace_back("IPv4 alone is served, as before; without 'ipv6 = false' IPv6 is served, too");
  }

  void OfSources() {
    const auto is_open = [](const InterfaceConfig& each) { return each.source_check == SourceCheck::kOff; };
    if (is_open(config_.upstream) ||
        std::any_of(config_.downstreams.begin(), config_.downstreams.end(), is_open)) {
      notes_.emplace_back(
          "source-check \"off\": without an altnet every sender is accepted; without the line a downstream "
          "accepts those of its subnets, and the upstream all but those of a downstream's");
    }
    constexpr Ipv4Address kSsdp = MakeIpv4(239, 255, 255, 250);
    const auto& upstream = config_.upstream.ipv4;
    const bool bounded = std::any_of(upstream.upstream.boundaries.begin(), upstream.upstream.boundaries.end(),
                                     [&](const auto& boundary) { return boundary.Contains(kSsdp); });
    if (bounded && upstream.access().Permits(kSsdp)) {
      notes_.emplace_back("SSDP, 239.255.255.250, is not asked for upstream; 'boundaries = []' on " +
                          config_.upstream.name + " lets it pass");
    }
  }

  void OfWords() {
    if (AnyGives("ttl-threshold")) {
      notes_.emplace_back("threshold: packets leave an interface with a TTL above its 'ttl-threshold' alone");
    }
    if (AnyGives("fast-leave")) {
      notes_.emplace_back(
          "quickleave: hosts are known one by one, so that no host is cut off because another one left");
    }
    if (AnyGives("group-rules")) {
      notes_.emplace_back(
          "whitelist, blacklist: where their order does not matter they are 'allow-groups' and "
          "'deny-groups', otherwise 'group-rules', whose last entry that matches decides");
    }
    constexpr std::pair<std::string_view, std::string_view> kWithoutKey[] = {
        {"rescanvif", "not needed: an interface that comes later is always used"},
        {"hashtablesize", "not needed: hosts are kept one by one"},
        {"ratelimit", "has no equivalent; 0 meant no limit"}};
    for (const auto& [word, why] : kWithoutKey) {
      if (IsGiven("", word)) notes_.push_back(std::string(word) + ": " + std::string(why));
    }
  }

  const Config& config_;
  std::vector<std::string> notes_;
};

/// A name of a file may have any character in it.
std::string OnOneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string ToToml(const Config& config, const std::vector<std::string>& notes) {
  std::string text = OnOneLine("# What " + config.origins.file() + " says, for bpfcastd") + "\n";
  for (const std::string& note : notes) text += OnOneLine("# - " + note) + "\n";
  return text + "\n" + PrintToml(config, Settings::kNotDefault, Comments::kOrigins);
}

}  // namespace

std::string MigratedToml(const Config& config) {
  return ToToml(config, Notes(config).Take());
}

FileReport MigrateFile(const std::string& path) {
  const auto [name, proxies] = ReadFileToCheck(path);
  if (!proxies) return Unusable(name, proxies.error());
  const Config& config = proxies->front();
  FileReport report;
  nlohmann::ordered_json json = {{"file", name}};
  if (!IsFromIgmpproxy(config)) {
    report.outcome = FileReport::Outcome::kUnusable;
    report.remarks = {name + ": is TOML already; `bpfcast check` shows what it means"};
    json["problems"] = {{{"text", "is TOML already; `bpfcast check` shows what it means"}}};
  } else {
    const std::vector<std::string> notes = Notes(config).Take();
    report.normalised = ToToml(config, notes);
    json["toml"] = report.normalised;
    json["notes"] = notes;
  }
  report.json = json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return report;
}

}  // namespace bpfcast
