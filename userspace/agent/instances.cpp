#include "agent/instances.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/agent.h"
#include "agent/datapath_choice.h"
#include "agent/instance.h"
#include "agent/log_settings.h"
#include "agent/views.h"
#include "log/log.h"
#include "os/instance_lock.h"

namespace bpfcast {
namespace {

constexpr const char* kOnly = "default";

}  // namespace

Result<void> CheckInstanceName(const std::string& instance, const std::string& file, const Configs& proxies) {
  if (instance.empty() || proxies.front().proxy.empty()) return {};
  return Fail(file + " names its proxies, and these are its instances; leave out --instance " + instance);
}

Instances::Instances(EventLoop& loop, InstancesConfig config)
    : loop_(loop), config_(std::move(config)), metrics_(loop, [this](MetricFamilies& out) {
        for (const auto& instance : running_) instance->agent->AddMetrics(out);
      }) {}
Instances::~Instances() = default;

std::string Instances::NameOf(const Config& proxy) const {
  if (!proxy.proxy.empty()) return proxy.proxy;
  return config_.instance.empty() ? kOnly : config_.instance;
}

Result<std::unique_ptr<Instances>> Instances::Start(EventLoop& loop, InstancesConfig config,
                                                    Configs proxies) {
  std::unique_ptr<Instances> all(new Instances(loop, std::move(config)));
  FollowLogSettings({}, proxies.front().log);
  const std::optional<Endpoint> metrics = proxies.front().metrics;
  for (Config& proxy : proxies) {
    auto instance = all->Open(std::move(proxy));
    if (!instance) return tl::unexpected(instance.error());
    all->running_.push_back(std::move(*instance));
  }
  if (const auto listens = all->metrics_.Listen(metrics); !listens) return tl::unexpected(listens.error());
  Instances* self = all.get();
  loop.AfterWakeUp([self] { self->FinishTurn(); });
  loop.OnStopSignal([self] { self->OnStop(); });
  loop.OnHandOverSignal([self] { self->HandOver(); });
  loop.OnReloadSignal([self] { static_cast<void>(self->Reload()); });
  all->FinishTurn();
  return all;
}

Result<std::unique_ptr<Instances::Instance>> Instances::Open(Config proxy) {
  const std::string name = NameOf(proxy);
  const std::string whose = proxy.proxy.empty() ? "" : "proxy '" + name + "': ";
  const auto fail = [&](const Error& error) { return Fail(whose + error.message); };
  auto lock = InstanceLock::Take(config_.run_directory, name);
  if (!lock) return fail(lock.error());
  auto chosen = OpenDatapath(proxy, name);
  if (!chosen) return fail(chosen.error());
  for (const std::string& warning : proxy.warnings) Log(Subsystem::kAgent).warn("{}", warning);

  const std::string ours = config_.run_directory + "/" + name;
  AgentConfig config;
  config.instance = name;
  config.config_file = config_.file;
  config.socket_path = ours + ".sock";
  config.flags_path = ours + ".allmulti";
  config.joined_until_stop_path = ours + ".static";
  const std::string state = config_.state_directory + "/" + name;
  config.joined_until_leave_path = state + "/static";
  if (!proxy.user.empty()) {  // who is not root any more cannot make it; where it is missing `join` says so
    std::error_code error;
    std::filesystem::create_directories(state, error);
  }
  config.bpffs = chosen->pins;
  config.config = std::move(proxy);
  config.reload = [this]() -> RpcResult {
    const auto changes = Reload();
    if (!changes) return tl::unexpected(changes.error());
    return ReloadJson(*changes);
  };
  auto agent = Agent::Open(loop_, std::move(config), std::move(chosen->datapath));
  if (!agent) return fail(agent.error());
  return std::make_unique<Instance>(Instance{std::move(*lock), ours + ".lock", std::move(*agent)});
}

void Instances::FinishTurn() {
  // What ends gives up its interfaces before another one takes them.
  for (const auto& instance : ending_) {
    instance->agent->FinishTurn();
    Log(Subsystem::kAgent).info("instance '{}' stopped", instance->agent->instance());
  }
  ending_.clear();
  for (const auto& instance : running_) instance->agent->FinishTurn();
}

void Instances::Run() {
  for (const auto& instance : running_) instance->LogStart();
  loop_.Run();
  for (const auto& instance : running_)
    Log(Subsystem::kAgent).info("instance '{}' stopped", instance->agent->instance());
}

void Instances::OnStop() {
  for (const auto& instance : running_) instance->agent->Stop();
  loop_.Stop();
}

void Instances::HandOver() {
  for (const auto& instance : running_) instance->agent->HandOver();
  loop_.Stop();
}

std::vector<std::string> Instances::OwnedPaths() const {
  std::vector<std::string> paths;
  for (const auto& instance : running_) {
    paths.push_back(instance->lock_path);
    for (std::string& path : instance->agent->OwnedPaths()) paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace bpfcast
