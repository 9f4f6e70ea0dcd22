#include "doctor/report.h"

#include <nlohmann/json.hpp>

#include "doctor/symptoms.h"

namespace bpfcast {
namespace {

const char* Name(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kWarn:
      return "warn";
    case Level::kFail:
      return "fail";
  }
  return "";
}

}  // namespace

std::string FindingsJson(const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const Finding& finding : findings) {
    Json row;
    row["id"] = finding.id;
    row["level"] = Name(finding.level);
    row["object"] = finding.object;
    row["text"] = finding.text;
    row["fix"] = finding.fix;
    row["symptom"] = nullptr;
    for (const Symptom& symptom : Symptoms()) {
      if (symptom.id == finding.symptom) row["symptom"] = symptom.what;
    }
    rows.push_back(std::move(row));
  }
  return rows.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bpfcast
