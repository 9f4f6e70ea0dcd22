#include "config/origins.h"

#include <algorithm>

namespace bpfcast {

void ConfigOrigins::NotePlace(std::string_view interface, std::string_view key, TextPosition at) {
  origins_[{std::string(interface), std::string(key)}].places.push_back(at);
}

void ConfigOrigins::NoteReason(std::string_view interface, std::string_view key, std::string because) {
  origins_[{std::string(interface), std::string(key)}] = {{}, std::move(because)};
}

void ConfigOrigins::Take(std::string_view interface, const ConfigOrigins& other) {
  std::erase_if(origins_, [&](const auto& each) { return each.first.first == interface; });
  for (const auto& [key, origin] : other.origins_) {
    if (key.first == interface) origins_[key] = origin;
  }
}

const ValueOrigin* ConfigOrigins::Find(std::string_view interface, std::string_view key) const {
  const auto found = origins_.find({std::string(interface), std::string(key)});
  return found == origins_.end() ? nullptr : &found->second;
}

std::string ConfigOrigins::ToText(std::string_view interface, std::string_view key) const {
  constexpr std::size_t kMostLines = 5;
  const ValueOrigin* origin = Find(interface, key);
  if (origin == nullptr) return "default";
  if (origin->places.empty()) return origin->because;
  std::vector<unsigned> lines;
  for (const TextPosition& at : origin->places) lines.push_back(at.line);
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string text = file_.substr(file_.rfind('/') + 1) + ":";
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(lines[i]);
  }
  return lines.size() > kMostLines ? text + ", ..." : text;
}

}  // namespace bpfcast
