#include "config/config_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/os_error.h"
#include "os/unique_fd.h"

namespace bpfcast {
namespace {

constexpr std::size_t kMaxSize = 1 << 20;

tl::expected<std::string, std::string> ReadAll(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected("cannot read: " + ErrorText(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxSize)
      return tl::unexpected(std::string("is larger than 1 MiB, which no configuration is"));
  }
}

}  // namespace

tl::expected<std::string, std::string> ReadConfigFile(const std::string& path) {
  // Non-blocking, so that a FIFO is refused and not waited for.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const std::string way_out = errno == EACCES ? "; read it as root" : "";
    return tl::unexpected("cannot open: " + ErrorText(errno) + way_out);
  }
  struct stat status {};
  if (fstat(fd.get(), &status) < 0) return tl::unexpected("cannot read: " + ErrorText(errno));
  if (S_ISDIR(status.st_mode)) return tl::unexpected(std::string("is a directory, name the file in it"));
  if (!S_ISREG(status.st_mode))
    return tl::unexpected(
        std::string("is not a regular file; write it to one first, or give it as standard input with -"));
  return ReadAll(fd.get());
}

bool IsStandardInput(std::string_view path) {
  return path == "-" || path == "/dev/stdin";
}

tl::expected<std::string, std::string> ReadStandardInput() {
  return ReadAll(STDIN_FILENO);
}

}  // namespace bpfcast
