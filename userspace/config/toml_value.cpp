#include "config/toml_value.h"

#include <toml++/toml.h>

#include <algorithm>
#include <limits>

#include "config/value_forms.h"
#include "config/values.h"

namespace bpfcast {
namespace {

TextPosition ToPosition(const toml::source_position& position) {
  return {position.line, position.column};
}

const char* TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

/// Written without quotes.
bool IsBoolean(std::string_view word) {
  return word == "true" || word == "false";
}

/// RFC 3810 5.2.13: reports come from link-local addresses.
bool IsOfMldHosts(const Prefix<Ipv6Address>& network) {
  const Prefix<Ipv6Address> link_local{*Ipv6Address::Parse("fe80::"), 10};
  return link_local.Contains(network.address) || network.Contains(link_local.address);
}

}  // namespace

TextPosition PositionOf(const toml::key& key) {
  return ToPosition(key.source().begin);
}

TextPosition PositionOf(const toml::node& node) {
  return ToPosition(node.source().begin);
}

void ExpectedInstead(const toml::node& node, std::string_view key, std::string_view what,
                     ConfigNotes& notes) {
  notes.Problem(PositionOf(node), Quoted(key) + " must be " + std::string(what) + ", not " + TypeName(node));
}

void UnknownKey(const toml::key& key, const std::vector<std::string>& known, ConfigNotes& notes) {
  notes.Problem(PositionOf(key), "unknown key " + Quoted(key.str()) + DidYouMean(key.str(), known));
}

void TomlValue::Problem(TextPosition at, const std::string& text) const {
  notes_.Problem(at, Quoted(key_) + text);
}

void TomlValue::Warning(TextPosition at, const std::string& text) const {
  notes_.Warning(at, Quoted(key_) + text);
}

bool TomlValue::IsArray() const {
  return node_.is_array();
}

bool TomlValue::IsText(std::string_view text) const {
  return node_.is_string() && *node_.value<std::string_view>() == text;
}

bool TomlValue::IsNetworks() const {
  return IsArray() || (node_.is_string() && ParseNetworks(*node_.value<std::string>()));
}

std::optional<std::size_t> TomlValue::FindWord(std::span<const std::string_view> words,
                                               std::string_view or_else) const {
  const bool has_texts = !std::all_of(words.begin(), words.end(), IsBoolean);
  std::string text;
  if (node_.is_boolean()) text = *node_.value<bool>() ? "true" : "false";
  if (node_.is_string()) text = *node_.value<std::string>();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text && IsBoolean(text) == node_.is_boolean()) return i;
  }
  if (node_.is_string() && has_texts) {
    Problem(at(), " must be " + Alternatives(words, or_else) + ", not \"" + text + "\"");
  } else {
    ExpectedInstead(node_, key_, Alternatives(words, or_else), notes_);
  }
  return std::nullopt;
}

std::optional<std::int64_t> TomlValue::ReadInteger(std::int64_t least, std::int64_t most) const {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const toml::value<std::int64_t>* integer = node_.as_integer();
  if (integer == nullptr) {
    ExpectedInstead(node_, key_, "a whole number from " + range, notes_);
    return std::nullopt;
  }
  if (integer->get() >= least && integer->get() <= most) return integer->get();
  Problem(at(), " must be " + range + ", not " + std::to_string(integer->get()));
  return std::nullopt;
}

std::optional<unsigned> TomlValue::ReadCount() const {
  const toml::value<std::int64_t>* integer = node_.as_integer();
  if (integer == nullptr) {
    ExpectedInstead(node_, key_, "a whole number", notes_);
    return std::nullopt;
  }
  if (integer->get() >= 0 && integer->get() <= std::numeric_limits<int>::max()) {
    return static_cast<unsigned>(integer->get());
  }
  Problem(at(), " must be a small positive number, not " + std::to_string(integer->get()));
  return std::nullopt;
}

std::optional<Duration> TomlValue::ReadDuration() const {
  if (!node_.is_string() && !node_.is_number()) {
    ExpectedInstead(node_, key_, R"(a duration such as "125s", or a number of seconds)", notes_);
    return std::nullopt;
  }
  const auto duration = node_.is_string() ? ParseDuration(*node_.value<std::string>())
                        : node_.is_integer()
                            ? DurationFromSeconds(static_cast<double>(node_.as_integer()->get()))
                            : DurationFromSeconds(node_.as_floating_point()->get());
  if (duration) return *duration;
  std::string text = " ";
  if (node_.is_string()) text.append("\"").append(*node_.value<std::string>()).append("\" ");
  Problem(at(), text + duration.error().message);
  return std::nullopt;
}

std::optional<std::string> TomlValue::ReadText(std::string_view what) const {
  if (node_.is_string()) return *node_.value<std::string>();
  ExpectedInstead(node_, key_, what, notes_);
  return std::nullopt;
}

std::vector<TextAt> TomlValue::ReadTexts(std::string_view what, std::string_view example) const {
  std::vector<TextAt> texts;
  const auto read = [&](const toml::node& node) {
    if (node.is_string()) {
      texts.push_back({*node.value<std::string>(), PositionOf(node)});
    } else {
      ExpectedInstead(node, key_, std::string(what) + " in quotes", notes_);
    }
  };
  if (const toml::array* array = node_.as_array()) {
    for (const toml::node& element : *array) read(element);
  } else if (node_.is_string()) {
    read(node_);
  } else {
    ExpectedInstead(node_, key_, "an array of " + std::string(what) + ", as in " + std::string(example),
                    notes_);
  }
  return texts;
}

Networks TomlValue::ReadNetworks(Content content) const {
  Networks networks;
  for (const auto& [text, at] : ReadTexts("networks", R"(["10.0.0.0/8"])")) {
    const auto read = ParseNetworks(text);
    if (!read) {
      Problem(at, ": " + Quoted(text) + " " + read.error().message);
      continue;
    }
    // The 16 of a wildcard are alike.
    const bool groups =
        read->ipv4.empty() ? IsGroupRange(read->ipv6.front()) : IsGroupRange(read->ipv4.front());
    if (content == Content::kGroups && !groups) {
      Problem(at, ": " + Quoted(text) + " is no range of groups, which are in 224.0.0.0/4 and ff00::/8");
      continue;
    }
    if (content != Content::kGroups && groups) {
      Problem(at, ": " + Quoted(text) + " is a range of groups, not of " +
                      (content == Content::kHosts ? "hosts" : "sources"));
      continue;
    }
    Networks plain;
    for (const auto& network : read->ipv4) plain.ipv4.push_back(network.WithoutHostBits());
    for (const auto& network : read->ipv6) plain.ipv6.push_back(network.WithoutHostBits());
    if (plain != *read) {
      notes_.Warning(at,
                     Quoted(text) + " has bits behind its prefix length; it is taken as " + plain.ToString());
    }
    if (!(plain.ipv4.empty() ? served_.ipv6 : served_.ipv4)) {
      Warning(at, ": " + Quoted(text) + " has no effect: '" + (plain.ipv4.empty() ? "ipv6" : "ipv4") +
                      "' is false");
    }
    if (content == Content::kHosts && !plain.ipv6.empty() && !IsOfMldHosts(plain.ipv6.front())) {
      Warning(at, ": " + Quoted(text) + " is no host's: MLD comes from link-local addresses (fe80::/10)");
    }
    networks.Append(plain);
  }
  return networks;
}

}  // namespace bpfcast
