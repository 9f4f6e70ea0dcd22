// bpfcastd: argv -> Config -> Instances -> run.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "agent/daemon_options.h"
#include "agent/instances.h"
#include "config/check.h"
#include "log/log.h"
#include "os/daemonize.h"
#include "os/event_loop.h"
#include "os/privileges.h"

namespace {

using bpfcast::DaemonOptions;
using bpfcast::Failure;

constexpr const char* kRunDirectory = "/run/bpfcast";
constexpr const char* kStateDirectory = "/var/lib/bpfcast";

/// What keeps the daemon from starting goes to who started it, and to the log.
int Complain(const DaemonOptions& options, Failure failure, const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  if (options.log_to == bpfcast::LogTarget::kSyslog) Log(bpfcast::Subsystem::kAgent).error("{}", message);
  return bpfcast::ExitCode(failure, options.started_as);
}

int ComplainAboutConfig(const DaemonOptions& options, const bpfcast::ConfigProblems& problems) {
  for (const std::string& problem : problems) Complain(options, Failure::kConfiguration, problem);
  return bpfcast::ExitCode(Failure::kConfiguration, options.started_as);
}

int CheckFile(const DaemonOptions& options) {
  const auto report = bpfcast::CheckFile(options.config, bpfcast::Settings::kNotDefault);
  for (const std::string& remark : report.remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  std::fputs(report.normalised.c_str(), stdout);
  const bool usable = report.outcome == bpfcast::FileReport::Outcome::kUsable;
  return usable ? 0 : bpfcast::ExitCode(Failure::kConfiguration, options.started_as);
}

int Run(const DaemonOptions& options) {
  if (options.started_as == bpfcast::StartedAs::kIgmpproxy && geteuid() != 0) {
    return Complain(options, Failure::kRuntime, "igmpproxy: only root may start it");
  }
  auto proxies = bpfcast::LoadConfigs(options.config);
  if (!proxies) return ComplainAboutConfig(options, proxies.error());
  if (const auto named = bpfcast::CheckInstanceName(options.instance, options.config, *proxies); !named) {
    return Complain(options, Failure::kRuntime, named.error().message);
  }
  const std::string user = proxies->front().user;
  if (const auto known = bpfcast::CheckUser(user); !user.empty() && !known) {
    return Complain(options, Failure::kConfiguration, options.config + ": " + known.error().message);
  }
  // Whether BPF may be used is up to the datapath, unless nothing else will do.
  const bool bpf = std::any_of(proxies->begin(), proxies->end(), [](const bpfcast::Config& proxy) {
    return proxy.datapath == bpfcast::DatapathSetting::kBpf;
  });
  const auto allowed = bpfcast::CheckPrivileges(bpf ? bpfcast::BpfUse::kNeeded : bpfcast::BpfUse::kNotNeeded);
  if (!allowed) {
    return Complain(options, Failure::kRuntime, allowed.error().message);
  }
  std::signal(SIGPIPE, SIG_IGN);  // the reader of our log may go
  std::optional<bpfcast::Background> background;
  if (options.run_in == bpfcast::RunIn::kBackground) {
    auto entered = bpfcast::Background::Enter();
    if (!entered) return Complain(options, Failure::kEnvironment, entered.error().message);
    background = std::move(*entered);
  }
  // Before anything is left in the kernel: a signal that comes meanwhile is a clean stop, too.
  bpfcast::EventLoop loop;
  auto instances = bpfcast::Instances::Start(
      loop, {kRunDirectory, kStateDirectory, options.config, options.instance}, std::move(*proxies));
  if (!instances) return Complain(options, Failure::kEnvironment, instances.error().message);
  if (!user.empty()) {
    if (const auto given_up = bpfcast::GiveUpRoot(user, (*instances)->OwnedPaths()); !given_up) {
      (*instances)->HandOver();  // streams that went on until now do not end for that
      return Complain(options, Failure::kEnvironment, given_up.error().message);
    }
  }
  if (background) {
    if (const auto serving = background->Serving(); !serving) {
      (*instances)->HandOver();
      return Complain(options, Failure::kEnvironment, serving.error().message);
    }
  }
  (*instances)->Run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = bpfcast::ParseDaemonOptions(argc, argv);
  if (!options) {
    std::fputs(options.error().out.c_str(), stdout);
    std::fputs(options.error().err.c_str(), stderr);
    return options.error().status;
  }
  bpfcast::StartLog(options->log_to, options->log_level);
  switch (options->task) {
    case bpfcast::DaemonTask::kCheckFile:
      return CheckFile(*options);
    case bpfcast::DaemonTask::kRun:
      return Run(*options);
  }
  return bpfcast::ExitCode(Failure::kRuntime, options->started_as);
}
