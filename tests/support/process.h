// Child processes: run to the end and collect, or keep one running. A child dies with the test that started
// it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "support/clock.h"
#include "support/unique_fd.h"

namespace bpfcast::test {

class NetNs;

class Process {
 public:
  /// Throws when it cannot fork. A command that does not exist ends with code 127.
  Process(const std::vector<std::string>& argv, const NetNs* ns = nullptr, const std::string& input = "");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  /// The exit code (128 + signal when killed), or nothing when it still runs after `limit`.
  std::optional<int> Wait(Clock::duration limit);
  bool Running() { return !Wait(Clock::duration::zero()); }
  std::string Out() const;
  std::string Err() const;

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd out_;
  UniqueFd err_;
  std::optional<int> status_;
};

struct CommandResult {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a command to its end. Throws when it does not end within a minute.
CommandResult RunCommand(const std::vector<std::string>& argv, const NetNs* ns = nullptr,
                         const std::string& input = "");
/// The same; throws with the command and its stderr unless it ends with 0. Gives stdout.
std::string MustRun(const std::vector<std::string>& argv, const NetNs* ns = nullptr,
                    const std::string& input = "");

}  // namespace bpfcast::test
