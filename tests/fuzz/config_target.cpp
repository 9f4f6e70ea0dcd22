#include "fuzz/config_target.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "config/config.h"
#include "config/igmpproxy.h"
#include "config/migrate.h"
#include "config/print.h"
#include "config/toml.h"
#include "config/toml_guard.h"
#include "fuzz/check.h"

namespace bpfcast::fuzz {
namespace {

constexpr const char* kFile = "f";

std::vector<std::size_t> LineLengths(std::string_view text) {
  std::vector<std::size_t> lengths;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    lengths.push_back(end);
  }
  lengths.push_back(text.size());
  return lengths;
}

/// "f:LINE:COLUMN: TEXT", on one printable line. The end of the file is one line or column behind it.
void CheckNote(const std::string& note, const std::vector<std::size_t>& lengths) {
  const auto shown = [&] { return note; };
  const bool printable = std::all_of(note.begin(), note.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  Check(printable, "what is said is one line of plain ASCII:", shown);
  Check(note.starts_with("f:"), "the file is named:", shown);
  const char* at = note.data() + 2;
  const char* const end = note.data() + note.size();
  std::size_t place[2] = {};
  for (std::size_t& number : place) {
    const auto [next, error] = std::from_chars(at, end, number);
    Check(error == std::errc() && next != end && *next == ':', "a place is named:", shown);
    at = next + 1;
  }
  const auto [line, column] = place;
  Check(line >= 1 && line <= lengths.size(), "the line is one of the file:", shown);
  Check(column >= 1 && column <= lengths[line - 1] + 2, "the column is one of the line:", shown);
  Check(end - at > 3 && *at == ' ', "something is said:", shown);
}

/// The only thing that an igmpproxy.conf may have and TOML does not allow.
bool HasNoDownstream(const Config& config) {
  return config.downstreams.empty() && !config.default_downstream;
}

/// The kernel takes names of interfaces that are no UTF-8, and so does igmpproxy; TOML has no word for them.
bool HasAWordInToml(const Config& config) {
  const auto is_utf8 = [](const std::string& name) { return !RefuseBeforeToml(name); };
  return is_utf8(config.upstream.name) &&
         std::all_of(config.disabled.begin(), config.disabled.end(), is_utf8) &&
         std::all_of(config.downstreams.begin(), config.downstreams.end(),
                     [&](const InterfaceConfig& each) { return is_utf8(each.name); });
}

tl::expected<Configs, ConfigProblems> Parsed(std::string_view text, Grammar grammar) {
  if (grammar == Grammar::kToml) return ParseTomlConfigs(text, kFile);
  auto config = ParseIgmpproxyConfig(text, kFile);
  if (!config) return tl::unexpected(std::move(config.error()));
  return Configs{std::move(*config)};
}

void CheckMeansTheSame(const Configs& configs, const std::string& toml) {
  const auto again = ParseTomlConfigs(toml, "again");
  const auto shown = [&] {
    std::string text = "\n" + toml;
    if (!again) {
      for (const std::string& problem : again.error()) text += "\n" + problem;
    }
    return text;
  };
  if (HasNoDownstream(configs.front())) {
    Check(!again, "a file without downstreams is none:", shown);
    return;
  }
  Check(again.has_value(), "what is printed is read:", shown);
  Check(again->size() == configs.size(), "there are as many proxies:", shown);
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const Config& a = (*again)[i];
    const Config& b = configs[i];
    Check(a.proxy == b.proxy, "the name is the same:", shown);
    Check(a.upstream == b.upstream, "the upstream is the same:", shown);
    Check(a.downstreams == b.downstreams, "the downstreams are the same:", shown);
    Check(a.default_downstream == b.default_downstream, "the others are the same:", shown);
    Check(a.disabled == b.disabled, "the same is disabled:", shown);
    Check(a.datapath == b.datapath && a.lease == b.lease && a.user == b.user, "the top is the same:", shown);
  }
}

}  // namespace

void RunConfig(std::string_view text, Grammar grammar) {
  const bool toml = grammar == Grammar::kToml;
  const auto configs = Parsed(text, grammar);
  const auto recognised = ParseConfigs(text, kFile);
  const std::vector<std::size_t> lengths = LineLengths(text);
  if (!recognised) {
    Check(!recognised.error().empty(), "a refusal has a reason");
    for (const std::string& problem : recognised.error()) CheckNote(problem, lengths);
  }
  if (!configs) {
    Check(!configs.error().empty(), "a refusal has a reason");
    for (const std::string& problem : configs.error()) CheckNote(problem, lengths);
    return;
  }
  for (const Config& config : *configs) {
    Check(!config.upstream.name.empty(), "there is an upstream");
    for (const std::string& warning : config.warnings) CheckNote(warning, lengths);
    if (!HasAWordInToml(config)) return;
  }
  CheckMeansTheSame(*configs, PrintToml(*configs));
  CheckMeansTheSame(*configs, PrintToml(*configs, Settings::kNotDefault, Comments::kOrigins));
  if (!toml) CheckMeansTheSame(*configs, MigratedToml(configs->front()));
}

}  // namespace bpfcast::fuzz
