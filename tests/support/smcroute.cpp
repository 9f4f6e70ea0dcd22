#include "support/smcroute.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bpfcast::test {

Smcroute::Smcroute(const NetNs& ns, const std::string& config)
    : config_(config),
      files_("/tmp/" + NamePrefix("smcroute")),
      process_({"smcrouted", "-n", "-N", "-f", config_.path(), "-P", files_ + ".pid", "-u", files_ + ".sock"},
               &ns) {
  const auto has_interfaces = [&] {
    std::ostringstream text;
    ns.Run([&] { text << std::ifstream("/proc/thread-self/net/ip_mr_vif").rdbuf(); });
    return text.str().find("wan") != std::string::npos;
  };
  if (!Eventually([&] { return has_interfaces() || !process_.Running(); }) || !process_.Running()) {
    throw std::runtime_error("smcrouted: " + process_.Err());
  }
}

Smcroute::~Smcroute() {
  process_.Signal(SIGTERM);
  process_.Wait(5s);
  std::error_code error;
  std::filesystem::remove(files_ + ".pid", error);
  std::filesystem::remove(files_ + ".sock", error);
}

}  // namespace bpfcast::test
