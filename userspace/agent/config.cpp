#include "agent/config.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "agent/config_toml.h"
#include "os/os_error.h"
#include "os/unique_fd.h"

namespace bpfcast {
namespace {

constexpr std::size_t kMaxSize = 1 << 20;

/// The text, or why there is none.
tl::expected<std::string, std::string> ReadFile(const std::string& path) {
  // Non-blocking, so that a FIFO is refused and not waited for.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return tl::unexpected("cannot open: " + ErrorText(errno));
  struct stat status {};
  if (fstat(fd.get(), &status) < 0) return tl::unexpected("cannot read: " + ErrorText(errno));
  if (S_ISDIR(status.st_mode)) return tl::unexpected(std::string("is a directory, name the file in it"));
  if (!S_ISREG(status.st_mode)) return tl::unexpected(std::string("is not a regular file"));

  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected("cannot read: " + ErrorText(errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxSize)
      return tl::unexpected(std::string("is larger than 1 MiB, which no configuration is"));
  }
}

}  // namespace

tl::expected<Config, ConfigProblems> LoadConfig(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text) return tl::unexpected(ConfigProblems{path + ": " + text.error()});
  return ParseConfig(*text, path);
}

tl::expected<Config, ConfigProblems> ParseConfig(std::string_view text, const std::string& file) {
  return ParseTomlConfig(text, file);
}

}  // namespace bpfcast
