// Instances: the proxies of a configuration file, each an instance of its own with agent, lock, pins and
// control socket; one process and one loop run them all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/json_rpc.h"
#include "agent/metrics_endpoint.h"
#include "base/result.h"
#include "config/changes.h"
#include "config/config.h"
#include "os/event_loop.h"

namespace bpfcast {

struct InstancesConfig {
  std::string run_directory;    // of locks and control sockets
  std::string state_directory;  // of what outlives a stop
  std::string file;
  /// The instance of a file without names; empty: "default". A file with names is refused when it is given.
  std::string instance;
};

/// The names of a file are the names of its instances, so --instance cannot be another one.
Result<void> CheckInstanceName(const std::string& instance, const std::string& file, const Configs& proxies);

class Instances {
 public:
  /// All of them begin, or none: on failure what agents before left to BPF programs goes on. `loop` outlives
  /// them.
  static Result<std::unique_ptr<Instances>> Start(EventLoop& loop, InstancesConfig config, Configs proxies);
  ~Instances();
  Instances(const Instances&) = delete;
  Instances& operator=(const Instances&) = delete;

  /// Returns after SIGTERM or SIGINT, when the upstreams have been left, and after SIGUSR1, when all
  /// is left to the next agents. SIGHUP reloads.
  void Run();
  /// Ends Run(), and leaves everything as it forwards to the next agents.
  void HandOver();
  std::vector<std::string> OwnedPaths() const;

 private:
  struct Instance;
  using Group = std::vector<std::unique_ptr<Instance>>;

  Instances(EventLoop& loop, InstancesConfig config);

  std::string NameOf(const Config& proxy) const;
  /// Nothing begins before its agent's first turn.
  Result<std::unique_ptr<Instance>> Open(Config proxy);
  void FinishTurn();
  void OnStop();

  /// Reads the file again and does what it changes; says what that is. On failure nothing has changed.
  tl::expected<std::vector<ConfigChange>, RpcError> Reload();
  tl::expected<std::vector<ConfigChange>, RpcError> ReloadOrRefuse();
  Result<Configs> LoadAgain() const;
  Result<Group> OpenNew(Configs& wanted);
  /// `of_file`: the changes that concern the whole file.
  std::vector<ConfigChange> Apply(std::vector<ConfigChange> of_file, Configs wanted, Group added);

  EventLoop& loop_;
  InstancesConfig config_;
  Group running_;
  Group ending_;  // their last turn is to come
  MetricsEndpoint metrics_;
};

}  // namespace bpfcast
