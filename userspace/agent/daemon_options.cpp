#include "agent/daemon_options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "agent/version.h"
#include "os/instance_lock.h"

namespace bpfcast {
namespace {

constexpr const char* kDefaultConfig = "/etc/bpfcast/bpfcast.toml";

StartedAs NameOf(const char* argv0) {
  std::string_view name = argv0 == nullptr ? "" : argv0;
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
  return name == "igmpproxy" ? StartedAs::kIgmpproxy : StartedAs::kBpfcastd;
}

struct Given {
  std::string config;
  std::string check;
  std::vector<std::string> files;
  std::string log_level;
  int verbose = 0;
  bool foreground = false;
  bool debug = false;
};

LogLevel LevelOf(const Given& given, StartedAs started_as) {
  if (const auto named = LogLevelOf(given.log_level)) return *named;
  if (given.verbose >= 2) return LogLevel::kDebug;
  return given.verbose == 1 || started_as == StartedAs::kBpfcastd ? LogLevel::kInfo : LogLevel::kWarning;
}

tl::unexpected<DaemonExit> Refuse(const std::string& why) {
  return tl::unexpected(DaemonExit{1, "", why + "\n"});
}

/// CLI11's own message, on stderr for those who look for it there.
DaemonExit Answer(const CLI::App& app, const CLI::ParseError& error, StartedAs started_as) {
  std::ostringstream out;
  std::ostringstream err;
  const bool asked = app.exit(error, out, err) == 0;
  if (started_as == StartedAs::kIgmpproxy) return {asked ? 0 : 1, "", out.str() + err.str()};
  return {asked ? 0 : 1, out.str(), err.str()};
}

}  // namespace

tl::expected<DaemonOptions, DaemonExit> ParseDaemonOptions(int argc, const char* const* argv) {
  DaemonOptions options;
  options.started_as = NameOf(argc > 0 ? argv[0] : nullptr);
  const bool igmpproxy = options.started_as == StartedAs::kIgmpproxy;

  Given given;
  CLI::App app(igmpproxy ? "IGMP proxy and multicast forwarder (bpfcast), started as igmpproxy"
                         : "IGMP proxy and multicast forwarder; runs in the foreground and logs to stderr",
               igmpproxy ? "igmpproxy" : "bpfcastd");
  app.set_version_flag("--version", std::string(kVersion));
  if (!igmpproxy) {
    app.add_option("-c,--config", given.config, "Configuration file, " + std::string(kDefaultConfig));
    app.add_option("-t,--test", given.check, "Check this configuration file, show what it means, and exit");
  }
  app.add_option("FILE", given.files, "Configuration file, TOML or igmpproxy.conf");
  app.add_flag(
      "-n", given.foreground,
      igmpproxy ? "Stay in the foreground, log to syslog" : "Accepted: it always stays in the foreground");
  app.add_flag("-d", given.debug,
               igmpproxy ? "Stay in the foreground, log to stderr" : "Accepted: it always logs to stderr");
  app.add_flag("-v", given.verbose, "Log more: -v info, -vv debug");
  app.add_option("--instance", options.instance, "Name of this instance; several run side by side")
      ->default_str("default")
      ->check([](const std::string& name) {
        return IsInstanceName(name) ? std::string()
                                    : "'" + name + "' is no instance name: 1 to 32 of A-Z a-z 0-9 _ -";
      });
  app.add_option("--log-level", given.log_level, "What to log")
      ->check(CLI::IsMember(std::vector<std::string>(kLogLevelNames.begin(), kLogLevelNames.end())));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(Answer(app, error, options.started_as));
  }

  if (igmpproxy && given.files.size() != 1) {
    return Refuse("igmpproxy: name one configuration file, as in `igmpproxy /etc/igmpproxy.conf`");
  }
  if (!given.config.empty()) given.files.push_back(given.config);
  if (!given.check.empty()) {
    given.files.push_back(given.check);
    options.task = DaemonTask::kCheckFile;
  }
  if (given.files.size() > 1) {
    return Refuse("bpfcastd: one configuration file is possible, not both " + given.files[0] + " and " +
                  given.files[1]);
  }
  options.config = given.files.empty() ? kDefaultConfig : given.files.front();
  options.log_level = LevelOf(given, options.started_as);
  if (igmpproxy && !given.debug) {
    options.log_to = LogTarget::kSyslog;
    if (!given.foreground) options.run_in = RunIn::kBackground;
  }
  return options;
}

int ExitCode(Failure failure, StartedAs started_as) {
  constexpr int kAsIgmpproxy = 255;
  switch (failure) {
    case Failure::kRuntime:
      return 1;
    case Failure::kConfiguration:
      return started_as == StartedAs::kIgmpproxy ? kAsIgmpproxy : 2;
    case Failure::kEnvironment:
      return started_as == StartedAs::kIgmpproxy ? kAsIgmpproxy : 3;
  }
  return 1;
}

}  // namespace bpfcast
