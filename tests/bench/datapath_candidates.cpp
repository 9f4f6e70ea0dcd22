#include "bench/datapath_candidates.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/bare_mac.h"
#include "bench/bpf_memory.h"
#include "bench/traffic.h"
#include "support/bpf_objects.h"
#include "support/daemon.h"

namespace bpfcast::test {
namespace {

constexpr int kAnyNumber = std::numeric_limits<int>::max();

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
    std::string text = "upstream = \"wan0\"\ndownstream = " + star.LanNames() +
                       "\n[interface.wan0]\nhook = \"" + hook + "\"\n";
    for (int n = 1; n <= star.lans(); ++n) {
      text += "[interface." + Star::LanName(n) + "]\nhook = \"" + hook + "\"\nstatic-groups = [\"" +
              kBenchGroup.ToString() + "\"]\n";
    }
    return text;
  }

  Daemon daemon_;
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
  };
}

}  // namespace bpfcast::test
