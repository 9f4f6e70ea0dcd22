// bpfcastd: argv -> Config -> Agent -> run.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "agent/daemon_options.h"
#include "agent/datapath_choice.h"
#include "config/check.h"
#include "log/log.h"
#include "os/daemonize.h"
#include "os/instance_lock.h"
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
  auto config = bpfcast::LoadConfig(options.config);
  if (!config) return ComplainAboutConfig(options, config.error());
  // Whether BPF may be used is up to the datapath, unless nothing else will do.
  const bool bpf = config->datapath == bpfcast::DatapathSetting::kBpf;
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
  const auto lock = bpfcast::InstanceLock::Take(kRunDirectory, options.instance);
  if (!lock) return Complain(options, Failure::kEnvironment, lock.error().message);
  for (const std::string& warning : config->warnings) Log(bpfcast::Subsystem::kAgent).warn("{}", warning);

  // Before anything is left in the kernel: a signal that comes meanwhile is a clean stop, too.
  bpfcast::EventLoop loop;
  auto chosen = bpfcast::OpenDatapath(*config, options.instance);
  if (!chosen) return Complain(options, Failure::kEnvironment, chosen.error().message);

  const std::string ours = std::string(kRunDirectory) + "/" + options.instance;
  bpfcast::AgentConfig agent_config;
  agent_config.instance = options.instance;
  agent_config.config_file = options.config;
  agent_config.socket_path = ours + ".sock";
  agent_config.flags_path = ours + ".allmulti";
  agent_config.joined_until_stop_path = ours + ".static";
  const std::string state = std::string(kStateDirectory) + "/" + options.instance;
  agent_config.joined_until_leave_path = state + "/static";
  agent_config.bpffs = chosen->pins;
  agent_config.config = std::move(*config);
  const std::string user = agent_config.config.user;
  std::vector<std::string> owned = {ours + ".lock", agent_config.socket_path, agent_config.flags_path,
                                    agent_config.joined_until_stop_path, state};
  if (!user.empty()) {  // who is not root any more cannot make it; where it is missing `join` says so
    std::error_code error;
    std::filesystem::create_directories(state, error);
  }
  if (!chosen->pins.empty()) owned.push_back(chosen->pins);
  auto agent = bpfcast::Agent::Start(loop, std::move(agent_config), std::move(chosen->datapath));
  if (!agent) return Complain(options, Failure::kEnvironment, agent.error().message);
  if (!user.empty()) {
    if (const auto given_up = bpfcast::GiveUpRoot(user, owned); !given_up) {
      (*agent)->HandOver();  // streams that went on until now do not end for that
      return Complain(options, Failure::kEnvironment, given_up.error().message);
    }
  }
  if (background) {
    if (const auto serving = background->Serving(); !serving) {
      (*agent)->HandOver();
      return Complain(options, Failure::kEnvironment, serving.error().message);
    }
  }
  (*agent)->Run();
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
