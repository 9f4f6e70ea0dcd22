#include "config/printed_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace bpfcast {
namespace {

using Json = nlohmann::ordered_json;

Json ItemJson(PrintedValue::Kind kind, const std::string& item) {
  switch (kind) {
    case PrintedValue::Kind::kWord:
      if (item == "true" || item == "false") return item == "true";
      return item;
    case PrintedValue::Kind::kNumber:
    case PrintedValue::Kind::kSeconds:
      return Json::parse(item);
    case PrintedValue::Kind::kText:
    case PrintedValue::Kind::kList:
      return item;
  }
  return item;
}

}  // namespace

nlohmann::ordered_json ToJson(const PrintedValue& value) {
  if (value.kind == PrintedValue::Kind::kList) return value.items;
  Json first = ItemJson(value.kind, value.items.at(0));
  if (value.items.size() == 1) return first;
  return {{"ipv4", std::move(first)}, {"ipv6", ItemJson(value.kind, value.items.at(1))}};
}

}  // namespace bpfcast
