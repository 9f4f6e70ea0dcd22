// The part of Instances that reads the file again: proxies that it changes, that it adds, that it has
// no more.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "agent/instance.h"
#include "agent/log_settings.h"
#include "log/log.h"
#include "os/privileges.h"

namespace bpfcast {
namespace {

/// What "*" stands for comes and goes, so that only those with a name can be counted.
std::string DownstreamsText(const Config& config) {
  constexpr const char* kOthers = "every other interface with an address downstream";
  const std::string named = std::to_string(config.downstreams.size()) + " downstream";
  if (!config.default_downstream) return named;
  return config.downstreams.empty() ? kOthers : named + " and " + kOthers;
}

}  // namespace

Result<Configs> Instances::LoadAgain() const {
  auto loaded = LoadConfigs(config_.file);
  if (!loaded) {
    std::string all;
    for (const std::string& problem : loaded.error()) {
      Log(Subsystem::kAgent).error("{}", problem);
      all += problem + "\n";
    }
    return Fail(all);
  }
  if (const auto named = CheckInstanceName(config_.instance, config_.file, *loaded); !named) {
    Log(Subsystem::kAgent).error("{}", named.error().message);
    return Fail(named.error().message + "\n");
  }
  // The file may be for another machine where it is checked, but not here.
  const std::string& user = loaded->front().user;
  if (!user.empty() && user != running_.front()->agent->config().user) {
    if (const auto known = CheckUser(user); !known) {
      const std::string why = config_.file + ": " + known.error().message;
      Log(Subsystem::kAgent).error("{}", why);
      return Fail(why + "\n");
    }
  }
  return std::move(*loaded);
}

tl::expected<std::vector<ConfigChange>, RpcError> Instances::Reload() {
  auto changes = ReloadOrRefuse();
  metrics_.NoteReload(changes ? MetricsEndpoint::Reload::kTakenOver : MetricsEndpoint::Reload::kRefused);
  return changes;
}

tl::expected<std::vector<ConfigChange>, RpcError> Instances::ReloadOrRefuse() {
  const auto refuse = [&](const std::string& why, int code) {
    const std::string outcome = config_.file + " was not taken over: the running configuration stays";
    Log(Subsystem::kAgent).error("{}", outcome);
    return tl::unexpected(RpcError(Error{why + outcome}, code));
  };
  auto loaded = LoadAgain();
  if (!loaded) return refuse(loaded.error().message, kRpcUnusableFile);
  auto added = OpenNew(*loaded);
  if (!added) {
    Log(Subsystem::kAgent).error("{}", added.error().message);
    return refuse(added.error().message + "\n", kRpcFailed);
  }
  const Config& of_file = loaded->empty() ? added->front()->agent->config() : loaded->front();
  if (const auto listens = metrics_.Listen(of_file.metrics); !listens) {
    Log(Subsystem::kAgent).error("{}", listens.error().message);
    return refuse(listens.error().message + "\n", kRpcFailed);
  }
  const Config& running = running_.front()->agent->config();
  FollowLogSettings(running.log, of_file.log);
  std::vector<ConfigChange> changes =
      Apply(ChangesOfFile(running, of_file), std::move(*loaded), std::move(*added));
  for (const ConfigChange& change : changes) {
    const bool now = change.effect == TakesEffect::kAtOnce;
    Log(Subsystem::kAgent)
        .log(now ? spdlog::level::info : spdlog::level::warn, "reload: {}", change.ToSentence());
  }
  if (changes.empty()) Log(Subsystem::kAgent).info("reload: {}: nothing changed", config_.file);
  return changes;
}

/// Takes those that do not run yet out of `wanted`.
Result<Instances::Group> Instances::OpenNew(Configs& wanted) {
  const auto runs = [&](const Config& proxy) {
    return std::any_of(running_.begin(), running_.end(),
                       [&](const auto& each) { return each->agent->instance() == NameOf(proxy); });
  };
  const auto first = std::stable_partition(wanted.begin(), wanted.end(), runs);
  Group opened;
  for (auto proxy = first; proxy != wanted.end(); ++proxy) {
    KeepOfFileUntilNextStart(running_.front()->agent->config(), *proxy);
    auto instance = Open(std::move(*proxy));
    if (!instance) return tl::unexpected(instance.error());
    opened.push_back(std::move(*instance));
  }
  wanted.erase(first, wanted.end());
  return opened;
}

std::vector<ConfigChange> Instances::Apply(std::vector<ConfigChange> of_file, Configs wanted, Group added) {
  std::vector<ConfigChange> changes = std::move(of_file);
  const auto tell = [&](ConfigChange change) {
    const bool is_told = std::any_of(changes.begin(), changes.end(), [&](const ConfigChange& each) {
      return each.proxy == change.proxy && each.interface == change.interface &&
             each.setting == change.setting;  // of the whole file
    });
    if (!is_told) changes.push_back(std::move(change));
  };
  Group staying;
  for (auto& instance : running_) {
    Agent& agent = *instance->agent;
    const auto its = std::find_if(wanted.begin(), wanted.end(),
                                  [&](const Config& proxy) { return NameOf(proxy) == agent.instance(); });
    if (its == wanted.end()) {
      tell(EndOf(agent.instance()));
      agent.Stop();
      ending_.push_back(std::move(instance));
      continue;
    }
    for (const std::string& warning : its->warnings) Log(Subsystem::kAgent).warn("{}", warning);
    for (ConfigChange& change : ChangesOf(agent.config(), *its)) tell(std::move(change));
    KeepUntilNextStart(agent.config(), *its);
    agent.Configure(std::move(*its));
    staying.push_back(std::move(instance));
  }
  running_ = std::move(staying);
  for (auto& instance : added) {
    tell(BeginOf(instance->agent->instance()));
    instance->LogStart();
    running_.push_back(std::move(instance));
  }
  return changes;
}

void Instances::Instance::LogStart() const {
  const Config& config = agent->config();
  Log(Subsystem::kAgent)
      .info("instance '{}' runs: upstream {}, {}", agent->instance(), config.upstream.name,
            DownstreamsText(config));
}

}  // namespace bpfcast
