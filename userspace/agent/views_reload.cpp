#include <nlohmann/json.hpp>

#include "agent/view_json.h"
#include "agent/views.h"

namespace bpfcast {

std::string ReloadJson(const std::vector<std::string>& changed) {
  ViewJson json;
  json["changed"] = changed;
  return Text(json);
}

}  // namespace bpfcast
