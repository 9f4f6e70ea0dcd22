#include "os/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "os/os_error.h"
#include "os/unique_fd.h"

namespace bpfcast {
namespace {

/// On failure errno says why.
bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The name, too, is on the disk only when its directory is. A directory that cannot be read, or a file
/// system that has no such thing, keeps nobody from having the file.
void SyncDirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) fsync(fd.get());
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, const std::string& text) {
  if (text.empty()) {
    if (unlink(path.c_str()) < 0 && errno != ENOENT) return FailWithErrno("remove " + path, errno);
    SyncDirectoryOf(path);
    return {};
  }
  // A new file and no link that somebody else put there: the directory may be another user's, too.
  const std::string draft = path + ".new";
  unlink(draft.c_str());
  const UniqueFd file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return FailWithErrno("create " + draft, errno);
  // On the disk before it has the name: a power cut finds the old contents or the new ones, too.
  if (WriteAll(file.get(), text) && fsync(file.get()) == 0 && std::rename(draft.c_str(), path.c_str()) == 0) {
    SyncDirectoryOf(path);
    return {};
  }
  const int error = errno;
  unlink(draft.c_str());
  return FailWithErrno("write " + path, error);
}

Result<std::string> ReadRecord(const std::string& path) {
  // Not to wait for a writer, should it be a FIFO.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::string();
  if (!file) return FailWithErrno("read " + path, errno);
  struct stat facts {};
  if (fstat(file.get(), &facts) < 0) return FailWithErrno("read " + path, errno);
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
    return Fail("read " + path + ": it is no file of its own but a link or a device; remove it");
  }
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailWithErrno("read " + path, errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace bpfcast
