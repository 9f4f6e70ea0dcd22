// tools/doc/json.md, the reference of what -j prints, beside what it does print.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bpfcast::test {

/// The fields of an answer, and of what is inside of it, that these sections do not name, each after a space.
std::string UndocumentedFields(const nlohmann::json& answer, const std::vector<std::string>& sections);

}  // namespace bpfcast::test
