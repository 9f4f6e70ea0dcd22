// Messages in words, for the log of a failing run.
#pragma once

#include <string>

#include "names.h"
#include "wire/message.h"

namespace bpfcast::sim {

inline std::string InWords(std::uint32_t list) {
  std::string words = "{";
  for (unsigned s = 0; s < 32; ++s) {
    if ((list >> s & 1) != 0) words += (words.size() > 1 ? " " : "") + std::to_string(s);
  }
  return words + "}";
}

inline std::string InWords(const Filter& filter) {
  return (filter.exclude ? "EXC" : "INC") + InWords(filter.list);
}

template <class F>
std::string InWords(const Message<F>& message) {
  const auto version = [](Version v) { return "v" + std::to_string(static_cast<int>(v)) + " "; };
  if (const auto* query = std::get_if<Query<F>>(&message)) {
    if (query->IsGeneral()) return version(query->version) + "general query";
    return version(query->version) + "query of group " + std::to_string(Names<F>::Number(query->group)) +
           " " + InWords(ToList<F>(query->sources)) + (query->suppress_router_processing ? " S" : "");
  }
  static constexpr const char* kTypes[] = {"?", "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"};
  const auto& report = std::get<Report<F>>(message);
  std::string words = version(report.version) + "report";
  for (const GroupRecord<F>& record : report.records) {
    words += " " + std::string(kTypes[static_cast<int>(record.type)]) + "(" +
             std::to_string(Names<F>::Number(record.group)) + ")" + InWords(ToList<F>(record.sources));
  }
  return words;
}

}  // namespace bpfcast::sim
