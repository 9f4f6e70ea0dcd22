#include "os/privileges.h"

#include <cap-ng.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "os/os_error.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<unsigned, const char*>, 3> kNeeded = {
    {{CAP_BPF, "CAP_BPF"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"}}};

struct UserId {
  uid_t user = 0;
  gid_t group = 0;
};

Result<UserId> FindUser(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry != nullptr) return UserId{entry->pw_uid, entry->pw_gid};
  return Fail("the user '" + name + "' does not exist; make it with `useradd --system " + name + "`");
}

Result<void> GiveFile(const fs::path& path, UserId id) {
  if (lchown(path.c_str(), id.user, id.group) == 0 || errno == ENOENT) return {};
  return FailWithErrno("give " + path.string() + " to the user", errno);
}

/// Not sticky: fs.protected_regular would then keep root from a lock that was left behind there.
Result<void> OpenParent(const fs::path& directory, UserId id) {
  struct stat status {};
  if (stat(directory.c_str(), &status) < 0) return FailWithErrno("look at " + directory.string(), errno);
  if (chown(directory.c_str(), static_cast<uid_t>(-1), id.group) < 0 ||
      chmod(directory.c_str(), (status.st_mode & 07777) | S_IRWXG) < 0) {
    return FailWithErrno("open " + directory.string() + " to the user's group", errno);
  }
  for (fs::path above = directory.parent_path(); above != above.parent_path(); above = above.parent_path()) {
    if (stat(above.c_str(), &status) < 0) return FailWithErrno("look at " + above.string(), errno);
    if ((status.st_mode & S_IXOTH) != 0) continue;
    if (chmod(above.c_str(), (status.st_mode & 07777) | S_IXOTH) < 0) {
      return FailWithErrno("let the user pass through " + above.string(), errno);
    }
  }
  return {};
}

Result<void> GivePath(const std::string& path, UserId id) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return {};
  if (fs::is_symlink(status)) return Fail(path + " is a link, which bpfcastd did not make; remove it");
  if (auto given = GiveFile(path, id); !given) return given;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto given = GiveFile(entry->path(), id); !given) return given;
  }
  return OpenParent(fs::path(path).parent_path(), id);
}

}  // namespace

std::vector<std::string> MissingCapabilities(BpfUse bpf) {
  const bool known = capng_get_caps_process() == 0;
  std::vector<std::string> missing;
  for (const auto& [capability, name] : kNeeded) {
    if (capability == CAP_BPF && bpf == BpfUse::kNotNeeded) continue;
    if (!known || capng_have_capability(CAPNG_EFFECTIVE, capability) == 0) missing.emplace_back(name);
  }
  return missing;
}

Result<void> CheckPrivileges(BpfUse bpf) {
  if (capng_get_caps_process() != 0) return Fail("bpfcastd cannot read its own capabilities");
  std::string missing;
  for (const std::string& name : MissingCapabilities(bpf)) missing += (missing.empty() ? "" : ", ") + name;
  if (missing.empty()) return {};
  return Fail("bpfcastd needs " + missing +
              " (missing); run it as root or give the unit AmbientCapabilities=" +
              (bpf == BpfUse::kNeeded ? "CAP_BPF " : "") + "CAP_NET_ADMIN CAP_NET_RAW");
}

Result<void> CheckUser(const std::string& user) {
  const auto id = FindUser(user);
  if (!id) return tl::unexpected(id.error());
  return {};
}

Result<void> GiveUpRoot(const std::string& user, const std::vector<std::string>& owned_paths) {
  const auto id = FindUser(user);
  if (!id) return tl::unexpected(id.error());
  for (const std::string& path : owned_paths) {
    if (auto given = GivePath(path, *id); !given) return given;
  }
  std::vector<unsigned> kept;
  for (const auto& [capability, name] : kNeeded) {
    if (capng_have_capability(CAPNG_PERMITTED, capability) != 0) kept.push_back(capability);
  }
  capng_clear(CAPNG_SELECT_BOTH);
  for (const unsigned capability : kept) {
    static_cast<void>(
        capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), capability));
  }
  const int changed =
      capng_change_id(static_cast<int>(id->user), static_cast<int>(id->group), CAPNG_DROP_SUPP_GRP);
  if (changed != 0) {
    return Fail("become the user '" + user + "': libcap-ng error " + std::to_string(changed) +
                "; CAP_SETUID, CAP_SETGID and CAP_CHOWN are needed for that");
  }
  return {};
}

}  // namespace bpfcast
