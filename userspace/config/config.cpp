#include "config/config.h"

#include <algorithm>
#include <utility>

#include "config/config_text.h"
#include "config/igmpproxy.h"
#include "config/notes.h"
#include "config/toml.h"
#include "config/values.h"

namespace bpfcast {
namespace {

enum class Grammar : std::uint8_t { kToml, kIgmpproxy, kNeither };

struct Beginning {
  Grammar grammar = Grammar::kNeither;
  std::string_view word;  // the first one; empty in a file that says nothing
  TextPosition at;
};

/// The first word tells the grammar: TOML goes on with '=' or begins with '[', igmpproxy.conf is words alone.
Beginning Recognise(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Beginning beginning;
  std::size_t begin = 0;
  for (std::size_t line = 0;;) {
    begin = text.find_first_not_of(kBlank, begin);
    for (std::size_t end; (end = text.find('\n', line)) < begin && end != std::string_view::npos;) {
      line = end + 1;
      ++beginning.at.line;
    }
    if (begin == std::string_view::npos) return {};
    beginning.at.column = static_cast<unsigned>(begin - line + 1);
    if (text[begin] != '#') break;
    begin = std::min(text.find('\n', begin), text.size());
  }
  text.remove_prefix(begin);
  beginning.word = text.substr(0, text.find_first_of(std::string_view(" \t\r\n#=\0", 7)));
  const std::size_t next = text.find_first_not_of(" \t", beginning.word.size());
  const char first = text.front();
  if (first == '[' || first == '"' || first == '\'' || (next < text.size() && text[next] == '=')) {
    beginning.grammar = Grammar::kToml;
  } else if (LooksLikeIgmpproxyKeyword(beginning.word)) {
    beginning.grammar = Grammar::kIgmpproxy;
  }
  return beginning;
}

}  // namespace

InterfaceConfig DefaultInterface(PortRole role, ServedFamilies served) {
  InterfaceConfig config;
  config.role = role;
  std::vector<std::string> none;
  config.ipv4.served = served.ipv4;
  config.ipv6.served = served.ipv6;
  // In the order of ffx3::/16, ffx4::/16, ffx5::/16: a file that writes the default says the same.
  std::stable_sort(config.ipv6.upstream.boundaries.begin(), config.ipv6.upstream.boundaries.end(),
                   [](const auto& a, const auto& b) {
                     return (a.address.bytes()[1] & 0x0f) < (b.address.bytes()[1] & 0x0f);
                   });
  config.ipv4.SetTiming(*MakeTiming<Igmp>({}, config.ipv4.version(), none));
  config.ipv6.SetTiming(*MakeTiming<Mld>({}, config.ipv6.version(), none));
  return config;
}

std::optional<InterfaceConfig> Config::UnnamedDownstream(const std::string& interface) const {
  const auto contains = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), interface) != names.end();
  };
  if (!default_downstream || interface == upstream.name || contains(disabled) || contains(of_others)) {
    return std::nullopt;
  }
  InterfaceConfig downstream = *default_downstream;
  downstream.name = interface;
  return downstream;
}

tl::expected<Configs, ConfigProblems> LoadConfigs(const std::string& path) {
  const auto text = ReadConfigFile(path);
  if (!text) return tl::unexpected(ConfigProblems{path + ": " + text.error()});
  return ParseConfigs(*text, path);
}

tl::expected<Configs, ConfigProblems> ParseConfigs(std::string_view text, const std::string& file) {
  const Beginning beginning = Recognise(text);
  switch (beginning.grammar) {
    case Grammar::kToml:
      return ParseTomlConfigs(text, file);
    case Grammar::kIgmpproxy: {
      auto config = ParseIgmpproxyConfig(text, file);
      if (!config) return tl::unexpected(std::move(config.error()));
      return Configs{std::move(*config)};
    }
    case Grammar::kNeither:
      break;
  }
  ConfigNotes notes(file);
  notes.Problem(beginning.at,
                (beginning.word.empty() ? "the file says nothing"
                                        : Quoted(beginning.word) + " begins no configuration") +
                    "; TOML begins with upstream = \"eth0\", an igmpproxy.conf with phyint eth0 upstream");
  return tl::unexpected(notes.Problems());
}

tl::expected<Config, ConfigProblems> ParseConfig(std::string_view text, const std::string& file) {
  auto configs = ParseConfigs(text, file);
  if (!configs) return tl::unexpected(std::move(configs.error()));
  if (configs->size() > 1) {
    return tl::unexpected(ConfigProblems{file + ": " + std::to_string(configs->size()) + " proxies"});
  }
  return std::move(configs->front());
}

}  // namespace bpfcast
