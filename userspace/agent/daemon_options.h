// The command line of bpfcastd, under its own name and as igmpproxy is started.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "log/log.h"

namespace bpfcast {

/// Who calls igmpproxy expects its ways: syslog, the background, its exit codes.
enum class StartedAs : std::uint8_t { kBpfcastd, kIgmpproxy };
enum class DaemonTask : std::uint8_t { kRun, kCheckFile };
enum class RunIn : std::uint8_t { kForeground, kBackground };

struct DaemonOptions {
  StartedAs started_as = StartedAs::kBpfcastd;
  DaemonTask task = DaemonTask::kRun;
  std::string config;
  std::string instance;  // empty: it was not named
  RunIn run_in = RunIn::kForeground;
  LogTarget log_to = LogTarget::kStderr;
  LogLevel log_level = LogLevel::kInfo;
};

/// The command line itself was the answer, or an error.
struct DaemonExit {
  int status = 0;
  std::string out;
  std::string err;
};

tl::expected<DaemonOptions, DaemonExit> ParseDaemonOptions(int argc, const char* const* argv);

enum class Failure : std::uint8_t { kRuntime, kConfiguration, kEnvironment };
/// 1, 2, 3; igmpproxy says 255 for the last two.
int ExitCode(Failure failure, StartedAs started_as);

}  // namespace bpfcast
