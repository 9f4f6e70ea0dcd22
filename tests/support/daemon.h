// bpfcastd under test, its control socket, and the bpfcast command.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/any_address.h"
#include "support/process.h"

namespace bpfcast::test {

/// A configuration file that goes away with the object.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text);
  ~ConfigFile();
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  std::string path() const { return path_; }
  /// Other contents for the same file.
  void Write(const std::string& text) const;

 private:
  std::filesystem::path path_;
};

class Daemon {
 public:
  enum class Start { kWaitUntilReady, kDoNotWait };

  /// Starts bpfcastd in `ns`; `wrapper` goes before its name (setpriv ...). Waits until the control socket
  /// answers `status`; throws with the daemon's stderr when it ends or does not answer.
  Daemon(const NetNs& ns, const std::string& config, std::string instance,
         Start start = Start::kWaitUntilReady, const std::vector<std::string>& wrapper = {});
  /// Stops it, kills it when it does not stop, and removes what it leaves when it was killed.
  ~Daemon();

  const std::string& instance() const { return instance_; }
  pid_t pid() const { return process_->pid(); }
  bool Running() { return process_->Running(); }
  void Signal(int signal) const { process_->Signal(signal); }
  std::optional<int> Wait(Clock::duration limit) { return process_->Wait(limit); }
  /// SIGTERM; the exit code, or nothing when it still runs after 10 s.
  std::optional<int> Stop();
  /// SIGKILL, and waits for the end. What it pinned stays, for StartAgain().
  void Kill();
  /// SIGUSR1: it ends and leaves everything to StartAgain(). The exit code, or nothing after 10 s.
  std::optional<int> HandOver();
  /// Starts a successor of the one that ended: the same instance, file and namespace. It dies with the thread
  /// that calls this. Throws as the constructor does.
  void StartAgain(Start start = Start::kWaitUntilReady);
  /// Of the one that was started last.
  std::string Stderr() const { return process_->Err(); }

  std::filesystem::path Socket() const;
  std::filesystem::path Pins() const;
  /// A JSON-RPC call; throws on an error answer.
  nlohmann::json Call(const std::string& method) const;
  /// Sends these octets to the control socket as they are and gives what comes back within `limit`.
  std::string Raw(const std::string& octets, Clock::duration limit = 500ms) const;
  /// The port object of `name`; throws when there is none.
  nlohmann::json Port(const std::string& name) const;
  /// The group object of `group` on `port`; null when there is none.
  nlohmann::json GroupOn(const AnyAddress& group, const std::string& port) const;
  bool WaitForGroup(const AnyAddress& group, const std::string& port, Clock::duration limit = 5s) const;
  bool WaitForNoGroup(const AnyAddress& group, const std::string& port, Clock::duration limit = 5s) const;
  /// Until it has that many ports and all are up; throws with what it has otherwise.
  void WaitUntilUp(std::size_t ports, Clock::duration limit = 10s) const;
  /// The file that it was started with, to be changed before a reload.
  const ConfigFile& config() const { return config_; }
  /// `bpfcast --instance NAME VERB...`.
  CommandResult Cli(const std::string& words) const;

 private:
  void WaitUntilReady();

  const NetNs& ns_;
  std::vector<std::string> wrapper_;
  ConfigFile config_;
  std::string instance_;
  std::optional<Process> process_;
};

/// Where the build put the programs. The environment variable BPFCASTD names another daemon, e.g. a sanitizer
/// build.
std::string DaemonPath();
std::string CliPath();

}  // namespace bpfcast::test
