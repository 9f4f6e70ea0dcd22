#include "json_reference.h"

#include <algorithm>
#include <fstream>
#include <set>

namespace bpfcast::test {
namespace {

using nlohmann::json;

std::string TextOf(const std::vector<std::string>& sections) {
  std::ifstream file(std::string(BPFCAST_TOOLS_DIR) + "/doc/json.md");
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## "))
      inside = std::find(sections.begin(), sections.end(), line.substr(3)) != sections.end();
    if (inside) text += line + '\n';
  }
  return text;
}

/// Not the reasons that are counted.
void CollectFields(const json& answer, std::set<std::string>& fields) {
  if (!answer.is_structured()) return;
  for (const auto& [name, value] : answer.items()) {
    if (answer.is_object()) fields.insert(name);
    if (!name.ends_with("drops") && name != "copies_dropped") CollectFields(value, fields);
  }
}

}  // namespace

std::string UndocumentedFields(const json& answer, const std::vector<std::string>& sections) {
  std::set<std::string> fields;
  CollectFields(answer, fields);
  const std::string text = TextOf(sections);
  std::string missing;
  for (const std::string& field : fields) {
    if (text.find("`" + field + "`") == std::string::npos) missing += " " + field;
  }
  return missing;
}

}  // namespace bpfcast::test
