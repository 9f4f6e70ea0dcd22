#include "os/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "os/os_error.h"
#include "os/unique_fd.h"

namespace bpfcast {

Result<void> ReplaceFile(const std::string& path, const std::string& text) {
  if (text.empty()) {
    if (unlink(path.c_str()) < 0 && errno != ENOENT) return FailWithErrno("remove " + path, errno);
    return {};
  }
  // A new file and no link that somebody else put there: the directory may be another user's, too.
  const std::string draft = path + ".new";
  unlink(draft.c_str());
  const UniqueFd file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return FailWithErrno("create " + draft, errno);
  const ssize_t written = write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || std::rename(draft.c_str(), path.c_str()) != 0) {
    return FailWithErrno("write " + path, errno);
  }
  return {};
}

}  // namespace bpfcast
