#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>

namespace bpfcast {

Progress::Progress() : on_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (written_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Show(const std::function<std::string()>& text) {
  if (!on_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  written_ = true;
  std::fprintf(stderr, "\r%s\x1b[K", text().c_str());
}

}  // namespace bpfcast
