#include "bench/datapath_candidates.h"

#include <csignal>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/bare_mac.h"
#include "bench/bpf_memory.h"
#include "bench/traffic.h"
#include "support/bpf_objects.h"
#include "support/daemon.h"
#include "support/process.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;

constexpr int kAnyNumber = std::numeric_limits<int>::max();
/// MAXVIFS of the kernel: one of them is the upstream.
constexpr int kKernelPorts = 31;
constexpr const char* kKernelLimit = "32 interfaces";

/// The real daemon, with members that its configuration names.
class Bpfcast : public Forwarder {
 public:
  Bpfcast(const Star& star, const std::string& hook)
      : daemon_(star.router(), Configuration(star, hook), star.router().name()) {
    daemon_.WaitUntilUp(static_cast<std::size_t>(star.lans()) + 1, 30s);
    for (const auto& port : daemon_.Call("ports")) {
      if (port["hook"] != hook) throw std::runtime_error("not served by " + hook + ": " + port.dump());
    }
  }
  MemoryUse Memory() const override {
    return {ResidentKilobytes(daemon_.pid()), MapKilobytes(HeldBy(daemon_.pid()))};
  }
  std::string Complaints() const override { return daemon_.Stderr(); }

 private:
  static std::string Configuration(const Star& star, const std::string& hook) {
    const bool kernel = hook == "kernel";  // a datapath of its own, without hooks to choose
    const std::string hook_line = kernel ? "" : "hook = \"" + hook + "\"\n";
    std::string text = kernel ? "datapath = \"kernel\"\n" : "";
    text += "upstream = \"wan0\"\ndownstream = " + star.LanNames() + "\n[interface.wan0]\n" + hook_line;
    for (int n = 1; n <= star.lans(); ++n) {
      text += "[interface." + Star::LanName(n) + "]\n" + hook_line + "static-groups = [\"" +
              kBenchGroup.ToString() + "\"]\n";
    }
    return text;
  }

  Daemon daemon_;
};

/// The kernel's multicast routing, told by Debian's daemon for fixed routes.
class Smcroute : public Forwarder {
 public:
  explicit Smcroute(const Star& star)
      : config_(Configuration(star)),
        files_(fs::path("/run/bpfcast") / (star.router().name() + ".smcroute")),
        daemon_(Command(config_.path(), files_), &star.router()) {}
  ~Smcroute() override {
    daemon_.Signal(SIGTERM);
    daemon_.Wait(5s);
    std::error_code error;
    for (const char* kind : {".sock", ".pid"}) fs::remove(files_.string() + kind, error);
  }
  MemoryUse Memory() const override { return {ResidentKilobytes(daemon_.pid()), std::nullopt}; }
  std::string Complaints() const override { return daemon_.Err(); }

 private:
  static std::string Configuration(const Star& star) {
    std::string interfaces = "phyint wan0 enable\n";
    std::string route = "mroute from wan0 source " + star.up().address.ToString() + " group " +
                        kBenchGroup.ToString() + " to";
    for (int n = 1; n <= star.lans(); ++n) {
      interfaces += "phyint " + Star::LanName(n) + " enable\n";
      route += " " + Star::LanName(n);
    }
    return interfaces + route + "\n";
  }
  static std::vector<std::string> Command(const std::string& config, const fs::path& files) {
    fs::create_directories(files.parent_path());
    return {
        "smcrouted", "-n", "-N", "-f", config, "-u", files.string() + ".sock", "-P", files.string() + ".pid"};
  }

  ConfigFile config_;
  fs::path files_;
  Process daemon_;
};

}  // namespace

std::vector<Candidate> DatapathCandidates() {
  return {
      {"bare-mac", Sinks::Kind::kXdp, kAnyNumber, "",
       [](const Star& star) { return std::make_unique<BareMac>(star); }},
      {"bpfcast-xdp", Sinks::Kind::kXdp, kAnyNumber, "",
       [](const Star& star) { return std::make_unique<Bpfcast>(star, "xdp"); }},
      {"bpfcast-tc", Sinks::Kind::kTc, kAnyNumber, "",
       [](const Star& star) { return std::make_unique<Bpfcast>(star, "tc"); }},
      {"bpfcast-kernel", Sinks::Kind::kTc, kKernelPorts, kKernelLimit,
       [](const Star& star) { return std::make_unique<Bpfcast>(star, "kernel"); }},
      {"smcroute", Sinks::Kind::kTc, kKernelPorts, kKernelLimit,
       [](const Star& star) { return std::make_unique<Smcroute>(star); }},
  };
}

}  // namespace bpfcast::test
