#include "cli/socket_access.h"

#include <grp.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <optional>

namespace bpfcast {
namespace {

/// The group that may use the socket beside root; nothing where it is root's own, or hidden.
std::optional<std::string> GroupOf(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) < 0 || status.st_gid == 0) return std::nullopt;
  const group* entry = getgrgid(status.st_gid);
  return entry == nullptr ? std::to_string(status.st_gid) : std::string(entry->gr_name);
}

}  // namespace

std::string NotAllowedToAsk(const std::string& path) {
  const auto group = GroupOf(path);
  return fmt::format(
      "{}: permission denied: run this as root, {}", path,
      group ? fmt::format("or as a member of the group {}", *group)
            : "or give bpfcastd a `user` in its configuration and run this as a member of that user's group");
}

}  // namespace bpfcast
