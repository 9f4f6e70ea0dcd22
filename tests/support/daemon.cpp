#include "support/daemon.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/netns.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> Arguments(const std::vector<std::string>& wrapper, const std::string& config,
                                   const std::string& instance) {
  std::vector<std::string> argv = wrapper;
  for (const std::string& word :
       {DaemonPath(), std::string("-c"), config, std::string("--instance"), instance}) {
    argv.push_back(word);
  }
  return argv;
}

UniqueFd Connect(const fs::path& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.Reset();
  return fd;
}

}  // namespace

std::string DaemonPath() {
  const char* other = std::getenv("BPFCASTD");
  return other == nullptr ? BPFCASTD_PATH : other;
}
std::string CliPath() {
  return BPFCAST_PATH;
}

ConfigFile::ConfigFile(const std::string& text) {
  std::string name = fs::temp_directory_path() / "bpfcast-test-XXXXXX.toml";
  const int fd = mkstemps(name.data(), 5);
  if (fd < 0) throw std::runtime_error("cannot create " + name);
  close(fd);
  path_ = name;
  Write(text);
}

void ConfigFile::Write(const std::string& text) const {
  std::ofstream(path_) << text;
}

ConfigFile::~ConfigFile() {
  std::error_code error;
  fs::remove(path_, error);
}

Daemon::Daemon(const NetNs& ns, const std::string& config, std::string instance, Start start,
               const std::vector<std::string>& wrapper)
    : ns_(ns), wrapper_(wrapper), config_(config), instance_(std::move(instance)) {
  StartAgain(start);
}

void Daemon::StartAgain(Start start) {
  if (process_ && Running()) throw std::runtime_error("bpfcastd still runs: it can have no successor");
  process_.emplace(Arguments(wrapper_, config_.path(), instance_), &ns_);
  if (start == Start::kWaitUntilReady) WaitUntilReady();
}

void Daemon::WaitUntilReady() {
  const bool ready = Eventually(
      [&] {
        if (!Running()) return true;
        try {
          return Call("status").is_object();
        } catch (const std::exception&) {
          return false;
        }
      },
      20s);
  if (!Running()) throw std::runtime_error("bpfcastd ended at start:\n" + Stderr());
  if (!ready) throw std::runtime_error("bpfcastd does not answer:\n" + Stderr());
}

Daemon::~Daemon() {
  try {
    if (Running() && !Stop()) Kill();
  } catch (const std::exception&) {
    // nothing more to try
  }
  std::error_code error;
  fs::remove_all(Pins(), error);
  fs::remove(Socket(), error);
  fs::remove(fs::path(Socket()).replace_extension(".lock"), error);
  fs::remove(fs::path(Socket()).replace_extension(".allmulti"), error);
  fs::remove(fs::path(Socket()).replace_extension(".static"), error);
  // Where it has a `user` it makes this for what is joined until somebody leaves.
  fs::remove_all(fs::path("/var/lib/bpfcast") / instance_, error);
}

std::optional<int> Daemon::Stop() {
  Signal(SIGTERM);
  return Wait(10s);
}
void Daemon::Kill() {
  Signal(SIGKILL);
  if (!Wait(10s)) throw std::runtime_error("bpfcastd does not die");
}
std::optional<int> Daemon::HandOver() {
  Signal(SIGUSR1);
  return Wait(10s);
}

fs::path Daemon::Socket() const {
  return "/run/bpfcast/" + instance_ + ".sock";
}
fs::path Daemon::Pins() const {
  return "/sys/fs/bpf/bpfcast/" + instance_;
}

std::string Daemon::Raw(const std::string& octets, Clock::duration limit) const {
  const UniqueFd fd = Connect(Socket());
  if (!fd) throw std::runtime_error("cannot connect to " + Socket().string());
  if (send(fd.get(), octets.data(), octets.size(), MSG_NOSIGNAL) < 0) return "";
  std::string answer;
  const Instant deadline = Clock::now() + limit;
  while (answer.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd wait{fd.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
    char buffer[65536];
    const ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
    if (n <= 0) break;
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  return answer;
}

json Daemon::Call(const std::string& method) const {
  const std::string answer = Raw(json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}}.dump() + "\n", 5s);
  const json message = json::parse(answer, nullptr, false);
  if (!message.is_object() || !message.contains("result")) {
    throw std::runtime_error("control socket: " + method + " gave: " + answer);
  }
  return message["result"];
}

json Daemon::Port(const std::string& name) const {
  for (const json& port : Call("ports")) {
    if (port["name"] == name) return port;
  }
  throw std::runtime_error("the daemon has no port " + name + ":\n" + Stderr());
}

json Daemon::GroupOn(const AnyAddress& group, const std::string& port) const {
  for (const json& entry : Call("groups")) {
    if (entry["group"] == group.ToString() && entry["port"] == port) return entry;
  }
  return nullptr;
}

bool Daemon::WaitForGroup(const AnyAddress& group, const std::string& port, Clock::duration limit) const {
  return Eventually([&] { return !GroupOn(group, port).is_null(); }, limit);
}

bool Daemon::WaitForNoGroup(const AnyAddress& group, const std::string& port, Clock::duration limit) const {
  return Eventually([&] { return GroupOn(group, port).is_null(); }, limit);
}

void Daemon::WaitUntilUp(std::size_t ports, Clock::duration limit) const {
  json last;
  const bool ready = Eventually(
      [&] {
        last = Call("ports");
        return last.size() == ports &&
               std::all_of(last.begin(), last.end(), [](const json& port) { return port["state"] == "up"; });
      },
      limit);
  if (!ready) throw std::runtime_error("not every port is up: " + last.dump(1) + "\n" + Stderr());
}

CommandResult Daemon::Cli(const std::string& words) const {
  std::vector<std::string> argv{CliPath(), "--instance", instance_};
  for (std::string& word : Words(words)) argv.push_back(std::move(word));
  return RunCommand(argv);
}

}  // namespace bpfcast::test
