#include "config/printed.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace bpfcast {
namespace {

using Kind = PrintedValue::Kind;

std::string InQuotes(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += between;
    all += text;
  }
  return all;
}

std::string TomlItem(Kind kind, const std::string& item) {
  const bool bare = kind == Kind::kNumber || (kind == Kind::kWord && (item == "true" || item == "false"));
  if (bare) return item;
  return InQuotes(kind == Kind::kSeconds ? item + "s" : item);
}

}  // namespace

std::string PrintSeconds(Duration duration) {
  constexpr std::size_t kDigits = 9;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  std::string fraction = std::to_string((duration - seconds).count());
  fraction.insert(0, kDigits - std::min(kDigits, fraction.size()), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(seconds.count()) + (fraction.empty() ? "" : ".") + fraction;
}

std::string ToToml(const PrintedValue& value) {
  if (value.kind != Kind::kList) {
    const auto larger = [](const std::string& a, const std::string& b) {
      return std::strtod(a.c_str(), nullptr) < std::strtod(b.c_str(), nullptr);
    };
    return TomlItem(value.kind, *std::max_element(value.items.begin(), value.items.end(), larger));
  }
  std::vector<std::string> quoted;
  for (const std::string& item : value.items) quoted.push_back(InQuotes(item));
  return "[" + Joined(quoted, ", ") + "]";
}

std::string ToWords(const PrintedValue& value) {
  if (value.kind == Kind::kList) return value.items.empty() ? "[]" : Joined(value.items, ",");
  if (value.items.size() == 1) return value.items.front();
  return value.items.at(0) + "(IGMP)," + value.items.at(1) + "(MLD)";
}

std::string ToProse(const std::optional<PrintedValue>& value) {
  if (!value) return "unset";
  if (value->kind == Kind::kList) return value->items.empty() ? "none" : Joined(value->items, ", ");
  const std::string unit = value->kind == Kind::kSeconds ? " s" : "";
  if (value->items.size() == 1) return value->items.front() + unit;
  return value->items.at(0) + unit + " (IGMP), " + value->items.at(1) + unit + " (MLD)";
}

}  // namespace bpfcast
