#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {
namespace {

ViewJson ItemJson(PrintedValue::Kind kind, const std::string& item) {
  switch (kind) {
    case PrintedValue::Kind::kWord:
      if (item == "true" || item == "false") return item == "true";
      return item;
    case PrintedValue::Kind::kNumber:
      return std::stoll(item);
    case PrintedValue::Kind::kSeconds:
      return std::stod(item);
    case PrintedValue::Kind::kText:
    case PrintedValue::Kind::kList:
      break;
  }
  return item;
}

ViewJson ValueJson(const std::optional<PrintedValue>& value) {
  if (!value) return nullptr;
  if (value->kind == PrintedValue::Kind::kList) return value->items;
  if (value->items.size() == 1) return ItemJson(value->kind, value->items.front());
  ViewJson json;
  json["ipv4"] = ItemJson(value->kind, value->items.at(0));
  json["ipv6"] = ItemJson(value->kind, value->items.at(1));
  return json;
}

}  // namespace

std::string ReloadJson(const std::vector<ConfigChange>& changes) {
  ViewJson rows = ViewJson::array();
  for (const ConfigChange& change : changes) {
    ViewJson row;
    if (!change.proxy.empty()) row["proxy"] = change.proxy;
    row["interface"] = change.interface.empty() ? ViewJson() : ViewJson(change.interface);
    row["setting"] = change.setting;
    row["before"] = ValueJson(change.before);
    row["after"] = ValueJson(change.after);
    row["added"] = change.Added();
    row["removed"] = change.Removed();
    row["takes_effect"] = change.effect == TakesEffect::kAtOnce ? "now" : "next start";
    row["text"] = change.ToSentence();
    rows.push_back(std::move(row));
  }
  ViewJson json;
  json["changed"] = std::move(rows);
  return Text(json);
}

}  // namespace bpfcast
