// bpfcastd: argv -> Config -> Agent -> run.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "agent/agent.h"
#include "agent/version.h"
#include "datapath/bpf_datapath.h"
#include "os/instance_lock.h"
#include "os/privileges.h"

namespace {

constexpr const char* kRunDirectory = "/run/bpfcast";
constexpr const char* kDefaultConfig = "/etc/bpfcast/bpfcast.toml";

enum Exit { kOk = 0, kRuntime = 1, kConfiguration = 2, kEnvironment = 3 };

struct Options {
  std::string config = kDefaultConfig;
  std::string check;
  std::string instance = "default";
  std::string log_level = "info";
};

int Complain(Exit code, const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return code;
}

int ComplainAboutConfig(const bpfcast::ConfigProblems& problems) {
  for (const std::string& problem : problems) Complain(kConfiguration, problem);
  return kConfiguration;
}

int CheckFile(const std::string& file) {
  const auto config = bpfcast::LoadConfig(file);
  if (!config) return ComplainAboutConfig(config.error());
  for (const std::string& warning : config->warnings) std::fprintf(stderr, "%s (warning)\n", warning.c_str());
  std::printf("%s: ok, upstream %s, %zu downstream\n", file.c_str(), config->upstream.name.c_str(),
              config->downstreams.size());
  return kOk;
}

int Run(const Options& options) {
  auto config = bpfcast::LoadConfig(options.config);
  if (!config) return ComplainAboutConfig(config.error());
  if (const auto allowed = bpfcast::CheckPrivileges(); !allowed)
    return Complain(kRuntime, allowed.error().message);
  const auto lock = bpfcast::InstanceLock::Take(kRunDirectory, options.instance);
  if (!lock) return Complain(kEnvironment, lock.error().message);
  for (const std::string& warning : config->warnings) spdlog::warn("{}", warning);

  // Before anything is left in the kernel: a signal that comes meanwhile is a clean stop, too.
  bpfcast::EventLoop loop;
  std::signal(SIGPIPE, SIG_IGN);  // the reader of our log may go
  bpfcast::BpfDatapathConfig datapath_config;
  datapath_config.instance = options.instance;
  auto datapath = bpfcast::BpfDatapath::Open(datapath_config);
  if (!datapath) return Complain(kEnvironment, datapath.error().message);

  bpfcast::AgentConfig agent_config;
  agent_config.instance = options.instance;
  agent_config.config_file = options.config;
  agent_config.socket_path = std::string(kRunDirectory) + "/" + options.instance + ".sock";
  agent_config.flags_path = std::string(kRunDirectory) + "/" + options.instance + ".allmulti";
  agent_config.bpffs = (*datapath)->pin_directory();
  agent_config.config = std::move(*config);
  auto agent = bpfcast::Agent::Start(loop, std::move(agent_config), std::move(*datapath));
  if (!agent) return Complain(kEnvironment, agent.error().message);
  (*agent)->Run();
  return kOk;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("IGMP proxy and multicast forwarder; runs in the foreground and logs to stderr");
  app.set_version_flag("--version", std::string(bpfcast::kVersion));
  app.add_option("-c,--config", options.config, "Configuration file")->capture_default_str();
  app.add_option("-t,--test", options.check, "Check this configuration file and exit");
  app.add_option("--instance", options.instance, "Name of this instance; several run side by side")
      ->capture_default_str()
      ->check([](const std::string& name) {
        return bpfcast::IsInstanceName(name)
                   ? std::string()
                   : "'" + name + "' is no instance name: 1 to 32 of A-Z a-z 0-9 _ -";
      });
  app.add_option("--log-level", options.log_level, "What to log")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kRuntime;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_st("bpfcastd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  return options.check.empty() ? Run(options) : CheckFile(options.check);
}
