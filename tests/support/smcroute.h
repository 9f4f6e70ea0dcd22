// smcrouted of Debian: another program that has the kernel's multicast routing of a namespace.
#pragma once

#include <string>

#include "support/daemon.h"
#include "support/netns.h"
#include "support/process.h"

namespace bpfcast::test {

class Smcroute {
 public:
  /// `config` as in smcroute.conf(5). Waits until it has the interfaces; throws when it ends.
  Smcroute(const NetNs& ns, const std::string& config);
  ~Smcroute();

  pid_t pid() const { return process_.pid(); }

 private:
  ConfigFile config_;
  std::string files_;  // begins the names of its pid file and socket
  Process process_;
};

}  // namespace bpfcast::test
