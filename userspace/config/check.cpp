#include "config/check.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "config/config_text.h"
#include "config/print.h"
#include "config/printed_json.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

struct NoteParts {
  std::optional<TextPosition> at;
  std::string_view text;
};

/// Takes "file:1:2: text" to pieces. A file that could not be read has no place in it.
NoteParts Split(const std::string& file, std::string_view note) {
  if (!note.starts_with(file + ":")) return {std::nullopt, note};
  std::string_view rest = note.substr(file.size() + 1);
  const auto number = [&]() -> std::optional<unsigned> {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const std::size_t size = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || size == rest.size() || *end != ':') return std::nullopt;
    rest.remove_prefix(size + 1);
    return value;
  };
  const auto line = number();
  const auto column = line ? number() : std::nullopt;
  rest.remove_prefix(rest.starts_with(' ') ? 1 : 0);
  if (!column) return {std::nullopt, rest};
  return {TextPosition{*line, *column}, rest};
}

Json NotesJson(const std::string& file, const std::vector<std::string>& notes) {
  Json all = Json::array();
  for (const std::string& note : notes) {
    const NoteParts parts = Split(file, note);
    Json each;
    if (parts.at) {
      each["line"] = parts.at->line;
      each["column"] = parts.at->column;
    }
    each["text"] = parts.text;
    all.push_back(std::move(each));
  }
  return all;
}

Json Effective(std::span<const Config> proxies, Settings which) {
  Json settings = Json::array();
  for (const EffectiveTable& table : EffectiveSettings(proxies, which)) {
    for (const EffectiveSetting& each : table.settings) {
      Json setting;
      if (!table.proxy.empty()) setting["proxy"] = table.proxy;
      if (!table.interface.empty()) setting["interface"] = table.interface;
      setting["key"] = each.key;
      setting["value"] = ToJson(each.value);
      setting["origin"] = each.origin;
      settings.push_back(std::move(setting));
    }
  }
  return {{"file", proxies.front().origins.file()},
          {"toml", PrintToml(proxies, which, Comments::kOrigins)},
          {"settings", std::move(settings)}};
}

/// A name of a file or a text of it need not be UTF-8.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string AsWarning(const std::string& file, const std::string& note) {
  const NoteParts parts = Split(file, note);
  return note.substr(0, note.size() - parts.text.size()) + "warning: " + std::string(parts.text);
}

std::string EffectiveJson(const Config& config, Settings which) {
  return Effective(std::span(&config, 1), which).dump(-1, ' ', false, Json::error_handler_t::replace);
}

FileToCheck ReadFileToCheck(const std::string& path) {
  if (!IsStandardInput(path)) return {path, LoadConfigs(path)};
  constexpr const char* kName = "stdin";
  const auto text = ReadStandardInput();
  if (!text) return {kName, tl::unexpected(ConfigProblems{std::string(kName) + ": " + text.error()})};
  return {kName, ParseConfigs(*text, kName)};
}

FileReport Unusable(const std::string& name, ConfigProblems problems) {
  FileReport report;
  report.outcome = FileReport::Outcome::kUnusable;
  report.remarks = std::move(problems);
  report.json = Dump({{"file", name}, {"usable", false}, {"problems", NotesJson(name, report.remarks)}});
  return report;
}

FileReport CheckFile(const std::string& path, Settings which) {
  auto [name, proxies] = ReadFileToCheck(path);
  if (!proxies) return Unusable(name, std::move(proxies.error()));
  FileReport report;
  report.normalised = PrintToml(*proxies, which, Comments::kOrigins);
  std::vector<std::string> warnings;
  for (const Config& config : *proxies) {
    warnings.insert(warnings.end(), config.warnings.begin(), config.warnings.end());
  }
  for (const std::string& warning : warnings) report.remarks.push_back(AsWarning(name, warning));
  Json json = Effective(*proxies, which);
  json["usable"] = true;
  json["warnings"] = NotesJson(name, warnings);
  report.json = Dump(json);
  return report;
}

}  // namespace bpfcast
