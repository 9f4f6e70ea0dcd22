#include "config/reference.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "config/keys.h"
#include "config/printed_json.h"
#include "config/top_keys.h"
#include "config/values.h"

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWidth = 100;
constexpr std::size_t kNames = 26;  // the longer ones stand out
constexpr std::string_view kTop = "at the top of the file";
constexpr std::string_view kTopOrProxy = "at the top of the file, or in [proxy.NAME] of several";

struct Entry {
  std::string_view key;
  std::string_view section;
  std::string_view meaning;
  std::string values;
  std::optional<PrintedValue> usual;
  std::optional<PrintedValue> usual_upstream;  // where that is another one
  std::string_view follows;
  KeySide side = KeySide::kBoth;
  KeyFamily family = KeyFamily::kBoth;
  TakesEffect effect = TakesEffect::kAtOnce;
};

void AddTopKeys(std::vector<Entry>& entries) {
  const Config usual;
  for (const TopKey& key : TopKeys()) {
    if (key.values == nullptr) continue;  // tables
    const std::string_view section = key.scope == KeyScope::kFile ? kTop : kTopOrProxy;
    Entry entry{key.name, section, key.meaning, key.values(), {}, {}, {}, {}, {}, key.effect};
    if (key.read != nullptr) entry.usual = key.print(usual);  // a role has no default
    entries.push_back(std::move(entry));
  }
}

void AddInterfaceKeys(std::vector<Entry>& entries) {
  const InterfaceConfig upstream = DefaultInterface(PortRole::kUpstream, {});
  const InterfaceConfig downstream = DefaultInterface(PortRole::kDownstream, {});
  std::string_view section;
  for (const InterfaceKey& key : InterfaceKeys()) {
    for (const KeySection& each : InterfaceKeySections()) {
      if (each.first_key == key.name) section = each.heading;
    }
    Entry entry{key.name, section, key.meaning, key.values(), {}, {}, key.follows, key.side, key.family, {}};
    entry.usual = key.print(key.side == KeySide::kUpstream ? upstream : downstream);
    if (key.side == KeySide::kBoth && key.print(upstream) != entry.usual) {
      entry.usual_upstream = key.print(upstream);
    }
    entries.push_back(std::move(entry));
  }
}

Result<std::vector<Entry>> Entries(std::string_view key) {
  std::vector<Entry> all;
  AddTopKeys(all);
  AddInterfaceKeys(all);
  if (key.empty()) return all;
  std::vector<std::string> names;
  for (const Entry& entry : all) {
    if (entry.key == key) return std::vector<Entry>{entry};
    names.emplace_back(entry.key);
  }
  return Fail("no key " + Quoted(key) + DidYouMean(key, names));
}

bool IsTop(const Entry& entry) {
  return entry.section == kTop || entry.section == kTopOrProxy;
}

bool IsDuration(const Entry& entry) {
  return entry.usual && entry.usual->kind == PrintedValue::Kind::kSeconds;
}

/// "a duration; default "125s"; on a downstream"
std::string Form(const Entry& entry) {
  std::string text = entry.values;
  if (entry.usual) text += "; default " + ToToml(*entry.usual);
  if (entry.usual_upstream) text += ", on the upstream " + ToToml(*entry.usual_upstream);
  if (!entry.follows.empty()) text += ", by " + std::string(entry.follows);
  if (entry.side == KeySide::kUpstream) text += "; on the upstream alone";
  if (entry.side == KeySide::kDownstream) text += "; on downstreams alone";
  if (entry.effect == TakesEffect::kAtNextStart) text += "; a change counts at the next start";
  return text;
}

/// Words on lines that begin with `indent` blanks, the first one with `begin` instead.
std::string Wrapped(std::string begin, std::size_t indent, std::string_view words) {
  std::string text;
  std::string line = std::move(begin);
  line.append(line.size() < indent ? indent - line.size() : line.empty() ? 0 : 1, ' ');
  bool is_empty = true;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (!is_empty && line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line.assign(indent, ' ');
      is_empty = true;
    }
    line.append(is_empty ? "" : " ").append(word);
    is_empty = false;
  }
  return text + line + "\n";
}

std::string Heading(const Entry& entry) {
  if (!IsTop(entry)) return "[interface.NAME]: " + std::string(entry.section);
  std::string heading(entry.section);
  heading.front() = 'A';
  return heading;
}

std::string_view SideWord(KeySide side) {
  switch (side) {
    case KeySide::kBoth:
      return "both";
    case KeySide::kDownstream:
      return "downstream";
    case KeySide::kUpstream:
      return "upstream";
  }
  return {};
}

std::string_view FamilyWordOf(KeyFamily family) {
  switch (family) {
    case KeyFamily::kBoth:
      return "both";
    case KeyFamily::kIgmp:
      return "ipv4";
    case KeyFamily::kMld:
      return "ipv6";
  }
  return {};
}

Json ToJson(const Entry& entry) {
  const auto or_null = [](std::string_view text) { return text.empty() ? Json() : Json(text); };
  Json json{{"key", entry.key},         {"table", IsTop(entry) ? "top" : "interface"},
            {"section", entry.section}, {"text", entry.meaning},
            {"values", entry.values},   {"default", entry.usual ? bpfcast::ToJson(*entry.usual) : Json()}};
  if (entry.usual_upstream) json["default_of_upstream"] = bpfcast::ToJson(*entry.usual_upstream);
  json["unit"] = or_null(IsDuration(entry) ? "s" : "");
  json["follows"] = or_null(entry.follows);
  json["side"] = SideWord(entry.side);
  json["family"] = FamilyWordOf(entry.family);
  json["takes_effect"] = entry.effect == TakesEffect::kAtOnce ? "now" : "next start";
  return json;
}

}  // namespace

Result<std::string> ReferenceText(std::string_view key) {
  const auto entries = Entries(key);
  if (!entries) return tl::unexpected(entries.error());
  std::string text;
  std::string heading;
  for (const Entry& entry : *entries) {
    if (const std::string its = Heading(entry); its != heading) {
      text += (text.empty() ? "" : "\n") + its + "\n\n";
      heading = its;
    }
    text += Wrapped(std::string(entry.key), kNames, Form(entry)) + Wrapped("", 4, entry.meaning);
  }
  if (!key.empty()) return text;
  return text + "\n" +
         Wrapped(
             "", 0,
             R"(A duration is "200ms", "1.5s", "2m", "1h" or a number of seconds. A list of groups or )"
             R"(networks that names one family leaves the other as it is. Several proxies stand in tables )"
             R"([proxy.NAME], each with its own upstream and downstreams.)");
}

Result<std::string> ReferenceJson(std::string_view key) {
  const auto entries = Entries(key);
  if (!entries) return tl::unexpected(entries.error());
  Json keys = Json::array();
  for (const Entry& entry : *entries) keys.push_back(ToJson(entry));
  return Json{{"keys", std::move(keys)}}.dump(2) + "\n";
}

}  // namespace bpfcast
