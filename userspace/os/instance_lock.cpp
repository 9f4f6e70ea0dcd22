#include "os/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cctype>
#include <cerrno>

#include "os/os_error.h"

namespace bpfcast {
namespace {

std::string ReadPid(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < got && std::isdigit(static_cast<unsigned char>(text[static_cast<std::size_t>(i)]));
       ++i) {
    pid += text[static_cast<std::size_t>(i)];
  }
  return pid.empty() ? "unknown" : pid;
}

/// False when the holder before us removed the file between our open and our lock.
bool IsFileAt(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(fd, &ours) == 0 && stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

}  // namespace

bool IsInstanceName(std::string_view name) {
  if (name.empty() || name.size() > 32) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') return false;
  }
  return true;
}

Result<InstanceLock> InstanceLock::Take(const std::string& directory, const std::string& instance) {
  if (mkdir(directory.c_str(), 0755) < 0 && errno != EEXIST) return FailWithErrno("make " + directory, errno);
  const std::string path = directory + "/" + instance + ".lock";
  for (;;) {
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd) return FailWithErrno("open " + path, errno);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno != EWOULDBLOCK) return FailWithErrno("lock " + path, errno);
      return Fail("instance '" + instance + "' is already running (pid " + ReadPid(fd.get()) +
                  "); stop it or choose another name");
    }
    if (!IsFileAt(fd.get(), path)) continue;
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(fd.get(), 0) < 0 || pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
      return FailWithErrno("write " + path, errno);
    }
    return InstanceLock(std::move(fd), path);
  }
}

InstanceLock::~InstanceLock() {
  // Removed while still locked: whoever opened it meanwhile notices and starts over.
  if (fd_) unlink(path_.c_str());
}

}  // namespace bpfcast
