#include "cli/verb.h"

namespace bpfcast {

std::string Argument::Key() const {
  const std::string all = name;
  const std::size_t dashes = all.rfind("--");
  return dashes == std::string::npos ? all : all.substr(dashes + 2);
}

std::string Invocation::Get(const std::string& key, const std::string& otherwise) const {
  const auto found = arguments.find(key);
  return found == arguments.end() || found->second.empty() ? otherwise : found->second.back();
}

std::vector<std::string> Invocation::All(const std::string& key) const {
  const auto found = arguments.find(key);
  return found == arguments.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace bpfcast
